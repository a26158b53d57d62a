"""Where a mapping's files lie in a source: files of that name, sheets of one workbook, tables of one XML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cli.sources.files import content_of, kind_of
from cli.sources.tables import header_hits, header_key
from cli.sources.workbooks import Workbook
from keys.files import name_of
from linkage.errors import InputError

__all__ = ["Place", "Wanted", "locate", "parted_file", "sheets_for"]

_WORKBOOKS = (".xlsx", ".xlsm", ".xls")
_TEXTS = (".csv", ".txt", ".tsv")
_XML = ".xml"


@dataclass(frozen=True, slots=True)
class Place:
    """One file of the mapping: where it lies, and as what.

    ``own``: the file is this table alone, of ``sheet`` if one is named.  ``workbook``: one of its sheets is.
    ``xml``: it is a return as XML.
    """

    path: Path
    kind: Literal["own", "workbook", "xml"] = "own"
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is known of a file before it is found.

    ``names``: all its headers.  ``needed``: groups of headers of which one must be there.  ``optional``: the
    file itself may be absent.
    """

    names: frozenset[str]
    needed: tuple[frozenset[str], ...]
    optional: bool


def parted_file(file: str) -> tuple[str, str]:
    """Part ``extract.xlsx#Sheet`` into the file and the sheet; a mark in other names means nothing."""
    name, mark, sheet = file.partition("#")
    return (name, sheet) if mark and name.casefold().endswith(_WORKBOOKS) else (file, "")


def locate(source: Path, file: str, *, only: bool, xml: bool) -> Place | None:
    """Find a mapping's file in a source; ``None`` if it is not there.

    In a folder it is a file of that name, whatever the case of its letters, else one of that name with the
    ending of another kind of table, else (``xml``: the mapping reads this file out of XML) the one XML file,
    else the one workbook.  A source that is a file itself serves a mapping of one file only, unless it is a
    workbook or XML.
    Raises :class:`InputError` if there are several that might be meant.
    """
    name, sheet = parted_file(file)
    if source.is_file():
        return _in_file(source, sheet, only=only, xml=xml)
    entries = list(_entries(source))
    for path in entries:
        if path.name.casefold() == name.casefold():
            return Place(path, sheet=sheet)
    stem = Path(name).stem.casefold()
    alike = [path for path in entries if path.stem.casefold() == stem and _is(path, *_TEXTS, *_WORKBOOKS)]
    if alike:
        return Place(_one(alike, file), sheet=sheet)
    if xml and (found := [path for path in entries if _is(path, _XML)]):
        return Place(_one(found, file), "xml")
    books = [path for path in entries if _is(path, *_WORKBOOKS)]
    return Place(books[0], "workbook") if len(books) == 1 and not sheet else None


def _in_file(source: Path, sheet: str, *, only: bool, xml: bool) -> Place | None:
    kind = kind_of(source.name, content_of(source))
    if kind == "xml":
        return Place(source, "xml") if xml else None
    if kind == "workbook":
        return Place(source, "own", sheet) if sheet else Place(source, "workbook")
    return Place(source) if only else None


def _one(paths: list[Path], file: str) -> Path:
    if len(paths) > 1:
        names = " and ".join(path.name for path in paths[:3])
        raise InputError(f"{names}: each may be {file}", hint="keep one of them in the folder")
    return paths[0]


def _is(path: Path, *endings: str) -> bool:
    # Excel keeps ~$name.xlsx beside a workbook that is open.
    return path.suffix.casefold() in endings and not path.name.startswith(("~$", "."))


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"source {name_of(folder)}: {reason}",
            hint="name the folder of CSV files or workbooks, or one such file",
        ) from None


def sheets_for(workbook: Workbook, files: Mapping[str, Wanted]) -> Mapping[str, str]:
    """Return the sheet of a workbook that stands for each file of a mapping, as far as there is one.

    A sheet with the file's name comes first; of the others, that with most of the file's columns, and for a
    file that may be absent only one with every column that it needs.  No sheet serves twice.
    """
    found: dict[str, str] = {}
    free = list(workbook.sheets)
    for file in files:
        named = [sheet for sheet in free if header_key(sheet) == header_key(Path(file).stem)]
        if named:
            found[file] = named[0]
            free.remove(named[0])
    scores = [
        (header_hits(workbook.rows(sheet), one.names), not one.optional, file, sheet)
        for file, one in files.items()
        if file not in found
        for sheet in free
        if _serves(workbook, sheet, one)
    ]
    for hits, _, file, sheet in sorted(scores, key=lambda score: score[:2], reverse=True):
        if hits and file not in found and sheet in free:
            found[file] = sheet
            free.remove(sheet)
    return found


def _serves(workbook: Workbook, sheet: str, wanted: Wanted) -> bool:
    rows = workbook.rows(sheet)
    return not wanted.optional or all(header_hits(rows, group) for group in wanted.needed)
