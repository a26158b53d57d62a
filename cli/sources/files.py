"""Files as they really are: what kind each is, and of text its encoding and delimiter found out.

Structural trouble (no such file, not text, no such column) raises :class:`InputError`; a single row that does
not fit is a fault of that row.
"""

import codecs
import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from cli.sources.tables import HEADER_ROWS, Row, Table, header_key, table_of
from cli.sources.workbooks import Workbook
from linkage.errors import InputError, LimitError

__all__ = [
    "MAX_SOURCE_BYTES",
    "Kind",
    "Row",
    "Table",
    "content_of",
    "header_key",
    "kind_of",
    "read_table",
    "text_rows",
]

MAX_SOURCE_BYTES = 512 * 1024 * 1024
_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WEB_PAGES = ("<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<style")
_SPREADSHEET_XML = ("urn:schemas-microsoft-com:office:spreadsheet", 'progid="excel.sheet"')
_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Kind = Literal["text", "workbook", "xml"]


def read_table(
    path: Path, *, wanted: Iterable[str], encoding: str = "", delimiter: str = "", sheet: str = ""
) -> Table:
    """Read a CSV file, or the sheet of a workbook whose header fits best (``sheet``: the one so called).

    ``wanted`` are the column names that the mapping asks for: the header is the row among the first twenty
    that has most of them, so that title rows above it do no harm.  ``encoding`` and ``delimiter`` override
    what is found out.  Raises :class:`InputError` or :class:`LimitError`.
    """
    data, names = content_of(path), tuple(wanted)
    kind = kind_of(path.name, data)
    if kind == "workbook":
        return Workbook(path.name, data).table(names, sheet=sheet)
    if sheet:
        raise InputError(
            f"{path.name}: text, which has no sheet called {sheet!r}",
            hint="name the file in the mapping without # and a sheet",
        )
    if kind == "xml":
        raise InputError(
            f"{path.name}: XML, not a table",
            hint="only the children-looked-after return is read as XML: use the mapping ssda903, or one "
            "with a section [xml]",
        )
    rows, found_encoding, used = text_rows(path.name, data, encoding=encoding, delimiter=delimiter)
    table = table_of(
        path.name, rows, names, encoding=found_encoding, delimiter=used, cut=_ends_open(data, rows)
    )
    _refuse_cut(table)
    return table


def content_of(path: Path) -> bytes:
    """Return a file's content; raises :class:`InputError`, or :class:`LimitError` if it is too large."""
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


def kind_of(name: str, data: bytes) -> Kind:
    """Tell what a file is by what is in it: its name often says something else.

    Raises :class:`InputError` for web pages and XML that calls itself a spreadsheet, which case systems
    like to write under the name of a workbook.
    """
    if data.startswith(_ZIP):
        return "workbook"
    if data.startswith(_OLD_OFFICE):
        raise InputError(
            f"{name}: an Excel workbook of before 2007 (.xls), or one protected by a password",
            hint="open it in Excel, save it as Excel workbook (.xlsx) without a password",
        )
    start = _beginning(data)
    if start.startswith(_WEB_PAGES) or (start.startswith("<?xml") and "<html" in start):
        raise InputError(
            f"{name}: a web page under the name of a table",
            hint="open it in a spreadsheet and save it as Excel workbook (.xlsx) or CSV UTF-8",
        )
    if start.startswith("<") and any(mark in start for mark in _SPREADSHEET_XML):
        raise InputError(
            f"{name}: an XML spreadsheet of 2003, not a workbook",
            hint="open it in a spreadsheet and save it as Excel workbook (.xlsx) or CSV UTF-8",
        )
    return "xml" if start.startswith("<") else "text"


def _beginning(data: bytes) -> str:
    encoding = next((encoding for mark, encoding in _BOMS if data.startswith(mark)), "latin-1")
    return data[:2048].decode(encoding, errors="replace").lstrip("\ufeff \t\r\n").casefold()


def text_rows(
    name: str, data: bytes, *, encoding: str = "", delimiter: str = ""
) -> tuple[list[Row], str, str]:
    """Return the rows of delimited text that hold anything, the encoding and the delimiter."""
    text, found_encoding = _decoded(name, data, encoding)
    used = delimiter or _sniffed_delimiter(text)
    return _numbered_rows(name, text, used), found_encoding, used


def _decoded(name: str, data: bytes, encoding: str) -> tuple[str, str]:
    for candidate in _candidates(data, encoding):
        try:
            text = data.decode(candidate)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\x00" not in text:
            return text, candidate
    raise InputError(
        f"{name}: not text in {encoding or 'UTF-8 or Windows-1252'}",
        hint="save the file again as CSV UTF-8",
    )


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
    sample = text[:65536].splitlines()[:HEADER_ROWS]

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
            hint="open the file in a spreadsheet, mend the cell and save it as CSV again; if the file ends "
            "there, it was cut: export it again",
        ) from None
    return rows


def _ends_open(data: bytes, rows: list[Row]) -> bool:
    """Tell whether text of several lines ends without a line end."""
    return len(rows) > 1 and not data.rstrip(b"\x00").endswith((b"\n", b"\r"))


def _refuse_cut(table: Table) -> None:
    """Refuse a file that ends in the middle of a row: nobody knows how many rows more there were."""
    last = table.misfits[-1] if table.misfits else None
    if not table.cut or last is None or any(row.number > last.number for row in table.rows):
        return
    if len(last.cells) < len(table.header):
        raise InputError(
            f"{table.file}: row {last.number}: the file ends in the middle of this row, it was cut",
            hint="export it again, and compare the number of rows with what your case system says",
        )
