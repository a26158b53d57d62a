"""Building the pack: everything that stands in it, as files by name.

Nothing is written here.  The same register at the same moment, with the same files handed in, gives the same
bytes, so that the digests of two packs can be compared.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from api.clock import stamp
from api.evidence.database import database_bytes, datasette_metadata, figures_of
from api.evidence.dictionary import dictionary_facts, dictionary_tables
from api.evidence.documents import document
from api.evidence.drawings import Picture, drawing_of, pictures
from api.evidence.facts import facts_of
from api.evidence.gathering import Seen
from api.evidence.pages import STYLE, Frame, index_page, item_page, sources_page, style_sheet
from api.evidence.sbom import Package, installed, sbom_bytes, sbom_facts, sbom_table
from api.evidence.tables_control import control_tables
from api.evidence.tables_custody import custody_tables
from api.evidence.tables_keeping import keeping_tables
from api.evidence.tables_leaving import leaving_tables
from api.evidence.tables_linkage import linkage_tables
from api.evidence.tables_strength import strength_tables
from api.evidence.tables_unit import setting_rows, unit_tables
from api.evidence.texts import Item, fill, read_texts
from api.evidence.tree import Block, Code, Drawing, Grid, Text
from api.evidence.values import NOTHING, DataTable, Fact, Source, shown
from api.overview import history
from api.unit import read_given
from linkage.errors import FormatError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.evidence import ENTRY_FILE, MANIFEST_FILE, EvidenceFile, EvidenceManifest
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["Gathered", "Pack", "build_pack", "gather"]

ITEMS = 16
_SUMS = "SHA256SUMS"
_COMMANDS = "clew audit pack FOLDER --unit unit-card.json\nsha256sum --check SHA256SUMS"
_ALIGNED = {"text": "l", "code": "c", "day": "d"}
_OTHER_FILES = {
    "sbom.cdx.json": "the software, in CycloneDX",
    "evidence.db": "the same evidence as an SQLite database; opens in Datasette with metadata.json",
    "metadata.json": "what Datasette shows beside the tables",
    "ledger/checkpoint.txt": "the ledger's position, signed by the unit",
    "ledger/leaves.csv": "every leaf of the ledger, from which anybody computes its root again",
    "ledger/unit-card.json": "the unit's public card",
    "ledger/ledger-card.json": "which key signs checkpoints, signed by the unit",
    MANIFEST_FILE: "every file of the pack by its digest",
    _SUMS: "the same for sha256sum, but for manifest.json, ledger-entry.json and itself",
    ENTRY_FILE: "the ledger's entry about this pack, which says the digest of manifest.json, with its proof",
}


@dataclass(frozen=True, slots=True)
class Gathered:
    """Facts, tables and pictures, by name, and texts that are filled in with them."""

    facts: Mapping[str, Fact]
    tables: Mapping[str, DataTable]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack before it is written: every file by name, the manifest among them."""

    manifest: EvidenceManifest
    files: Mapping[str, bytes]
    gathered: Gathered


def build_pack(seen: Seen) -> Pack:
    """Build everything; raises :class:`linkage.errors.ClewError`."""
    packages = installed()
    found = gather(seen, packages)
    files = dict(_files(seen, found))
    files["sbom.cdx.json"] = sbom_bytes(packages, release=version("clew"), unit=seen.card.name, now=seen.now)
    figures = figures_of(found.facts.values(), found.tables.values(), found.items)
    files["evidence.db"] = database_bytes(found.items, found.facts, found.tables, figures)
    listed = [*sorted(files), _SUMS]
    files[_SUMS] = "".join(f"{_digest(files[name])}  {name}\n" for name in listed[:-1]).encode()
    manifest = _manifest(seen, files)
    files[MANIFEST_FILE] = canonical(manifest)
    return Pack(manifest, files, found)


def gather(seen: Seen, packages: list[Package]) -> Gathered:
    """Read facts and tables, draw pictures, and fill in the texts."""
    facts = {one.name: one for one in (*facts_of(seen), *dictionary_facts(seen), *sbom_facts(packages))}
    items = Fact("items", "items of the pack", ITEMS, Source("code", "the texts of this release"))
    facts[items.name] = items
    tables = {one.name: one for one in _tables(seen, facts)}
    tables["sbom"] = sbom_table(packages)
    drawn = {one.name: one for one in pictures(seen, tables)}
    made: dict[str, Drawing] = {}
    placed = partial(_placed, tables, drawn, made)
    settings = dict(setting_rows(seen.settings))
    texts = read_texts()
    written = sum(one.text.count("[[") for one in texts)
    facts["blanks"] = Fact("blanks", "blank places", written, Source("code", "the texts of this release"))
    return Gathered(facts, tables, tuple(fill(one, facts, settings, placed) for one in texts))


def _tables(seen: Seen, facts: Mapping[str, Fact]) -> Iterator[DataTable]:
    yield from unit_tables(seen, facts)
    for find in (
        custody_tables,
        dictionary_tables,
        leaving_tables,
        strength_tables,
        linkage_tables,
        control_tables,
        keeping_tables,
    ):
        yield from find(seen)


def _placed(
    tables: Mapping[str, DataTable],
    drawn: Mapping[str, Picture],
    made: dict[str, Drawing],
    kind: str,
    name: str,
) -> Block:
    """Return what a text puts in: a table of the evidence, or a picture."""
    if kind == "table" and name in tables:
        return _grid(tables[name])
    if kind == "figure" and name in drawn:
        if name not in made:
            made[name] = drawing_of(drawn[name])
        return made[name]
    raise FormatError(f"a text names the {kind} {name}, which there is not")


def _grid(table: DataTable) -> Block:
    heads = tuple((Text(one.head),) for one in table.columns)
    rows = tuple(
        tuple(
            (Code(said),) if column.kind == "code" and said != NOTHING else (Text(said),)
            for column, value in zip(table.columns, row, strict=True)
            for said in [shown(value, column.kind)]
        )
        for row in table.rows
    )
    aligned = "".join(
        _ALIGNED.get(one.kind, "r" if place else "l") for place, one in enumerate(table.columns)
    )
    return Grid(table.name, table.caption, heads, rows, aligned, table.note if rows else table.empty)


def _files(seen: Seen, found: Gathered) -> Iterator[tuple[str, bytes]]:
    point, note = seen.checkpoint
    yield "ledger/checkpoint.txt", note.encode()
    yield "ledger/leaves.csv", _leaves(seen)
    for name, path in (("unit-card", seen.folder.unit_card), ("ledger-card", seen.folder.ledger_card)):
        yield f"ledger/{name}.json", read_given(path, limit=MAX_CARD_BYTES)
    for given in seen.handed_in.files:
        yield f"handed-in/{given.name}", given.content
    built = str(found.facts["built_at"].shown)
    yield "metadata.json", datasette_metadata(seen.card.name, found.tables.values(), built)
    frame = Frame(seen.card.name, built, point.size, point.root.hex(), found.items)
    yield from _pages(seen, found, frame)
    position = f"The ledger had {point.size:,} entries; its root was {point.root.hex()}."
    for item in found.items:
        content = document(item, unit=seen.card.name, built=built, position=position, now=seen.now)
        yield f"{item.stem}.docx", content


def _pages(seen: Seen, found: Gathered, frame: Frame) -> Iterator[tuple[str, bytes]]:
    yield STYLE, style_sheet()
    names = [*_OTHER_FILES, *(f"handed-in/{one.name}" for one in seen.handed_in.files)]
    for item in found.items:
        yield f"{item.stem}.html", item_page(frame, item, names)
    for picture in {
        one.name: one for item in found.items for one in item.blocks if isinstance(one, Drawing)
    }.values():
        yield f"figures/{picture.name}.svg", picture.svg.encode()
        yield f"figures/{picture.name}.png", picture.png
    others = [*_OTHER_FILES.items()]
    others += [(f"handed-in/{one.name}", "measured elsewhere and handed in") for one in seen.handed_in.files]
    yield (
        "index.html",
        index_page(
            frame,
            files=others,
            fingerprint=card_fingerprint(seen.card),
            commands=_COMMANDS,
            blanks=[(item, heading, text) for item in found.items for heading, text in item.blanks],
        ),
    )
    facts = [(one, _items_with(found, one.name, "facts")) for one in found.facts.values()]
    tables = [(one, _items_with(found, one.name, "tables")) for one in found.tables.values()]
    asked = sorted({name for item in found.items for name in item.settings})
    values = dict(setting_rows(seen.settings))
    yield (
        "sources.html",
        sources_page(
            frame,
            here="sources",
            facts=[(one, items) for one, items in facts if items],
            tables=tables,
            settings=[(name, values[name], _items_with(found, name, "settings")) for name in asked],
            base=seen.counts.base,
            threshold=seen.counts.threshold,
        ),
    )


def _items_with(found: Gathered, name: str, what: str) -> str:
    return ", ".join(str(one.number) for one in found.items if name in getattr(one, what))


def _leaves(seen: Seen) -> bytes:
    lines = ["entry,kind,day,commitment"]
    lines += [",".join(str(cell) for cell in row) for row in history.leaves(seen.connection)]
    return ("\n".join(lines) + "\n").encode()


def _manifest(seen: Seen, files: Mapping[str, bytes]) -> EvidenceManifest:
    point, note = seen.checkpoint
    return EvidenceManifest(
        unit=seen.card.name,
        fingerprint=card_fingerprint(seen.card),
        built=stamp(seen.now),
        release=version("clew"),
        ledger=seen.signer.card,
        size=point.size,
        root=point.root.hex(),
        checkpoint=note,
        files=tuple(
            EvidenceFile(name=name, size=len(files[name]), sha256=_digest(files[name]))
            for name in sorted(files)
        ),
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
