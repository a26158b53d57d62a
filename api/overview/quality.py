"""How good the linkage says that it is, run after run, and what answers of agencies say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from api.overview.paging import Page, paged
from api.store import schema
from api.store.schema_audiences import answers, queries

__all__ = ["LinkRunRow", "count_answers", "list_runs", "recent_runs"]

_runs = schema.link_runs


@dataclass(frozen=True, slots=True)
class LinkRunRow:
    """One finished linkage; shares are of one, None where the linkage could not tell."""

    id: int
    finished_at: str
    epoch: str | None
    records: int
    pairs: int
    links: int
    possible: int | None
    persons: int
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    method: str | None


def list_runs(connection: Connection, page: int) -> Page[LinkRunRow]:
    """Return linkages, the newest first."""
    return paged(connection, select(_runs).order_by(_runs.c.id.desc()), page, _run)


def recent_runs(connection: Connection, count: int = 24) -> Sequence[LinkRunRow]:
    """Return the newest linkages, the oldest of them first."""
    rows = connection.execute(select(_runs).order_by(_runs.c.id.desc()).limit(count)).all()
    return [_run(row) for row in reversed(rows)]


def _run(row: Row[Any]) -> LinkRunRow:
    return LinkRunRow(**{name: getattr(row, name) for name in LinkRunRow.__slots__})


def count_answers(connection: Connection) -> Mapping[str, int]:
    """Count the answers that stand, by what they say."""
    last = select(func.max(answers.c.id)).group_by(answers.c.agency, answers.c.query)
    rows = connection.execute(
        select(answers.c.answer, func.count())
        .join(queries, (queries.c.agency == answers.c.agency) & (queries.c.query == answers.c.query))
        .where(answers.c.id.in_(last))
        .group_by(answers.c.answer)
        .order_by(answers.c.answer)
    )
    return {row[0]: row[1] for row in rows}
