"""CSV files as they really are: their encoding, delimiter and header row found out, every row accounted for.

Structural trouble (no such file, not text, no such column) raises :class:`InputError`; a single row that does
not fit is a fault of that row.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from keys.files import name_of
from linkage.errors import InputError, LimitError

__all__ = ["MAX_SOURCE_BYTES", "Row", "Table", "header_key", "read_table", "source_file"]

MAX_SOURCE_BYTES = 512 * 1024 * 1024
_DELIMITERS = ",;\t|"
_HEADER_ROWS = 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts (the first line is 1) and its cells, stripped of spaces."""

    number: int
    cells: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Row(number={self.number}, cells=…)"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A file read whole; ``misfits`` are rows with another number of cells than the header has."""

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    misfits: tuple[Row, ...]
    encoding: str
    delimiter: str


def header_key(name: str) -> str:
    """Return a column name as it is compared: ``Date of Birth`` and ``date_of_birth`` are one column."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def read_table(path: Path, *, wanted: Iterable[str], encoding: str = "", delimiter: str = "") -> Table:
    """Read a CSV file.

    ``wanted`` are the column names that the mapping asks for: the header is the row among the first twenty
    that has most of them, so that title rows above it do no harm.  ``encoding`` and ``delimiter`` override
    what is found out.  Raises :class:`InputError` or :class:`LimitError`.
    """
    text, found_encoding = _decoded(path, encoding)
    used = delimiter or _sniffed_delimiter(text)
    numbered = _numbered_rows(path.name, text, used)
    start = _header_position(numbered, {header_key(name) for name in wanted})
    if start is None:
        raise InputError(
            f"{path.name}: there is no header row",
            hint="the first row must hold the names of the columns",
        )
    header = _without_trailing_blanks(numbered[start].cells)
    rows, misfits = _fitted(numbered[start + 1 :], len(header))
    return Table(path.name, header, rows, misfits, found_encoding, used)


def _decoded(path: Path, encoding: str) -> tuple[str, str]:
    data = _content(path)
    if data.startswith(b"PK\x03\x04"):
        raise InputError(
            f"{path.name}: an Excel workbook, not a CSV file",
            hint="open it and save each sheet as CSV UTF-8",
        )
    for candidate in _candidates(data, encoding):
        try:
            text = data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" not in text:
            return text, candidate
    raise InputError(
        f"{path.name}: not text in {encoding or 'UTF-8 or Windows-1252'}",
        hint="save the file again as CSV UTF-8",
    )


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"{path.name}: {reason}", hint="check the path, and that nothing else has the file open"
        ) from None
    if len(data) > MAX_SOURCE_BYTES:
        raise LimitError(
            f"{path.name}: larger than {MAX_SOURCE_BYTES} bytes",
            hint="is it the right file? leave out the rows before the period",
        )
    return data


def _candidates(data: bytes, encoding: str) -> tuple[str, ...]:
    if encoding:
        return (encoding,)
    for mark, name in _BOMS:
        if data.startswith(mark):
            return (name,)
    return ("utf-8", "cp1252")


def _sniffed_delimiter(text: str) -> str:
    """Return the delimiter that cuts most of the first rows into the most cells.

    csv.Sniffer guesses from character frequencies and takes letters for delimiters; the header of an extract
    always has several columns, so counting cells is enough.
    """
    sample = text[:65536].splitlines()[:_HEADER_ROWS]

    def cells(delimiter: str) -> int:
        widths = sorted(len(row) for row in csv.reader(sample, delimiter=delimiter))
        return widths[len(widths) // 2] if widths else 0

    return max(_DELIMITERS, key=cells)


def _numbered_rows(name: str, text: str, delimiter: str) -> list[Row]:
    """Return the rows that hold anything, numbered as a spreadsheet does; blank rows count, but go."""
    rows: list[Row] = []
    number = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                rows.append(Row(number, stripped))
    except csv.Error:
        raise InputError(
            f"{name}: row {number + 1}: a quotation mark is not closed, or stands inside a cell",
            hint="open the file in a spreadsheet, mend the cell and save it as CSV again",
        ) from None
    return rows


def _header_position(rows: list[Row], wanted: set[str]) -> int | None:
    best: tuple[int, int] | None = None
    for position, row in enumerate(rows[:_HEADER_ROWS]):
        hits = len(wanted & {header_key(cell) for cell in row.cells})
        if best is None or hits > best[0]:
            best = (hits, position)
    return None if best is None else best[1]


def _without_trailing_blanks(cells: tuple[str, ...]) -> tuple[str, ...]:
    width = len(cells)
    while width and not cells[width - 1]:
        width -= 1
    return cells[:width]


def _fitted(rows: Iterable[Row], width: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Part the rows into those as wide as the header and those that are not; blank cells at the end go."""
    fitting: list[Row] = []
    misfits: list[Row] = []
    for row in rows:
        cells = _without_trailing_blanks(row.cells[width:])
        if cells or len(row.cells) < width:
            misfits.append(row)
        else:
            fitting.append(Row(row.number, row.cells[:width]))
    return tuple(fitting), tuple(misfits)


def source_file(source: Path, file: str, *, only: bool) -> Path | None:
    """Find a mapping's file in a source, whatever the case of its letters; ``None`` if it is not there.

    A source that is itself a file serves a mapping that reads one file only.
    """
    if source.is_file():
        return source if only else None
    matches = [path for path in _entries(source) if path.name.casefold() == file.casefold()]
    return matches[0] if matches else None


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir())
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"source {name_of(folder)}: {reason}", hint="name the folder of CSV files, or one CSV file"
        ) from None
