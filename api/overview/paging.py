"""Lists in pages, so that no page of the console grows with the register."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Row, Select, func, select

__all__ = ["ROWS", "Page", "paged"]

T = TypeVar("T")

ROWS = 25
"""How many rows a page has."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, which page of it they are (from 1), and how many rows there are in all."""

    rows: Sequence[T]
    number: int
    total: int
    size: int = ROWS

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """The place of the first row, from 1; 0 in an empty list."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The place of the last row."""
        return min(self.number * self.size, self.total)


def paged(
    connection: Connection,
    query: Select[Any],
    number: int,
    make: Callable[[Row[Any]], T],
    *,
    size: int = ROWS,
) -> Page[T]:
    """Return one page of an ordered query; a number beyond the end gives the last page."""
    total = int(connection.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0)
    last = max(1, -(-total // size))
    number = min(max(1, number), last)
    rows = connection.execute(query.limit(size).offset((number - 1) * size))
    return Page([make(row) for row in rows], number, total, size)
