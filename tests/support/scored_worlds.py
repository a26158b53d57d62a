"""Made-up linkages whose log odds are right by construction: they say how often a pair is one person."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import cluster
from linkage.match.linkage import Linkage, Pairs, RecordId


@dataclass(frozen=True)
class ScoredWorld:
    linkage: Linkage
    person: NDArray[np.int64]

    def implied(self) -> NDArray[np.bool_]:
        """Of every pair of records of one cluster, whether they are one person; by trying every pair."""
        clusters, count = self.linkage.clusters, len(self.person)
        left, right = np.triu_indices(count, k=1)
        inside = clusters[left] == clusters[right]
        return np.asarray(self.person[left[inside]] == self.person[right[inside]])

    def true_pairs(self) -> int:
        sizes = np.bincount(self.person)
        return int((sizes * (sizes - 1) // 2).sum())


def scored_world(
    seed: int, *, persons: int = 120, most: int = 3, clarity: float = 4.5, shift: float = 0.0
) -> ScoredWorld:
    """Draw persons of 1 to ``most`` records and a likelihood ratio for every pair of records.

    Log ratios are normal about ±clarity²/2 with standard deviation ``clarity``, so that their exponential
    *is* the likelihood ratio; added to the log odds of the share of true pairs they are exact.  ``shift``
    makes them wrong by so much.
    """
    random = np.random.default_rng(seed)
    person = random.permutation(np.repeat(np.arange(persons), random.integers(1, most + 1, persons)))
    left, right = np.triu_indices(len(person), k=1)
    same = person[left] == person[right]
    ratio = np.where(same, 1, -1) * clarity**2 / 2 + clarity * random.standard_normal(len(same))
    score = ratio + np.log(same.mean() / (1 - same.mean())) + shift
    kept = score > -8
    return ScoredWorld(linkage_of(left[kept], right[kept], score[kept], len(person)), person)


def linkage_of(
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    score: NDArray[np.float64],
    count: int,
    sources: tuple[str, ...] = ("A",),
) -> Linkage:
    """Cluster scored pairs of ``count`` records, which lie in the sources by turns."""
    labels = cluster(count, left, right, score)
    clusters = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    ids = tuple(RecordId(sources[n * len(sources) // max(count, 1)], f"{n:032x}") for n in range(count))
    return Linkage(ids, Pairs(left, right, score, clusters[left] == clusters[right]), clusters)
