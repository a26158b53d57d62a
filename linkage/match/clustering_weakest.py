"""Where a person would most likely come apart: its weakest cut, and its weakest pairs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import ABSENT_WEIGHT, WHOLE, whole_weights
from linkage.match.clustering_components import connected_components
from linkage.match.incremental import Clusters
from linkage.match.incremental_places import Bound, places_of
from linkage.match.rows import RecordId

__all__ = ["EXHAUSTIVE", "Cut", "InsidePair", "WeakestLinks", "weakest_links"]

EXHAUSTIVE = 12
"""Persons of up to this many parts, records that known links join counted as one, are cut in every way."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Two parts of a person, the smaller first, and the mean log odds of the pairs between them."""

    part: tuple[RecordId, ...]
    rest: tuple[RecordId, ...]
    log_odds: float


@dataclass(frozen=True, slots=True)
class InsidePair:
    """A pair inside a person; one that was not ``kept`` has the log odds that it counted with."""

    left: RecordId
    right: RecordId
    log_odds: float
    kept: bool


@dataclass(frozen=True, slots=True)
class WeakestLinks:
    """What holds a person together least.

    ``cut`` is the pair of parts with the lowest mean, None where only known links hold the person or it is
    one record; ``exhaustive``: every cut was tried.  ``pairs``: the pairs with the lowest log odds, lowest
    first, without those of which a known link says all.
    """

    records: tuple[RecordId, ...]
    cut: Cut | None
    exhaustive: bool
    pairs: tuple[InsidePair, ...]


def weakest_links(clusters: Clusters, record: RecordId, *, most: int = 3) -> WeakestLinks:
    """Find the weakest cut and the ``most`` weakest pairs of the person of a record.

    No cut goes through a known link.  Of larger persons (see ``EXHAUSTIVE``) a cut is sought by moving single
    records for as long as that lowers the mean.
    Raises :class:`InputError` if the record is unknown.
    """
    label = clusters.labels[places_of(clusters.records, [record])[0]]
    members = np.flatnonzero(clusters.labels == label)
    records = tuple(clusters.records[one] for one in members.tolist())
    weights, kept, known = _table(clusters, members)
    units = connected_components(len(members), *np.nonzero(np.triu(known)))
    names = np.unique(units)
    cuts = _all_cuts(units, names) if len(names) <= EXHAUSTIVE else _sought_cuts(weights, units, names)
    best = min(cuts, key=lambda side: _rank(weights, side), default=None)
    return WeakestLinks(
        records,
        None if best is None else _cut(records, weights, best),
        len(names) <= EXHAUSTIVE,
        _weakest_pairs(records, weights, kept, known)[:most],
    )


def _table(
    clusters: Clusters, members: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]:
    """Return whole weights, what was kept and what is a known link (k, k each) among a person's records."""
    place = np.full(len(clusters.records), -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    weights = np.full((len(members), len(members)), round(ABSENT_WEIGHT * WHOLE), dtype=np.int64)
    kept, known = np.zeros((2, *weights.shape), dtype=np.bool_)
    inside = (place[clusters.left] >= 0) & (place[clusters.right] >= 0)
    a, b = place[clusters.left[inside]], place[clusters.right[inside]]
    weights[a, b] = weights[b, a] = whole_weights(clusters.weights[inside])
    kept[a, b] = kept[b, a] = True
    same = place[Bound.of(clusters.records, clusters.statements).same]
    a, b = same[(same >= 0).all(axis=1)].T
    known[a, b] = known[b, a] = True
    return weights, kept, known


def _all_cuts(units: NDArray[np.int64], names: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    """Return one side (k,) of every cut: the one without the first unit."""
    for number in range(1, 1 << (len(names) - 1)):
        chosen = [name for bit, name in enumerate(names[1:].tolist()) if number >> bit & 1]
        yield np.isin(units, chosen)


def _sought_cuts(
    weights: NDArray[np.int64], units: NDArray[np.int64], names: NDArray[np.int64]
) -> Iterator[NDArray[np.bool_]]:
    """Return one side (k,) of promising cuts: each unit alone, then improved by moving units over."""
    for name in names.tolist():
        side = units == name
        better: NDArray[np.bool_] | None = side
        while better is not None:
            side = better
            moved = [side ^ (units == other) for other in names.tolist()]
            nearest = min(
                (one for one in moved if 0 < one.sum() < len(one)), key=lambda one: _rank(weights, one)
            )
            better = nearest if _rank(weights, nearest) < _rank(weights, side) else None
        yield side


def _rank(weights: NDArray[np.int64], side: NDArray[np.bool_]) -> tuple[Fraction, int, list[int]]:
    """Order cuts: lowest mean, then smallest part, then smallest records."""
    part = _smaller(side)
    between = weights[part][:, ~part]
    places = np.flatnonzero(part).tolist()
    return Fraction(int(between.sum()), between.size), len(places), places


def _smaller(side: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count = int(side.sum())
    swap = 2 * count > len(side) or (2 * count == len(side) and not side[0])
    return ~side if swap else side


def _cut(records: Sequence[RecordId], weights: NDArray[np.int64], side: NDArray[np.bool_]) -> Cut:
    part = _smaller(side)
    return Cut(
        tuple(record for record, chosen in zip(records, part.tolist(), strict=True) if chosen),
        tuple(record for record, chosen in zip(records, part.tolist(), strict=True) if not chosen),
        float(weights[part][:, ~part].mean() / WHOLE),
    )


def _weakest_pairs(
    records: Sequence[RecordId],
    weights: NDArray[np.int64],
    kept: NDArray[np.bool_],
    known: NDArray[np.bool_],
) -> tuple[InsidePair, ...]:
    pairs = sorted(
        (int(weights[a, b]), a, b)
        for a in range(len(records))
        for b in range(a + 1, len(records))
        if not known[a, b]
    )
    return tuple(
        InsidePair(records[a], records[b], weight / WHOLE, bool(kept[a, b])) for weight, a, b in pairs
    )
