"""What hashing compiles: codes of rows, and pairs that meet in a block.

A pair that meets in a block of one view is scored there as exhaustive comparison scores it.  Only if the view
speaks is it scored in the others, so that the lists get the very score that comparing everything gives it.
The same pair meets in many tables: once it is in a list it is passed over.  Lists are only read here.
"""

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled
from linkage.match.kernel_lists import NearestLists, enters, key_of
from linkage.match.kernel_scan import fill_hits
from linkage.match.kernel_tiles import Look, OneView, may_meet, score

__all__ = ["code_by_bits", "code_by_firsts", "keep_news", "meet_in_blocks"]

_NUMBER = (1 << 31) - 1
_VECTORS_FROM = 48
"""Of so many rows all pairs are compared sooner by vectors than one by one. Changes no result."""
_FIRST_PAIRS = 1 << 12
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@compiled
def code_by_bits(
    words: NDArray[np.uint64],
    numbers: NDArray[np.int32],
    places: NDArray[np.int32],
    codes: NDArray[np.uint64],
) -> None:
    """Set for some rows the bits at at most 64 places (1, size), side by side."""
    one = np.uint64(1)
    for at in range(len(numbers)):
        row, code = words[numbers[at]], np.uint64(0)
        for place in places[0]:
            code = (code << one) | ((row[place >> 6] >> np.uint64(place & 63)) & one)
        codes[at] = code


@compiled
def code_by_firsts(
    words: NDArray[np.uint64],
    numbers: NDArray[np.int32],
    orders: NDArray[np.int32],
    codes: NDArray[np.uint64],
) -> None:
    """Set for some rows a code of where each order (size, length) comes to the first bit that is set.

    Two codes can be equal by accident, as rarely as two numbers of 64 bits: then a pair is compared for
    nothing.
    """
    length, one = orders.shape[1], np.uint64(1)
    for at in range(len(numbers)):
        row, code = words[numbers[at]], np.uint64(0)
        for order in range(len(orders)):
            place = 0
            while place < length:
                bit = orders[order, place]
                if (row[bit >> 6] >> np.uint64(bit & 63)) & one:
                    break
                place += 1
            code = (code ^ np.uint64(place + 1)) * _SPREAD
            code ^= code >> np.uint64(29)
        codes[at] = code


@compiled
def meet_in_blocks(
    view: OneView,
    look: Look,
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    order: NDArray[np.int32],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    fresh: NDArray[np.int64],
    lists: NearestLists,
    hits: NDArray[np.int64],
) -> int:
    """Compare the rows of small blocks with each other; fill ``hits`` (3, any) and return how many there are.

    ``order``: rows, block by block; ``begins``, ``ends``: where each lies; ``fresh``: how many of its first
    rows are compared with all of it, the rest not with each other.  A hit is two rows, the smaller first, and
    their best score in any view; ``hits`` has room for all pairs.  Pairs that would change no list are none.
    """
    count, pairs = 0, np.empty((_FIRST_PAIRS, 2), dtype=np.int64)
    for block in range(len(begins)):
        numbers = order[begins[block] : ends[block]]
        if fresh[block] == len(numbers) and len(numbers) >= _VECTORS_FROM:
            numbers = numbers[np.argsort(view.weights[numbers])]
            found = fill_hits(view, numbers, numbers, 0, look, pairs)
            if found > len(pairs):
                pairs = np.empty((found, 2), dtype=np.int64)
                fill_hits(view, numbers, numbers, 0, look, pairs)
        else:
            if len(numbers) * (len(numbers) - 1) // 2 > len(pairs):
                pairs = np.empty((len(numbers) * (len(numbers) - 1) // 2, 2), dtype=np.int64)
            found = _each_pair(view, look.limit, numbers, fresh[block], pairs)
        for at in range(found):
            a, b = pairs[at, 0], pairs[at, 1]
            best = _news(words, weights, present, view.source, lists, a, b)
            if best >= 0:
                hits[0, count], hits[1, count], hits[2, count] = a, b, best
                count += 1
    return count


@compiled
def _each_pair(
    view: OneView, limit: int, numbers: NDArray[np.int32], fresh: int, pairs: NDArray[np.int64]
) -> int:
    """Fill ``pairs`` with those of which the view speaks, one by one: of few rows that is soonest."""
    words, weights, record, apart, _ = view
    count = 0
    for first in range(fresh):
        a = numbers[first]
        for second in range(first + 1, len(numbers)):
            b = numbers[second]
            if may_meet(record, apart, a, b) and score(words, weights, a, b) < limit:
                pairs[count, 0], pairs[count, 1] = min(a, b), max(a, b)
                count += 1
    return count


@compiled
def keep_news(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    source: NDArray[np.int32],
    lists: NearestLists,
    hits: NDArray[np.int64],
) -> int:
    """Set the best scores of pairs (3, m) of which some view speaks; put those that change a list first."""
    count = 0
    for at in range(hits.shape[1]):
        a, b = hits[0, at], hits[1, at]
        found = _news(words, weights, present, source, lists, a, b)
        if found >= 0:
            hits[0, count], hits[1, count], hits[2, count] = a, b, found
            count += 1
    return count


@compiled
def _news(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    source: NDArray[np.int32],
    lists: NearestLists,
    a: int,
    b: int,
) -> int:
    """Return the best score of two rows in the views that both have; -1 if it changes no list.

    No score is below 0: two filters differ in as many places at least as their weights do.  A pair always has
    the same score, so that one that is in a list was offered to both rows.
    """
    keys, counts = lists
    kind = 0 if source[a] == source[b] else 1
    for at in range(counts[a, kind]):
        if keys[a, kind, at] & _NUMBER == b:
            return -1
    best = 1 << 62
    for view in range(len(words)):
        if present[view, a] and present[view, b]:
            best = min(best, score(words[view], weights[view], a, b))
    if enters(keys, counts, a, kind, key_of(best, b)) or enters(keys, counts, b, kind, key_of(best, a)):
        return best
    return -1
