"""What the retention schedule removes from the shared database by itself, and a record of its runs."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, delete, exists, func, insert, or_, select, update

from api.clock import day_of
from api.store import jobs, record_tables, results, schema, schema_console, schema_review
from api.store.jobs import JobKind
from api.store.submissions import Submission, get

__all__ = [
    "COARSENED",
    "Forecast",
    "RetentionRun",
    "add_run",
    "coarsen_times",
    "forget_old_jobs",
    "forget_old_results",
    "forget_refused",
    "forget_spent_nonces",
    "last_queued",
    "latest_run",
    "old_open",
    "payload_said",
    "queue_run",
    "removed_with",
    "stale_snapshots",
    "unconfirmed",
]

Forecast = dict[str, dict[str, int]]
"""By agency: how many child records go in which month, written ``YYYY-MM``."""

_runs = record_tables.retention_runs
_submissions = schema.submissions
_KIND: JobKind = "retention"
_MIDNIGHT = "T00:00:00.000000Z"


COARSENED: Final[Mapping[str, tuple[Column[str], ...]]] = {
    one.name: tuple(one.c[name] for name in names)
    for one, names in (
        (schema.submissions, ("registered_at", "committed_at", "settled_at", "ended_at")),
        (schema.cycles, ("closed_at", "reconciled_at")),
        (schema.jobs, ("not_before", "queued_at", "finished_at")),
        (schema_review.review_pairs, ("added_at", "taken_at")),
        (schema_review.review_verdicts, ("given_at", "fixed_at")),
        (schema_console.views, ("at",)),
    )
}
"""Columns of which the day alone is left in time, by table; the ledger's entry of a run covers them."""


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """One run of the schedule: what it removed at once, what it erased, what it foresaw."""

    ran_at: str
    erasure: int | None
    removed: dict[str, int]
    forecast: Forecast


def _run(row: Row[Any]) -> RetentionRun:
    return RetentionRun(row.ran_at, row.erasure, json.loads(row.removed), json.loads(row.forecast))


def add_run(
    connection: Connection,
    job: int,
    *,
    erasure: int | None,
    removed: Mapping[str, int],
    forecast: Forecast,
    now: str,
) -> None:
    """Record a run."""
    values = {
        "removed": json.dumps(removed, sort_keys=True),
        "forecast": json.dumps(forecast, sort_keys=True),
    }
    connection.execute(insert(_runs).values(job=job, ran_at=now, erasure=erasure, **values))


def latest_run(connection: Connection) -> RetentionRun | None:
    """Return the newest run, or None."""
    row = connection.execute(select(_runs).order_by(_runs.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def removed_with(connection: Connection, erasure: int) -> dict[str, int]:
    """Return what the run that an erasure belongs to removed at once; nothing for any other erasure."""
    row = connection.execute(select(_runs).where(_runs.c.erasure == erasure)).one_or_none()
    return {} if row is None else _run(row).removed


def payload_said(connection: Connection) -> list[str]:
    """Return the submissions of which the ledger says that their records lie in the payload store."""
    table = schema.ledger_covers
    where = (table.c.what == "payload", table.c.digest.is_not(None))
    return sorted(connection.scalars(select(table.c.key).where(*where)))


def queue_run(connection: Connection, *, now: dt.datetime) -> int:
    """Queue a run of the schedule and return its number."""
    return jobs.queue(connection, _KIND, now=now)


def last_queued(connection: Connection) -> str | None:
    """Return when the schedule was last put into the queue, by the clock of then, or None."""
    table = schema.jobs
    newest = select(table.c.queued_at).where(table.c.kind == _KIND).order_by(table.c.id.desc()).limit(1)
    return connection.scalar(newest)


def stale_snapshots(connection: Connection, *, before: str) -> list[Submission]:
    """Return the snapshots that were superseded before a moment and that no cycle still needs.

    A cycle that was closed and is not reconciled reads what its linkage held.
    """
    cycles, runs, held = schema.cycles, schema.link_runs, schema.link_run_submissions
    needed = exists().where(
        held.c.submission == _submissions.c.id,
        held.c.run == runs.c.id,
        runs.c.job == cycles.c.link_job,
        cycles.c.reconciled_at.is_(None),
    )
    ended = func.coalesce(_submissions.c.ended_at, _submissions.c.settled_at)
    query = select(_submissions.c.id).where(_submissions.c.state == "superseded", ended < before, ~needed)
    return [get(connection, one) for one in connection.scalars(query.order_by(_submissions.c.id))]


def old_open(connection: Connection, *, before: str) -> list[Submission]:
    """Return the submissions that were begun before a moment and never committed."""
    where = (_submissions.c.state == "open", _submissions.c.registered_at < before)
    return [get(connection, one) for one in connection.scalars(select(_submissions.c.id).where(*where))]


def coarsen_times(connection: Connection, *, before: str) -> int:
    """Leave the day alone of times before a moment; returns how many there were."""
    changed = 0
    for name, columns in COARSENED.items():
        table = schema.metadata.tables[name]
        for column in columns:
            fine = (column < day_of(before), ~column.endswith(_MIDNIGHT))
            to_the_day = func.substr(column, 1, 10).concat(_MIDNIGHT)
            changed += connection.execute(update(table).where(*fine).values({column: to_the_day})).rowcount
    return changed


def forget_spent_nonces(connection: Connection, *, now: str) -> int:
    """Forget nonces whose signatures would be too old anyway."""
    return connection.execute(delete(schema.nonces).where(schema.nonces.c.expires < now)).rowcount


def forget_old_results(connection: Connection, *, keep: int) -> int:
    """Forget what agencies were told in all but the latest cycles; the figures of cycles stay."""
    last = results.latest_reconciled(connection)
    table = schema.results
    return connection.execute(delete(table).where(table.c.cycle <= last - keep)).rowcount


def forget_refused(connection: Connection, *, before: str) -> int:
    """Forget the registrations of submissions that were refused before a moment, with their ended jobs."""
    table = schema.jobs
    unended = exists().where(
        table.c.submission == _submissions.c.id, table.c.state.in_(("waiting", "running", "failed"))
    )
    settled = func.coalesce(_submissions.c.settled_at, _submissions.c.registered_at)
    where = (_submissions.c.state == "refused", settled < before, ~unended)
    gone = list(connection.scalars(select(_submissions.c.id).where(*where)))
    for one in gone:
        connection.execute(delete(table).where(table.c.submission == one))
        connection.execute(delete(schema.chunks).where(schema.chunks.c.submission == one))
        connection.execute(delete(schema.parts).where(schema.parts.c.submission == one))
        connection.execute(delete(_submissions).where(_submissions.c.id == one))
    return len(gone)


def forget_old_jobs(connection: Connection, *, before: str) -> int:
    """Forget jobs that ended before a moment and that nothing refers to."""
    table = schema.jobs
    referring = [
        column
        for other in schema.metadata.sorted_tables
        for column in other.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]
    unused = [~exists().where(column == table.c.id) for column in referring]
    ended = or_(table.c.finished_at < before, (table.c.state == "cancelled") & (table.c.queued_at < before))
    where = (table.c.state.in_(("done", "cancelled")), ended, *unused)
    return connection.execute(delete(table).where(*where)).rowcount


def unconfirmed(connection: Connection, *, before: str) -> list[int]:
    """Return the erasures that were asked for before a moment and never confirmed."""
    table = record_tables.erasures
    where = (table.c.confirmed_at.is_(None), table.c.asked_at < before)
    return list(connection.scalars(select(table.c.id).where(*where)))
