"""What is compared with what: the rows of each view, their order, and how they are cut into tiles."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Lock
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from linkage.match.rows import Rows

__all__ = [
    "Section",
    "Strips",
    "TileSize",
    "comparisons_of_tile",
    "cut_strips",
    "pairs_among",
    "sections",
    "sections_of_tile",
    "tiles",
]

_Count = TypeVar("_Count", int, NDArray[np.int64])

_FEW = 512
"""So few rows against the rest are compared sooner than the rest is put in order."""


_LOWEST_STRIP = 128
"""Rows of a strip at least: to lay out columns for fewer costs more than to compare them."""


@dataclass(frozen=True, slots=True)
class TileSize:
    """Rows and columns of a tile: together they fit a core's own cache. Changes no result."""

    rows: int = 2048
    columns: int = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """All comparisons of one view: ``left`` against ``right``, or against itself."""

    view: int
    left: NDArray[np.int32]
    right: NDArray[np.int32] | None

    @property
    def columns(self) -> NDArray[np.int32]:
        """The rows that ``left`` is compared with."""
        return self.left if self.right is None else self.right

    @property
    def comparisons(self) -> int:
        """How many pairs of rows are set against each other."""
        if self.right is None:
            return pairs_among(len(self.left))
        return len(self.left) * len(self.right)


def pairs_among(count: _Count) -> _Count:
    """Return how many pairs there are of so many rows, or of each of several numbers of rows."""
    return count * (count - 1) // 2


def sections(rows: Rows, new: NDArray[np.bool_] | None, group: NDArray[np.int32]) -> Iterator[Section]:
    """Yield what there is to compare, view by view; rows of one ``group`` (n,) lie side by side."""
    if new is None:
        yield from sections_of_tile(rows, np.arange(len(rows), dtype=np.int32), None, group)
        return
    fresh, rest = (np.flatnonzero(which).astype(np.int32) for which in (new, ~new))
    yield from sections_of_tile(rows, fresh, None, group)
    yield from sections_of_tile(rows, fresh, rest, group)


def sections_of_tile(
    rows: Rows, left: NDArray[np.int32], right: NDArray[np.int32] | None, group: NDArray[np.int32]
) -> Iterator[Section]:
    """Yield the comparisons of some rows with others, or with each other, view by view."""
    for view in range(len(rows.words)):
        there = rows.present[view]
        ordered = _ordered(rows, view, left[there[left]], group)
        if right is None:
            yield Section(view, ordered, None)
        elif len(ordered) <= _FEW:
            yield Section(view, ordered, right[there[right]])
        else:
            yield Section(view, ordered, _ordered(rows, view, right[there[right]], group))


def _ordered(rows: Rows, view: int, chosen: NDArray[np.int32], group: NDArray[np.int32]) -> NDArray[np.int32]:
    """Order rows by group and weight: groups then fill whole tiles, and bounds within a tile are tight."""
    for key in (rows.weights[view], group):
        chosen = chosen[np.argsort(_narrow(key[chosen]), kind="stable")]
    return chosen


def _narrow(key: NDArray[np.int32]) -> NDArray[np.int32] | NDArray[np.int16]:
    """Return keys in 16 bits where they fit: those are sorted in linear time."""
    fits = len(key) == 0 or (key.min() >= -(1 << 15) and key.max() < 1 << 15)
    return key.astype(np.int16) if fits else key


def tiles(section: Section, tile: TileSize) -> Iterator[tuple[int, int]]:
    """Yield the first row and the first column of every tile."""
    for row in range(0, len(section.left), tile.rows):
        first = 0 if section.right is not None else row // tile.columns * tile.columns
        for column in range(first, len(section.columns), tile.columns):
            yield row, column


def comparisons_of_tile(section: Section, tile: TileSize, row: int, column: int) -> int:
    """Return how many of a section's pairs lie in the tile that begins there."""
    rows = min(tile.rows, len(section.left) - row)
    columns = min(tile.columns, len(section.columns) - column)
    if section.right is not None:
        return rows * columns
    # Of a set compared with itself a column counts with the rows before it alone.
    before = np.clip(np.arange(column, column + columns, dtype=np.int64) - row, 0, rows)
    return int(before.sum())


@dataclass(frozen=True, slots=True, eq=False)
class Strips:
    """A section cut into strips of rows and of columns, each with a lock of its own.

    A tile of two strips changes the lists of those rows alone, so no two tiles of one strip run at once.
    """

    lefts: list[NDArray[np.int32]]
    rights: list[NDArray[np.int32]]
    locks: list[Lock]
    itself: bool

    def comparisons(self, left: int, right: int) -> int:
        """Return how many pairs of rows one tile sets against each other."""
        if self.itself and left == right:
            return pairs_among(len(self.lefts[left]))
        return len(self.lefts[left]) * len(self.rights[right])

    def tiles(self) -> Iterator[tuple[int, int]]:
        """Yield every tile once, so that those that follow each other share strips as rarely as may be."""
        count = len(self.rights)
        for shift in range(count // 2 + 1 if self.itself else count):
            for left in range(len(self.lefts)):
                right = (left + shift) % count
                if not (self.itself and 2 * shift == count and left > right):
                    yield left, right

    def hold(self, left: int, right: int) -> ExitStack:
        """Lock the strips of a tile, the lower first, so that no two tiles wait for each other."""
        held = ExitStack()
        for strip in sorted({left, right if self.itself else len(self.lefts) + right}):
            held.enter_context(self.locks[strip])
        return held


def cut_strips(section: Section, tile: TileSize, threads: int) -> Strips:
    """Cut a section so that every thread finds a tile that shares no strip with another's."""
    itself = section.right is None
    high = min(tile.rows, max(_LOWEST_STRIP, -(-len(section.left) // threads)))
    lefts = _cut(section.left, tile.rows if itself else high)
    rights = lefts if itself else _cut(section.columns, tile.columns)
    return Strips(lefts, rights, [Lock() for _ in range(len(lefts) + len(rights))], itself)


def _cut(numbers: NDArray[np.int32], size: int) -> list[NDArray[np.int32]]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]
