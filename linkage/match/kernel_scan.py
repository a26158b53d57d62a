"""One tile compared in full: every pair of its rows and columns of which the view speaks."""

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled, lowest_bit
from linkage.match.kernel_block import LANES, ROWS_AT_ONCE, hits_of_block
from linkage.match.kernel_stages import choose_ends
from linkage.match.kernel_tiles import (
    COLUMNS_AT_ONCE,
    Look,
    OneView,
    copy_columns,
    copy_rows,
    may_meet,
    passes_prefix,
    score,
    set_prefix_bounds,
    set_row_bounds,
)

__all__ = ["fill_hits"]

_PANEL = 256
"""Rows that are compared with all columns before the next: they stay in a core's first cache."""


@compiled
def fill_hits(
    view: OneView,
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    look: Look,
    hits: NDArray[np.int64],
) -> int:
    """Compare ``lefts`` with ``rights``; fill ``hits`` as far as they fit and return how many there are.

    ``lead``: a pair counts only if its column number plus ``lead`` is above its row number, so that a set
    compared with itself yields every pair once.
    """
    words, weights, record, apart, _ = view
    limit, _, prefix_limits = look
    tile, none = copy_rows(words, lefts), np.zeros((0, LANES), dtype=np.int64)
    count = 0
    for start in range(max(0, -lead) // COLUMNS_AT_ONCE * COLUMNS_AT_ONCE, len(rights), COLUMNS_AT_ONCE):
        some = rights[start : start + COLUMNS_AT_ONCE]
        columns = copy_columns(words, some)
        bounds = np.empty(len(tile), dtype=np.int64)
        set_row_bounds(weights, lefts, some, limit, 64 * words.shape[1], bounds)
        ends = look.ends if len(look.ends) > 0 else choose_ends(tile, columns, bounds, none)
        staged = np.empty((len(ends), len(tile)), dtype=np.int64)
        staged[:] = bounds
        set_prefix_bounds(bounds, prefix_limits, staged[0])
        count = _scan(
            words, weights, record, apart, lefts, some, lead + start, limit, ends, prefix_limits,
            tile, columns, staged, hits, count,
        )  # fmt: skip
    return count


@compiled
def _scan(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    record: NDArray[np.int32],
    apart: NDArray[np.int32],
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    limit: int,
    ends: NDArray[np.int64],
    prefix_limits: NDArray[np.int64],
    tile: NDArray[np.uint64],
    columns: NDArray[np.uint64],
    staged: NDArray[np.int64],
    hits: NDArray[np.int64],
    count: int,
) -> int:
    """Add the pairs of some columns to ``count`` hits; those that vectors let pass are scored one by one."""
    masks = np.zeros(_PANEL // ROWS_AT_ONCE + 1, dtype=np.uint64)
    firsts = np.zeros(len(masks), dtype=np.int64)
    for part in range(len(columns) * ((len(tile) + _PANEL - 1) // _PANEL)):
        block, begin = part % len(columns), part // len(columns) * _PANEL
        groups, place = 0, 0
        for first in range(begin, min(begin + _PANEL, len(tile)), ROWS_AT_ONCE):
            # Kept without a branch: which groups pass is chance, and a wrong guess costs more than a store.
            masks[groups] = hits_of_block(tile, first, columns, block, ends, staged)
            firsts[groups] = first
            groups += masks[groups] != 0
        while place < groups:
            bit = lowest_bit(masks[place])
            row, column = firsts[place] + bit // LANES, block * LANES + bit % LANES
            masks[place] &= masks[place] - np.uint64(1)
            place += masks[place] == 0
            if column >= len(rights) or column + lead <= row:
                continue
            a, b = lefts[row], rights[column]
            if score(words, weights, a, b) >= limit or not may_meet(record, apart, a, b):
                continue
            if passes_prefix(words, weights, a, b, limit, ends[0], prefix_limits):
                if count < len(hits):
                    hits[count, 0] = min(a, b)
                    hits[count, 1] = max(a, b)
                count += 1
    return count
