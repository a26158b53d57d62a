"""Cycles and their results: what each agency may pull, and the register's figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from api.store import ledger, schema
from api.store.bulk import insert_rows
from api.store.submissions import ERASED, WITHDRAWN
from linkage.wire.ledger import EntryKind

__all__ = [
    "Cycle",
    "HeldSnapshot",
    "add_cycle",
    "cycle",
    "forget_agency",
    "forget_cycle",
    "last_closed",
    "latest_reconciled",
    "results_of",
    "rewrite_results",
    "run_snapshots",
    "standing_snapshots",
    "store_results",
]


@dataclass(frozen=True, slots=True)
class Cycle:
    """One cycle; ``figures`` is None until it has been reconciled."""

    number: int
    link_job: int
    reconcile_job: int
    figures: str | None
    reconciled_at: str | None


@dataclass(frozen=True, slots=True)
class HeldSnapshot:
    """A snapshot that a linkage held; ``period`` is its first and last day."""

    submission: str
    agency: str
    role: str
    epoch: str
    period: tuple[str, str]
    sequence: int = 0


_table = schema.cycles


def _cycle(row: Row[Any] | None) -> Cycle | None:
    if row is None:
        return None
    return Cycle(row.number, row.link_job, row.reconcile_job, row.figures, row.reconciled_at)


def add_cycle(connection: Connection, number: int, *, link_job: int, reconcile_job: int, now: str) -> None:
    """Record that a cycle was closed."""
    connection.execute(
        insert(_table).values(number=number, closed_at=now, link_job=link_job, reconcile_job=reconcile_job)
    )
    _append(connection, EntryKind.CYCLE_CLOSED, number, now)


def forget_cycle(connection: Connection, number: int, *, now: str) -> None:
    """Undo that a cycle was closed; only one without results can be forgotten."""
    connection.execute(delete(_table).where(_table.c.number == number, _table.c.reconciled_at.is_(None)))
    _append(connection, EntryKind.CYCLE_ABANDONED, number, now)


def cycle(connection: Connection, number: int) -> Cycle | None:
    """Return one cycle, or None."""
    return _cycle(connection.execute(select(_table).where(_table.c.number == number)).one_or_none())


def last_closed(connection: Connection) -> Cycle | None:
    """Return the newest cycle, reconciled or not."""
    return _cycle(connection.execute(select(_table).order_by(_table.c.number.desc()).limit(1)).one_or_none())


def latest_reconciled(connection: Connection) -> int:
    """Return the number of the newest cycle with results, 0 before the first."""
    query = select(func.max(_table.c.number)).where(_table.c.reconciled_at.is_not(None))
    return int(connection.scalar(query) or 0)


def results_of(connection: Connection, number: int, agency: str) -> str | None:
    """Return one agency's results of a cycle in canonical JSON, or None."""
    table = schema.results
    return connection.scalar(select(table.c.body).where(table.c.cycle == number, table.c.agency == agency))


def run_snapshots(connection: Connection, run: int) -> list[HeldSnapshot]:
    """Return every snapshot that a link run held, by agency, oldest first.

    What was withdrawn or erased since, or belongs to an agency that was removed since, is left out: the
    operator took it out because it must count no more, and a linkage that held it may be the cycle's last.
    """
    submissions, held = schema.submissions, schema.link_run_submissions
    counts = (held.c.run == run, submissions.c.reason.not_in((WITHDRAWN, ERASED)))
    chosen = _with_role().join(held, held.c.submission == submissions.c.id).where(*counts)
    return _held_snapshots(connection, chosen)


def standing_snapshots(connection: Connection) -> list[HeldSnapshot]:
    """Return every snapshot that stands now, linked or not, by agency, oldest first."""
    return _held_snapshots(connection, _with_role().where(schema.submissions.c.state == "accepted"))


def _with_role() -> Select[Any]:
    """Choose snapshots of agencies that were not removed, with their agency's role."""
    submissions, agencies = schema.submissions, schema.agencies
    chosen = select(submissions, agencies.c.role).join(agencies, agencies.c.code == submissions.c.agency)
    return chosen.where(agencies.c.removed_at.is_(None)).order_by(agencies.c.code, submissions.c.sequence)


def _held_snapshots(connection: Connection, query: Select[Any]) -> list[HeldSnapshot]:
    return [
        HeldSnapshot(
            row.id, row.agency, row.role, row.epoch, (row.period_start, row.period_end), row.sequence
        )
        for row in connection.execute(query)
    ]


def forget_agency(connection: Connection, agency: str) -> int:
    """Erase what one agency was told in every cycle; returns in how many."""
    table = schema.results
    return connection.execute(delete(table).where(table.c.agency == agency)).rowcount


def rewrite_results(connection: Connection, change: Callable[[str, str], str]) -> None:
    """Pass every agency's results of every cycle through ``change``, which gets the agency and the body."""
    table = schema.results
    for row in connection.execute(select(table)).all():
        body = change(row.agency, row.body)
        if body != row.body:
            where = (table.c.cycle == row.cycle, table.c.agency == row.agency)
            connection.execute(update(table).where(*where).values(body=body))


def store_results(
    connection: Connection, number: int, bodies: Mapping[str, str], *, figures: str, now: str
) -> None:
    """Write all results of a cycle; from here on it counts as reconciled."""
    rows = [{"cycle": number, "agency": agency, "body": body} for agency, body in bodies.items()]
    insert_rows(connection, schema.results, rows)
    connection.execute(
        update(_table).where(_table.c.number == number).values(figures=figures, reconciled_at=now)
    )
    told = {"cycle": number, "agencies": len(rows)}
    changed = {"cycles": [str(number)], "results": [f"{number}/{agency}" for agency in bodies]}
    ledger.append(connection, EntryKind.RESULTS_RELEASED, told, now=now, rows=changed)


def _append(connection: Connection, kind: EntryKind, number: int, now: str) -> None:
    ledger.append(connection, kind, {"cycle": number}, now=now, rows={"cycles": [str(number)]})
