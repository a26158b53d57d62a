"""Average-link clustering of records into persons.

The link between two clusters is the mean weight over *all* pairs of their records, where a pair that was
not kept counts as evidence against; the best pair of clusters is merged while its link is positive.  A
chain a–b–c of good links whose ends disagree therefore stays apart, which connected components would not
notice.

Weights are whole numbers inside, so that a sum does not depend on the order of its terms: the result is the
same for any order of the pairs.
"""

import heapq
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError

__all__ = ["ABSENT_WEIGHT", "MAX_WEIGHT", "cluster", "one_to_one"]

MAX_WEIGHT = 6.0
"""Weights are clipped to this much either way: one pair alone then cannot outvote a cluster."""

ABSENT_WEIGHT = -3.0
"""Weight of a pair that was not kept."""

_SCALE = 1 << 20
_ABSENT = int(ABSENT_WEIGHT * _SCALE)

Link = tuple[int, int]


def cluster(
    count: int,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    apart: NDArray[np.int32] | None = None,
    same: Iterable[Link] = (),
    different: Iterable[Link] = (),
) -> NDArray[np.int32]:
    """Cluster records 0 to ``count`` − 1 and return each record's cluster: the smallest record in it.

    ``left``, ``right``, ``weights`` (m,): kept pairs, each once, with log-odds-like weights, positive where
    the pair should link.  ``apart`` (count,): records with the same number of 0 or more are never joined
    (a source declared free of duplicates).  ``same``: known links, joined first; ``different``: pairs never
    joined.  Ties go to the smallest records.
    Raises :class:`InputError` if known links contradict ``different`` or ``apart``.
    """
    merging = _Merging(count, apart, different)
    for a, b in sorted((min(pair), max(pair)) for pair in same):
        merging.join_known(a, b)
    within = _touching_components(count, left, right, weights, merging)
    whole = np.rint(np.clip(weights[within], -MAX_WEIGHT, MAX_WEIGHT) * _SCALE).astype(np.int64)
    merging.add_pairs(left[within].tolist(), right[within].tolist(), whole.tolist())
    merging.run()
    return merging.labels()


def _touching_components(
    count: int,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    weights: NDArray[np.float64],
    merging: "_Merging",
) -> NDArray[np.intp]:
    """Return the pairs whose two records can end together: only those within one component of positive pairs.

    A mean is positive only if one of its terms is, so clusters never reach beyond a component.
    """
    roots = np.array([merging.root(record) for record in range(count)], dtype=np.int64)
    forest = list(range(count))
    positive = np.flatnonzero(weights > 0)
    for a, b in zip(roots[left[positive]].tolist(), roots[right[positive]].tolist(), strict=True):
        low, high = sorted((_find(forest, a), _find(forest, b)))
        forest[high] = low
    component = np.array([_find(forest, root) for root in roots.tolist()], dtype=np.int64)
    return np.flatnonzero(component[left] == component[right]) if count else np.zeros(0, dtype=np.intp)


def _find(forest: list[int], node: int) -> int:
    while forest[node] != node:
        forest[node] = forest[forest[node]]
        node = forest[node]
    return node


class _Merging:
    """Clusters while they grow; a cluster is named by its smallest record."""

    def __init__(self, count: int, apart: NDArray[np.int32] | None, different: Iterable[Link]) -> None:
        self._forest = list(range(count))
        self._size = [1] * count
        self._sources: list[frozenset[int]] = [frozenset()] * count
        if apart is not None:
            self._sources = [
                frozenset((number,)) if number >= 0 else frozenset() for number in apart.tolist()
            ]
        self._enemies: dict[int, set[int]] = {}
        for a, b in different:
            self._enemies.setdefault(a, set()).add(b)
            self._enemies.setdefault(b, set()).add(a)
        # Per cluster and neighbouring cluster: sum of the kept pairs' weights, and how many they are.
        self._sums: dict[int, dict[int, tuple[int, int]]] = {}
        self._queue: list[tuple[float, int, int]] = []

    def root(self, record: int) -> int:
        return _find(self._forest, record)

    def labels(self) -> NDArray[np.int32]:
        return np.array([self.root(record) for record in range(len(self._forest))], dtype=np.int32)

    def join_known(self, a: int, b: int) -> None:
        low, high = sorted((self.root(a), self.root(b)))
        if low == high:
            return
        if self._forbidden(low, high):
            raise InputError(
                "known links: one joins records that a must-not-link or a duplicate-free source keeps apart",
                hint="withdraw one of the two, or the source's declaration",
            )
        self._join(low, high)

    def add_pairs(self, left: Sequence[int], right: Sequence[int], weights: Sequence[int]) -> None:
        for record_a, record_b, weight in zip(left, right, weights, strict=True):
            a, b = self.root(record_a), self.root(record_b)
            if a != b:
                self._add(a, b, weight, 1)
                self._add(b, a, weight, 1)
        for a in sorted(self._sums):
            self._queue_links(a, (b for b in self._sums[a] if b > a))

    def run(self) -> None:
        while self._queue:
            negative_mean, a, b = heapq.heappop(self._queue)
            if not self._current(a, b, -negative_mean) or self._forbidden(a, b):
                continue
            self._join(a, b)
            self._queue_links(a, self._sums.get(a, {}))

    def _add(self, a: int, b: int, weight: int, kept: int) -> None:
        neighbours = self._sums.setdefault(a, {})
        before_weight, before_kept = neighbours.get(b, (0, 0))
        neighbours[b] = (before_weight + weight, before_kept + kept)

    def _mean(self, a: int, b: int) -> float:
        weight, kept = self._sums[a][b]
        pairs = self._size[a] * self._size[b]
        return (weight + _ABSENT * (pairs - kept)) / pairs

    def _queue_links(self, a: int, neighbours: Iterable[int]) -> None:
        for b in neighbours:
            mean = self._mean(a, b)
            if mean > 0:
                heapq.heappush(self._queue, (-mean, min(a, b), max(a, b)))

    def _current(self, a: int, b: int, mean: float) -> bool:
        """Tell whether a queued link still stands: neither cluster was merged away nor has grown since."""
        return b in self._sums.get(a, {}) and self._mean(a, b) == mean

    def _forbidden(self, a: int, b: int) -> bool:
        return not self._sources[a].isdisjoint(self._sources[b]) or b in self._enemies.get(a, ())

    def _join(self, low: int, high: int) -> None:
        self._forest[high] = low
        self._size[low] += self._size[high]
        self._sources[low] |= self._sources[high]
        for enemy in self._enemies.pop(high, set()):
            self._enemies[enemy].discard(high)
            self._enemies[enemy].add(low)
            self._enemies.setdefault(low, set()).add(enemy)
        self._sums.get(low, {}).pop(high, None)
        for other, (weight, kept) in self._sums.pop(high, {}).items():
            if other != low:
                del self._sums[other][high]
                self._add(low, other, weight, kept)
                self._add(other, low, weight, kept)


def one_to_one(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    same: Iterable[Link] = (),
    different: Iterable[Link] = (),
) -> NDArray[np.bool_]:
    """Choose links between two duplicate-free sources greedily, best first; each record links once at most.

    ``left``, ``right``, ``weights`` (m,) as for :func:`cluster`.  Known links take their records first.
    Returns (m,) bool.  Ties go to the smallest records.
    """
    taken = {record for pair in same for record in pair}
    refused = {(min(pair), max(pair)) for pair in different}
    chosen = np.zeros(len(weights), dtype=np.bool_)
    for pair in np.lexsort((right, left, -weights)).tolist():
        a, b = int(left[pair]), int(right[pair])
        if weights[pair] <= 0:
            break
        if a not in taken and b not in taken and (min(a, b), max(a, b)) not in refused:
            chosen[pair] = True
            taken.update((a, b))
    return chosen
