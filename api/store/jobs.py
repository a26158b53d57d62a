"""Work to be done: a lease table in the shared database, so that a job and its effect are one transaction.

A worker takes a job under a lease and a random token, renews the lease while it works, and finishes it in
the transaction that writes the effect.  A worker that was killed lets its lease run out and another takes
the job; a worker that lost its lease finds its token gone and its transaction rolls back whole.
"""

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, or_, select, true, update

from api.clock import stamp
from api.privacy_settings import LinkWhen
from api.store import schema
from api.store.database import number_of

__all__ = [
    "LEASE",
    "MAX_ATTEMPTS",
    "Job",
    "JobKind",
    "Lease",
    "LeaseLostError",
    "WorkerName",
    "all_jobs",
    "cancel",
    "cancel_cycle",
    "cancel_links",
    "claim",
    "count_queued",
    "fail",
    "finish",
    "is_there",
    "job",
    "link_running",
    "oldest_startable",
    "pending",
    "queue",
    "queue_concealment",
    "queue_link",
    "queue_link_at_once",
    "queue_sheets",
    "queue_urgent",
    "release",
    "renew",
    "retry_later",
    "try_again",
    "wait_for_place",
]

WorkerName = Literal["linking", "register"]
JobKind = Literal[
    "check-encodings",
    "check-payload",
    "drop-encodings",
    "drop-payload",
    "settle-payload",
    "withdraw-payload",
    "link",
    "reconcile",
    "erase-encodings",
    "erase-payload",
    "erase-encoding-records",
    "erase-payload-records",
    "conceal-results",
    "retention",
    "scrub",
    "find-urgent",
    "propose-release",
    "explain-persons",
    "tell-episodes",
]
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]

LEASE = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 5
_RETRY = dt.timedelta(seconds=5)
_AT_ONCE = "1970-01-01T00:00:00.000000Z"
"""Before anything was queued: since when a linkage may be started that waits for no batch."""
_LONGEST_WAIT = _RETRY * 2**MAX_ATTEMPTS

_WORKER: dict[JobKind, WorkerName] = {
    "check-encodings": "linking",
    "drop-encodings": "linking",
    "link": "linking",
    "erase-encodings": "linking",
    "check-payload": "register",
    "drop-payload": "register",
    "settle-payload": "register",
    "withdraw-payload": "register",
    "reconcile": "register",
    "erase-payload": "register",
    "erase-encoding-records": "linking",
    "erase-payload-records": "register",
    "conceal-results": "register",
    "retention": "register",
    "scrub": "linking",
    "find-urgent": "register",
    "propose-release": "register",
    "explain-persons": "linking",
    "tell-episodes": "register",
}

_SIDE_BY_SIDE: tuple[JobKind, ...] = ("check-encodings", "check-payload")
"""Jobs on one submission alone, which several processes of one worker may do at the same time."""

_SHEETS: tuple[JobKind, ...] = ("explain-persons", "tell-episodes")

_table = schema.jobs


class LeaseLostError(Exception):
    """Another worker holds the job now; whatever this one was about to write must not be written."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job as it stands."""

    id: int
    kind: JobKind
    worker: WorkerName
    submission: str | None
    cycle: int | None
    state: JobState
    attempts: int
    done: int
    total: int
    error: str
    lease_until: str | None


@dataclass(frozen=True, slots=True)
class Lease:
    """A job that this process holds."""

    job: Job
    token: str


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=cast("JobKind", row.kind),
        worker=cast("WorkerName", row.worker),
        submission=row.submission,
        cycle=row.cycle,
        state=cast("JobState", row.state),
        attempts=row.attempts,
        done=row.done,
        total=row.total,
        error=row.error,
        lease_until=row.lease_until,
    )


def queue(
    connection: Connection,
    kind: JobKind,
    *,
    now: dt.datetime,
    submission: str | None = None,
    cycle: int | None = None,
    barrier: bool = False,
) -> int:
    """Put a job at the end of the queue and return its number; a barrier waits for all jobs before it."""
    at = stamp(now)
    added = connection.execute(
        insert(_table).values(
            kind=kind,
            worker=_WORKER[kind],
            submission=submission,
            cycle=cycle,
            state="waiting",
            barrier=barrier,
            not_before=at,
            queued_at=at,
        )
    )
    return number_of(added)


def queue_link(connection: Connection, *, now: dt.datetime) -> None:
    """Queue a link job unless one waits already: it will hold whatever is accepted when it starts."""
    _queue_once(connection, "link", now=now)


def queue_link_at_once(connection: Connection, *, now: dt.datetime) -> None:
    """Queue a link job that waits for no batch: what is shielded or kept apart must not stay linked."""
    queue_link(connection, now=now)
    waits = (
        _table.c.kind == "link",
        _table.c.state == "waiting",
        ~_table.c.barrier,
        _table.c.cycle.is_(None),
    )
    connection.execute(update(_table).where(*waits).values(not_before=_AT_ONCE))


def link_running(connection: Connection) -> bool:
    """Say whether a linkage is being made, which does not know of what was asked for since it began."""
    running = exists().where(_table.c.kind == "link", _table.c.state == "running")
    return bool(connection.scalar(select(running)))


def queue_concealment(connection: Connection, *, now: dt.datetime) -> None:
    """Queue a job that conceals results unless one waits: it conceals whatever is shielded when it starts."""
    _queue_once(connection, "conceal-results", now=now)


def queue_urgent(connection: Connection, *, now: dt.datetime) -> None:
    """Queue a search for open/closed conflicts unless one waits: it finds what stands when it starts."""
    _queue_once(connection, "find-urgent", now=now)


def queue_sheets(connection: Connection, *, now: dt.datetime) -> None:
    """Queue what prepares sheets of persons, unless it waits: each prepares whatever is asked for then."""
    for kind in _SHEETS:
        _queue_once(connection, kind, now=now)


def _queue_once(connection: Connection, kind: JobKind, *, now: dt.datetime) -> None:
    waiting = exists().where(_table.c.kind == kind, _table.c.state == "waiting", _table.c.cycle.is_(None))
    if not connection.scalar(select(waiting)):
        queue(connection, kind, now=now)


def claim(
    connection: Connection, worker: WorkerName, *, now: dt.datetime, when: LinkWhen = "arrival"
) -> Lease | None:
    """Take the first job that may be started, or return None; ``when`` a linkage without a cycle may be.

    In the writer's place, so that of several processes one at a time decides what may be run beside what.  A
    job whose lease is being renewed at this moment is passed over, not waited for.
    """
    _fail_exhausted(connection, worker, now)
    query = select(_table).where(_table.c.worker == worker, _startable(now), _not_blocked())
    query = query.where(_in_time(when, now), _alone_enough()).order_by(_table.c.id).limit(1)
    row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    token = secrets.token_hex(16)
    values = {"state": "running", "token": token, "lease_until": stamp(now + LEASE)}
    connection.execute(
        update(_table).where(_table.c.id == row.id).values(attempts=_table.c.attempts + 1, **values)
    )
    return Lease(job(connection, row.id), token)


def _fail_exhausted(connection: Connection, worker: WorkerName, now: dt.datetime) -> None:
    """End jobs whose every attempt ended with the worker itself: one more would only kill it again."""
    where = (
        _table.c.worker == worker,
        _abandoned(now),
        _table.c.attempts >= MAX_ATTEMPTS,
    )
    reason = "the worker ended while it was doing this; see its log"
    values = {
        "state": "failed",
        "token": None,
        "lease_until": None,
        "error": reason,
        "finished_at": stamp(now),
    }
    connection.execute(update(_table).where(*where).values(**values))


def _startable(now: dt.datetime) -> ColumnElement[bool]:
    """Choose what is due; a time that no wait of ours reaches was written by a clock that was ahead.

    A job that waited for such a time would hold up every barrier behind it.
    """
    ahead = _table.c.not_before > stamp(now + _LONGEST_WAIT)
    due = or_(_table.c.not_before <= stamp(now), ahead)
    return or_(and_(_table.c.state == "waiting", due), _abandoned(now))


def _in_time(when: LinkWhen, now: dt.datetime) -> ColumnElement[bool]:
    """Choose what need not wait for its batch: a linkage that no cycle asked for waits until its day is over.

    One that was queued after now had a wrong clock, and is not waited for.
    """
    if when == "arrival":
        return true()
    link = and_(_table.c.kind == "link", _table.c.state == "waiting", ~_table.c.barrier)
    # One that was tried has waited, and is to be tried again soon.
    batched = and_(link, _table.c.attempts == 0, _table.c.not_before > _AT_ONCE)
    if when == "cycle":
        return ~batched
    today = stamp(now)[:10]
    ahead = _table.c.queued_at > stamp(now + _LONGEST_WAIT)
    return or_(~batched, _table.c.queued_at < today, ahead)


def _abandoned(now: dt.datetime) -> ColumnElement[bool]:
    ahead = _table.c.lease_until > stamp(now + 2 * LEASE)
    return and_(_table.c.state == "running", or_(_table.c.lease_until < stamp(now), ahead))


def _not_blocked() -> ColumnElement[bool]:
    """Hold a barrier until all jobs before it have ended, and a link until the reconciliations before it.

    Without the second rule a cycle's classes could rest on persons of two different moments.  What is urgent
    is looked for in whatever stands then, and a linkage links whatever stands then, as the barrier behind it
    does too: as long as they wait they hold up nothing.
    """
    earlier = _table.alias("earlier")
    unended = earlier.c.state.in_(("waiting", "running"))
    patient = and_(earlier.c.kind.in_(("find-urgent", "link")), ~earlier.c.barrier)
    waits = and_(patient, earlier.c.state == "waiting")
    before = exists().where(earlier.c.id < _table.c.id, unended, ~waits)
    reconciling = exists().where(earlier.c.id < _table.c.id, unended, earlier.c.kind == "reconcile")
    return and_(
        or_(_table.c.barrier.is_(False), ~before),
        or_(_table.c.kind != "link", ~reconciling),
    )


def _alone_enough() -> ColumnElement[bool]:
    """Hold a job while another process of the same worker does one that it must not be run beside.

    Two linkages at once would each write persons that the other does not know of, and a linkage would miss
    bodies that are being dropped.  Whether that process is alive does not matter: until its job is taken over
    it may still come to its end.
    """
    other = _table.alias("other")
    running = and_(other.c.worker == _table.c.worker, other.c.id != _table.c.id, other.c.state == "running")
    apart = or_(
        and_(other.c.kind.not_in(_SIDE_BY_SIDE), _table.c.kind.not_in(_SIDE_BY_SIDE)),
        other.c.submission == _table.c.submission,
        other.c.barrier,
        _table.c.barrier,
    )
    return ~exists().where(running, apart)


def job(connection: Connection, number: int) -> Job:
    """Return one job."""
    return _job(connection.execute(select(_table).where(_table.c.id == number)).one())


def _held(connection: Connection, lease: Lease, **values: object) -> None:
    """Change a job that must still be ours."""
    where = (_table.c.id == lease.job.id, _table.c.token == lease.token, _table.c.state == "running")
    if connection.execute(update(_table).where(*where).values(**values)).rowcount != 1:
        raise LeaseLostError


def renew(
    connection: Connection, lease: Lease, *, now: dt.datetime, progress: tuple[int, int] | None = None
) -> None:
    """Hold a job for longer and record how far it is; raises :class:`LeaseLostError`."""
    values: dict[str, object] = {"lease_until": stamp(now + LEASE)}
    if progress is not None:
        values |= {"done": progress[0], "total": progress[1]}
    _held(connection, lease, **values)


def finish(connection: Connection, lease: Lease, *, now: dt.datetime) -> None:
    """End a job in the transaction that writes its effect; raises :class:`LeaseLostError`."""
    _held(connection, lease, state="done", token=None, lease_until=None, error="", finished_at=stamp(now))


def release(connection: Connection, lease: Lease) -> None:
    """Give a job back untried, because this process was told to stop."""
    attempts = lease.job.attempts - 1
    _held(connection, lease, state="waiting", token=None, lease_until=None, attempts=attempts)


def fail(connection: Connection, lease: Lease, *, now: dt.datetime, reason: str) -> None:
    """End a job that cannot succeed."""
    ended = {"state": "failed", "finished_at": stamp(now)}
    _held(connection, lease, token=None, lease_until=None, error=reason, **ended)


def retry_later(connection: Connection, lease: Lease, *, now: dt.datetime, reason: str) -> bool:
    """Give a job back after a fault that may pass; returns False once it has failed too often."""
    if lease.job.attempts >= MAX_ATTEMPTS:
        fail(connection, lease, now=now, reason=reason)
        return False
    wait = stamp(now + _RETRY * 2 ** (lease.job.attempts - 1))
    _held(connection, lease, state="waiting", token=None, lease_until=None, error=reason, not_before=wait)
    return True


def wait_for_place(connection: Connection, lease: Lease, *, now: dt.datetime) -> None:
    """Give a job back untried for a moment, because another process is at work on its epoch."""
    values = {"attempts": lease.job.attempts - 1, "not_before": stamp(now + _RETRY)}
    reason = "another process is still at work on the epoch"
    _held(connection, lease, state="waiting", token=None, lease_until=None, error=reason, **values)


def cancel(connection: Connection, kind: JobKind, submission: str) -> None:
    """Cancel a submission's job that has not been started."""
    where = (_table.c.kind == kind, _table.c.submission == submission, _table.c.state == "waiting")
    connection.execute(update(_table).where(*where).values(state="cancelled"))


def cancel_links(connection: Connection, before: int) -> None:
    """Cancel linkages that wait for their batch and were queued before a cycle's: that one does their work.

    Before it looks at anything: what is accepted after that queues another.
    """
    where = (_table.c.kind == "link", _table.c.state == "waiting", ~_table.c.barrier, _table.c.id < before)
    connection.execute(update(_table).where(*where).values(state="cancelled"))


def cancel_cycle(connection: Connection, cycle: int) -> None:
    """Cancel a cycle's jobs for good; one that is running loses its lease and writes nothing."""
    where = (_table.c.cycle == cycle, _table.c.state.in_(("waiting", "running", "failed")))
    values = {"state": "cancelled", "token": None, "lease_until": None}
    connection.execute(update(_table).where(*where).values(**values))


def pending(
    connection: Connection, worker: WorkerName, *, now: dt.datetime | None = None, when: LinkWhen = "arrival"
) -> tuple[int, int]:
    """Count a worker's jobs that have not ended: those within its own reach, and those behind another's.

    A linkage that waits for its batch is in nobody's reach until then, and is not counted.
    """
    in_time = true() if now is None else _in_time(when, now)
    query = (
        select(_not_blocked().label("free"), func.count())
        .where(_table.c.worker == worker, _table.c.state.in_(("waiting", "running")), in_time)
        .group_by("free")
    )
    counts = {bool(row[0]): row[1] for row in connection.execute(query)}
    return counts.get(True, 0), counts.get(False, 0)


def try_again(connection: Connection, number: int, *, now: dt.datetime) -> bool:
    """Put a failed job back with all its attempts; returns False if there is no such failed job."""
    where = (_table.c.id == number, _table.c.state == "failed")
    values = {"state": "waiting", "attempts": 0, "not_before": stamp(now), "finished_at": None}
    return connection.execute(update(_table).where(*where).values(**values)).rowcount == 1


def is_there(connection: Connection, number: int) -> bool:
    """Say whether there is a job of this number; those that ended long ago are forgotten."""
    return connection.scalar(select(_table.c.id).where(_table.c.id == number)) is not None


def all_jobs(connection: Connection, *, limit: int) -> list[Job]:
    """Return the latest jobs, newest first."""
    rows = connection.execute(select(_table).order_by(_table.c.id.desc()).limit(limit))
    return [_job(row) for row in rows]


def count_queued(connection: Connection) -> dict[tuple[str, str], int]:
    """Count the jobs that wait, run or have failed, by kind and state."""
    query = (
        select(_table.c.kind, _table.c.state, func.count())
        .where(_table.c.state.in_(("waiting", "running", "failed")))
        .group_by(_table.c.kind, _table.c.state)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def oldest_startable(connection: Connection, *, now: dt.datetime, when: LinkWhen = "arrival") -> float:
    """Return for how many seconds the oldest job waits that a worker could start; 0 if there is none."""
    query = select(func.min(_table.c.queued_at)).where(_startable(now), _not_blocked(), _in_time(when, now))
    first = connection.scalar(query)
    if first is None:
        return 0.0
    return max((now - dt.datetime.fromisoformat(str(first))).total_seconds(), 0.0)
