"""What verdicts come to: once a linkage begins, a decision about two records, as the operator's are.

The linking worker runs this, and nothing here knows of anything that reviewers see.
"""

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from api.clock import stamp
from api.deciding import decide
from api.store import ledger, review
from api.store.review import ReviewPair, Verdict
from linkage.errors import InputError
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["note_step", "outcome", "take_outcomes"]

_REFUSED = "refused"


def outcome(verdicts: Sequence[Verdict]) -> Verdict | None:
    """Return what the verdicts on a pair, in the order in which they were given, come to; None: not yet.

    Two that are alike settle it; where they differ, the third does.  Raises :class:`InputError` for more
    verdicts than are asked for.
    """
    alike = len(verdicts) >= 2 and verdicts[0] == verdicts[1]
    if len(verdicts) > (2 if alike else 3):
        raise InputError("review: a pair has more verdicts than anybody asked for")
    if alike:
        return verdicts[0]
    return verdicts[2] if len(verdicts) == 3 else None


def take_outcomes(connection: Connection, *, now: dt.datetime) -> int:
    """Let everything count that verdicts have come to; returns how many pairs that settles.

    A linkage calls this before it reads what is known.  What contradicts a decision that stands is settled as
    refused, and changes nothing.
    """
    given, settled = review.verdicts(connection), 0
    for pair in review.all_pairs(connection):
        some = given.get(pair.id, [])
        if pair.taken_at is not None or len(some) < 2:
            continue
        review.fix(connection, pair.id, now=stamp(now))
        found = outcome([one.verdict for one in some])
        if found is not None:
            _take(connection, pair, found, now=now)
            settled += 1
    return settled


def _take(connection: Connection, pair: ReviewPair, found: Verdict, *, now: dt.datetime) -> None:
    reason, came = f"clerical review, pair {pair.id}", str(found)
    if found != "cannot-tell":
        same = found == "link"
        try:
            decide(connection, pair.left, pair.right, same=same, reason=reason, now=now, relink=False)
        except InputError:
            came = _REFUSED
    review.settle(connection, pair.id, came, now=stamp(now))
    note_step(connection, pair, {"step": "settled", "outcome": came}, now=now)


def note_step(
    connection: Connection, pair: ReviewPair, facts: Mapping[str, Fact], *, now: dt.datetime
) -> None:
    """Write the ledger's entry; of a verdict it says that it was given, not what it was."""
    said = {"pair": pair.id, **facts}
    records = [pair.left, pair.right]
    ledger.append(connection, EntryKind.REVIEW_DECISION, said, now=stamp(now), records=records)
