"""Who looked at what in the console."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from api.overview.paging import Page, paged
from api.store import schema_console

__all__ = ["ViewRow", "count_views", "list_views"]

_table = schema_console.views


@dataclass(frozen=True, slots=True)
class ViewRow:
    """One page that an account was shown."""

    number: int
    at: str
    account: str
    page: str


def list_views(connection: Connection, page: int) -> Page[ViewRow]:
    """Return views, the newest first; addresses are left out, for they may hold a pseudonym."""
    columns = [_table.c[name] for name in ViewRow.__slots__]
    return paged(connection, select(*columns).order_by(_table.c.number.desc()), page, _row)


def count_views(connection: Connection) -> int:
    """Count the views on record."""
    return connection.execute(select(func.count()).select_from(_table)).scalar_one()


def _row(row: Row[Any]) -> ViewRow:
    return ViewRow(**row._mapping)
