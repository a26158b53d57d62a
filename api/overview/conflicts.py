"""Open and closed conflicts that stand, for the operator who rings agencies; never whose record."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from api.overview.paging import Page, paged
from api.store.schema_audiences import urgent_conflicts

__all__ = ["ConflictRow", "standing_conflicts"]

_table = urgent_conflicts


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One side of a conflict; ``told_at`` is None while only the operator knows."""

    agency: str
    contact: str
    query: str
    arisen_at: str
    told_at: str | None


def standing_conflicts(connection: Connection, page: int) -> Page[ConflictRow]:
    """Return the conflicts that stand, the oldest first."""
    columns = [_table.c[name] for name in ConflictRow.__slots__]
    ordered = select(*columns).where(_table.c.standing).order_by(_table.c.arisen_at, _table.c.query)
    return paged(connection, ordered, page, _row)


def _row(row: Row[Any]) -> ConflictRow:
    return ConflictRow(**row._mapping)
