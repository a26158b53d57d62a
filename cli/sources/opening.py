"""Opening the files of a source: each is read once, whichever tables of the mapping rest on it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from pathlib import Path

from cli.sources.columns import JoinedTable, Sheet, needed_groups, wanted_names
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.files import Table, content_of, header_key, read_table
from cli.sources.locating import Place, Wanted, locate, sheets_for
from cli.sources.mapping import (
    ChildTable,
    CoverageTable,
    EpisodeTable,
    InterviewTable,
    Join,
    Key,
    Mapping,
    PostcodeColumn,
    Spec,
    SpellTable,
    by_name,
    column_names,
    column_orders,
)
from cli.sources.return_xml import read_return
from cli.sources.workbooks import Workbook
from keys.files import name_of
from linkage.errors import ClewError, InputError

__all__ = ["Source", "files_read", "record_misfits", "serves"]


class Source:
    """A folder of tables, one table, one workbook or one XML file, read through a mapping."""

    def __init__(self, path: Path, mapping: Mapping, *, only: str = "") -> None:
        """``only``: the one section of the mapping that will be asked for; a single file may then serve it.

        Raises :class:`InputError` if there is no such source, or if one file cannot serve the mapping.
        """
        if not path.exists():
            raise InputError(
                f"source {name_of(path)}: there is nothing of that name",
                hint="name a folder of CSV files or workbooks, or one such file",
            )
        self._path = path
        self._mapping = mapping
        self._wanted = _wanted(mapping)
        self._tables: dict[str, Table] = {}
        self._books: dict[Path, Workbook] = {}
        self._returns: dict[Path, MappingType[str, Table]] = {}
        self._places = _places(path, mapping, only)
        self._sheets = self._assigned()
        needed = _needed_files(mapping)
        if path.is_file() and len(needed) > 1 and not any(place for place in self._places.values()):
            raise InputError(
                f"source {name_of(path)}: the mapping {mapping.name} reads {len(needed)} files, this is one",
                hint="name the folder that holds them",
            )

    def _assigned(self) -> dict[str, str]:
        """Return which sheet stands for which file, in a workbook that holds several."""
        inside = {file: place for file, place in self._places.items() if place and place.kind == "workbook"}
        if not inside:
            return {}
        path = next(iter(inside.values())).path
        wanted = {file: self._wanted[file] for file in inside}
        return dict(sheets_for(self._book(path), wanted))

    def children(self, table: ChildTable) -> Sheet:
        """Open the children's table with the tables joined to it."""
        joined = {join.name: self._joined(join) for join in table.join}
        orders = column_orders(by_name(table.identifiers), self._mapping.date_order)
        sheet = Sheet("children", self._read(table.file, "children"), joined, orders=orders)
        if joined:
            sheet.join_on(table.key)
        return sheet

    def sheet(self, name: str, file: str, *, optional: bool) -> Sheet | None:
        """Open a table; ``None`` if the mapping lets its file be missing and it is."""
        if optional and not self._is_there(file):
            return None
        orders = column_orders(_field_specs(self._mapping, name), self._mapping.date_order)
        return Sheet(name, self._read(file, name), orders=orders)

    def has_columns(self, file: str) -> bool:
        """Tell whether a file, by its name in lower case, has the columns that the mapping must have."""
        keys = {header_key(name) for name in self._read(file, "").header}
        return all(group & keys for group in self._wanted[file].needed)

    def _is_there(self, file: str) -> bool:
        place = self._places[file.casefold()]
        return place is not None and (place.kind != "workbook" or file.casefold() in self._sheets)

    def _read(self, file: str, entry: str) -> Table:
        key = file.casefold()
        if key not in self._tables:
            place = self._places[key]
            if place is None or not self._is_there(file):
                raise self._absent(file, entry, place)
            self._tables[key] = self._opened(key, place)
        return self._tables[key]

    def _absent(self, file: str, entry: str, place: Place | None) -> InputError:
        if place is not None:
            return InputError(
                f"{place.path.name}: no sheet for {file} (mapping: [{entry}])",
                hint=f"call the sheet {Path(file).stem}, or name it in the mapping as "
                f"{place.path.name}#Sheet",
            )
        return InputError(
            f"source {name_of(self._path)}: there is no file {file} (mapping: [{entry}])",
            hint="put it into the folder, or name the right file in the mapping",
        )

    def _opened(self, file: str, place: Place) -> Table:
        if place.kind == "xml":
            return self._return(place.path)[file]
        names = self._wanted[file].names
        sheet = self._sheets[file] if place.kind == "workbook" else place.sheet
        if place.path in self._books:
            return self._books[place.path].table(names, sheet=sheet)
        encoding, delimiter = self._mapping.encoding, self._mapping.delimiter
        return read_table(place.path, wanted=names, encoding=encoding, delimiter=delimiter, sheet=sheet)

    def _book(self, path: Path) -> Workbook:
        if path not in self._books:
            self._books[path] = Workbook(path.name, content_of(path))
        return self._books[path]

    def _return(self, path: Path) -> MappingType[str, Table]:
        if path not in self._returns and self._mapping.xml is not None:
            self._returns[path] = read_return(path.name, content_of(path), self._mapping.xml)
        return self._returns[path]

    def _joined(self, join: Join) -> JoinedTable:
        if join.optional and not self._is_there(join.file):
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


def serves(path: Path, mapping: Mapping) -> bool:
    """Tell whether a source has every file and column that a mapping must have."""
    try:
        source = Source(path, mapping)
        return all(source.has_columns(file) for file in _needed_files(mapping))
    except ClewError:
        return False


def files_read(path: Path, mapping: Mapping) -> list[Path]:
    """Return the files of a source that a mapping reads, as far as they are there."""
    if not path.is_dir():
        return [path]
    return list(dict.fromkeys(place.path for place in _places(path, mapping).values() if place is not None))


def _places(path: Path, mapping: Mapping, only: str = "") -> dict[str, Place | None]:
    """Return where each file of a mapping lies.

    The one workbook of a folder counts only if a file that must be there lies in it: else it is something
    else, such as a fix list.
    """
    table = dict(_sections(mapping)).get(only)
    needed = frozenset([table.file.casefold()]) if table else _needed_files(mapping)
    inside = {file.casefold() for file in mapping.xml.tables} if mapping.xml else set()
    found = {
        file: locate(path, name, only=len(needed) == 1 and file in needed, xml=file in inside)
        for file, name in _file_names(mapping).items()
    }
    held = any(
        place is not None and place.kind == "workbook" for file, place in found.items() if file in needed
    )
    return {
        file: place if held or place is None or place.kind != "workbook" else None
        for file, place in found.items()
    }


def record_misfits(sheet: Sheet, log: FaultLog) -> None:
    """Count rows of another width than the header's into quarantine: their cells may belong elsewhere.

    Warns of a file that may have been cut in its last cell.
    """
    tally = log.tally(sheet.name)
    if sheet.table.cut and sheet.table.rows:
        last = sheet.table.rows[-1].number
        RowFaults(log, sheet.name, sheet.table.file, last).warn(
            "",
            "",
            "the file has no line end after its last row, as a file has that was cut short",
            "compare the last row and the number of rows with your case system",
        )
    for row in sheet.table.misfits:
        tally.read += 1
        tally.quarantined += 1
        RowFaults(log, sheet.name, sheet.table.file, row.number).error(
            "",
            "",
            f"the row has {len(row.cells)} cells where the header has {len(sheet.table.header)}",
            "put quotation marks around a cell that holds the delimiter, or complete the row"
            if sheet.table.delimiter
            else "give every filled column a header, or clear the cells beside the table",
        )


def _needed_files(mapping: Mapping) -> frozenset[str]:
    joins = [join.file for join in mapping.children.join if not join.optional]
    others = [table.file for _, table in _sections(mapping) if not table.optional]
    return frozenset(file.casefold() for file in (mapping.children.file, *joins, *others))


def _sections(
    mapping: Mapping,
) -> Iterator[tuple[str, SpellTable | EpisodeTable | InterviewTable | CoverageTable]]:
    """Yield the mapping's tables besides the children's, by the name of their section."""
    for name in ("care_spells", "episodes", "interviews", "coverage"):
        table = getattr(mapping, name)
        if table is not None:
            yield name, table


def _file_names(mapping: Mapping) -> dict[str, str]:
    """Return every file by its name in lower case."""
    return {file.casefold(): file for file, _, _ in _entries(mapping)}


def _wanted(mapping: Mapping) -> dict[str, Wanted]:
    names: dict[str, set[str]] = {}
    groups: dict[str, list[frozenset[str]]] = {}
    prefixes = {join.name for join in mapping.children.join}
    for file, specs, keys in _entries(mapping):
        key = file.casefold()
        names.setdefault(key, set()).update(map(header_key, wanted_names(specs, keys)))
        groups.setdefault(key, []).extend(needed_groups(specs, keys, prefixes))
    needed = _needed_files(mapping)
    return {
        file: Wanted(frozenset(found), tuple(groups[file]), file not in needed)
        for file, found in names.items()
    }


def _field_specs(mapping: Mapping, section: str) -> dict[str, Spec]:
    table = dict(_sections(mapping)).get(section)
    return {} if table is None or isinstance(table, CoverageTable) else by_name(table.fields)


def _child_specs(children: ChildTable) -> list[Spec]:
    specs = [*children.identifiers.values(), *children.fields.values(), *children.flags.values()]
    return specs + [spec for one in children.variants for spec in one.values()]


def _entries(mapping: Mapping) -> Iterator[tuple[str, list[Spec], list[Key]]]:
    children = mapping.children
    specs = [*_child_specs(children), *_postcode_specs(children.postcodes)]
    yield children.file, specs, [children.key]
    for join in children.join:
        own = [spec for spec in specs if any(name.startswith(f"{join.name}:") for name in column_names(spec))]
        yield join.file, own, [join.on]
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
