"""Reading a folder of labelled data: ``meta.json``, one table per source, and the truth.

Every fault names the file and the line, and never repeats a value other than a rec_id's place.
"""

import contextlib
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast, get_args

from keys.files import read_limited
from linkage.encode.identifiers import Identifiers
from linkage.errors import InputError
from linkage.lab.evaluation import Mode, Table, labelled_identifiers
from linkage.lab.evaluation_groups import OF_PERSONS, OF_RECORDS
from linkage.wire.half_characters import holds_half_characters

__all__ = ["LabelledFolder", "open_folder", "read_rows", "read_tables", "read_truth"]

_META = "meta.json"
_MAX_META_BYTES = 1 << 20
_MAX_SOURCES = 1000
_SOURCE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_MODES: tuple[Mode, ...] = get_args(Mode)

_COLUMNS = (
    "given_name",
    "middle_name",
    "surname",
    "date_of_birth",
    "sex",
    "address",
    "locality",
    "postcode",
    "phone",
)
"""Columns with identifiers that are read besides rec_id."""

_GROUP_COLUMNS = (*OF_PERSONS, *OF_RECORDS)
"""Columns that results are told apart by; all others are ignored."""


@dataclass(frozen=True, slots=True)
class LabelledFolder:
    """A folder of labelled data whose files are all there; ``sources``: name to declared duplicate-free."""

    name: str
    mode: Mode
    sources: Mapping[str, bool]
    files: Mapping[str, Path]
    truth: Path
    meta: Path

    def paths(self) -> list[Path]:
        """Return every file that is read."""
        return [self.meta, *self.files.values(), self.truth]


def open_folder(folder: Path) -> LabelledFolder:
    """Read ``meta.json`` and find every file; raises :class:`InputError` for whatever is wrong."""
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder", hint="name a folder that holds meta.json")
    meta = _read_meta(folder)
    mode = meta.get("mode")
    if mode not in _MODES:
        raise InputError(f"meta.json: mode is not one of {', '.join(_MODES)}", hint='write "mode": "multi"')
    sources = _read_sources(meta.get("sources"))
    if mode == "link" and len(sources) != 2:
        raise InputError(
            f"meta.json: mode link takes two sources, there are {len(sources)}",
            hint="use mode multi, or dedupe for one source",
        )
    name = meta.get("name")
    return LabelledFolder(
        name=name if isinstance(name, str) else folder.resolve().name,
        mode=mode,
        sources=sources,
        files={source: _find(folder, source) for source in sources},
        truth=_find(folder, "truth"),
        meta=folder / _META,
    )


def _read_meta(folder: Path) -> dict[str, object]:
    data = read_limited(folder / _META, limit=_MAX_META_BYTES, what="file")
    try:
        meta = json.loads(data)
        halves = holds_half_characters(meta)
    except (ValueError, RecursionError):
        raise InputError("meta.json: not valid JSON", hint="check commas and quotes") from None
    if halves:
        raise InputError(
            "meta.json: a text holds half a character", hint="take out \\ud800 to \\udfff that stand alone"
        )
    if not isinstance(meta, dict):
        raise InputError("meta.json: not an object", hint='write {"mode": …, "sources": […]}')
    return meta


def _read_sources(listed: object) -> dict[str, bool]:
    if isinstance(listed, dict):
        sources = {name: _declared_free(name, about) for name, about in listed.items()}
    elif isinstance(listed, list) and all(isinstance(name, str) for name in listed):
        sources = dict.fromkeys(listed, False)
        if len(sources) != len(listed):
            raise InputError("meta.json: a source is listed twice")
    else:
        raise InputError("meta.json: sources is neither a list of names nor a mapping from names")
    if not 1 <= len(sources) <= _MAX_SOURCES:
        raise InputError(f"meta.json: {len(sources)} sources, where 1 to {_MAX_SOURCES} are read")
    if not all(_SOURCE_NAME.fullmatch(name) and name != "truth" for name in sources):
        raise InputError(
            "meta.json: a source's name does not do for a file",
            hint="use up to 64 letters, digits, dots, dashes and underscores, and not the name truth",
        )
    return sources


def _declared_free(name: str, about: object) -> bool:
    declared = about.get("duplicate_free", False) if isinstance(about, dict) else False
    if not isinstance(declared, bool):
        raise InputError(f"meta.json: duplicate_free of source {name} is neither true nor false")
    return declared


def _find(folder: Path, name: str) -> Path:
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.is_file():
            return path
    raise InputError(f"{folder}: neither {name}.csv nor {name}.csv.gz is there", hint="check meta.json")


def read_tables(folder: LabelledFolder) -> list[Table]:
    """Read every source; raises :class:`InputError` naming file and line, or saying that nothing can link."""
    tables = [_read_table(name, folder.files[name], free) for name, free in folder.sources.items()]
    if all(one == Identifiers() for table in tables for one in table.identifiers):
        raise InputError(
            "no record has an identifier: nothing to link by",
            hint=f"name the columns as clew does: {', '.join(_COLUMNS)}",
        )
    return tables


def _read_table(name: str, path: Path, duplicate_free: bool) -> Table:  # noqa: FBT001
    seen: dict[str, Identifiers] = {}
    groups: dict[str, list[str]] = {}
    for line, row in read_rows(path, required=("rec_id",)):
        rec_id = row["rec_id"]
        if not rec_id:
            raise InputError(f"{path.name}, line {line}: rec_id is empty", hint="give every record its own")
        if rec_id in seen:
            raise InputError(
                f"{path.name}, line {line}: rec_id occurs a second time", hint="give each its own"
            )
        seen[rec_id] = labelled_identifiers(row)
        for column in row.keys() & {*_GROUP_COLUMNS}:
            groups.setdefault(column, []).append(row[column])
    said = {column: tuple(groups[column]) for column in sorted(groups)}
    return Table(name, tuple(seen), tuple(seen.values()), duplicate_free, said)


def read_truth(folder: LabelledFolder, tables: list[Table]) -> dict[tuple[str, str], str]:
    """Read the truth: the person of each record it names; raises :class:`InputError` naming file and line."""
    known = {(table.name, rec_id) for table in tables for rec_id in table.rec_ids}
    truth: dict[tuple[str, str], str] = {}
    for line, row in read_rows(folder.truth, required=("source", "rec_id", "entity_id")):
        record = row["source"], row["rec_id"]
        where = f"{folder.truth.name}, line {line}"
        if record not in known:
            raise InputError(
                f"{where}: no source has this record", hint="check the columns source and rec_id"
            )
        if record in truth:
            raise InputError(f"{where}: the record occurs a second time", hint="name each record once")
        if not row["entity_id"]:
            raise InputError(
                f"{where}: entity_id is empty", hint="leave out records whose person is not known"
            )
        truth[record] = row["entity_id"]
    return truth


def read_rows(path: Path, *, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with the numbers of the lines they end on; raises :class:`InputError`."""
    with _text(path) as stream:
        reader = csv.reader(stream, strict=True)
        with _readable(path, reader):
            header = [name.strip().lower() for name in next(reader, [])]
        _check_header(path, header, required)
        while True:
            with _readable(path, reader):
                values = next(reader, None)
            if values is None:
                return
            if values and len(values) != len(header):
                raise InputError(
                    f"{path.name}, line {reader.line_num}: {len(values)} values under {len(header)} columns",
                    hint="put values that hold commas between double quotes",
                )
            if values:
                yield reader.line_num, dict(zip(header, map(str.strip, values), strict=True))


def _check_header(path: Path, header: list[str], required: tuple[str, ...]) -> None:
    for name in required:
        if name not in header:
            raise InputError(f"{path.name}: no column {name}", hint="name the columns in the first line")
    twice = next((name for name in header if name and header.count(name) > 1), "")
    if twice in (*required, *_COLUMNS, *_GROUP_COLUMNS):
        raise InputError(f"{path.name}: two columns are called {twice}", hint="rename or remove one")


def _open(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


@contextlib.contextmanager
def _text(path: Path) -> Iterator[io.TextIOBase]:
    try:
        raw = _open(path)
    except OSError as error:
        raise InputError(
            f"{path.name}: {(error.strerror or 'cannot be read').lower()}", hint="check who may read it"
        ) from None
    with raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as stream:
        yield stream


@contextlib.contextmanager
def _readable(path: Path, reader: object) -> Iterator[None]:
    """Turn what can go wrong while reading the next row into an :class:`InputError` with its place."""
    where = f"{path.name}, after line {getattr(reader, 'line_num', 0)}"
    try:
        yield
    except UnicodeDecodeError:
        raise InputError(f"{where}: not UTF-8", hint="export the file as UTF-8") from None
    except csv.Error:
        raise InputError(f"{where}: not valid CSV", hint="look for a quote that is never closed") from None
    except (OSError, EOFError, zlib.error):
        reason = "cut short or not gzip" if path.suffix == ".gz" else "cannot be read"
        raise InputError(f"{where}: {reason}", hint="write the file again") from None
