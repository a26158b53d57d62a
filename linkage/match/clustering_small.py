"""Average link of many small components, compiled: a square table of excesses per component.

The same merging as :class:`linkage.match.clustering_merging.Merging`, which takes the few large components:
a table of theirs would not fit.
"""

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled

__all__ = ["LARGEST_SMALL", "merge_small"]

LARGEST_SMALL = 128
"""Records of the largest component that gets a table.

Excesses stay below 2^24 per pair and clusters at 2^12 pairs, so that fractions are compared by products of
less than 2^48.
"""


@compiled
def merge_small(
    starts: NDArray[np.int64],
    sources: NDArray[np.int32],
    pairs: NDArray[np.int64],
    excess: NDArray[np.int64],
    forbidden: NDArray[np.int64],
    known: NDArray[np.int64],
    threshold: int,
    labels: NDArray[np.int64],
) -> bool:
    """Cluster components whose records lie side by side and return whether all known links could be kept.

    ``starts`` (components + 1,): where each component begins; ``sources`` (n,): the duplicate-free source of
    each record or -1.  ``pairs`` (m, 2), ``forbidden`` and ``known`` (any, 2): records, in the order of
    their components.  ``excess`` (m,) and ``threshold``: the mean excess has to be above it.  Writes
    ``labels`` (n,): the first record of each record's cluster.
    """
    table = np.zeros((LARGEST_SMALL, LARGEST_SMALL), dtype=np.int64)
    apart = np.zeros((LARGEST_SMALL, LARGEST_SMALL), dtype=np.bool_)
    size = np.zeros(LARGEST_SMALL, dtype=np.int64)
    at_pairs = np.searchsorted(pairs[:, 0], starts)
    at_forbidden = np.searchsorted(forbidden[:, 0], starts)
    at_known = np.searchsorted(known[:, 0], starts)
    for one in range(len(starts) - 1):
        start, count = starts[one], starts[one + 1] - starts[one]
        part = labels[start : start + count]
        _begin(table, apart, size, part, sources[start : start + count])
        for pair in range(at_pairs[one], at_pairs[one + 1]):
            i, j = pairs[pair, 0] - start, pairs[pair, 1] - start
            table[i, j] = table[j, i] = excess[pair]
        for pair in range(at_forbidden[one], at_forbidden[one + 1]):
            i, j = forbidden[pair, 0] - start, forbidden[pair, 1] - start
            apart[i, j] = apart[j, i] = True
        for pair in range(at_known[one], at_known[one + 1]):
            i, j = part[known[pair, 0] - start], part[known[pair, 1] - start]
            if apart[i, j]:
                return False
            if i != j:
                _join(table, apart, size, part, min(i, j), max(i, j))
        best = _best(table, apart, size, count, threshold)
        while best[0] >= 0:
            _join(table, apart, size, part, best[0], best[1])
            best = _best(table, apart, size, count, threshold)
        part += start
    return True


@compiled
def _begin(
    table: NDArray[np.int64],
    apart: NDArray[np.bool_],
    size: NDArray[np.int64],
    labels: NDArray[np.int64],
    sources: NDArray[np.int32],
) -> None:
    for i in range(len(labels)):
        labels[i], size[i] = i, 1
        for j in range(len(labels)):
            table[i, j] = 0
            apart[i, j] = i != j and sources[i] >= 0 and sources[i] == sources[j]


@compiled
def _best(
    table: NDArray[np.int64], apart: NDArray[np.bool_], size: NDArray[np.int64], count: int, threshold: int
) -> tuple[int, int]:
    """Find the two clusters with the largest mean above the threshold, the first of equals."""
    best_i = best_j = -1
    best, best_pairs = threshold, 1
    for i in range(count):
        if size[i] == 0:
            continue
        for j in range(i + 1, count):
            pairs = size[i] * size[j]
            if pairs > 0 and not apart[i, j] and table[i, j] * best_pairs > best * pairs:
                best, best_pairs, best_i, best_j = table[i, j], pairs, i, j
    return best_i, best_j


@compiled
def _join(
    table: NDArray[np.int64],
    apart: NDArray[np.bool_],
    size: NDArray[np.int64],
    labels: NDArray[np.int64],
    low: int,
    high: int,
) -> None:
    size[low] += size[high]
    size[high] = 0
    for other in range(len(labels)):
        table[low, other] += table[high, other]
        table[other, low] = table[low, other]
        apart[low, other] |= apart[high, other]
        apart[other, low] = apart[low, other]
        if labels[other] == high:
            labels[other] = low
