"""Lists of bounded length: the best others of every row, of its own source and of all other sources.

A list holds the K rows with the smallest scores 2L·h + ua·ub, over all views that both rows have; of equal
scores those with the smaller numbers.  That is an order without ties, so a list ends the same whatever comes
first, and exact copies of a row, however many, make no list longer.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled

__all__ = [
    "NearestLists",
    "empty_lists",
    "enters",
    "insert",
    "key_of",
    "listed_pairs",
    "offer",
    "worst_score",
]

_NUMBER_BITS = 31
_NUMBER = (1 << _NUMBER_BITS) - 1
_UNIT = 4
"""Every score is a multiple of 4, since L is one of 64 and so every u is even."""


class NearestLists(NamedTuple):
    """``keys`` (n, 2, K) int64, smallest first: score / 4, then the other row's number in the last 31 bits.

    ``counts`` (n, 2) int32: how many there are; the memory of keys beyond is never touched.  In the second
    place stands 0 for rows of the row's own source and 1 for those of others.
    """

    keys: NDArray[np.int64]
    counts: NDArray[np.int32]


def empty_lists(rows: int, length: int) -> NearestLists:
    """Return empty lists for ``rows`` rows, each of at most ``length`` others and no more than there are."""
    longest = min(length, max(rows, 1))
    return NearestLists(np.empty((rows, 2, longest), np.int64), np.zeros((rows, 2), np.int32))


@compiled
def key_of(score: int, number: int) -> int:
    """Return a score and a row's number in one."""
    return (score // _UNIT << _NUMBER_BITS) | int(number)


@compiled
def enters(keys: NDArray[np.int64], counts: NDArray[np.int32], number: int, kind: int, key: int) -> bool:
    """Tell whether a list has room for a key, or its last one is worse."""
    room = keys.shape[2]
    return bool(counts[number, kind] < room or key < keys[number, kind, room - 1])


@compiled
def insert(keys: NDArray[np.int64], counts: NDArray[np.int32], number: int, kind: int, key: int) -> bool:
    """Put a key that enters in its place, and tell whether anything changed.

    Of two views that bring the same row the better one stays.
    """
    room, count = keys.shape[2], int(counts[number, kind])
    place = count
    for at in range(count):
        if keys[number, kind, at] & _NUMBER == key & _NUMBER:
            place = at
    if place < count and keys[number, kind, place] <= key:
        return False
    if place == count and count < room:
        counts[number, kind] = count + 1
    elif place == count:
        place -= 1
    while place > 0 and keys[number, kind, place - 1] > key:
        keys[number, kind, place] = keys[number, kind, place - 1]
        place -= 1
    keys[number, kind, place] = key
    return True


@compiled
def worst_score(
    keys: NDArray[np.int64], counts: NDArray[np.int32], number: int, kind: int, lowest: int, none_yet: int
) -> int:
    """Return the largest score with which a row not numbered below ``lowest`` enters a list.

    Of equal scores only a smaller number enters.  ``none_yet`` if the list has room.
    """
    room = keys.shape[2]
    if counts[number, kind] < room:
        return none_yet
    last = int(keys[number, kind, room - 1])
    return (last >> _NUMBER_BITS) * _UNIT - (1 if (last & _NUMBER) < lowest else 0)


@compiled
def listed_pairs(lists: NearestLists) -> NDArray[np.int64]:
    """Return every pair in lists as smaller number · n + larger number; a pair in two lists comes twice."""
    rows = len(lists.keys)
    found = np.empty(lists.counts.sum(), dtype=np.int64)
    place = 0
    for number in range(rows):
        for kind in range(2):
            for at in range(lists.counts[number, kind]):
                other = lists.keys[number, kind, at] & _NUMBER
                found[place] = min(number, other) * rows + max(number, other)
                place += 1
    return found


@compiled
def offer(
    lists: NearestLists,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    source: NDArray[np.int32],
    scores: NDArray[np.int64],
) -> None:
    """Offer pairs (m,) of rows with their scores to the lists of both; ``source`` (n,): each row's."""
    keys, counts = lists
    for pair in range(len(left)):
        a, b = left[pair], right[pair]
        kind = 0 if source[a] == source[b] else 1
        for row, key in ((a, key_of(scores[pair], b)), (b, key_of(scores[pair], a))):
            if enters(keys, counts, row, kind, key):
                insert(keys, counts, row, kind, key)
