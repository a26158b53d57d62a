"""Evaluation on labelled data: encode and link as agencies and a register would, then score.

Linking and scoring are two steps that share nothing but what came out: :func:`encode_tables` and
:func:`link_tables` have no way to see the truth, and :func:`score` (:mod:`linkage.lab.evaluation_scores`) has
no way to change a decision.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from linkage.encode.encoder import Encoder
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.encode.keys import EncodingKeys
from linkage.encode.tokens import fields_of
from linkage.errors import InputError
from linkage.lab.evaluation_linked import EncodedTable, Label, LinkedTables, Mode, ScoredPair, Table
from linkage.lab.evaluation_scores import BCubed, PairScores, Scores, score
from linkage.match.choices import DEFAULT_COSTS, Costs
from linkage.match.declaration import Declaration
from linkage.match.linkage import RecordId, Source, link
from linkage.profile import EncodingProfile
from linkage.wire.derivation import derive
from linkage.wire.encodings import HANDLE_BYTES

__all__ = [
    "DEFAULT_COSTS",
    "BCubed",
    "Costs",
    "Declaration",
    "EncodedTable",
    "Label",
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
    costs: Costs = DEFAULT_COSTS,
    population: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> LinkedTables:
    """Link encoded sources as a register would, at the profile's own decision settings.

    Mode ``link`` takes both sources as free of duplicates, as a one-to-one linkage is defined, unless their
    records refute it.  ``costs`` and ``population`` are those of :func:`linkage.match.linkage.link`.
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
    linkage = link(sources, profile, costs=costs, population=population, progress=progress)
    labels = tuple(labels_of(encoded, linkage.records))
    clusters = dict(zip(labels, linkage.clusters.tolist(), strict=True))
    alone = [label for label in _all_labels(encoded) if label not in clusters]
    following = int(linkage.clusters.max(initial=-1)) + 1
    clusters.update({label: following + number for number, label in enumerate(alone)})
    free = frozenset(source.name for source in sources if source.duplicate_free) - {*linkage.refuted}
    return LinkedTables(mode, clusters, len(alone), linkage, labels, free)


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
