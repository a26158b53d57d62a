"""Tiles of rows and columns, copied for comparison, and the bounds on distances that hold within a tile.

A view of two rows is scored s = 2L·h + ua·ub, with Hamming distance h and u = L − 2w for w bits set: the
smaller, the more two rows agree beyond what their fill explains.  Of a score that counts, S at most, follows
a distance of (S − ua·ub) / 2L at most.  Vectors compare distances with one bound for a whole row of the tile,
the widest over its columns; what passes is scored by itself, so that bounds may be loose but never wrong.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled, popcount
from linkage.match.kernel_block import LANES, ROWS_AT_ONCE, distance

__all__ = [
    "COLUMNS_AT_ONCE",
    "Look",
    "OneView",
    "copy_columns",
    "copy_rows",
    "may_meet",
    "noise_limit",
    "passes_prefix",
    "score",
    "set_prefix_bounds",
    "set_row_bounds",
    "spread",
    "widest",
]


COLUMNS_AT_ONCE = 512
"""Bounds hold for this many columns: so few, in the order of their weights, are nearly of one weight."""


class OneView(NamedTuple):
    """What comparing needs of one view of all rows, shaped as in :class:`linkage.match.rows.Rows`."""

    words: NDArray[np.uint64]
    weights: NDArray[np.int32]
    record: NDArray[np.int32]
    apart: NDArray[np.int32]
    source: NDArray[np.int32]


class Look(NamedTuple):
    """Which pairs count in a view, those that score below ``limit``, and after how many words to look.

    ``ends``: the numbers of words after which distances are looked at, rising; none to have them chosen.
    ``prefix_limits`` (L + 1,): by the distance at which a pair just counts, the one that a sequential test
    allows its first ``ends[0]`` words; none to miss nothing.
    """

    limit: int
    ends: NDArray[np.int64]
    prefix_limits: NDArray[np.int64]


def noise_limit(length: int, noise_z: float) -> int:
    """Return the limit T in whole numbers: a view speaks if and only if 2L·h + ua·ub < T."""
    return math.ceil(length * length * (1.0 - noise_z / math.sqrt(length)))


@compiled
def copy_rows(words: NDArray[np.uint64], numbers: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Copy the rows of a tile side by side, filled up with empty ones to whole groups."""
    padded = (len(numbers) + ROWS_AT_ONCE - 1) // ROWS_AT_ONCE * ROWS_AT_ONCE
    tile = np.zeros((padded, words.shape[1]), dtype=np.uint64)
    for row in range(len(numbers)):
        tile[row] = words[numbers[row]]
    return tile


@compiled
def copy_columns(words: NDArray[np.uint64], numbers: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Copy the columns of a tile so that one word of eight columns fills a register."""
    blocks = (len(numbers) + LANES - 1) // LANES
    tile = np.empty((blocks, words.shape[1], LANES), dtype=np.uint64)
    for block in range(blocks):
        if (block + 1) * LANES > len(numbers):
            tile[block] = 0
        for lane in range(min(LANES, len(numbers) - block * LANES)):
            column = words[numbers[block * LANES + lane]]
            for word in range(words.shape[1]):
                tile[block, word, lane] = column[word]
    return tile


@compiled
def score(words: NDArray[np.uint64], weights: NDArray[np.int32], a: int, b: int) -> int:
    """Return 2L·h + ua·ub of two rows."""
    length = 64 * words.shape[1]
    ua, ub = length - 2 * int(weights[a]), length - 2 * int(weights[b])
    return int(2 * length * distance(words, a, b) + ua * ub)


@compiled
def may_meet(record: NDArray[np.int32], apart: NDArray[np.int32], a: int, b: int) -> bool:
    """Tell whether two rows are of two records and not both of one duplicate-free source."""
    return bool(record[a] != record[b] and (apart[a] != apart[b] or apart[a] < 0))


@compiled
def passes_prefix(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    a: int,
    b: int,
    limit: int,
    prefix: int,
    prefix_limits: NDArray[np.int64],
) -> bool:
    """Tell whether a pair passes the sequential test: by its own limit, not that of any tile it is in."""
    if len(prefix_limits) == 0:
        return True
    length, differing = 64 * words.shape[1], 0
    for word in range(prefix):
        differing += int(popcount(words[a, word] ^ words[b, word]))
    ub = length - 2 * int(weights[b])
    largest = widest(limit - 1, length - 2 * int(weights[a]), ub, ub, length)
    return bool(differing <= prefix_limits[min(max(largest, 0), length)])


@compiled
def spread(weights: NDArray[np.int32], numbers: NDArray[np.int32], length: int) -> tuple[int, int]:
    """Return the smallest and the largest u of some rows."""
    smallest, largest = length, -length
    for number in numbers:
        u = length - 2 * int(weights[number])
        smallest, largest = min(smallest, u), max(largest, u)
    return smallest, largest


@compiled
def widest(highest: int, u: int, smallest: int, largest: int, length: int) -> int:
    """Return the largest distance at which a row between two u scores ``highest`` or less; -1 for none."""
    product = min(u * smallest, u * largest)
    return max((highest - product) // (2 * length), -1)


@compiled
def set_row_bounds(
    weights: NDArray[np.int32],
    numbers: NDArray[np.int32],
    others: NDArray[np.int32],
    limit: int,
    length: int,
    bounds: NDArray[np.int64],
) -> None:
    """Set for each of some rows the largest distance at which any of the others counts.

    Bounds beyond the rows become -1, which no distance is within.
    """
    bounds[len(numbers) :] = -1
    smallest, largest = spread(weights, others, length)
    for row in range(len(numbers)):
        bounds[row] = widest(limit - 1, length - 2 * int(weights[numbers[row]]), smallest, largest, length)


@compiled
def set_prefix_bounds(bounds: NDArray[np.int64], limits: NDArray[np.int64], first: NDArray[np.int64]) -> None:
    """Set the largest distances of the first words, ``first``, given those of the whole.

    ``limits``: those of the sequential test as in :class:`Look`; without any, the first words may differ as
    much as the whole.
    """
    first[:] = bounds
    if len(limits) > 0:
        for place in range(len(bounds)):
            if bounds[place] >= 0:
                first[place] = limits[min(bounds[place], len(limits) - 1)]
