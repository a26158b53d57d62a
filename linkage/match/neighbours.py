"""What the neighbours of two records say about them, where one similarity is all there is.

The children of one home agree on surname and address, so that a plain filter makes them as similar as two
careless records of one person.  But records of one person are also similar to the *same* others, and to the
same degree: where somebody else is much more similar to one of the two than to the other, that somebody is
the person whom the record belongs to.  All of it is told by similarities of the kept pairs alone.

Nothing here asks which source a record is from: a pair of two people is surrounded alike whether they are in
one source or in two, so that pairs within a source can stand for noise between them.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled

__all__ = ["FEATURES", "chance_corrected", "surroundings", "warm_up"]

FEATURES: Final = (
    "agreement beyond chance",
    "the smaller filter within the larger, beyond chance",
    "logarithm of the ratio of the filters' weights",
    "level of both records",
    "smaller lead over the best rival",
    "larger lead over the best rival",
    "smaller of the largest differences to a common neighbour",
    "larger of the largest differences to a common neighbour",
    "smaller mean difference to neighbours",
    "larger mean difference to neighbours",
    "lead over the best way by a third record",
    "fewer records closer to one",
    "more records closer to one",
)
"""What :func:`surroundings` returns, in this order."""

_READ: Final = 12
"""Neighbours of a record that are asked."""
_FIRST_RANK, _LAST_RANK = 20, 32
"""Neighbours of these ranks tell a record's level: how similar it is to those who are nothing to it."""
_LOWEST: Final = 0.05
_DIGITS: Final = 6


def chance_corrected(
    dice: NDArray[np.float64], first: NDArray[np.float64], second: NDArray[np.float64], length: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return agreement and containment of pairs (m,) beyond what chance gives filters so full.

    ``first``, ``second`` (m,): bits set in either filter, of ``length``.  Both are 0 where as many bits are
    common as two unrelated filters would have, and 1 where all are.
    """
    by_chance = first * second / length
    common = dice * (first + second) / 2.0
    together, smaller = (first + second) / 2.0, np.minimum(first, second)
    return _beyond(common, together, by_chance), _beyond(common, smaller, by_chance)


def _beyond(
    common: NDArray[np.float64], most: NDArray[np.float64], by_chance: NDArray[np.float64]
) -> NDArray[np.float64]:
    room = most - by_chance
    return np.divide(common - by_chance, room, out=np.zeros_like(common), where=room > 0)


def surroundings(
    similarity: NDArray[np.float64],
    contained: NDArray[np.float64],
    weights: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the features (m, 13) of pairs of records, as :data:`FEATURES` names them.

    ``similarity``, ``contained`` (m,): :func:`chance_corrected`; ``weights`` (records,): bits set;
    ``left``, ``right`` (m,): records.
    """
    records = len(weights)
    lists = _lists(similarity, left, right, records)
    floor = float(np.quantile(similarity, _LOWEST)) if len(similarity) else 0.0
    levels = _levels(lists, records, floor)
    around = np.empty((len(left), 9))
    _look_around(similarity, left, right, *lists, *_by_number(lists, records), levels, around)
    heavy, light = np.maximum(weights[left], weights[right]), np.minimum(weights[left], weights[right])
    ratio = np.log(np.maximum(heavy, 1.0) / np.maximum(light, 1.0))
    own = np.stack([similarity, contained, ratio, (levels[left] + levels[right]) / 2.0], axis=1)
    return np.round(np.concatenate([own, around], axis=1), _DIGITS)


def warm_up() -> None:
    """Compile what describing pairs needs, or load it from the cache, before the first records come."""
    surroundings(np.full(2, 0.5), np.full(2, 0.5), np.full(3, 9.0), np.array([0, 1]), np.array([1, 2]))


_Lists = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _lists(
    similarity: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64], records: int
) -> _Lists:
    """Return where every record's neighbours start, and these: best first, equal ones by number."""
    record = np.concatenate([left, right])
    other = np.concatenate([right, left])
    value = np.concatenate([similarity, similarity])
    order = np.lexsort((other, -value, record))
    return np.searchsorted(record[order], np.arange(records + 1)), other[order], value[order]


def _by_number(lists: _Lists, records: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return every record's neighbours in the order of their numbers, to be looked up."""
    start, other, value = lists
    order = np.lexsort((other, np.repeat(np.arange(records), np.diff(start))))
    return other[order], value[order]


def _levels(lists: _Lists, records: int, floor: float) -> NDArray[np.float64]:
    start, other, value = lists
    record = np.repeat(np.arange(records), np.diff(start))
    rank = np.arange(len(other)) - start[record]
    middle = (rank >= _FIRST_RANK) & (rank < _LAST_RANK)
    count = np.bincount(record[middle], minlength=records)
    total = np.bincount(record[middle], value[middle], records)
    return np.asarray(np.divide(total, count, out=np.full(records, floor), where=count > 0))


@compiled
def _look_up(
    whose: int,
    other: int,
    start: NDArray[np.int64],
    numbers: NDArray[np.int64],
    values: NDArray[np.float64],
    otherwise: float,
) -> float:
    """Return the similarity of two records, or what stands for that of a pair that was not kept."""
    low, high = start[whose], start[whose + 1]
    while low < high:
        middle = (low + high) // 2
        if numbers[middle] < other:
            low = middle + 1
        else:
            high = middle
    if low < start[whose + 1] and numbers[low] == other:
        return float(values[low])
    return otherwise


@compiled
def _look_around(
    similarity: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    start: NDArray[np.int64],
    others: NDArray[np.int64],
    values: NDArray[np.float64],
    numbers: NDArray[np.int64],
    by_number: NDArray[np.float64],
    levels: NDArray[np.float64],
    around: NDArray[np.float64],
) -> None:
    largest, mean, closer, rival = np.zeros(2), np.zeros(2), np.zeros(2), np.zeros(2)
    for pair in range(len(left)):
        own = similarity[pair]
        bridge = min(levels[left[pair]], levels[right[pair]])
        for side in range(2):
            this = left[pair] if side == 0 else right[pair]
            that = right[pair] if side == 0 else left[pair]
            largest[side] = mean[side] = closer[side] = 0.0
            rival[side] = levels[this]
            total = 0.0
            read = 0
            for place in range(start[this], start[this + 1]):
                third = others[place]
                if third == that:
                    continue
                if read == 0:
                    rival[side] = max(levels[this], values[place])
                if read == _READ:
                    break
                read += 1
                near = values[place]
                least = min(levels[that], levels[third])
                far = _look_up(that, third, start, numbers, by_number, least)
                share = max(near - levels[this], 0.0)
                largest[side] = max(largest[side], near - far)
                mean[side] += share * (near - far)
                total += share
                bridge = max(bridge, min(near, far))
                if near > own:
                    closer[side] += 1.0
            mean[side] /= max(total, 1e-6)
        around[pair, 0] = own - max(rival[0], rival[1])
        around[pair, 1] = own - min(rival[0], rival[1])
        around[pair, 2], around[pair, 3] = min(largest[0], largest[1]), max(largest[0], largest[1])
        around[pair, 4], around[pair, 5] = min(mean[0], mean[1]), max(mean[0], mean[1])
        around[pair, 6] = own - bridge
        around[pair, 7] = np.log1p(min(closer[0], closer[1]))
        around[pair, 8] = np.log1p(max(closer[0], closer[1]))
