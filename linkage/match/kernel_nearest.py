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
    spread,
    widest,
)

__all__ = ["fill_nearest"]

_OWN, _OTHERS = 0, 1

_GROUPS_AT_ONCE = 8
"""Groups of rows compared before lists are changed: what entered bounds what follows in the same tile."""


class _Faced(NamedTuple):
    """What rows of one side face on the other: u and sources, from and to."""

    smallest: int
    largest: int
    first_source: int
    last_source: int


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
    words, weights, record, apart, source = view
    limit, _, prefix_limits = look
    keys, counts = lists
    tile, length = copy_rows(words, lefts), 64 * words.shape[1]
    for start in range(max(0, -lead) // COLUMNS_AT_ONCE * COLUMNS_AT_ONCE, len(rights), COLUMNS_AT_ONCE):
        some = rights[start : start + COLUMNS_AT_ONCE]
        columns = copy_columns(words, some)
        faced_left = _faced(weights, source, some, length)
        faced_right = _faced(weights, source, lefts, length)
        after_left, after_right = _lowest_from(some), _lowest_from(lefts)
        left = _bounds(
            weights, source, lefts, keys, counts, limit, length, faced_left, after_left[0], len(tile)
        )
        right = _bounds(
            weights,
            source,
            some,
            keys,
            counts,
            limit,
            length,
            faced_right,
            after_right[0],
            len(columns) * LANES,
        )
        ends = look.ends
        if len(ends) == 0:
            ends = choose_ends(tile, columns, left, right.reshape((-1, LANES)))
        first_left = _first_bounds(weights, lefts, some, limit, length, prefix_limits, len(left))
        first_right = _first_bounds(weights, some, lefts, limit, length, prefix_limits, len(right))
        _scan(
            words, weights, record, apart, source, keys, counts, limit, ends, prefix_limits,
            lefts, some, lead + start, tile, columns,
            faced_left, after_left, first_left, _staged(left, first_left, len(ends)),
            faced_right, after_right, first_right, _staged(right, first_right, len(ends)),
        )  # fmt: skip


@compiled
def _faced(
    weights: NDArray[np.int32], source: NDArray[np.int32], numbers: NDArray[np.int32], length: int
) -> _Faced:
    sources = source[numbers]
    smallest, largest = spread(weights, numbers, length)
    return _Faced(smallest, largest, int(sources.min()), int(sources.max()))


@compiled
def _lowest_from(numbers: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return for each place the lowest row number from there on, and one for none left."""
    lowest = np.full(len(numbers) + 1, 1 << 31, dtype=np.int64)
    for place in range(len(numbers) - 1, -1, -1):
        lowest[place] = min(lowest[place + 1], int(numbers[place]))
    return lowest


@compiled
def _staged(bounds: NDArray[np.int64], first: NDArray[np.int64], stages: int) -> NDArray[np.int64]:
    """Return bounds for every stage: at the first not above those of the sequential test."""
    staged = np.empty((stages, len(bounds)), dtype=np.int64)
    staged[:] = bounds
    staged[0] = np.minimum(bounds, first)
    return staged


@compiled
def _bounds(
    weights: NDArray[np.int32],
    source: NDArray[np.int32],
    numbers: NDArray[np.int32],
    keys: NDArray[np.int64],
    counts: NDArray[np.int32],
    limit: int,
    length: int,
    faced: _Faced,
    lowest: int,
    padded: int,
) -> NDArray[np.int64]:
    """Return for some rows the largest distances that count now; -1 beyond the rows."""
    bounds = np.full(padded, -1, dtype=np.int64)
    for place in range(len(numbers)):
        bounds[place] = _bound(weights, source, numbers[place], keys, counts, limit, length, faced, lowest)
    return bounds


@compiled
def _first_bounds(
    weights: NDArray[np.int32],
    numbers: NDArray[np.int32],
    others: NDArray[np.int32],
    limit: int,
    length: int,
    prefix_limits: NDArray[np.int64],
    padded: int,
) -> NDArray[np.int64]:
    """Return for some rows the largest distances of the first words that the sequential test allows.

    They rest on the limit of the view and never on lists, or what is missed would depend on the order.
    """
    bounds = np.full(padded, length, dtype=np.int64)
    if len(prefix_limits) == 0:
        return bounds
    set_row_bounds(weights, numbers, others, limit, length, bounds)
    set_prefix_bounds(bounds.copy(), prefix_limits, bounds)
    return bounds


@compiled
def _bound(
    weights: NDArray[np.int32],
    source: NDArray[np.int32],
    number: int,
    keys: NDArray[np.int64],
    counts: NDArray[np.int32],
    limit: int,
    length: int,
    faced: _Faced,
    lowest: int,
) -> int:
    """Return the largest distance with which a row numbered from ``lowest`` on could enter a row's lists."""
    own, best = int(source[number]), -(1 << 62)
    if faced.first_source <= own <= faced.last_source:
        best = max(best, worst_score(keys, counts, number, _OWN, lowest, limit - 1))
    if faced.first_source != own or faced.last_source != own:
        best = max(best, worst_score(keys, counts, number, _OTHERS, lowest, limit - 1))
    u = length - 2 * int(weights[number])
    return widest(min(best, limit - 1), u, faced.smallest, faced.largest, length)


@compiled
def _scan(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    record: NDArray[np.int32],
    apart: NDArray[np.int32],
    source: NDArray[np.int32],
    keys: NDArray[np.int64],
    counts: NDArray[np.int32],
    limit: int,
    ends: NDArray[np.int64],
    prefix_limits: NDArray[np.int64],
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    tile: NDArray[np.uint64],
    columns: NDArray[np.uint64],
    faced_left: _Faced,
    after_left: NDArray[np.int64],
    first_left: NDArray[np.int64],
    staged_left: NDArray[np.int64],
    faced_right: _Faced,
    after_right: NDArray[np.int64],
    first_right: NDArray[np.int64],
    staged_right: NDArray[np.int64],
) -> None:
    """Compare rows with some columns; what vectors let pass is scored one by one and offered to both lists.

    Where a list changes, the bounds of its row are lowered for all that follows.
    """
    length = 64 * words.shape[1]
    masks = np.zeros(_GROUPS_AT_ONCE + 1, dtype=np.uint64)
    firsts = np.zeros(len(masks), dtype=np.int64)
    others = staged_right.reshape((len(ends), len(columns), LANES))
    rows_at_once = _GROUPS_AT_ONCE * ROWS_AT_ONCE
    for part in range(len(columns) * ((len(tile) + rows_at_once - 1) // rows_at_once)):
        block = part % len(columns)
        begin = part // len(columns) * rows_at_once
        groups, place = 0, 0
        for first in range(begin, min(begin + rows_at_once, len(tile)), ROWS_AT_ONCE):
            masks[groups] = hits_of_block_either(tile, first, columns, block, ends, staged_left, others)
            firsts[groups] = first
            groups += masks[groups] != 0
        while place < groups:
            bit = lowest_bit(masks[place])
            row, column = firsts[place] + bit // LANES, block * LANES + bit % LANES
            masks[place] &= masks[place] - np.uint64(1)
            place += masks[place] == 0
            if row >= len(lefts) or column >= len(rights) or column + lead <= row:
                continue
            a, b = lefts[row], rights[column]
            found = score(words, weights, a, b)
            if found >= limit or not may_meet(record, apart, a, b):
                continue
            kind = _OWN if source[a] == source[b] else _OTHERS
            for_a, for_b = key_of(found, b), key_of(found, a)
            enters_a, enters_b = enters(keys, counts, a, kind, for_a), enters(keys, counts, b, kind, for_b)
            if not (enters_a or enters_b):
                continue
            if not passes_prefix(words, weights, a, b, limit, ends[0], prefix_limits):
                continue
            if enters_a and insert(keys, counts, a, kind, for_a):
                bound = _bound(
                    weights, source, a, keys, counts, limit, length, faced_left, after_left[column + 1]
                )
                _lower(staged_left, first_left, row, bound)
            if enters_b and insert(keys, counts, b, kind, for_b):
                bound = _bound(
                    weights, source, b, keys, counts, limit, length, faced_right, after_right[row + 1]
                )
                _lower(staged_right, first_right, column, bound)


@compiled
def _lower(staged: NDArray[np.int64], first: NDArray[np.int64], place: int, bound: int) -> None:
    for stage in range(len(staged)):
        staged[stage, place] = bound
    staged[0, place] = min(bound, first[place])
