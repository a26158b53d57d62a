"""One tile compared for the lists of its rows and columns: each pair is offered to both.

Once a list is full, its last score bounds what may still enter, and the comparison reads no further than that
asks for: the fuller the lists, the earlier it abandons a pair.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled, lowest_bit
from linkage.match.kernel_block import LANES, ROWS_AT_ONCE, hits_of_block_either
from linkage.match.kernel_lists import NearestLists, enters, insert, key_of, worst_score
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
    spread,
    widest,
)

__all__ = ["fill_nearest"]

_OWN, _OTHERS = 0, 1


class _Side(NamedTuple):
    """The rows of a tile, or its columns, and their bounds.

    ``staged`` (stages, padded): the largest distances that count after each stage; ``first`` (padded,): those
    that the sequential test allows at the first.  Of the other side: ``smallest`` and ``largest`` u,
    ``first_source`` and ``last_source``, and ``lowest`` row number.
    """

    numbers: NDArray[np.int32]
    staged: NDArray[np.int64]
    first: NDArray[np.int64]
    smallest: int
    largest: int
    first_source: int
    last_source: int
    lowest: int


@compiled
def fill_nearest(
    view: OneView,
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    look: Look,
    lists: NearestLists,
) -> None:
    """Compare ``lefts`` with ``rights`` and offer each to the lists of the other.

    ``lead`` as in :func:`linkage.match.kernel_scan.fill_hits`.
    """
    tile, columns = copy_rows(view.words, lefts), copy_columns(view.words, rights)
    left = _side(view, lefts, rights, look, lists, len(tile), 1)
    right = _side(view, rights, lefts, look, lists, len(columns) * LANES, 1)
    ends = look.ends
    if len(ends) == 0:
        ends = choose_ends(tile, columns, left.staged[0], right.staged[0].reshape((-1, LANES)))
    look = Look(look.limit, ends, look.prefix_limits)
    left = _side(view, lefts, rights, look, lists, len(tile), len(ends))
    right = _side(view, rights, lefts, look, lists, len(columns) * LANES, len(ends))
    facing = right.staged.reshape((len(ends), len(columns), LANES))
    masks = np.zeros(len(tile) // ROWS_AT_ONCE + 1, dtype=np.uint64)
    firsts = np.zeros(len(masks), dtype=np.int64)
    for block in range(max(0, -lead) // LANES, len(columns)):
        groups = 0
        for first in range(0, len(tile), ROWS_AT_ONCE):
            masks[groups] = hits_of_block_either(tile, first, columns, block, ends, left.staged, facing)
            firsts[groups] = first
            groups += masks[groups] != 0
        _finish(view, left, right, lead, look, block, masks, firsts, groups, lists)


@compiled
def _finish(
    view: OneView,
    left: _Side,
    right: _Side,
    lead: int,
    look: Look,
    block: int,
    masks: NDArray[np.uint64],
    firsts: NDArray[np.int64],
    groups: int,
    lists: NearestLists,
) -> None:
    """Score the pairs of a block that passed, one by one, and offer them to lists."""
    place = 0
    while place < groups:
        bit = lowest_bit(masks[place])
        row, column = firsts[place] + bit // LANES, block * LANES + bit % LANES
        masks[place] &= masks[place] - np.uint64(1)
        place += masks[place] == 0
        if row >= len(left.numbers) or column >= len(right.numbers) or column + lead <= row:
            continue
        a, b = left.numbers[row], right.numbers[column]
        found = score(view, a, b)
        if found < look.limit and may_meet(view, a, b):
            _offer(view, left, row, b, found, look, lists)
            _offer(view, right, column, a, found, look, lists)


@compiled
def _offer(
    view: OneView, side: _Side, place: int, other: int, found: int, look: Look, lists: NearestLists
) -> None:
    """Offer another row to the list of the row in one place of a side, and lower its bounds."""
    number = side.numbers[place]
    kind = _OWN if view.source[number] == view.source[other] else _OTHERS
    key = key_of(found, other)
    if enters(lists, number, kind, key) and passes_prefix(view, number, other, look):
        insert(lists, number, kind, key)
        _set_bounds(view, side, place, look, lists)


@compiled
def _side(
    view: OneView,
    numbers: NDArray[np.int32],
    others: NDArray[np.int32],
    look: Look,
    lists: NearestLists,
    padded: int,
    stages: int,
) -> _Side:
    """Return one side of a tile with the bounds that its lists leave now."""
    bounds = row_bounds(view, numbers, others, look.limit, padded)
    staged = np.zeros((stages, padded), dtype=np.int64)
    staged[:] = bounds
    smallest, largest = spread(view, others)
    sources = view.source[others]
    side = _Side(
        numbers,
        staged,
        prefix_bounds(bounds, look.prefix_limits),
        smallest,
        largest,
        int(sources.min()),
        int(sources.max()),
        int(others.min()),
    )
    for place in range(len(numbers)):
        _set_bounds(view, side, place, look, lists)
    return side


@compiled
def _set_bounds(view: OneView, side: _Side, place: int, look: Look, lists: NearestLists) -> None:
    """Set the largest distances with which anything of the other side could enter the row's lists."""
    number, length = side.numbers[place], 64 * view.words.shape[1]
    own, none_yet = int(view.source[number]), look.limit - 1
    best = -(1 << 62)
    if side.first_source <= own <= side.last_source:
        best = max(best, worst_score(lists, number, _OWN, side.lowest, none_yet))
    if side.first_source != own or side.last_source != own:
        best = max(best, worst_score(lists, number, _OTHERS, side.lowest, none_yet))
    u = length - 2 * int(view.weights[number])
    bound = widest(min(best, none_yet), u, side.smallest, side.largest, length)
    side.staged[:, place] = bound
    side.staged[0, place] = min(bound, side.first[place])
