"""Evaluation on labelled data: encode and link as agencies and a register would, then score.

Linking and scoring are two steps that share nothing but the clusters: :func:`encode_tables` and
:func:`link_tables` have no way to see the truth, and :func:`score` has no way to change a decision.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.tokens import fields_of
from linkage.errors import InputError
from linkage.match.clustering import ABSENT_WEIGHT
from linkage.match.linkage import Linkage, RecordId, Source, link
from linkage.profile import EncodingProfile
from linkage.wire.derivation import derive
from linkage.wire.encodings import HANDLE_BYTES

__all__ = [
    "BCubed",
    "EncodedTable",
    "LinkedTables",
    "Mode",
    "PairScores",
    "ScoredPair",
    "Scores",
    "Table",
    "encode_tables",
    "labelled_identifiers",
    "labels_of",
    "link_tables",
    "score",
    "unused_fields",
]

Mode = Literal["link", "dedupe", "multi"]
MODES: tuple[Mode, ...] = get_args(Mode)

Label = tuple[str, str]
"""A record of labelled data: source and rec_id."""


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """One source of labelled data: its records' labels and identifiers, row by row."""

    name: str
    rec_ids: tuple[str, ...]
    identifiers: tuple[Identifiers, ...]
    duplicate_free: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTable:
    """A source as the linkage unit sees it, and the key from handles back to rec_ids, which it never sees."""

    source: Source
    rec_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records and the weight of evidence between them, positive where the pair by itself would link."""

    left: Label
    right: Label
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class LinkedTables:
    """Every record's cluster; ``not_encodable`` records had no view at all and stay alone.

    ``linkage`` holds the pairs by handle; ``labels`` turns its records into labels.
    """

    mode: Mode
    clusters: Mapping[Label, int]
    not_encodable: int
    linkage: Linkage
    labels: tuple[Label, ...]

    def linked_pairs(self) -> list[ScoredPair]:
        """Return every pair that the clusters imply (in mode ``link`` across sources), best first.

        Two records of a cluster that do not agree beyond noise themselves get the weight of absent pairs.
        """
        weights = self._weights(self.linkage.pairs.link)
        members: dict[int, list[Label]] = {}
        for label, cluster in sorted(self.clusters.items()):
            members.setdefault(cluster, []).append(label)
        pairs = [
            ScoredPair(left, right, weights.get((left, right), ABSENT_WEIGHT))
            for group in members.values()
            for number, left in enumerate(group)
            for right in group[number + 1 :]
            if self.mode != "link" or left[0] != right[0]
        ]
        return sorted(pairs, key=_best_first)

    def near_pairs(self, below: float) -> list[ScoredPair]:
        """Return the pairs that do not link though their weight is above minus ``below``, best first."""
        pairs = self.linkage.pairs
        weights = self._weights(~pairs.link & (pairs.score > -below))
        return sorted((ScoredPair(*pair, weight) for pair, weight in weights.items()), key=_best_first)

    def _weights(self, which: NDArray[np.bool_]) -> dict[tuple[Label, Label], float]:
        pairs = self.linkage.pairs
        found = {}
        for left, right, weight in zip(
            pairs.left[which].tolist(), pairs.right[which].tolist(), pairs.score[which].tolist(), strict=True
        ):
            first, second = sorted((self.labels[left], self.labels[right]))
            found[first, second] = weight
        return found


def _best_first(pair: ScoredPair) -> tuple[float, Label, Label]:
    return (-pair.score, pair.left, pair.right)


@dataclass(frozen=True, slots=True)
class PairScores:
    """Pairs of records of one person: how many are true, found, and both."""

    true: int
    found: int
    correct: int

    @property
    def precision(self) -> float:
        """Share of the pairs found that are true; 1 where none was found."""
        return self.correct / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found; 1 where there are none."""
        return self.correct / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _harmonic(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class BCubed:
    """Precision and recall seen from each record, on average (Bagga and Baldwin, 1998)."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _harmonic(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class Scores:
    """A linkage against the truth.

    ``unlabelled``: records that the truth does not name; they are linked but count nowhere here.  Clusters
    and persons of one record count as such.
    """

    pairs: PairScores
    bcubed: BCubed
    unlabelled: int
    clusters_found: int
    clusters_true: int
    largest_found: int
    largest_true: int


def _harmonic(precision: float, recall: float) -> float:
    together = precision + recall
    return 2 * precision * recall / together if together else 0.0


def unused_fields(tables: Sequence[Table], profile: EncodingProfile) -> list[str]:
    """Name the fields of :class:`Identifiers` that hold values which no view of the profile encodes."""
    used: set[str] = set(fields_of(profile))
    if used & {"year", "month", "day"}:
        used.add("date_of_birth")
    names = [
        name
        for name in Identifiers.__dataclass_fields__
        if Identifiers.__dataclass_fields__[name].type is str
    ]
    return [
        name
        for name in names
        if name not in used
        and any(getattr(identifiers, name) for table in tables for identifiers in table.identifiers)
    ]


def encode_tables(
    tables: Sequence[Table],
    profile: EncodingProfile,
    key: bytes,
    *,
    progress: Callable[[int], None] | None = None,
) -> list[EncodedTable]:
    """Encode every source as an agency of its own would, all under one epoch key.

    ``key``: 32 throw-away bytes.  ``progress`` is called with the number of records done so far.
    """
    encoded: list[EncodedTable] = []
    before = 0
    for table in tables:
        encoded.append(_encode_table(table, profile, key, _later(progress, before)))
        before += len(table.rec_ids)
    return encoded


def _later(progress: Callable[[int], None] | None, before: int) -> Callable[[int], None] | None:
    """Let a source count on from where the one before it ended."""
    return None if progress is None else lambda done: progress(before + done)


def _encode_table(
    table: Table, profile: EncodingProfile, key: bytes, progress: Callable[[int], None] | None
) -> EncodedTable:
    handles = _handles(table, key)
    encoder = Encoder(profile, EncodingKeys.from_epoch_key(key, profile))
    records = (
        PersonRecord(handle, (identifiers,))
        for handle, identifiers in zip(handles, table.identifiers, strict=True)
    )
    encodings = encoder.encode(records, progress=progress)
    return EncodedTable(
        Source(table.name, encodings, table.duplicate_free),
        {handle.hex(): rec_id for handle, rec_id in zip(handles, table.rec_ids, strict=True)},
    )


def _handles(table: Table, key: bytes) -> list[bytes]:
    """Draw handles from the throw-away key: random to the linkage, the same for the same key."""
    count = len(table.rec_ids)
    own = derive(key, f"evaluation/handles/{table.name}")
    return [derive(own, f"{number}", HANDLE_BYTES) for number in range(count)]


def link_tables(
    encoded: Sequence[EncodedTable],
    mode: Mode,
    profile: EncodingProfile,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> LinkedTables:
    """Link encoded sources as a register would, at the profile's own decision settings.

    Mode ``link`` takes both sources as free of duplicates, as a one-to-one linkage is defined.
    Raises :class:`InputError` if the mode does not fit the number of sources.
    """
    if mode == "link" and len(encoded) != 2:
        raise InputError(
            f"mode link takes two sources, there are {len(encoded)}", hint="use mode multi, or dedupe for one"
        )
    sources = [
        Source(table.source.name, table.source.encodings, mode == "link" or table.source.duplicate_free)
        for table in encoded
    ]
    linkage = link(sources, profile, progress=progress)
    labels = tuple(labels_of(encoded, linkage.records))
    clusters = dict(zip(labels, linkage.clusters.tolist(), strict=True))
    alone = [label for label in _all_labels(encoded) if label not in clusters]
    following = int(linkage.clusters.max(initial=-1)) + 1
    clusters.update({label: following + number for number, label in enumerate(alone)})
    return LinkedTables(mode, clusters, len(alone), linkage, labels)


def labelled_identifiers(row: Mapping[str, str]) -> Identifiers:
    """Return the identifiers in a row of labelled data; a column that is not there is an absent value."""
    return Identifiers(
        forename=row.get("given_name", ""),
        middle_name=row.get("middle_name", ""),
        surname=row.get("surname", ""),
        date_of_birth=row.get("date_of_birth", ""),
        sex=row.get("sex", ""),
        address=row.get("address", ""),
        locality=row.get("locality", ""),
        postcode=row.get("postcode", ""),
        phone=row.get("phone", ""),
    )


def labels_of(encoded: Iterable[EncodedTable], records: Iterable[RecordId]) -> list[Label]:
    """Return what labelled data call each record of a linkage."""
    rec_ids = {table.source.name: table.rec_ids for table in encoded}
    return [(record.source, rec_ids[record.source][record.handle]) for record in records]


def _all_labels(encoded: Sequence[EncodedTable]) -> Iterable[Label]:
    for table in encoded:
        for rec_id in table.rec_ids.values():
            yield table.source.name, rec_id


def score(linked: LinkedTables, truth: Mapping[Label, str]) -> Scores:
    """Score a finished linkage; ``truth``: the person of every record it names.

    In mode ``link`` only pairs across the two sources count, in the other modes every pair.
    """
    records = [label for label in linked.clusters if label in truth]
    apart = linked.mode == "link"
    found = {label: linked.clusters[label] for label in records}
    true = {label: truth[label] for label in records}
    both = {label: (found[label], true[label]) for label in records}
    sizes_found, sizes_true = Counter(found.values()), Counter(true.values())
    sizes_both = Counter(both.values())
    pairs = PairScores(
        true=_count_pairs(true, apart=apart),
        found=_count_pairs(found, apart=apart),
        correct=_count_pairs(both, apart=apart),
    )
    count = max(len(records), 1)
    bcubed = BCubed(
        sum(sizes_both[both[label]] / sizes_found[found[label]] for label in records) / count,
        sum(sizes_both[both[label]] / sizes_true[true[label]] for label in records) / count,
    )
    return Scores(
        pairs=pairs,
        bcubed=bcubed,
        unlabelled=len(linked.clusters) - len(records),
        clusters_found=len(sizes_found),
        clusters_true=len(sizes_true),
        largest_found=max(sizes_found.values(), default=0),
        largest_true=max(sizes_true.values(), default=0),
    )


def _count_pairs(groups: Mapping[Label, object], *, apart: bool) -> int:
    """Count pairs of records in one group; with ``apart`` only those from different sources."""
    pairs = sum(size * (size - 1) // 2 for size in Counter(groups.values()).values())
    if apart:
        within = Counter((label[0], group) for label, group in groups.items())
        pairs -= sum(size * (size - 1) // 2 for size in within.values())
    return pairs
