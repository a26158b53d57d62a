"""An agency's dummies: made once, kept sealed in the workspace, sent with every bundle until turned off.

A dummy that came and went would show itself to whoever compares two snapshots; so handles and identifiers
stay the same until dummies are turned off, which withdraws them all.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Meta, Struct

from cli.agency.workspace_keys import workspace_key
from keys.files import read_limited
from keys.identity import Identity
from keys.storing import store_private
from linkage.encode.identifiers import Identifiers, PersonRecord
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import HandleText
from linkage.wire.encodings import HANDLE_BYTES
from linkage.wire.limits import MAX_RECORDS, MAX_VARIANTS
from linkage.wire.records import Child

__all__ = ["Dummies", "Dummy", "load_dummies", "remove_dummies", "save_dummies"]

_NONCE_BYTES: Final = 12
_MAX_FILE_BYTES: Final = 1024**3
_BOUND: Final = b"clew/dummies/1"
_VERSION_OF_ALL: Final = 1
"""Every dummy's record version: nothing about it ever changes."""


class Dummy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A made-up child: its handle, and its sets of identifiers, the principal one first."""

    handle: HandleText
    variants: Annotated[tuple[Identifiers, ...], Meta(min_length=1, max_length=MAX_VARIANTS)]

    def person(self) -> PersonRecord:
        """Return what is encoded."""
        return PersonRecord(bytes.fromhex(self.handle), self.variants)

    def record(self) -> Child:
        """Return what travels in clear."""
        return Child(handle=self.handle, version=_VERSION_OF_ALL, dummy=True)


class Dummies(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All dummies of an agency."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-dummies"] = "clew-dummies"
    version: int = 1
    children: Annotated[tuple[Dummy, ...], Meta(max_length=MAX_RECORDS)]

    @classmethod
    def of(cls, mixed: Sequence[tuple[Identifiers, ...]]) -> "Dummies":
        """Give handles to what was mixed."""
        children = [Dummy(handle=os.urandom(HANDLE_BYTES).hex(), variants=variants) for variants in mixed]
        return cls(children=tuple(children))


def save_dummies(path: Path, dummies: Dummies, identity: Identity) -> None:
    """Write dummies where only the identity opens them."""
    nonce = os.urandom(_NONCE_BYTES)
    store_private(path, nonce + _seal(identity).encrypt(nonce, canonical(dummies), _BOUND))


def load_dummies(path: Path, identity: Identity) -> Dummies | None:
    """Return an agency's dummies, or None if it has none; raises :class:`VerificationError` if damaged."""
    if not path.exists():
        return None
    data = read_limited(path, limit=_MAX_FILE_BYTES, what="dummies")
    try:
        plain = _seal(identity).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _BOUND)
    except (InvalidTag, ValueError):
        raise VerificationError(
            f"{path.name}: does not open with this identity, or is damaged",
            hint="restore it and identity.json from the same backup, or turn dummies off and on again",
        ) from None
    return parse(plain, Dummies, limit=_MAX_FILE_BYTES)


def remove_dummies(path: Path) -> None:
    """Remove dummies for good; raises :class:`InputError` if there are none or they cannot be removed."""
    try:
        path.unlink()
    except FileNotFoundError:
        raise InputError("dummies: they are off already", hint="nothing is to be done") from None
    except OSError as error:
        reason = (error.strerror or "cannot be removed").lower()
        raise InputError(f"{path.name}: {reason}", hint="check who may write in the workspace") from None


def _seal(identity: Identity) -> AESGCM:
    return AESGCM(workspace_key(identity, "dummies"))
