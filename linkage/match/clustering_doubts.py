"""What people should look at among clusters: links with rivals, narrow and refused merges, weakest links.

All of it as data, for review and for the console; nothing here changes a cluster.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import ABSENT_WEIGHT, WHOLE, cluster, whole_weights
from linkage.match.clustering_merging import Merging
from linkage.match.incremental import Clusters
from linkage.match.incremental_places import Bound
from linkage.match.rows import RecordId

__all__ = [
    "NARROW_MEAN",
    "REFUSED_MEAN",
    "NarrowMerge",
    "RefusedMerge",
    "RivalLink",
    "narrow_merges",
    "refused_merges",
    "rival_links",
    "strongest_rivals",
]

RIVAL_PROBABILITY = 0.1
"""A rival counts from this probability of its pair on."""

NARROW_MEAN = 1.0
"""A merge whose mean log odds were no more than this could as well not have been."""

REFUSED_MEAN = 2.0
"""Two clusters with mean log odds above this speak against the declaration that keeps them apart."""

_ABSENT = int(ABSENT_WEIGHT * WHOLE)


@dataclass(frozen=True, slots=True)
class RivalLink:
    """A pair inside a person, one of whose records has a good pair with another person's record, too.

    ``rival_of`` is ``left`` or ``right``; log odds as given, neither clipped nor rounded.
    """

    left: RecordId
    right: RecordId
    log_odds: float
    rival_of: RecordId
    rival: RecordId
    rival_log_odds: float


@dataclass(frozen=True, slots=True)
class NarrowMerge:
    """A person whose last merge, of ``part`` with ``rest``, had mean log odds of little more than 0."""

    part: tuple[RecordId, ...]
    rest: tuple[RecordId, ...]
    log_odds: float


@dataclass(frozen=True, slots=True)
class RefusedMerge:
    """Two persons that only ``sources``, declared free of duplicates, keep apart.

    ``log_odds``: the mean over their pairs, without those inside a declared source, which are not compared.
    """

    left: tuple[RecordId, ...]
    right: tuple[RecordId, ...]
    sources: tuple[str, ...]
    log_odds: float


def rival_links(clusters: Clusters, *, probability: float = RIVAL_PROBABILITY) -> list[RivalLink]:
    """Find links one of whose records has a pair of more than ``probability`` with another person's record.

    The strongest rival is named.  A must-not-link is no rival: somebody has decided.
    """
    own = clusters.labels[clusters.left] == clusters.labels[clusters.right]
    eligible = ~own & (clusters.weights > log(probability / (1 - probability)))
    eligible &= ~_said(clusters, Bound.of(clusters.records, clusters.statements).different)
    weights, others = strongest_rivals(clusters, eligible)
    has_rival = others >= 0
    found = []
    for place in np.flatnonzero(own & (has_rival[clusters.left] | has_rival[clusters.right])).tolist():
        a, b = int(clusters.left[place]), int(clusters.right[place])
        of = max((one for one in (a, b) if has_rival[one]), key=lambda one: weights[one])
        names = [clusters.records[one] for one in (a, b, of, int(others[of]))]
        weight = float(clusters.weights[place])
        found.append(RivalLink(names[0], names[1], weight, names[2], names[3], float(weights[of])))
    return found


def strongest_rivals(
    clusters: Clusters, eligible: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return every record's (n,) best pair among some (m,): its log odds, and the other record.

    Minus infinity and -1 where there is none; of equals the smallest record.
    """
    ends = np.concatenate([clusters.left[eligible], clusters.right[eligible]])
    others = np.concatenate([clusters.right[eligible], clusters.left[eligible]])
    weights = np.tile(clusters.weights[eligible], 2)
    order = np.lexsort((others, -weights, ends))
    records, first = np.unique(ends[order], return_index=True)
    best = order[first]
    strongest = np.full(len(clusters.records), -np.inf)
    other = np.full(len(clusters.records), -1, dtype=np.int64)
    strongest[records], other[records] = weights[best], others[best]
    return strongest, other


def _said(clusters: Clusters, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which of the kept pairs (m,) are among ``pairs`` (any, 2)."""
    count = len(clusters.records)
    return np.isin(clusters.left * count + clusters.right, pairs[:, 0] * count + pairs[:, 1])


def narrow_merges(clusters: Clusters, *, most: float = NARROW_MEAN) -> list[NarrowMerge]:
    """Find persons whose last merge had mean log odds of at most ``most``.

    The merges inside a person are the same whatever was around it, and are done again here.  Persons that
    only known links make were not merged.
    """
    inside = clusters.labels[clusters.left] == clusters.labels[clusters.right]
    bound = Bound.of(clusters.records, clusters.statements)
    narrow = _narrowly_merged(clusters, bound, inside, most)
    members = np.flatnonzero(narrow[clusters.labels])
    place = np.full(len(clusters.records), -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    inside &= place[clusters.left] >= 0
    merging = Merging([-1] * len(members), (), threshold=-_ABSENT)
    for a, b in place[bound.same].tolist():
        if a >= 0:
            merging.join_known(a, b)
    before = merging.labels()
    merging.add_pairs(
        zip(place[clusters.left[inside]].tolist(), place[clusters.right[inside]].tolist(), strict=True),
        (whole_weights(clusters.weights[inside]) - _ABSENT).tolist(),
    )
    merging.run()
    records = [clusters.records[one] for one in members.tolist()]
    last = _last_merges(before, merging)
    return [NarrowMerge(_named(records, a), _named(records, b), mean) for a, b, mean in last if mean <= most]


def _narrowly_merged(
    clusters: Clusters, bound: Bound, inside: NDArray[np.bool_], most: float
) -> NDArray[np.bool_]:
    """Tell for every label (n,) whether the last merge of its cluster had a mean of ``most`` or less.

    Means fall from merge to merge: such a cluster is not whole yet while only larger ones merge.
    """
    left, right, weights = clusters.left[inside], clusters.right[inside], clusters.weights[inside]
    before = cluster(len(clusters.records), left, right, weights, same=bound.same.tolist(), least=most)
    narrow = np.zeros(len(clusters.records), dtype=np.bool_)
    narrow[clusters.labels[before != clusters.labels]] = True
    return narrow


def _last_merges(before: Sequence[int], merging: Merging) -> list[tuple[list[int], list[int], float]]:
    """Return the two parts, by size, and the mean of the last merge of every cluster that was merged."""
    members: dict[int, list[int]] = defaultdict(list)
    for record, first in enumerate(before):
        members[first].append(record)
    last: dict[int, tuple[list[int], list[int], float]] = {}
    for a, b, excess, pairs in merging.merges:
        parts = sorted((members[a], members.pop(b)), key=lambda part: (len(part), min(part)))
        last.pop(b, None)
        last[a] = (parts[0], parts[1], (excess + _ABSENT * pairs) / (pairs * WHOLE))
        members[a] = parts[0] + parts[1]
    return [last[first] for first in sorted(last)]


def _named(records: Sequence[RecordId], places: Iterable[int]) -> tuple[RecordId, ...]:
    return tuple(records[one] for one in sorted(places))


def refused_merges(clusters: Clusters, *, least: float = REFUSED_MEAN) -> list[RefusedMerge]:
    """Find pairs of persons with mean log odds above ``least`` that only a declaration keeps apart."""
    labels = clusters.labels
    a, b = labels[clusters.left], labels[clusters.right]
    across = np.flatnonzero(a != b)
    keys = np.sort(np.stack([a[across], b[across]], axis=1), axis=1)
    between, which = np.unique(keys, axis=0, return_inverse=True)
    sums = np.zeros(len(between), dtype=np.int64)
    np.add.at(sums, which, whole_weights(clusters.weights[across]))
    forbidden = np.sort(labels[Bound.of(clusters.records, clusters.statements).different], axis=1)
    apart = {(x, y) for x, y in forbidden.tolist()}
    promising = np.flatnonzero(sums > 0)
    members = _members_of(clusters, between[promising])
    kept = _kept_between(clusters, across, which, promising)
    found = []
    for one in promising.tolist():
        x, y = between[one].tolist()
        merge = _refused(clusters, members[x], members[y], kept[one], int(sums[one]))
        if merge is not None and merge.log_odds > least and (x, y) not in apart:
            found.append(merge)
    return found


def _members_of(clusters: Clusters, labels: NDArray[np.int64]) -> dict[int, list[int]]:
    wanted = np.zeros(len(clusters.records), dtype=np.bool_)
    wanted[labels] = True
    members: dict[int, list[int]] = defaultdict(list)
    for record in np.flatnonzero(wanted[clusters.labels]).tolist():
        members[int(clusters.labels[record])].append(record)
    return members


def _kept_between(
    clusters: Clusters, across: NDArray[np.intp], which: NDArray[np.intp], chosen: NDArray[np.intp]
) -> dict[int, set[tuple[int, int]]]:
    """Return the kept pairs between each of some pairs of clusters."""
    wanted = np.isin(which, chosen)
    kept: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for one, pair in zip(which[wanted].tolist(), across[wanted].tolist(), strict=True):
        kept[one].add((int(clusters.left[pair]), int(clusters.right[pair])))
    return kept


def _refused(
    clusters: Clusters, a: Sequence[int], b: Sequence[int], kept: set[tuple[int, int]], weight: int
) -> RefusedMerge | None:
    """Return what is between two clusters if they share a declared source, else None."""
    source = [{clusters.records[one].source for one in part} for part in (a, b)]
    shared = source[0] & source[1] & clusters.statements.duplicate_free
    if not shared:
        return None
    absent = 0
    for x in a:
        for y in b:
            names = clusters.records[x].source, clusters.records[y].source
            compared = names[0] != names[1] or names[0] not in shared
            absent += compared and (min(x, y), max(x, y)) not in kept
    pairs = len(kept) + absent
    mean = (weight + _ABSENT * absent) / (pairs * WHOLE)
    return RefusedMerge(_named(clusters.records, a), _named(clusters.records, b), tuple(sorted(shared)), mean)
