"""Opening the files of a source: each is read once, whichever tables of the mapping rest on it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.sources.columns import JoinedTable, Sheet, wanted_names
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.files import Table, header_key, read_table, source_file
from cli.sources.mapping import ChildTable, Join, Key, Mapping, PostcodeColumn, Spec
from keys.files import name_of
from linkage.errors import InputError

__all__ = ["Source", "files_read", "record_misfits"]


class Source:
    """A folder of CSV files, or one CSV file, read through a mapping."""

    def __init__(self, path: Path, mapping: Mapping) -> None:
        """Raises :class:`InputError` if there is no such source, or if one file cannot serve the mapping."""
        if not path.exists():
            raise InputError(
                f"source {name_of(path)}: there is nothing of that name", hint="name a folder of CSV files"
            )
        self._path = path
        self._mapping = mapping
        self._wanted = _wanted(mapping)
        self._tables: dict[str, Table] = {}
        needed = _needed_files(mapping)
        self._only = len(needed) == 1
        if path.is_file() and not self._only:
            raise InputError(
                f"source {name_of(path)}: the mapping {mapping.name} reads {len(needed)} files, this is one",
                hint="name the folder that holds them",
            )

    def children(self, table: ChildTable) -> Sheet:
        """Open the children's table with the tables joined to it."""
        joined = {join.name: self._joined(join) for join in table.join}
        sheet = Sheet("children", self._read(table.file, "children"), joined)
        if joined:
            sheet.join_on(table.key)
        return sheet

    def sheet(self, name: str, file: str, *, optional: bool) -> Sheet | None:
        """Open a table; ``None`` if the mapping lets its file be missing and it is."""
        if optional and self._located(file) is None:
            return None
        return Sheet(name, self._read(file, name))

    def _located(self, file: str) -> Path | None:
        only = self._only and file.casefold() in _needed_files(self._mapping)
        return source_file(self._path, file, only=only)

    def _read(self, file: str, entry: str) -> Table:
        key = file.casefold()
        if key not in self._tables:
            path = self._located(file)
            if path is None:
                raise InputError(
                    f"source {name_of(self._path)}: there is no file {file} (mapping: [{entry}])",
                    hint="put it into the folder, or name the right file in the mapping",
                )
            self._tables[key] = read_table(
                path,
                wanted=self._wanted[key],
                encoding=self._mapping.encoding,
                delimiter=self._mapping.delimiter,
            )
        return self._tables[key]

    def _joined(self, join: Join) -> JoinedTable:
        if join.optional and self._located(join.file) is None:
            return JoinedTable(join.file, (), {}, absent=True)
        table = self._read(join.file, f"children.join {join.name}")
        places = [i for i, name in enumerate(table.header) if header_key(name) == header_key(join.on)]
        if len(places) != 1:
            raise InputError(
                f"{table.file}: no one column called {join.on!r} (mapping: [children.join] on)",
                hint="name the column that holds the child's reference",
            )
        counts = Counter(row.cells[places[0]] for row in table.rows)
        rows = {row.cells[places[0]]: row for row in reversed(table.rows)}
        repeated = frozenset(reference for reference, count in counts.items() if reference and count > 1)
        return JoinedTable(table.file, table.header, rows, repeated=repeated)


def files_read(path: Path, mapping: Mapping) -> list[Path]:
    """Return the files of a source that a mapping reads, as far as they are there."""
    if not path.is_dir():
        return [path]
    return [file for name in _wanted(mapping) if (file := source_file(path, name, only=False)) is not None]


def record_misfits(sheet: Sheet, log: FaultLog) -> None:
    """Count rows of another width than the header's into quarantine: their cells may belong elsewhere."""
    tally = log.tally(sheet.name)
    for row in sheet.table.misfits:
        tally.read += 1
        tally.quarantined += 1
        RowFaults(log, sheet.name, sheet.table.file, row.number).error(
            "",
            "",
            f"the row has {len(row.cells)} cells where the header has {len(sheet.table.header)}",
            "put quotation marks around a cell that holds the delimiter, or complete the row",
        )


def _needed_files(mapping: Mapping) -> frozenset[str]:
    joins = [join.file for join in mapping.children.join if not join.optional]
    others = [
        table.file
        for table in (mapping.care_spells, mapping.episodes, mapping.interviews, mapping.coverage)
        if table is not None and not table.optional
    ]
    return frozenset(file.casefold() for file in (mapping.children.file, *joins, *others))


def _wanted(mapping: Mapping) -> dict[str, set[str]]:
    wanted: dict[str, set[str]] = {}
    for file, specs, keys in _entries(mapping):
        wanted.setdefault(file.casefold(), set()).update(wanted_names(specs, keys))
    return wanted


def _entries(mapping: Mapping) -> Iterator[tuple[str, list[Spec], list[Key]]]:
    children = mapping.children
    specs = [*children.identifiers.values(), *children.fields.values(), *children.flags.values()]
    specs += _postcode_specs(children.postcodes)
    yield children.file, specs, [children.key]
    for join in children.join:
        yield join.file, specs, [join.on]
    if mapping.care_spells:
        spells = mapping.care_spells
        own = [*spells.fields.values(), *_postcode_specs(spells.postcodes)]
        yield spells.file, own, [spells.key, spells.child]
    if mapping.episodes:
        episodes = mapping.episodes
        both = [*episodes.fields.values(), *episodes.flags.values()]
        yield episodes.file, both, [episodes.key, episodes.child]
    if mapping.interviews:
        yield mapping.interviews.file, list(mapping.interviews.fields.values()), [mapping.interviews.episode]
    if mapping.coverage:
        yield mapping.coverage.file, [mapping.coverage.area, mapping.coverage.month], []


def _postcode_specs(columns: Sequence[PostcodeColumn]) -> list[Spec]:
    return [spec for column in columns for spec in (column.postcode, column.place) if spec is not None]
