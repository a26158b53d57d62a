"""Clerical review: two reviewers decide about a possible link, blind; a third where they differ.

Blind means: until both have decided, nothing that a reviewer is given depends on what the other said, nor on
whether the other has said anything.  So pairs are handed out in one order for all, a reviewer's own place
beside the other's is told to nobody, and agreement is reckoned over verdicts that cannot be undone any more.

1. A reviewer takes the first pair that needs one more reviewer, under a lease: as long as it runs, nobody
   else takes the same place.
2. A verdict can be undone by whoever gave it, the last one first, until it is fixed: when a linkage begins
   after both were given, or once a third has decided between them.
3. A linkage begins by taking what verdicts came to (:mod:`api.review_outcomes`): *link* and *not a link*
   become decisions about the two records as the operator's do, each with its entry in the ledger, and hold
   from that linkage on.
"""

import datetime as dt
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from sqlalchemy import Connection

from api.clock import stamp
from api.review_outcomes import note_step
from api.store import review
from api.store.review import VERDICTS, GivenVerdict, ReviewPair, Verdict
from linkage.errors import InputError
from linkage.register.review_agreement import Agreement, agreement, pooled_agreement

__all__ = [
    "LEASE",
    "AgreementOfTwo",
    "Seat",
    "Workload",
    "agreement_of",
    "agreement_overall",
    "differing",
    "give_verdict",
    "look_at",
    "next_pair",
    "undo_last",
    "workload",
]

LEASE = dt.timedelta(minutes=15)
"""For so long a pair that a reviewer looks at is given to nobody else in the same place."""

Seat = Literal["blind", "third"]
"""Whether somebody decides without knowing of any verdict, or between two that differ."""

_AGAIN = "take the next pair"


@dataclass(frozen=True, slots=True)
class Workload:
    """What waits for one reviewer, and what the reviewer has done."""

    blind: int
    third: int
    given: int
    can_undo: int | None


@dataclass(frozen=True, slots=True)
class AgreementOfTwo:
    """How far two reviewers agree."""

    reviewers: tuple[str, str]
    agreement: Agreement


def workload(connection: Connection, reviewer: str, *, now: dt.datetime) -> Workload:
    """Return how much waits for a reviewer in either seat; ``can_undo``: the pair that can be undone."""
    given, last = review.verdicts_of(connection, reviewer)
    return Workload(
        blind=len(_waiting(connection, reviewer, "blind", now=now)),
        third=len(_waiting(connection, reviewer, "third", now=now)),
        given=given,
        can_undo=last.pair if last is not None and _can_undo(connection, last) else None,
    )


def next_pair(connection: Connection, reviewer: str, seat: Seat, *, now: dt.datetime) -> int | None:
    """Lease the pair that is worth most among those that wait for a reviewer; None: none does.

    Asked again before a verdict is given, the answer is the same pair.
    """
    waiting = _waiting(connection, reviewer, seat, now=now)
    held = {number for number, who in review.leases(connection, now=stamp(now)).items() if reviewer in who}
    chosen = next((one.id for one in waiting if one.id in held), waiting[0].id if waiting else None)
    if chosen is not None:
        review.keep_lease(connection, chosen, reviewer, until=stamp(now + LEASE))
    return chosen


def look_at(
    connection: Connection, number: int, reviewer: str, *, now: dt.datetime
) -> tuple[ReviewPair, Seat]:
    """Lease a pair that a reviewer names and return it with the seat that is the reviewer's.

    Raises :class:`InputError` for one that does not wait for this reviewer, whatever the reason.
    """
    for seat in ("blind", "third"):
        for one in _waiting(connection, reviewer, seat, now=now):
            if one.id == number:
                review.keep_lease(connection, number, reviewer, until=stamp(now + LEASE))
                return one, seat
    raise InputError(f"pair {number} does not wait for you", hint=_AGAIN)


def differing(connection: Connection, number: int) -> tuple[Verdict, Verdict] | None:
    """Return the two verdicts that a third decides between, without who gave which; None: there are none."""
    given = [one.verdict for one in review.verdicts(connection, number).get(number, ())]
    return (given[0], given[1]) if len(given) >= 2 and given[0] != given[1] else None


def _waiting(connection: Connection, reviewer: str, seat: Seat, *, now: dt.datetime) -> list[ReviewPair]:
    given, held = review.verdicts_asked(connection), review.leases(connection, now=stamp(now))
    return [
        one
        for one in review.asked_pairs(connection)
        if _has_seat(reviewer, seat, given.get(one.id, ()), held.get(one.id, frozenset()))
    ]


def _has_seat(reviewer: str, seat: Seat, given: Sequence[GivenVerdict], looking: AbstractSet[str]) -> bool:
    """Say whether a pair needs one more reviewer in a seat, and this one may be it."""
    if any(one.reviewer == reviewer for one in given):
        return False
    others = len(looking - {reviewer} - {one.reviewer for one in given})
    blind = [one for one in given if one.seat < 3]
    if seat == "blind":
        return len(blind) + others < 2
    differ = len(blind) == 2 and blind[0].verdict != blind[1].verdict
    return differ and len(given) == 2 and not others


def give_verdict(
    connection: Connection, number: int, reviewer: str, verdict: Verdict, *, now: dt.datetime
) -> None:
    """Keep a reviewer's verdict on a pair that waits for this reviewer.

    Raises :class:`InputError` for any other pair, or a verdict that is none.
    """
    if verdict not in VERDICTS:
        raise InputError("a verdict is one of: " + ", ".join(VERDICTS), hint="choose one of them")
    pair, seat = look_at(connection, number, reviewer, now=now)
    taken = {one.seat for one in review.verdicts(connection, number).get(number, ())}
    free = 3 if seat == "third" else min({1, 2} - taken)
    review.add_verdict(connection, number, reviewer, free, verdict, now=stamp(now))
    review.end_leases(connection, reviewer)
    note_step(connection, pair, {"step": "verdict"}, now=now)


def undo_last(connection: Connection, reviewer: str, *, now: dt.datetime) -> int:
    """Take a reviewer's last verdict back, lease the pair to the reviewer again, and return its number.

    Raises :class:`InputError` if there is none, or if it counts already.
    """
    last = review.verdicts_of(connection, reviewer)[1]
    if last is None:
        raise InputError("you have given no verdict that could be undone", hint=_AGAIN)
    if not _can_undo(connection, last):
        raise InputError(
            "your last verdict counts already and cannot be undone",
            hint="tell the operator, who can take the decision back",
        )
    review.remove_verdict(connection, last.id)
    review.keep_lease(connection, last.pair, reviewer, until=stamp(now + LEASE))
    pair = review.find_pair(connection, last.pair)
    if pair is not None:
        note_step(connection, pair, {"step": "undone"}, now=now)
    return last.pair


def _can_undo(connection: Connection, last: GivenVerdict) -> bool:
    beside = review.verdicts(connection, last.pair)[last.pair]
    decided_by_third = last.seat < 3 and any(one.seat == 3 for one in beside)
    return not last.fixed and not decided_by_third


def agreement_of(connection: Connection, reviewer: str | None = None) -> list[AgreementOfTwo]:
    """Return how far every two reviewers agree over verdicts that are fixed, or each with one reviewer."""
    groups = _blind_pairs(connection)
    return [
        AgreementOfTwo(names, agreement(given))
        for names, given in sorted(groups.items())
        if reviewer is None or reviewer in names
    ]


def agreement_overall(connection: Connection) -> Agreement:
    """Return the agreement over all reviewers, every two judged by chance of their own."""
    return pooled_agreement(_blind_pairs(connection).values())


def _blind_pairs(connection: Connection) -> dict[tuple[str, str], list[tuple[Verdict, Verdict]]]:
    found: dict[tuple[str, str], list[tuple[Verdict, Verdict]]] = {}
    for given in review.verdicts(connection).values():
        blind = [one for one in given if one.seat < 3 and one.fixed]
        for one, other in combinations(sorted(blind, key=lambda each: each.reviewer), 2):
            found.setdefault((one.reviewer, other.reviewer), []).append((one.verdict, other.verdict))
    return found
