"""Which links a linkage finds without being told: known ones, left out one and all."""

from collections.abc import Collection, Iterable

from linkage.match.clustering import Link, cluster
from linkage.match.clustering_bound import bounded
from linkage.match.linkage import Known, Linkage

__all__ = ["found_unaided"]


def found_unaided(linkage: Linkage, known: Iterable[Known], sample: Collection[Known]) -> dict[Known, bool]:
    """Say of every known link of a ``sample`` whether the linkage would join its records by their encodings.

    Persons are made anew from the weights of a finished linkage, told everything that is ``known`` but the
    sample, and nothing of persons of older epochs.  A link whose records are not both there is left out.
    For a linkage of sources that are not declared free of duplicates, as a register's are.
    """
    number = {record: place for place, record in enumerate(linkage.records)}
    held = [one for one in sample if one.same and one.left in number and one.right in number]
    if not held:
        return {}
    left_out = set(sample)
    told: dict[bool, list[Link]] = {True: [], False: []}
    for one in known:
        if one not in left_out and one.left in number and one.right in number:
            told[one.same].append((number[one.left], number[one.right]))
    pairs = linkage.pairs
    weights = pairs.score - linkage.costs.cut
    labels = bounded(
        lambda doubted: cluster(
            len(number), pairs.left, pairs.right, doubted, same=told[True], different=told[False]
        ),
        pairs.left,
        pairs.right,
        weights,
    )
    return {one: bool(labels[number[one.left]] == labels[number[one.right]]) for one in held}
