"""Columns found: a mapping's entries resolved against the headers of a table and of those joined to it."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from cli.sources.dates import DateReader
from cli.sources.mapping import Column, DateOrders, Key, Spec, as_column, column_names, key_columns
from cli.sources.tables import Row, Table, header_key
from linkage.errors import InputError

__all__ = [
    "SPOILT",
    "Accessor",
    "JoinedTable",
    "KeyReader",
    "Line",
    "Sheet",
    "needed_groups",
    "spoilt",
    "wanted_names",
]

KEY_SEPARATOR = " / "
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")

SPOILT = (
    "a number that a spreadsheet rewrote",
    "export again, with the column of references as text",
)
"""Problem and cure of such a reference."""


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """A row with the rows of joined tables that belong to it; a joined table may have none."""

    row: Row
    joined: Mapping[str, Row | None]


@dataclass(frozen=True, slots=True)
class Accessor:
    """Takes one column's text out of a line; ``label`` is the header as the file writes it."""

    label: str
    table: str
    index: int

    def text(self, line: Line) -> str:
        """Return the cell's text, empty where the joined table has no row."""
        row = line.joined.get(self.table) if self.table else line.row
        return row.cells[self.index] if row is not None else ""


class Sheet:
    """A table and the tables joined to it."""

    def __init__(
        self,
        name: str,
        table: Table,
        joined: Mapping[str, "JoinedTable"] | None = None,
        *,
        orders: DateOrders | None = None,
    ) -> None:
        """``name`` is the mapping's section, for messages; ``joined`` maps a join's name to its table.

        ``orders``: in which order the dates of its columns are written.
        """
        self.orders = orders or DateOrders("dmy", {}, ())
        self.name = name
        self.table = table
        self._joined = dict(joined or {})
        self._key: Accessor | None = None

    def join_on(self, key: Key) -> None:
        """Set the column on which joined tables are looked up: the first of the table's own reference."""
        self._key = self.find(Column(column=key_columns(key)[0]), entry="key")

    def lines(self) -> Iterator[Line]:
        """Yield every row with what is joined to it."""
        for row in self.table.rows:
            bare = Line(row, {})
            if self._joined and self._key is not None:
                reference = self._key.text(bare)
                yield Line(row, {name: other.rows.get(reference) for name, other in self._joined.items()})
            else:
                yield bare

    def repeated_in(self, reference: str) -> list[str]:
        """Return the joined files that hold more than one row for a reference."""
        return [other.file for other in self._joined.values() if reference in other.repeated]

    def find(self, spec: Spec, *, entry: str) -> Accessor | None:
        """Return the column that an entry names; ``None`` for a constant or an absent optional column.

        Raises :class:`InputError` naming the file, the column and, where one is near, the likely header.
        """
        column = as_column(spec)
        if column.constant is not None:
            return None
        names = (column.column,) if isinstance(column.column, str) else column.column
        for name in names:
            found = self._named(name.removesuffix("?"), entry)
            if found is not None:
                return found
        if all(name.endswith("?") for name in names) or self._rests_on_absent_table(names):
            return None
        raise self._missing(names[0].removesuffix("?"), entry)

    def need(self, spec: Spec, *, entry: str) -> Accessor:
        """Return a column without which the table cannot be read."""
        found = self.find(spec, entry=entry)
        if found is None:
            raise InputError(
                f"mapping: [{self.name}] {entry} must name a column that the file has",
                hint="a reference can be neither optional nor a constant",
            )
        return found

    def _rests_on_absent_table(self, names: Iterable[str]) -> bool:
        tables = (name.partition(":")[0] for name in names)
        return any(self._joined[table].absent for table in tables if table in self._joined)

    def _named(self, name: str, entry: str) -> Accessor | None:
        prefix, _, rest = name.partition(":")
        if rest and prefix in self._joined:
            header, table, wanted = self._joined[prefix].header, prefix, rest
        else:
            header, table, wanted = self.table.header, "", name
        places = [i for i, text in enumerate(header) if header_key(text) == header_key(wanted)]
        if len(places) > 1:
            raise InputError(
                f"{self.table.file}: two columns are called {wanted!r} (mapping: [{self.name}] {entry})",
                hint="rename or remove one of them",
            )
        if not places:
            return None
        label = "".join(character for character in header[places[0]] if character.isprintable())
        return Accessor(f"{label} in {self._joined[table].file}" if table else label, table, places[0])

    def _missing(self, name: str, entry: str) -> InputError:
        prefix, _, rest = name.partition(":")
        joined = self._joined.get(prefix) if rest else None
        file, header = (joined.file, joined.header) if joined else (self.table.file, self.table.header)
        wanted = rest if joined else name
        keys = {header_key(text): text for text in header}
        # Only a near miss is shown: in a file without a header row the "headers" are somebody's record.
        near = difflib.get_close_matches(header_key(wanted), keys, n=1, cutoff=0.75)
        hint = f"did you mean {keys[near[0]]!r}? " if near else ""
        return InputError(
            f"{file}: no column called {wanted!r} (mapping: [{self.name}] {entry})",
            hint=f"{hint}name the right column in the mapping, or end its name with ? if it may be absent",
        )


@dataclass(frozen=True, slots=True, repr=False)
class JoinedTable:
    """A table by reference; ``absent`` if the mapping lets its file be missing and it is.

    ``repeated`` are the references with more than one row, of which only the first is in ``rows``.
    """

    file: str
    header: tuple[str, ...]
    rows: Mapping[str, Row]
    absent: bool = False
    repeated: frozenset[str] = frozenset()


class KeyReader:
    """Reads a reference of one or more columns; empty if any of them is blank.

    Dates after the first column are written in one way, so that an extract with dates in another style
    gives the same references.
    """

    def __init__(self, sheet: Sheet, key: Key, *, entry: str) -> None:
        names = key_columns(key)
        self._dates = tuple((DateReader(sheet.orders.of(name)), sheet.orders.is_date(name)) for name in names)
        self._columns = tuple(sheet.need(Column(column=name), entry=entry) for name in names)

    @property
    def label(self) -> str:
        """The headers, for messages."""
        return " + ".join(column.label for column in self._columns)

    def has_first(self, line: Line) -> bool:
        """Tell whether one of several columns is blank, but not the first."""
        return len(self._columns) > 1 and bool(self._columns[0].text(line))

    def text(self, line: Line) -> str:
        """Return the reference."""
        first, *others = [column.text(line) for column in self._columns]
        read = zip(self._dates[1:], others, strict=True)
        parts = [first, *(self._one_way(*dates, text) for dates, text in read)]
        return KEY_SEPARATOR.join(parts) if all(parts) else ""

    @staticmethod
    def _one_way(dates: DateReader, is_date: bool, text: str) -> str:  # noqa: FBT001
        if text.isdecimal() and not is_date:  # more likely a local identifier than a spreadsheet's day
            return text
        try:
            return str(dates.read(text))
        except (ValueError, OverflowError):
            return text


def spoilt(reference: str) -> bool:
    """Tell whether a spreadsheet rewrote a long number: ``1.23457E+11`` no longer says which it was."""
    return _SCIENTIFIC.fullmatch(reference) is not None


def wanted_names(specs: Iterable[Spec], keys: Iterable[Key]) -> Iterator[str]:
    """Yield every header that a table's entries ask for, to find its header row by."""
    for spec in specs:
        for name in column_names(spec):
            yield name.partition(":")[2] or name
    for key in keys:
        yield from key_columns(key)


def needed_groups(specs: Iterable[Spec], keys: Iterable[Key], joined: Set[str]) -> Iterator[frozenset[str]]:
    """Yield, for every column that must be there, the headers that it may have.

    ``joined``: the names of joined tables, whose columns are not asked of this one.
    """
    for spec in specs:
        column = as_column(spec).column
        names = (column,) if isinstance(column, str) else column
        own = [name for name in names if name.partition(":")[0] not in joined]
        if own and not all(name.endswith("?") for name in names):
            yield frozenset(header_key(name.removesuffix("?")) for name in own)
    for key in keys:
        yield from (frozenset([header_key(name)]) for name in key_columns(key))
