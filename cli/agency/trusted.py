"""The record of whom a workspace trusts, ``trusted.json``: only who has the passphrase can make one.

It states the digests of the files that decide under which key and to whom children are sealed.  Signatures
alone cannot protect those: whoever writes into the folder can exchange custodians and what they signed.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from msgspec import Meta, Struct, structs

from cli.agency.workspace_keys import workspace_key
from keys.files import read_limited
from keys.identity import Identity
from keys.storing import store_private
from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.epochs import DigestText

__all__ = [
    "TRUSTED",
    "Trusted",
    "new_files",
    "present_files",
    "require_trusted",
    "trusted_bytes",
    "verified_record",
    "write_trusted",
]

TRUSTED: Final = "trusted.json"
"""The record's name in a workspace."""

_DECIDED: Final = ("pins.json", "epoch.json", "wrapped-key.json", "unit-card.json")
"""Changed only with the passphrase, by ``init``, ``join`` and ``renew``; there or not, as recorded."""

_GROWING: Final = ("successions/adopted-*.json", "revocations/revoked-*.json")
"""Added without the passphrase, each checked by its signatures, and never taken away again."""

_MAX_FILE_BYTES: Final = 1024 * 1024
_HINT: Final = (
    "do not encode; ask who can write here, tell your custodians, and restore the workspace from a backup "
    "whose custodians they confirm (docs/agency.md, section 1)"
)

FileName = Annotated[str, Meta(max_length=80)]


class Trusted(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The digests of the files that decide; ``coming``: what a joining was putting in their places."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-trusted"] = "clew-trusted"
    version: int = 1
    files: dict[FileName, DigestText]
    coming: dict[FileName, DigestText]
    mac: DigestText | None = None


def present_files(folder: Path) -> dict[str, str]:
    """Return the SHA-256, in hex, of every file of a workspace that decides whom it trusts."""
    paths = [folder / name for name in _DECIDED if (folder / name).is_file()]
    for pattern in _GROWING:
        paths += sorted(folder.glob(pattern))
    return {path.relative_to(folder).as_posix(): _digest(path) for path in paths}


def new_files(folder: Path, record: Trusted) -> dict[str, str]:
    """Return the digests of successions and revocations that came since the record was made."""
    return {
        name: digest
        for name, digest in present_files(folder).items()
        if name not in record.files and name not in _DECIDED
    }


def trusted_bytes(
    identity: Identity, files: Mapping[str, str], coming: Mapping[str, str] | None = None
) -> bytes:
    """Return the record of these files, as it is written."""
    record = Trusted(files=dict(files), coming=dict(coming or {}))
    return canonical(structs.replace(record, mac=_mac(identity, record).finalize().hex()))


def write_trusted(
    folder: Path, identity: Identity, files: Mapping[str, str], coming: Mapping[str, str] | None = None
) -> None:
    """Write the record of a workspace, whole or not at all."""
    store_private(folder / TRUSTED, trusted_bytes(identity, files, coming))


def require_trusted(
    folder: Path, identity: Identity, *, moved_away: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Check every file that decides against the record; returns their digests.

    Successions and revocations that came since are no fault: their signatures are checked at every reading.
    ``moved_away``: files that may be missing.  Raises :class:`VerificationError`.
    """
    record, present = verified_record(folder, identity), present_files(folder)
    changed = [name for name in _changed(record, present) if not (name in moved_away and name not in present)]
    if changed:
        raise VerificationError(
            f"whom this workspace trusts was changed, and not by clew: {', '.join(changed)}", hint=_HINT
        )
    return present


def verified_record(folder: Path, identity: Identity) -> Trusted:
    """Return the record once it proves to be this identity's; raises :class:`VerificationError`."""
    path = folder / TRUSTED
    if not path.is_file():
        raise VerificationError(
            f"whom this workspace trusts was changed, and not by clew: {TRUSTED} is missing", hint=_HINT
        )
    data = read_limited(path, limit=_MAX_FILE_BYTES, what="record")
    try:
        record = parse(data, Trusted, limit=_MAX_FILE_BYTES, exact=True)
        _mac(identity, record).verify(bytes.fromhex(record.mac or ""))  # in constant time
    except (FormatError, InvalidSignature):
        raise VerificationError(
            f"whom this workspace trusts was changed, and not by clew: {TRUSTED} is not of this identity, "
            "or damaged",
            hint=_HINT,
        ) from None
    return record


def _changed(record: Trusted, present: Mapping[str, str]) -> Iterator[str]:
    for name in _DECIDED:
        before = record.files.get(name)
        if present.get(name) not in (before, record.coming.get(name, before)):
            yield name
    for name, digest in record.files.items():
        if name not in _DECIDED and present.get(name) != digest:
            yield name


def _mac(identity: Identity, record: Trusted) -> HMAC:
    mac = HMAC(workspace_key(identity, "trusted"), hashes.SHA256())
    mac.update(canonical(structs.replace(record, mac=None)))
    return mac


def _digest(path: Path) -> str:
    return hashlib.sha256(read_limited(path, limit=_MAX_FILE_BYTES, what=path.stem)).hexdigest()
