"""One tile compared in full: every pair of its rows and columns of which the view speaks."""

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled, lowest_bit
from linkage.match.kernel_block import LANES, ROWS_AT_ONCE, hits_of_block
from linkage.match.kernel_stages import choose_ends
from linkage.match.kernel_tiles import (
    Look,
    OneView,
    copy_columns,
    copy_rows,
    may_meet,
    passes_prefix,
    prefix_bounds,
    row_bounds,
    score,
)

__all__ = ["fill_hits"]


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
    tile, columns = copy_rows(view.words, lefts), copy_columns(view.words, rights)
    bounds = row_bounds(view, lefts, rights, look.limit, len(tile))
    ends = look.ends
    if len(ends) == 0:
        ends = choose_ends(tile, columns, bounds, np.zeros((0, LANES), dtype=np.int64))
    staged = np.zeros((len(ends), len(bounds)), dtype=np.int64)
    staged[:] = bounds
    staged[0] = prefix_bounds(bounds, look.prefix_limits)
    masks = np.zeros(len(tile) // ROWS_AT_ONCE + 1, dtype=np.uint64)
    firsts = np.zeros(len(masks), dtype=np.int64)
    count = 0
    for block in range(max(0, -lead) // LANES, len(columns)):
        groups = 0
        for first in range(0, len(tile), ROWS_AT_ONCE):
            # Kept without a branch: which groups pass is chance, and a wrong guess costs more than a store.
            masks[groups] = hits_of_block(tile, first, columns, block, ends, staged)
            firsts[groups] = first
            groups += masks[groups] != 0
        count = _finish(view, lefts, rights, lead, look, block, masks, firsts, groups, hits, count)
    return count


@compiled
def _finish(
    view: OneView,
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    look: Look,
    block: int,
    masks: NDArray[np.uint64],
    firsts: NDArray[np.int64],
    groups: int,
    hits: NDArray[np.int64],
    count: int,
) -> int:
    """Score the pairs of a block that passed, one by one, and add those that count to ``count`` hits."""
    place = 0
    while place < groups:
        bit = lowest_bit(masks[place])
        row, column = firsts[place] + bit // LANES, block * LANES + bit % LANES
        masks[place] &= masks[place] - np.uint64(1)
        place += masks[place] == 0
        if column >= len(rights) or column + lead <= row:
            continue
        a, b = lefts[row], rights[column]
        if score(view, a, b) < look.limit and may_meet(view, a, b) and passes_prefix(view, a, b, look):
            if count < len(hits):
                hits[count, 0] = min(a, b)
                hits[count, 1] = max(a, b)
            count += 1
    return count
