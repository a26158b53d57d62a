"""What disclosure control makes of a release, as it is kept: tables as they may leave, and files of them.

No exact count is among it, and nothing here opens anything: what counted it is in
:mod:`api.release_contents`.
"""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Literal, TypeVar

from msgspec import Struct

from linkage.register.counts import Dimension, Key
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.wire.canonical import canonical, parse

__all__ = [
    "ReleaseFiles",
    "ReleasedTables",
    "digest_of",
    "digest_packed",
    "files_of",
    "manifest_of",
    "outputs_of",
    "packed",
    "tables_of",
    "unpacked",
]

_MAX_BYTES = 1024**3

T = TypeVar("T", bound=Struct)


class _Shown(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A released table; its dimensions are those of the counted one."""

    number: str
    title: str
    measure: str
    dimensions: tuple[Dimension, ...]
    cells: tuple[tuple[Key, str, int | None], ...]
    notes: tuple[str, ...]


class ReleasedTables(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What disclosure control made of it."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-released-tables"] = "clew-released-tables"
    version: int = 1
    tables: tuple[_Shown, ...]


class ReleaseFiles(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The publication's files by name: kept as they are, for another release of a library draws otherwise."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-release-files"] = "clew-release-files"
    version: int = 1
    files: dict[str, bytes]


def packed(content: Struct) -> bytes:
    """Return a part as it is sealed: its canonical form, compressed."""
    return zlib.compress(canonical(content))


def unpacked(content: bytes, kind: type[T]) -> T:
    """Return a part from what was packed."""
    return parse(zlib.decompress(content), kind, limit=_MAX_BYTES)


def digest_packed(content: bytes) -> str:
    """Return :func:`digest_of` what was packed: quicker, for its canonical form is not made again."""
    return hashlib.sha256(zlib.decompress(content)).hexdigest()


def digest_of(content: object) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def outputs_of(tables: Sequence[ReleasedTable]) -> ReleasedTables:
    """Return what to keep of released tables."""
    return ReleasedTables(
        tables=tuple(
            _Shown(
                number=one.number,
                title=one.title,
                measure=one.measure,
                dimensions=one.dimensions,
                cells=tuple((key, cell.text, cell.value) for key, cell in one.cells.items()),
                notes=one.notes,
            )
            for one in tables
        )
    )


def tables_of(outputs: ReleasedTables) -> tuple[ReleasedTable, ...]:
    """Return released tables from what was kept of them."""
    return tuple(
        ReleasedTable(
            number=one.number,
            title=one.title,
            measure=one.measure,
            dimensions=one.dimensions,
            cells={key: ReleasedCell(text, value) for key, text, value in one.cells},
            notes=one.notes,
        )
        for one in outputs.tables
    )


def files_of(files: Iterable[tuple[str, bytes]]) -> ReleaseFiles:
    """Return a publication's files as they are kept."""
    return ReleaseFiles(files=dict(files))


def manifest_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of every file, by name."""
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
