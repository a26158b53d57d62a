"""Exhaustive comparison of all pairs of rows, view by view, in tiles.

A pair is kept if in some view its agreement exceeds what unrelated records show.  With L bits, Hamming
distance h and bits set wa, wb, agreement is c = 1 − 2h/L, unrelated records are expected to agree by
(1 − 2wa/L)(1 − 2wb/L), whatever the diffusion, and the noise has a standard deviation of about 1/√L.
Multiplied out, with u = L − 2w, a view speaks if and only if

    2L·h + ua·ub < L²·(1 − z/√L)

which is decided in whole numbers, so that no platform rounds a pair in or out.
"""

import math
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.errors import LimitError
from linkage.match.compiled import LANES, ROWS_AT_ONCE, compiled, hits_of_block, popcount
from linkage.match.rows import Rows

__all__ = ["MAX_CANDIDATES", "TileSize", "candidate_pairs", "noise_limit", "warm_up"]

Progress = Callable[[int, int], None]

MAX_CANDIDATES = 200_000_000
"""Pairs kept at most; 8 bytes each while the scan runs."""

_FIRST_CAPACITY = 4096
_QUEUED_PER_THREAD = 4


@dataclass(frozen=True, slots=True)
class TileSize:
    """Rows and columns of a tile: together they fit a core's own cache. Changes no result."""

    rows: int = 1024
    columns: int = 4096


def noise_limit(length: int, noise_z: float) -> int:
    """Return the limit T in whole numbers: a view speaks if and only if 2L·h + ua·ub < T."""
    return math.ceil(length * length * (1.0 - noise_z / math.sqrt(length)))


def candidate_pairs(
    rows: Rows,
    *,
    noise_z: float,
    new: NDArray[np.bool_] | None = None,
    tile: TileSize = TileSize(),
    threads: int = 0,
    max_pairs: int = MAX_CANDIDATES,
    progress: Progress | None = None,
) -> NDArray[np.int64]:
    """Compare all pairs of rows and return those that agree beyond noise in at least one view.

    Compared are rows that both have the view, belong to different records and do not come
    from one duplicate-free source; with ``new`` (n,) only pairs of which at least one row is new.
    ``threads`` 0 means one per processor.  ``progress`` is called with tiles done and tiles in all.
    Returns (m, 2) row numbers, the smaller first, sorted, each pair once, whatever threads and tiles.
    Raises :class:`LimitError` beyond ``max_pairs``.
    """
    sections = list(_sections(rows, new))
    total = sum(_count_tiles(section, tile) for section in sections)
    keys = np.zeros(0, dtype=np.int64)
    done = 0
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for section in sections:
            found: list[NDArray[np.int64]] = [keys]
            for hits in _scan(rows, section, noise_limit(rows.length, noise_z), tile, pool):
                found.append(hits[:, 0] * len(rows) + hits[:, 1])
                done += 1
                _check_count(sum(map(len, found)), max_pairs)
                if progress is not None:
                    progress(done, total)
            keys = np.unique(np.concatenate(found))
    return np.stack([keys // max(len(rows), 1), keys % max(len(rows), 1)], axis=1)


def _check_count(count: int, max_pairs: int) -> None:
    if count > max_pairs:
        raise LimitError(
            f"linkage: more than {max_pairs} pairs agree beyond noise",
            hint="records that are largely alike (test data, placeholders) are the usual cause: look at them",
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Section:
    """All comparisons of one view: ``left`` against ``right``, or against itself."""

    view: int
    left: NDArray[np.int32]
    right: NDArray[np.int32] | None


def _sections(rows: Rows, new: NDArray[np.bool_] | None) -> Iterator[_Section]:
    for view in range(len(rows.words)):
        there = rows.present[view]
        if new is None:
            yield _Section(view, _ordered(rows, view, there), None)
        else:
            left = _ordered(rows, view, there & new)
            yield _Section(view, left, None)
            yield _Section(view, left, _ordered(rows, view, there & ~new))


def _ordered(rows: Rows, view: int, which: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Order rows by source and weight: duplicate-free sources then fill whole tiles, and bounds are tight."""
    chosen = np.flatnonzero(which)
    order = np.lexsort((chosen, rows.weights[view, chosen], rows.apart[chosen]))
    return chosen[order].astype(np.int32)


def _tiles(section: _Section, tile: TileSize) -> Iterator[tuple[int, int]]:
    right = section.left if section.right is None else section.right
    for row in range(0, len(section.left), tile.rows):
        first = 0 if section.right is not None else row // tile.columns * tile.columns
        for column in range(first, len(right), tile.columns):
            yield row, column


def _count_tiles(section: _Section, tile: TileSize) -> int:
    columns = math.ceil(len(section.left if section.right is None else section.right) / tile.columns)
    starts = range(0, len(section.left), tile.rows)
    if section.right is not None:
        return len(starts) * columns
    return sum(columns - row // tile.columns for row in starts)


def _scan(
    rows: Rows, section: _Section, limit: int, tile: TileSize, pool: ThreadPoolExecutor
) -> Iterator[NDArray[np.int64]]:
    """Yield the hits of every tile, in the order of the tiles, whichever thread is done first."""
    waiting: deque[Future[NDArray[np.int64]]] = deque()
    room = _QUEUED_PER_THREAD * pool._max_workers
    try:
        for row, column in _tiles(section, tile):
            waiting.append(pool.submit(_scan_tile, rows, section, limit, tile, row, column))
            if len(waiting) >= room:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _scan_tile(
    rows: Rows, section: _Section, limit: int, tile: TileSize, row: int, column: int
) -> NDArray[np.int64]:
    itself = section.right is None
    right = section.left if section.right is None else section.right
    lefts, rights = section.left[row : row + tile.rows], right[column : column + tile.columns]
    if _all_apart(rows, lefts, rights):
        return np.zeros((0, 2), dtype=np.int64)
    lead = column - row if itself else len(lefts)
    view, capacity = section.view, _FIRST_CAPACITY
    while True:
        hits = np.empty((capacity, 2), dtype=np.int64)
        count = _fill_hits(
            rows.words[view], rows.weights[view], rows.record, rows.apart, lefts, rights, lead, limit, hits
        )
        if count <= capacity:
            return hits[:count].copy()
        capacity = count


def _all_apart(rows: Rows, lefts: NDArray[np.int32], rights: NDArray[np.int32]) -> bool:
    """Tell whether both sides lie wholly within one duplicate-free source (rows are ordered by source)."""
    first = rows.apart[lefts[0]]
    ends = rows.apart[[lefts[-1], rights[0], rights[-1]]]
    return bool(first >= 0 and (ends == first).all())


@compiled
def _fill_hits(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    record: NDArray[np.int32],
    apart: NDArray[np.int32],
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    limit: int,
    hits: NDArray[np.int64],
) -> int:
    """Compare ``lefts`` with ``rights``; fill ``hits`` as far as they fit and return how many there are.

    ``lead``: a pair counts only if its column number plus ``lead`` is above its row number, so that a set
    compared with itself yields every pair once.
    """
    rows_tile, bounds = _copy_rows(words, weights, lefts, rights, limit)
    columns_tile = _copy_columns(words, rights)
    count = 0
    for block in range(max(0, -lead) // LANES, len(columns_tile)):
        for first in range(0, len(rows_tile), ROWS_AT_ONCE):
            mask = hits_of_block(rows_tile, first, columns_tile, block, bounds)
            if mask == 0:
                continue
            for bit in range(ROWS_AT_ONCE * LANES):
                row, column = first + bit // LANES, block * LANES + bit % LANES
                if mask >> bit & 1 == 0 or column >= len(rights) or column + lead <= row:
                    continue
                a, b = lefts[row], rights[column]
                if record[a] == record[b] or (apart[a] == apart[b] and apart[a] >= 0):
                    continue
                if _speaks(words, weights, a, b, limit):
                    if count < len(hits):
                        hits[count, 0] = min(a, b)
                        hits[count, 1] = max(a, b)
                    count += 1
    return count


@compiled
def _copy_rows(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    limit: int,
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Copy the rows of a tile side by side and bound the Hamming distance of each to any of its columns."""
    length = 64 * words.shape[1]
    padded = (len(lefts) + ROWS_AT_ONCE - 1) // ROWS_AT_ONCE * ROWS_AT_ONCE
    tile = np.zeros((padded, words.shape[1]), dtype=np.uint64)
    bounds = np.full(padded, -1, dtype=np.int64)
    smallest, largest = length, -length
    for column in range(len(rights)):
        u = length - 2 * np.int64(weights[rights[column]])
        smallest, largest = min(smallest, u), max(largest, u)
    for row in range(len(lefts)):
        tile[row] = words[lefts[row]]
        u = length - 2 * np.int64(weights[lefts[row]])
        bounds[row] = (limit - min(u * smallest, u * largest) - 1) // (2 * length)
    return tile, bounds


@compiled
def _copy_columns(words: NDArray[np.uint64], rights: NDArray[np.int32]) -> NDArray[np.uint64]:
    """Copy the columns of a tile so that one word of eight columns fills a register."""
    tile = np.zeros(((len(rights) + LANES - 1) // LANES, words.shape[1], LANES), dtype=np.uint64)
    for column in range(len(rights)):
        for word in range(words.shape[1]):
            tile[column // LANES, word, column % LANES] = words[rights[column], word]
    return tile


@compiled
def _speaks(words: NDArray[np.uint64], weights: NDArray[np.int32], a: int, b: int, limit: int) -> bool:
    length = 64 * words.shape[1]
    distance = np.int64(0)
    for word in range(words.shape[1]):
        distance += np.int64(popcount(words[a, word] ^ words[b, word]))
    ua, ub = length - 2 * np.int64(weights[a]), length - 2 * np.int64(weights[b])
    return bool(2 * length * distance + ua * ub < limit)


def warm_up() -> None:
    """Compile the kernel, or load it from its cache, so that the first linkage does not wait for it."""
    two = np.zeros(2, dtype=np.int32)
    words = np.zeros((2, 1), dtype=np.uint64)
    _fill_hits(words, two, two, two, two[:1], two[1:], 1, 0, np.empty((1, 2), dtype=np.int64))
