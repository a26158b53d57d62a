"""A register's clusters from batch to batch: only what a change touches is clustered again.

The state is a value: every operation returns a new one, and a refused operation has changed nothing.  After a
change, the connected components of positive pairs and known links that hold a touched record are dissolved
and clustered again.  All other components have kept their pairs and statements, so their clusters stand.  The
outcome is that of clustering everything at once, whatever the order of changes, and taking a change back
gives what was before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.clustering import cluster, whole_weights
from linkage.match.clustering_components import connected_components
from linkage.match.incremental_places import Bound, Renumbered, place_of, places_of, range_of
from linkage.match.incremental_statements import RecordPair, Statements
from linkage.match.rows import RecordId

__all__ = ["Clusters", "RecordPair", "Statements", "WeighedPairs"]


@dataclass(frozen=True, slots=True, eq=False)
class WeighedPairs:
    """Pairs of records that were kept, each once, with their log odds.

    ``left`` and ``right`` (m,) int64 index ``records``, which are sorted and may hold others too; ``weights``
    (m,) float64.
    """

    records: tuple[RecordId, ...]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, pairs: Iterable[tuple[RecordId, RecordId, float]]) -> "WeighedPairs":
        """Lay out pairs that are given one by one."""
        listed = list(pairs)
        records = tuple(sorted({record for a, b, _ in listed for record in (a, b)}))
        number = {record: place for place, record in enumerate(records)}
        return cls(
            records,
            np.array([number[a] for a, _, _ in listed], dtype=np.int64),
            np.array([number[b] for _, b, _ in listed], dtype=np.int64),
            np.array([weight for _, _, weight in listed], dtype=np.float64),
        )

    def __len__(self) -> int:
        return len(self.left)


_Columns = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

_NO_PAIRS = WeighedPairs.of(())
_NOTHING_SAID = Statements()


@dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """The records of a register, what is known of them, and their clusters.

    ``records`` are sorted; ``left`` and ``right`` (m,) int64 index them, smaller first and sorted, with
    ``weights`` (m,) float64; ``labels`` (n,) int64: the smallest record of each record's cluster, which is
    what :func:`linkage.match.clustering.cluster` makes of the rest.  The arrays cannot be written to.
    """

    records: tuple[RecordId, ...] = ()
    left: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    right: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    weights: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0, dtype=np.float64))
    statements: Statements = _NOTHING_SAID
    labels: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        for column in (self.left, self.right, self.weights, self.labels):
            column.flags.writeable = False

    @classmethod
    def at_once(
        cls, records: Iterable[RecordId], pairs: WeighedPairs, statements: Statements = _NOTHING_SAID
    ) -> "Clusters":
        """Cluster everything at once."""
        return cls(statements=statements).add(records, pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Clusters):
            return NotImplemented
        return (
            self.records == other.records
            and self.statements == other.statements
            and all(
                np.array_equal(getattr(self, name), getattr(other, name))
                for name in ("left", "right", "weights", "labels")
            )
        )

    __hash__ = None  # type: ignore[assignment]

    def groups(self) -> list[tuple[RecordId, ...]]:
        """Return the clusters, each with its records sorted, in the order of their smallest records."""
        order = np.argsort(self.labels, kind="stable").tolist()
        bounds = [0, *(np.flatnonzero(np.diff(np.sort(self.labels))) + 1).tolist(), len(order)]
        ranges = pairwise(bounds) if order else ()
        return [tuple(self.records[one] for one in order[start:end]) for start, end in ranges]

    def members(self, record: RecordId) -> tuple[RecordId, ...]:
        """Return the records of one's cluster, sorted.  Raises :class:`InputError` if it is unknown."""
        label = self.labels[places_of(self.records, [record])[0]]
        return tuple(self.records[one] for one in np.flatnonzero(self.labels == label).tolist())

    def add(
        self, records: Iterable[RecordId], pairs: WeighedPairs = _NO_PAIRS, *, largest: int | None = None
    ) -> "Clusters":
        """Add records and their pairs, with each other and with those that are there.

        ``largest``: of a component with more records than this, only clusters with a positive pair to a
        touched record are dissolved.  That is quicker, nearly the same, and depends on the order of batches;
        None, the default, is exact.
        Raises :class:`InputError` for a record that is there already, for a pair without an added record and
        for one with a record that is unknown.
        """
        added = _distinct(records)
        if self.records and any(place_of(self.records, record) is not None for record in added):
            raise InputError(
                "a batch adds a record that is there already",
                hint="correct the record, or withdraw it before it is added again",
            )
        return self._changed(fresh=added, pairs=pairs, largest=largest)

    def correct(
        self, records: Iterable[RecordId], pairs: WeighedPairs = _NO_PAIRS, *, largest: int | None = None
    ) -> "Clusters":
        """Replace all pairs of records that are there; ``pairs`` and ``largest`` as for :meth:`add`."""
        corrected = _distinct(records)
        return self._changed(gone=corrected, fresh=corrected, pairs=pairs, largest=largest)

    def withdraw(self, records: Iterable[RecordId], *, largest: int | None = None) -> "Clusters":
        """Take records out, with all their pairs.  What was said of them stays, for when they come back."""
        return self._changed(gone=_distinct(records), largest=largest)

    def join(self, a: RecordId, b: RecordId, *, largest: int | None = None) -> "Clusters":
        """Add a known link.  Raises :class:`InputError` if other statements contradict it."""
        return self._changed(statements=self.statements.with_link(a, b), largest=largest)

    def keep_apart(self, pairs: Iterable[RecordPair], *, largest: int | None = None) -> "Clusters":
        """Add must-not-links.  Raises :class:`InputError` if known links contradict one."""
        return self._changed(statements=self.statements.with_must_not_links(pairs), largest=largest)

    def take_out(self, record: RecordId, *, largest: int | None = None) -> "Clusters":
        """Take a record out of its person: must-not-links with all the others that are in it now.

        Raises :class:`InputError` if a known link holds it there, or it is unknown.
        """
        others = [other for other in self.members(record) if other != record]
        return self.keep_apart([(record, other) for other in others], largest=largest)

    def take_back(self, a: RecordId, b: RecordId, *, largest: int | None = None) -> "Clusters":
        """Take back what was said of a pair.  Raises :class:`InputError` if nothing was."""
        return self._changed(statements=self.statements.without(a, b), largest=largest)

    def declare(self, source: str, *, duplicate_free: bool, largest: int | None = None) -> "Clusters":
        """Set whether a source is declared free of duplicates.

        Raises :class:`InputError` if known links join two of its records.
        """
        statements = self.statements.with_declaration(source, duplicate_free=duplicate_free)
        return self._changed(statements=statements, largest=largest)

    def _changed(
        self,
        *,
        gone: Sequence[RecordId] = (),
        fresh: Sequence[RecordId] = (),
        pairs: WeighedPairs = _NO_PAIRS,
        statements: Statements | None = None,
        largest: int | None = None,
    ) -> "Clusters":
        """Take out records, put in fresh ones with their pairs, and cluster again what that touches."""
        statements = self.statements if statements is None else statements
        moved = Renumbered.of(self.records, gone, fresh)
        left, right, weights = _replaced(self, pairs, moved)
        standing = moved.place >= 0
        standing[standing] = standing[self.labels[standing]]  # without its first record a cluster is none
        labels = np.arange(len(moved.records))
        labels[moved.place[standing]] = moved.place[self.labels[standing]]
        after = Clusters(moved.records, left, right, weights, statements, labels)
        touched = moved.fresh | self._touched(moved, statements, [*gone, *fresh] if statements.same else [])
        return _reclustered(after, moved.fresh, touched, largest)

    def _touched(
        self, moved: Renumbered, statements: Statements, changed: Iterable[RecordId]
    ) -> NDArray[np.bool_]:
        """Tell which records (n after,) have lost a positive pair or are named by what was said anew.

        What remains of a component that lost records holds, in each of its pieces, a neighbour of theirs.
        """
        touched = np.zeros(len(moved.records), dtype=np.bool_)
        lost = (whole_weights(self.weights) > 0) & (
            (moved.place[self.left] < 0) | (moved.place[self.right] < 0)
        )
        for side in (self.left, self.right):
            places = moved.place[side[lost]]
            touched[places[places >= 0]] = True
        named = set(statements.named(self.statements))
        changed = frozenset(changed)
        named.update(*(pair for pair in statements.same if not changed.isdisjoint(pair)))
        found = [place_of(moved.records, record) for record in named]
        touched[[place for place in found if place is not None]] = True
        for source in statements.duplicate_free ^ self.statements.duplicate_free:
            touched[range_of(moved.records, source)] = True
        return touched


def _distinct(records: Iterable[RecordId]) -> list[RecordId]:
    """Return records sorted, each once; quickly if they are sorted already."""
    return sorted(dict.fromkeys(records))


def _replaced(before: Clusters, pairs: WeighedPairs, moved: Renumbered) -> _Columns:
    """Return the pairs of records that stayed, and the new ones, by the new numbers and sorted."""
    left, right = moved.place[before.left], moved.place[before.right]
    kept = (left >= 0) & (right >= 0)
    left, right, weights = left[kept], right[kept], before.weights[kept]
    if not len(pairs):
        return left, right, weights
    if np.isnan(pairs.weights).any():
        raise ValueError("a weight is not a number")
    new = _placed(pairs, moved.records)
    if not moved.fresh[new].any(axis=1).all():
        raise InputError(
            "a pair of a batch has no record of the batch",
            hint="give only pairs with a record that is added or corrected",
        )
    count = len(moved.records)
    order = np.lexsort((new[:, 1], new[:, 0]))
    new = new[order]
    at = np.searchsorted(left * count + right, new[:, 0] * count + new[:, 1])
    return (
        np.insert(left, at, new[:, 0]),
        np.insert(right, at, new[:, 1]),
        np.insert(weights, at, pairs.weights[order]),
    )


def _placed(pairs: WeighedPairs, records: tuple[RecordId, ...]) -> NDArray[np.int64]:
    """Return the two records (m, 2) of every pair, as numbers among ``records``, the smaller first."""
    both = np.sort(np.stack([pairs.left, pairs.right], axis=1), axis=1)
    if pairs.records == records:
        return both
    used = np.unique(both)
    place = np.full(len(pairs.records), -1, dtype=np.int64)
    place[used] = places_of(records, (pairs.records[one] for one in used.tolist()))
    return np.sort(place[both], axis=1)


def _reclustered(
    state: Clusters, fresh: NDArray[np.bool_], touched: NDArray[np.bool_], largest: int | None
) -> Clusters:
    """Cluster again the components that hold a touched record (n,)."""
    if not touched.any():
        return state
    count = len(state.records)
    bound = Bound.of(state.records, state.statements)
    positive = whole_weights(state.weights) > 0
    left, right = state.left[positive], state.right[positive]
    roots = connected_components(
        count, np.concatenate([left, bound.same[:, 0]]), np.concatenate([right, bound.same[:, 1]])
    )
    dissolved = np.zeros(count, dtype=np.bool_)
    dissolved[roots[touched]] = True
    region = dissolved[roots]
    start = None
    if largest is not None:
        near = touched.copy()
        near[left[fresh[right]]] = near[right[fresh[left]]] = True
        start = _standing(state.labels, roots, near, largest)
    labels = state.labels.copy()
    labels[region] = _cluster_part(state, bound, region, start)
    return replace(state, labels=labels)


def _standing(
    labels: NDArray[np.int64], roots: NDArray[np.int64], near: NDArray[np.bool_], largest: int
) -> NDArray[np.int64]:
    """Return clusters to begin from (n,): in huge components those without a record in ``near`` (n,)."""
    count = len(labels)
    dissolved = np.bincount(roots, minlength=count)[roots] <= largest
    opened = np.zeros(count, dtype=np.bool_)
    opened[labels[near]] = True
    return np.where(dissolved | opened[labels], np.arange(count), labels)


def _cluster_part(
    state: Clusters, bound: Bound, region: NDArray[np.bool_], start: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    members = np.flatnonzero(region)
    place = np.cumsum(region) - 1
    inside = region[state.left] & region[state.right]
    same, different = (
        place[pairs[region[pairs].all(axis=1)]].tolist() for pairs in (bound.same, bound.different)
    )
    found = cluster(
        len(members),
        place[state.left[inside]],
        place[state.right[inside]],
        state.weights[inside],
        apart=bound.apart[members],
        same=same,
        different=different,
        start=None if start is None else place[start[members]],
    )
    return members[found]
