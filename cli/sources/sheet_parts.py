"""A workbook's parts looked at before they are read: how large they are, how far the sheets reach, errors.

An .xlsx file is a ZIP archive of XML.  A few kilobytes of it can unpack to gigabytes, or name one cell so far
out that a table up to there fits in no memory.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from linkage.errors import InputError, LimitError

__all__ = ["MAX_CELLS", "MAX_UNPACKED_BYTES", "SheetPart", "sheet_parts"]

MAX_UNPACKED_BYTES = 2 * 1024 * 1024 * 1024
MAX_CELLS = 50_000_000
_MAX_PARTS = 10_000
_CHUNK = 1024 * 1024
_LONGEST_TAG = 512
_SMALL = 4 * 1024 * 1024

_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, expat.ExpatError, struct.error),
    *(LookupError, ValueError, EOFError, OSError, NotImplementedError),
)
"""What the standard library raises, somewhere within, for an archive that is none."""

_CELL = re.compile(rb'<(?:\w+:)?c\s[^<>]*?\br="([A-Z]{1,3})(\d{1,7})"[^<>]*?(/?)>')
_ERROR = re.compile(rb'\bt="e"')


@dataclass(slots=True)
class SheetPart:
    """How far one sheet's filled cells reach, and which of them hold an error (row, column from 1)."""

    rows: int = 0
    columns: int = 0
    errors: set[tuple[int, int]] = field(default_factory=set)


def sheet_parts(name: str, data: bytes) -> Mapping[str, SheetPart]:
    """Return what is known of each sheet by its name.

    Raises :class:`InputError` for a damaged archive, :class:`LimitError` for one that is too large unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_sizes(name, archive)
            _check_content(archive)
            _check_dates(name, archive)
            return {sheet: _scanned(name, archive, part) for sheet, part in _sheets(archive)}
    except _DAMAGED:
        raise InputError(
            f"{name}: a damaged Excel workbook, or none at all",
            hint="open it in a spreadsheet and save it again as .xlsx; if that fails, export it again",
        ) from None
    except RuntimeError:  # what zipfile raises for an encrypted part
        raise InputError(
            f"{name}: the archive is protected by a password", hint="save it without a password"
        ) from None


def _check_sizes(name: str, archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > _MAX_PARTS or unpacked > MAX_UNPACKED_BYTES:
        raise LimitError(
            f"{name}: unpacked it has {unpacked:,} bytes in {len(parts):,} parts, which is too much",
            hint="is it the right file? save the sheets that are needed as CSV UTF-8",
        )


def _check_content(archive: zipfile.ZipFile) -> None:
    """Read every part through, so that none is damaged where nothing else would notice."""
    damaged = archive.testzip()
    if damaged is not None:
        raise zipfile.BadZipFile(damaged)


def _check_dates(name: str, archive: zipfile.ZipFile) -> None:
    """Refuse the date system of old Macs: days without a date format would come four years too early."""
    for properties in _elements(archive, "xl/workbook.xml", "workbookPr"):
        if properties.get("date1904", "0") not in ("0", "false"):
            raise InputError(
                f"{name}: the workbook counts its days from 1904",
                hint="open it in Excel, turn the 1904 date system off under Options, Advanced, check the "
                "dates, and save it; or export CSV",
            )


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Yield every sheet's name and the part that holds its cells."""
    targets = {
        one.get("Id", ""): one.get("Target", "")
        for one in _elements(archive, "xl/_rels/workbook.xml.rels", "Relationship")
    }
    known = frozenset(archive.namelist())
    for sheet in _elements(archive, "xl/workbook.xml", "sheet"):
        relation = next((value for key, value in sheet.items() if key.endswith(":id")), "")
        target = targets.get(relation, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if part in known:
            yield sheet.get("name", ""), part


def _elements(archive: zipfile.ZipFile, part: str, tag: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    if archive.getinfo(part).file_size > _SMALL:
        raise KeyError(part)

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == tag:
            found.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(archive.read(part), True)  # noqa: FBT003  expat names its arguments no other way
    return found


def _scanned(name: str, archive: zipfile.ZipFile, part: str) -> SheetPart:
    sheet = SheetPart()
    rest = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            text = rest + chunk
            end = text.rfind(b">") + 1
            _note_cells(sheet, text[:end])
            rest = text[end:][-_LONGEST_TAG:]
    if sheet.rows * sheet.columns > MAX_CELLS:
        raise LimitError(
            f"{name}: a sheet reaches to row {sheet.rows:,} and column {sheet.columns:,}, which is too far",
            hint="delete the rows below and the columns beside the table, and save it again",
        )
    return sheet


def _note_cells(sheet: SheetPart, text: bytes) -> None:
    for match in _CELL.finditer(text):
        if match[3]:  # closed at once: a format without a value
            continue
        row, column = int(match[2]), _column(match[1])
        sheet.rows, sheet.columns = max(sheet.rows, row), max(sheet.columns, column)
        if b't="e"' in match[0] and _ERROR.search(match[0]):
            sheet.errors.add((row, column))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
