"""Counts over the whole register, kept until the ledger says that what they were counted of changed."""

import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection, func, select

from api.store import schema

__all__ = ["Remembered"]

T = TypeVar("T")

_covers = schema.ledger_covers


class Remembered:
    """What one process counted last, by what was counted and the ledger's newest entry about it.

    A count over a million memberships takes a second, and changes with a linkage or an erasure, both of
    which write an entry that covers the rows.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, ...], tuple[int, Any]] = {}

    def of_table(self, connection: Connection, tables: Sequence[str], count: Callable[[], T]) -> T:
        """Return what ``count`` gives for tables as they are, counting only if they changed since."""
        key = (*tables, count.__qualname__)
        newest = connection.scalar(select(func.max(_covers.c.entry)).where(_covers.c.what.in_(tables)))
        version = -1 if newest is None else int(newest)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and kept[0] == version:
            found: T = kept[1]
            return found
        found = count()
        with self._lock:
            self._kept[key] = (version, found)
        return found
