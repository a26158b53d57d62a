"""What hashing compiles: codes of rows, pairs that meet in a block, and offering them to the lists of both.

A pair that meets in a block of one view is scored there as exhaustive comparison scores it.  Only if the view
speaks is it scored in the others, so that the lists get the very score that comparing everything gives it.
"""

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled
from linkage.match.kernel_lists import NearestLists, enters, insert, key_of
from linkage.match.kernel_tiles import may_meet, score

__all__ = ["best_scores", "code_by_bits", "code_by_firsts", "meet_in_blocks", "offer"]

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

    Two codes can be equal by accident, as rarely as two numbers of 64 bits: then a pair is compared for nothing.
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
    view: int,
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    record: NDArray[np.int32],
    apart: NDArray[np.int32],
    limit: int,
    order: NDArray[np.int32],
    begins: NDArray[np.int64],
    ends: NDArray[np.int64],
    fresh: NDArray[np.int64],
    hits: NDArray[np.int64],
) -> int:
    """Compare the rows of small blocks with each other; fill ``hits`` (any, 3) and return how many there are.

    ``order``: rows, block by block; ``begins``, ``ends``: where each lies; ``fresh``: how many of its first rows
    are compared with all of it, the rest not with each other.  A hit is two rows, the smaller first, and their
    best score in any view; ``hits`` has room for all pairs.
    """
    count = 0
    own, own_weights = words[view], weights[view]
    for block in range(len(begins)):
        for first in range(begins[block], begins[block] + fresh[block]):
            a = order[first]
            for second in range(first + 1, ends[block]):
                b = order[second]
                if not may_meet(record, apart, a, b):
                    continue
                found = score(own, own_weights, a, b)
                if found < limit:
                    hits[count, 0], hits[count, 1] = min(a, b), max(a, b)
                    hits[count, 2] = _best(words, weights, present, a, b, found)
                    count += 1
    return count


@compiled
def best_scores(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    limit: int,
    hits: NDArray[np.int64],
) -> None:
    """Set the best score of pairs (m, 3) of which some view speaks in any view that both rows have."""
    for at in range(len(hits)):
        hits[at, 2] = _best(words, weights, present, hits[at, 0], hits[at, 1], limit)


@compiled
def _best(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    a: int,
    b: int,
    best: int,
) -> int:
    for view in range(len(words)):
        if present[view, a] and present[view, b]:
            best = min(best, score(words[view], weights[view], a, b))
    return best


@compiled
def offer(lists: NearestLists, source: NDArray[np.int32], hits: NDArray[np.int64]) -> None:
    """Offer the rows of every hit (m, 3) to the lists of each other."""
    keys, counts = lists
    for at in range(len(hits)):
        a, b, found = hits[at, 0], hits[at, 1], hits[at, 2]
        kind = 0 if source[a] == source[b] else 1
        for_a, for_b = key_of(found, b), key_of(found, a)
        if enters(keys, counts, a, kind, for_a):
            insert(keys, counts, a, kind, for_a)
        if enters(keys, counts, b, kind, for_b):
            insert(keys, counts, b, kind, for_b)
