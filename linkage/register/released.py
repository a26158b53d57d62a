"""Released tables: what disclosure control makes of counted ones, and all that writers may see."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from linkage.register.counts import Dimension, Key

__all__ = ["ReleasedCell", "ReleasedTable"]


class ReleasedCell(NamedTuple):
    """What is printed of a cell: digits or a symbol, and the rounded value, None if a symbol."""

    text: str
    value: int | None


class ReleasedTable(Struct, frozen=True, kw_only=True):
    """A table as it may leave the linkage unit."""

    number: str
    title: str
    measure: str
    dimensions: tuple[Dimension, ...]
    cells: Mapping[Key, ReleasedCell]
    notes: tuple[str, ...] = ()
