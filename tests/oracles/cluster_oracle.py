"""A slow, obvious average link over named records, written apart from the one that is tested."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from itertools import combinations

Record = tuple[str, str]
Pair = frozenset[Record]

WHOLE = 2**20


def persons(
    records: Collection[Record],
    weights: Mapping[Pair, float],
    *,
    same: Collection[Pair] = (),
    different: Collection[Pair] = (),
    duplicate_free: Collection[str] = (),
    last: dict[frozenset[Record], Fraction] | None = None,
) -> set[frozenset[Record]]:
    """Cluster everything at once: the best allowed pair of clusters merges while its mean is positive.

    ``last`` gets the mean of every merge, in whole weights, by the cluster that came of it.
    """
    clusters = [{record} for record in sorted(records)]
    for pair in same:
        if pair <= set(records):
            together = [members for members in clusters if members & pair]
            clusters = [members for members in clusters if not members & pair] + [set().union(*together)]
    while True:
        links = []
        for a, b in combinations(sorted(clusters, key=min), 2):
            mean = Fraction(sum(_whole(weights, x, y) for x in a for y in b), len(a) * len(b))
            if mean > 0 and _may_merge(a, b, different, duplicate_free):
                links.append((-mean, min(a), min(b), a, b))
        if not links:
            return {frozenset(members) for members in clusters}
        mean, _, _, a, b = min(links, key=lambda link: link[:3])
        if last is not None:
            last[frozenset(a | b)] = -mean
        clusters = [members for members in clusters if members not in (a, b)] + [a | b]


def _whole(weights: Mapping[Pair, float], x: Record, y: Record) -> int:
    return round(min(max(weights.get(frozenset((x, y)), -2.0), -6.0), 6.0) * WHOLE)


def _may_merge(
    a: set[Record], b: set[Record], different: Collection[Pair], duplicate_free: Collection[str]
) -> bool:
    if any(frozenset((x, y)) in different for x in a for y in b):
        return False
    return {source for source, _ in a}.isdisjoint({source for source, _ in b} & set(duplicate_free))
