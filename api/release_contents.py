"""What is kept of a release: what it was counted from, what it became, its files; versioned, and sealed.

Exact counts are among it, so every part is sealed under a key that only the register worker's account can
derive.  It holds no handle, no person and no date of anything that happened: counts by codes.
"""

import datetime as dt
import os
from typing import ClassVar, Literal, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from api.counting_tables import CountedRegister
from api.release_formats import (
    ReleasedTables,
    ReleaseFiles,
    digest_of,
    files_of,
    manifest_of,
    outputs_of,
    packed,
    tables_of,
    unpacked,
)
from api.secret_files import WorkerKey
from linkage.errors import VerificationError
from linkage.register.areas import Area, AreaDirectory
from linkage.register.counts import Cell, CountTable, Dimension, Key
from linkage.register.disclosure import DisclosurePolicy, Release
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.periods import Period
from linkage.register.statistics.published import LinkQuality

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


def _bound(number: int, part: Part) -> bytes:
    return f"clew/release-content/1\x00{number}\x00{part}".encode()


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


def release_of(policy: DisclosurePolicy, inputs: ReleaseInputs, outputs: ReleasedTables) -> Release:
    """Return a release as those after it must see it."""
    return Release(
        policy=policy,
        counted=tuple(_table(one) for one in inputs.tables),
        released=tables_of(outputs),
    )


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
