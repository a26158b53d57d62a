"""The pairs that a finished linkage speaks of: those its clusters imply, and those it left apart.

Every pair has log odds of being one person.  A pair that was kept has its own.  A pair of a cluster that was
not kept has the absent weight.  Either is raised to what its best chain within the cluster says: where a and
b are one person but for a chance q, and b and c but for a chance r, so are a and c but for q + r at most (the
bound of Fréchet).  Without it a person of six records, whose ends never agreed beyond noise, would count as
mostly wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import ABSENT_WEIGHT
from linkage.match.incremental_places import place_of
from linkage.match.linkage import Known, Linkage
from linkage.match.logistic import probability

__all__ = ["SURE", "Kept", "Stakes", "implied_pairs", "missed_pairs", "settled"]

SURE = 40.0
"""Log odds, either way, of a pair that somebody knows."""

_MOST_RECORDS = 64
"""Chains are followed in clusters of at most so many records; larger ones are unsound, and count as such."""

_CELLS_AT_A_TIME = 1 << 21


@dataclass(frozen=True, slots=True, eq=False)
class Stakes:
    """Pairs whose being one person is at stake, in groups that stand or fall together.

    Shapes (m,): ``group`` int64, numbered from 0; ``log_odds`` float64; ``count`` int64, how many pairs like
    this one there are; ``kept`` bool, the comparison kept the pair; ``left`` and ``right`` int64, its
    records, -1 where one entry stands for many pairs.
    """

    group: NDArray[np.int64]
    log_odds: NDArray[np.float64]
    count: NDArray[np.int64]
    kept: NDArray[np.bool_]
    left: NDArray[np.int64]
    right: NDArray[np.int64]

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return int(self.count.sum())

    def only_kept(self) -> "Stakes":
        """Return the pairs that the comparison kept."""
        return self.some(self.kept)

    def some(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "Stakes":
        """Return the entries that are marked, or numbered."""
        return Stakes(*(getattr(self, one)[which] for one in Stakes.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Pairs of records (m,), the smaller first, sorted, with their log odds."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    log_odds: NDArray[np.float64]


def settled(linkage: Linkage, known: Iterable[Known]) -> Kept:
    """Return the kept pairs, and the known ones, kept or not, with log odds that leave no doubt."""
    pairs = linkage.pairs
    count = max(len(linkage.records), 1)
    said: dict[int, float] = {}
    for one in known:
        left, right = place_of(linkage.records, one.left), place_of(linkage.records, one.right)
        if left is not None and right is not None:
            said[min(left, right) * count + max(left, right)] = SURE if one.same else -SURE
    keys = np.concatenate([np.array(sorted(said), dtype=np.int64), pairs.left * count + pairs.right])
    odds = np.concatenate([np.array([said[key] for key in sorted(said)], dtype=np.float64), pairs.score])
    keys, first = np.unique(keys, return_index=True)  # the first of equals: what is known goes before
    return Kept(keys // count, keys % count, odds[first])


def missed_pairs(linkage: Linkage, kept: Kept) -> Stakes:
    """Return the kept pairs whose records ended apart; those between the same two clusters are one group."""
    a, b = linkage.clusters[kept.left], linkage.clusters[kept.right]
    apart = a != b
    between = np.minimum(a, b) * max(len(linkage.records), 1) + np.maximum(a, b)
    return _grouped(between[apart], Kept(kept.left[apart], kept.right[apart], kept.log_odds[apart]))


def implied_pairs(linkage: Linkage, kept: Kept) -> Stakes:
    """Return every pair of records that share a cluster, by cluster, kept or not."""
    inside = np.flatnonzero(linkage.clusters[kept.left] == linkage.clusters[kept.right])
    kept = Kept(kept.left[inside], kept.right[inside], kept.log_odds[inside])
    cluster = linkage.clusters[kept.left]
    sizes = np.bincount(linkage.clusters, minlength=1)
    members = _Members.of(linkage.clusters, sizes)
    parts = [_grouped(np.zeros(0, np.int64), Kept(kept.left[:0], kept.right[:0], np.zeros(0)))]
    for size in np.unique(sizes[sizes > 1]).tolist():
        here = np.flatnonzero(sizes[cluster] == size)
        part = Kept(kept.left[here], kept.right[here], kept.log_odds[here])
        such = np.flatnonzero(sizes == size)
        if size <= _MOST_RECORDS:
            parts += _chained(such, size, cluster[here], part, members)
        else:
            parts += _as_they_are(such, size, cluster[here], part)
    found = Stakes(*(np.concatenate([getattr(part, one) for part in parts]) for one in Stakes.__slots__))
    return replace(found, group=np.unique(found.group, return_inverse=True)[1].astype(np.int64))


def _grouped(group: NDArray[np.int64], pairs: Kept) -> Stakes:
    numbered = np.unique(group, return_inverse=True)[1].astype(np.int64)
    return _each(numbered, pairs, np.ones(len(group), dtype=np.bool_))


def _each(group: NDArray[np.int64], pairs: Kept, kept: NDArray[np.bool_]) -> Stakes:
    once = np.ones(len(group), dtype=np.int64)
    return Stakes(group, pairs.log_odds, once, kept, pairs.left, pairs.right)


@dataclass(frozen=True, slots=True, eq=False)
class _Members:
    """The records of each cluster, numbered from 0.

    ``place``: of each record (n,); ``order``: all records by cluster and place (n,); ``starts``: where in
    that order each cluster begins.
    """

    place: NDArray[np.int64]
    order: NDArray[np.int64]
    starts: NDArray[np.int64]

    @staticmethod
    def of(clusters: NDArray[np.int64], sizes: NDArray[np.int64]) -> "_Members":
        order = np.argsort(clusters, kind="stable")
        starts = np.cumsum(sizes) - sizes
        place = np.empty(len(clusters), dtype=np.int64)
        place[order] = np.arange(len(clusters)) - starts[clusters[order]]
        return _Members(place, order, starts)

    def records(self, clusters: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the records at the same places of each cluster, one cluster after the other."""
        return np.asarray(self.order[self.starts[clusters][:, None] + places].reshape(-1))


def _chained(
    clusters: NDArray[np.int64], size: int, cluster: NDArray[np.int64], kept: Kept, members: _Members
) -> list[Stakes]:
    """Return all pairs of the clusters of one size, each as probable as its best chain at least."""
    left, right = members.place[kept.left], members.place[kept.right]
    step = max(1, _CELLS_AT_A_TIME // size**2)
    upper, lower = np.triu_indices(size, k=1)
    parts = []
    for start in range(0, len(clusters), step):
        some = clusters[start : start + step]
        row = np.searchsorted(some, cluster)
        here = np.flatnonzero((cluster >= some[0]) & (cluster <= some[-1]))
        there = np.zeros((len(some), size, size), dtype=np.bool_)
        there[row[here], left[here], right[here]] = True
        doubt = np.full(there.shape, probability(np.array(-ABSENT_WEIGHT)))
        doubt[row[here], left[here], right[here]] = probability(-kept.log_odds[here])
        doubt = np.minimum(doubt, 1.0 - 1e-15)
        doubt[:, lower, upper] = doubt[:, upper, lower]
        doubt[:, np.arange(size), np.arange(size)] = 0.0
        for middle in range(size):
            np.minimum(doubt, doubt[:, :, middle, None] + doubt[:, None, middle, :], out=doubt)
        found = np.maximum(doubt[:, upper, lower].reshape(-1), 1e-300)
        odds = np.log1p(-found) - np.log(found)
        pairs = Kept(members.records(some, upper), members.records(some, lower), odds)
        parts.append(_each(np.repeat(some, len(upper)), pairs, there[:, upper, lower].reshape(-1)))
    return parts


def _as_they_are(
    clusters: NDArray[np.int64], size: int, cluster: NDArray[np.int64], kept: Kept
) -> list[Stakes]:
    """Return the pairs of large clusters without chains; all those not kept as one entry a cluster."""
    absent = size * (size - 1) // 2 - np.bincount(cluster, minlength=int(clusters[-1]) + 1)[clusters]
    others, many = np.full(len(clusters), ABSENT_WEIGHT), np.full(len(clusters), -1, dtype=np.int64)
    never = np.zeros(len(clusters), dtype=np.bool_)
    return [
        _each(cluster, kept, np.ones(len(cluster), dtype=np.bool_)),
        Stakes(clusters, others, absent.astype(np.int64), never, many, many),
    ]
