"""What follows when a worker has checked its part: acceptance, refusal, and what each of them sets going.

Both workers call this inside the transaction that ends their job, so that a submission never stands half
settled and neither worker needs to see the other's store.
"""

import datetime as dt

from sqlalchemy import Connection

from api.clock import stamp
from api.store import jobs, submissions
from api.store.submissions import WITHDRAWN, Submission
from linkage.errors import InputError
from linkage.wire.manifest import PART_NAMES, PartName

__all__ = ["give_up", "part_refused", "part_valid", "withdraw_submission"]

_CHECK: dict[PartName, jobs.JobKind] = {"encodings": "check-encodings", "payload": "check-payload"}
_DROP: dict[PartName, jobs.JobKind] = {"encodings": "drop-encodings", "payload": "drop-payload"}


def part_valid(connection: Connection, submission: Submission, part: PartName, *, now: dt.datetime) -> None:
    """Record that one part is good; the last of the two accepts the submission."""
    if submission.state == "refused":
        # The other part was refused while this one was being checked; its drop job stands in the queue.
        submissions.set_part_state(connection, submission.id, part, "dropped")
        return
    submissions.set_part_state(connection, submission.id, part, "valid")
    if set(submissions.part_states(connection, submission.id).values()) == {"valid"}:
        _accept(connection, submission, now)


def part_refused(
    connection: Connection, submission: Submission, part: PartName, *, reason: str, now: dt.datetime
) -> None:
    """Refuse the whole submission because of one part, and let what is held of the other be dropped."""
    submissions.set_part_state(connection, submission.id, part, "refused")
    if submission.state == "refused":
        return
    at = stamp(now)
    submissions.set_state(connection, submission.id, "refused", now=at, reason=reason, settled_at=at)
    for other in PART_NAMES:
        if other != part:
            jobs.cancel(connection, _CHECK[other], submission.id)
            submissions.set_part_state(connection, submission.id, other, "dropped")
            jobs.queue(connection, _DROP[other], submission=submission.id, now=now)


def _accept(connection: Connection, submission: Submission, now: dt.datetime) -> None:
    """Let a snapshot stand in place of the older ones of its agency and period, and have it linked.

    Two submissions may be checked out of order; the higher sequence stands whichever is accepted last.
    """
    standing = submissions.standing_in_period(connection, submission)
    outdated = any(other.sequence > submission.sequence for other in standing)
    at = stamp(now)
    submissions.set_state(
        connection, submission.id, "superseded" if outdated else "accepted", now=at, settled_at=at
    )
    for one in [submission] if outdated else standing:
        if one.id != submission.id:
            submissions.set_state(connection, one.id, "superseded", now=at, ended_at=at)
        # Encodings that are compared with nothing any more are a risk and no use: they go at once.
        jobs.queue(connection, "drop-encodings", submission=one.id, now=now)
    jobs.queue(connection, "settle-payload", submission=submission.id, now=now)
    if not outdated:
        jobs.queue_link(connection, now=now)
        jobs.queue_urgent(
            connection, now=now
        )  # persons are known of most records: no child waits for the batch


def withdraw_submission(connection: Connection, submission: str, *, now: dt.datetime) -> None:
    """Let a submission count no more because the operator says so; no older one takes its place.

    One that stands is left out of every linkage from now on; one whose parts are still being checked is
    refused.  Its encodings go.  Raises :class:`InputError` for any other.
    """
    found = submissions.find(connection, submission)
    if found is None:
        raise InputError("there is no such submission", hint="see `clew register submission list --data DIR`")
    if found.state == "committed":
        give_up(connection, found, reason=WITHDRAWN, now=now)
    elif found.state == "accepted":
        at = stamp(now)
        ended = {"reason": WITHDRAWN, "ended_at": at}
        submissions.set_state(connection, found.id, "superseded", now=at, **ended)
        jobs.queue(connection, "drop-encodings", submission=found.id, now=now)
        jobs.queue(connection, "withdraw-payload", submission=found.id, now=now)
        jobs.queue_link(connection, now=now)
        jobs.queue_urgent(connection, now=now)
    else:
        raise InputError(
            f"the submission does not stand: it is {found.state}",
            hint="only one that is committed or accepted can be withdrawn",
        )


def give_up(connection: Connection, submission: Submission, *, reason: str, now: dt.datetime) -> None:
    """Refuse a submission that was not accepted yet, and let what is held of both its parts be dropped."""
    at = stamp(now)
    submissions.set_state(connection, submission.id, "refused", now=at, reason=reason, settled_at=at)
    for part in PART_NAMES:
        jobs.cancel(connection, _CHECK[part], submission.id)
        submissions.set_part_state(connection, submission.id, part, "dropped")
        jobs.queue(connection, _DROP[part], submission=submission.id, now=now)
