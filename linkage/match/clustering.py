"""Average-link clustering of records into persons.

The link between two clusters is the mean weight over *all* pairs of their records, where a pair that was
not kept counts as evidence against; the best pair of clusters is merged while its link is positive.  A
chain a–b–c of good links whose ends disagree therefore stays apart, which connected components would not
notice.

A mean is positive only if one of its terms is: clusters never reach beyond a connected component of positive
pairs and known links, and each component can be clustered by itself.  Where every pair of a component is
positive and nothing keeps two of its records apart, all of it is one cluster whatever the order; nearly all
components are of that kind and take no merging.

Weights are whole numbers inside and means are compared as fractions: no sum or comparison rounds, and the
result is the same for any order of the pairs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering_components import connected_components
from linkage.match.clustering_merging import Merging, contradiction
from linkage.match.clustering_small import LARGEST_SMALL, merge_small

__all__ = [
    "ABSENT_WEIGHT",
    "MAX_WEIGHT",
    "WHOLE",
    "Link",
    "cluster",
    "one_to_one",
    "warm_up",
    "whole_weights",
]

MAX_WEIGHT = 6.0
"""Weights are clipped to this much either way: one pair alone then cannot outvote a cluster."""

ABSENT_WEIGHT = -2.0
"""Weight of a pair that was not kept."""

WHOLE = 1 << 20
"""Weights inside are whole numbers of this fraction."""

_ABSENT = int(ABSENT_WEIGHT * WHOLE)

Link = tuple[int, int]

_Chosen = tuple[NDArray[np.int64], NDArray[np.intp]]


def cluster(
    count: int,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    weights: NDArray[np.float64],
    *,
    apart: NDArray[np.int32] | None = None,
    same: Iterable[Link] = (),
    different: Iterable[Link] = (),
    start: NDArray[np.int64] | None = None,
    least: float = 0.0,
) -> NDArray[np.int32]:
    """Cluster records 0 to ``count`` − 1 and return each record's cluster: the smallest record in it.

    ``left``, ``right``, ``weights`` (m,): kept pairs, each once, with log-odds-like weights, positive where
    the pair should link.  ``apart`` (count,): records with the same number of 0 or more are never joined
    (a source declared free of duplicates).  ``same``: known links, joined first; ``different``: pairs never
    joined.  ``start`` (count,): clusters to begin from instead of single records, each named by one of its
    records.  ``least``: clusters merge while the mean is above it; not below the weight of an absent pair.
    Ties go to the smallest records.
    Raises :class:`InputError` if known links (or ``start``) contradict ``different`` or ``apart``, and
    :class:`ValueError` for a weight that is no number, a record paired with itself or a pair given twice.
    """
    _check(count, left, right, weights)
    known = _links([*same, *enumerate([] if start is None else start.tolist())])
    forbidden = _links(different)
    whole = whole_weights(weights)
    above = round(least * WHOLE)
    positive = whole > above
    linked = left[positive], right[positive]
    roots = connected_components(
        count, np.concatenate([linked[0], known[:, 0]]), np.concatenate([linked[1], known[:, 1]])
    )
    hard = _hard_components(roots, linked, apart, forbidden)
    inside = np.flatnonzero(hard[left] & (roots[left] == roots[right]))
    graph = _Graph(
        apart=np.full(count, -1, np.int32) if apart is None else apart,
        pairs=np.stack([left[inside], right[inside]], axis=1),
        excess=whole[inside] - _ABSENT,
        forbidden=forbidden[roots[forbidden[:, 0]] == roots[forbidden[:, 1]]],
        known=known,
        threshold=above - _ABSENT,
    )
    labels = roots.copy()
    small = np.bincount(roots, minlength=count)[roots] <= LARGEST_SMALL
    for chosen, merge in ((hard & small, _merge_small), (hard & ~small, _merge_large)):
        members = np.flatnonzero(chosen)
        members = members[np.argsort(roots[members], kind="stable")]
        labels[members] = members[merge(graph.part(members, count), roots[members])]
    return labels.astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class _Graph:
    """What components are clustered by.

    ``pairs``, ``forbidden`` and ``known`` (any, 2) name two records of one component.  ``threshold``:
    clusters merge while their mean excess is above it.
    """

    apart: NDArray[np.int32]
    pairs: NDArray[np.int64]
    excess: NDArray[np.int64]
    forbidden: NDArray[np.int64]
    known: NDArray[np.int64]
    threshold: int

    def part(self, members: NDArray[np.int64], count: int) -> "_Graph":
        """Return the graph of some records, renumbered in the order given, its pairs sorted."""
        place = np.full(count, -1, dtype=np.int64)
        place[members] = np.arange(len(members))
        pairs, chosen = _placed(self.pairs, place)
        return _Graph(
            self.apart[members],
            pairs,
            self.excess[chosen],
            _placed(self.forbidden, place)[0],
            _placed(self.known, place)[0],
            self.threshold,
        )


def _placed(pairs: NDArray[np.int64], place: NDArray[np.int64]) -> _Chosen:
    """Return the pairs of records that have places, as places in ascending order, and which they are."""
    placed = place[pairs]
    chosen = np.flatnonzero((placed >= 0).all(axis=1))
    chosen = chosen[np.lexsort((placed[chosen, 1], placed[chosen, 0]))]
    return placed[chosen], chosen


def _merge_small(part: _Graph, roots: NDArray[np.int64]) -> NDArray[np.int64]:
    starts = np.flatnonzero(np.diff(roots, prepend=-1, append=-1))
    labels = np.zeros(len(roots), dtype=np.int64)
    if not merge_small(
        starts, part.apart, part.pairs, part.excess, part.forbidden, part.known, part.threshold, labels
    ):
        raise contradiction()
    return labels


def _merge_large(part: _Graph, _: NDArray[np.int64]) -> NDArray[np.int64]:
    merging = Merging(part.apart.tolist(), part.forbidden.tolist(), threshold=part.threshold)
    for a, b in part.known.tolist():
        merging.join_known(a, b)
    merging.add_pairs(part.pairs.tolist(), part.excess.tolist())
    merging.run()
    return np.array(merging.labels(), dtype=np.int64)


def warm_up() -> None:
    """Compile what clustering needs, or load it from the cache, before the first records come."""
    cluster(3, np.array([0, 1]), np.array([1, 2]), np.ones(2))


def whole_weights(weights: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return weights (m,) clipped and as whole numbers of 1 / ``WHOLE``."""
    return np.rint(np.clip(weights, -MAX_WEIGHT, MAX_WEIGHT) * WHOLE).astype(np.int64)


def _check(
    count: int, left: NDArray[np.int64], right: NDArray[np.int64], weights: NDArray[np.float64]
) -> None:
    if np.isnan(weights).any():
        raise ValueError("a weight is not a number")
    if (left == right).any():
        raise ValueError("a record is paired with itself")
    numbers = np.minimum(left, right) * np.int64(count) + np.maximum(left, right)
    if (numbers[1:] <= numbers[:-1]).any() and (np.diff(np.sort(numbers)) == 0).any():
        raise ValueError("a pair is given twice")


def _links(pairs: Iterable[Link]) -> NDArray[np.int64]:
    chosen = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}
    return np.array(sorted(chosen), dtype=np.int64).reshape(-1, 2)


def _hard_components(
    roots: NDArray[np.int64],
    linked: tuple[NDArray[np.int64], NDArray[np.int64]],
    apart: NDArray[np.int32] | None,
    forbidden: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Tell for every record (n,) whether its component needs merging to be clustered.

    It does unless all its pairs are positive and no two of its records must stay apart.
    """
    count = len(roots)
    sizes = np.bincount(roots, minlength=count)
    hard = np.bincount(roots[linked[0]], minlength=count) * 2 < sizes * (sizes - 1)
    ends = roots[forbidden]
    hard[ends[ends[:, 0] == ends[:, 1], 0]] = True
    if apart is not None:
        declared = np.flatnonzero(apart >= 0)
        order = declared[np.lexsort((apart[declared], roots[declared]))]
        again = (roots[order][1:] == roots[order][:-1]) & (apart[order][1:] == apart[order][:-1])
        hard[roots[order][1:][again]] = True
    return np.asarray(hard[roots])


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
