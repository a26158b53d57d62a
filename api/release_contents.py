"""What is kept of a release: what it was counted from, what it became, its files; versioned, and sealed.

Exact counts are among it, so every part is sealed under a key that only the register worker's account can
derive.  It holds no handle, no person and no date of anything that happened: counts by codes.
"""

import datetime as dt
import hashlib
import os
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar, Literal, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from api.counting_tables import CountedRegister
from api.secret_files import WorkerKey
from linkage.errors import VerificationError
from linkage.register.areas import Area, AreaDirectory
from linkage.register.counts import Cell, CountTable, Dimension, Key
from linkage.register.disclosure import DisclosurePolicy, Release
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.periods import Period
from linkage.register.statistics.published import LinkQuality
from linkage.wire.canonical import canonical, parse

__all__ = [
    "Part",
    "ReleaseFiles",
    "ReleaseInputs",
    "ReleaseSeal",
    "ReleasedTables",
    "counted_again",
    "digest_of",
    "files_of",
    "inputs_of",
    "manifest_of",
    "outputs_of",
    "packed",
    "release_of",
    "unpacked",
]

_NONCE_BYTES = 12
_MAX_BYTES = 1024**3

Part = Literal["inputs", "released", "files"]
T = TypeVar("T", bound=Struct)


class _Counted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A counted table; its cells in the order in which they were counted."""

    number: str
    title: str
    measure: str
    dimensions: tuple[Dimension, ...]
    cells: tuple[tuple[Key, int, int], ...]
    unavailable: tuple[Key, ...]


class _Shown(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A released table; its dimensions are those of the counted one."""

    number: str
    title: str
    measure: str
    dimensions: tuple[Dimension, ...]
    cells: tuple[tuple[Key, str, int | None], ...]
    notes: tuple[str, ...]


class ReleaseInputs(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that a release is made of beside its rules and the releases before it."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-release-inputs"] = "clew-release-inputs"
    version: int = 1
    cycle: int
    ledger_entries: int
    first: dt.date
    last: dt.date
    tables: tuple[_Counted, ...]
    areas: tuple[Area, ...]
    unlisted: tuple[str, ...]
    submitted: tuple[tuple[str, str, bool, bool], ...]
    quality: LinkQuality


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


class ReleaseSeal:
    """Seals and opens what is kept of releases, with a key of the register worker's own."""

    def __init__(self, key: WorkerKey) -> None:
        self._aead = AESGCM(key.derive("releases"))

    def sealed(self, number: int, part: Part, content: bytes) -> bytes:
        """Seal a packed part of a release, bound to its place."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, content, _bound(number, part))

    def opened(self, number: int, part: Part, sealed: bytes, kind: type[T]) -> T:
        """Open a part; raises :class:`VerificationError` for one that was changed or moved."""
        try:
            plain = self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(number, part))
        except (InvalidTag, ValueError):
            raise VerificationError(
                f"release {number}: what was kept of it does not open",
                hint="restore the unit from a backup",
            ) from None
        return unpacked(plain, kind)


def packed(content: Struct) -> bytes:
    """Return a part as it is sealed: its canonical form, compressed."""
    return zlib.compress(canonical(content))


def unpacked(content: bytes, kind: type[T]) -> T:
    """Return a part from what was packed."""
    return parse(zlib.decompress(content), kind, limit=_MAX_BYTES)


def _bound(number: int, part: Part) -> bytes:
    return f"clew/release-content/1\x00{number}\x00{part}".encode()


def digest_of(content: object) -> str:
    """Return the SHA-256 of the canonical form, in hex."""
    return hashlib.sha256(canonical(content)).hexdigest()


def inputs_of(counted: CountedRegister) -> ReleaseInputs:
    """Return what to keep of counted tables, and of all that stands beside them."""
    return ReleaseInputs(
        cycle=counted.cycle,
        ledger_entries=counted.ledger_entries,
        first=counted.period.first,
        last=counted.period.last,
        tables=tuple(_kept(one) for one in counted.tables),
        areas=tuple(counted.directory.areas.values()),
        unlisted=counted.coverage.unlisted,
        submitted=tuple((*place, *sides) for place, sides in counted.coverage.submitted.items()),
        quality=counted.quality,
    )


def counted_again(inputs: ReleaseInputs) -> CountedRegister:
    """Return counted tables as they were when they were counted."""
    period, directory = Period(inputs.first, inputs.last), AreaDirectory(inputs.areas)
    submitted = {(area, month): (council, police) for area, month, council, police in inputs.submitted}
    return CountedRegister(
        cycle=inputs.cycle,
        ledger_entries=inputs.ledger_entries,
        period=period,
        tables=[_table(one) for one in inputs.tables],
        directory=directory,
        coverage=AreaMonths.again(directory, period, inputs.unlisted, submitted),
        quality=inputs.quality,
    )


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


def release_of(policy: DisclosurePolicy, inputs: ReleaseInputs, outputs: ReleasedTables) -> Release:
    """Return a release as those after it must see it."""
    return Release(
        policy=policy,
        counted=tuple(_table(one) for one in inputs.tables),
        released=tuple(
            ReleasedTable(
                number=one.number,
                title=one.title,
                measure=one.measure,
                dimensions=one.dimensions,
                cells={key: ReleasedCell(text, value) for key, text, value in one.cells},
                notes=one.notes,
            )
            for one in outputs.tables
        ),
    )


def files_of(files: Iterable[tuple[str, bytes]]) -> ReleaseFiles:
    """Return a publication's files as they are kept."""
    return ReleaseFiles(files=dict(files))


def manifest_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of every file, by name."""
    return {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}


def _kept(table: CountTable) -> _Counted:
    return _Counted(
        number=table.number,
        title=table.title,
        measure=table.measure,
        dimensions=table.dimensions,
        cells=tuple((key, cell.value, cell.largest) for key, cell in table.cells.items()),
        unavailable=tuple(sorted(table.unavailable)),
    )


def _table(kept: _Counted) -> CountTable:
    return CountTable(
        number=kept.number,
        title=kept.title,
        measure=kept.measure,
        dimensions=kept.dimensions,
        cells={key: Cell(value, largest) for key, value, largest in kept.cells},
        unavailable=frozenset(kept.unavailable),
    )
