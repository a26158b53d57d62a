"""What a linkage compares, cut into tiles that anybody may compare: the same plan for every engine.

Rows are cut into *strips*, and a tile is a pair of strips, compared in every view that both rows have.  A
worker that holds the rows of two strips can compare their tile by itself, and a tile that was lost is
compared again without touching another.
"""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.match.kernel_sections import Section, pairs_among, sections_of_tile
from linkage.match.rows import Rows

__all__ = ["MOST_BY_NOISE", "STRIP_ROWS", "Comparison", "Plan", "Tile", "plan_tiles", "quiet_z"]

STRIP_ROWS: Final = 1 << 16
"""Rows of a strip: a tile of two in one view is some seconds of work for a core."""

MOST_BY_NOISE: Final = 6.0
"""Pairs that agree by noise alone are at most so many for each row, however many rows there are."""

_STEP: Final = 0.1
_DOMAIN: Final = b"clew/comparison/2\x00"


class Tile(NamedTuple):
    """Two strips by their numbers in the plan; a strip with itself where both are the same."""

    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a comparison keeps; see :func:`linkage.match.kernel.candidate_pairs` for what each means."""

    noise_z: float
    nearest: int
    miss: float = 0.0


def quiet_z(noise_z: float, views: int, rows: int) -> float:
    """Return how many standard deviations of the noise a view must exceed among so many rows.

    It is ``noise_z``, or as many tenths more as keep pairs by noise at :data:`MOST_BY_NOISE` a row: two
    unrelated rows agree beyond z deviations in a view with the probability of the normal distribution's tail.
    With six views that is 5.0 up to seven million rows, 5.2 for twenty, 5.5 for a hundred.
    """
    steps = 0
    while views * rows / 2 * math.erfc((noise_z + steps * _STEP) / math.sqrt(2)) / 2 > MOST_BY_NOISE:
        steps += 1
    return round(noise_z + steps * _STEP, 6)


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Strips of rows, and which of them are compared with which.

    ``strips``: row numbers (any,) int32, rising, each row in one strip at most; ``places`` (tiles, 2) int32:
    the two strips of each tile, the same one twice where a strip is compared with itself.
    """

    strips: tuple[NDArray[np.int32], ...]
    places: NDArray[np.int32]

    def __len__(self) -> int:
        """Return how many tiles there are."""
        return len(self.places)

    def tiles(self) -> Iterator[Tile]:
        """Yield every tile once, always in the same order."""
        for left, right in self.places.tolist():
            yield Tile(left, right)

    def sections(self, rows: Rows, tile: Tile) -> Iterator[Section]:
        """Yield what is compared in one tile, view by view."""
        right = None if tile.left == tile.right else self.strips[tile.right]
        yield from sections_of_tile(rows, self.strips[tile.left], right, rows.source)

    def present(self, rows: Rows) -> NDArray[np.int64]:
        """Return how many rows of each strip have each view (strips, views)."""
        counts = [rows.present[:, strip].sum(axis=1) for strip in self.strips]
        return np.array(counts, dtype=np.int64).reshape(len(self.strips), len(rows.words))

    def comparisons(self, rows: Rows) -> NDArray[np.int64]:
        """Return how many pairs of rows each tile sets against each other (tiles,), in all views, exactly."""
        there = self.present(rows)
        left, right = there[self.places[:, 0]], there[self.places[:, 1]]
        itself = (self.places[:, 0] == self.places[:, 1])[:, None]
        return np.asarray(np.where(itself, pairs_among(left), left * right).sum(axis=1), dtype=np.int64)

    def digest(self, rows: Rows, comparison: Comparison) -> str:
        """Return SHA-256, in hex, over all that decides what the tiles bring: rows, strips, settings."""
        digest = hashlib.sha256(_DOMAIN)
        digest.update(repr((comparison, [len(strip) for strip in self.strips])).encode())
        for array in (
            rows.words,
            rows.present,
            rows.record,
            rows.source,
            rows.apart,
            self.places,
            *self.strips,
        ):
            digest.update(repr((array.dtype.str, array.shape)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def plan_tiles(rows: Rows, *, new: NDArray[np.bool_] | None = None, strip_rows: int = STRIP_ROWS) -> Plan:
    """Plan the comparison of all rows or, with ``new`` (n,), of new rows with each other and with all others.

    Raises :class:`ValueError` for strips without a row.
    """
    if strip_rows < 1:
        raise ValueError("a strip has at least one row")
    fresh = np.ones(len(rows), dtype=np.bool_) if new is None else new
    first, rest = (_cut(np.flatnonzero(which), strip_rows) for which in (fresh, ~fresh))
    strips = (*first, *rest)
    places = [(left, right) for left in range(len(first)) for right in range(left, len(strips))]
    return Plan(strips, np.array(places, dtype=np.int32).reshape(-1, 2))


def _cut(numbers: NDArray[np.intp], size: int) -> Sequence[NDArray[np.int32]]:
    return [numbers[start : start + size].astype(np.int32) for start in range(0, len(numbers), size)]
