"""What publishers look at, sealed: a key that the register worker and the console have, and nobody else.

The register worker makes what is looked at, and the key where there is none; the console opens it.  Nothing
is lost with the key: what a release is made of is sealed under the register worker's own, and the next time
that a release is counted all of them are sealed anew for publishers to look at.
"""

import os
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.secret_files import read_releases_key, write_secret
from linkage.errors import InputError, VerificationError
from linkage.wire.derivation import KEY_BYTES, derive

__all__ = ["SHOWN_PARTS", "PublisherSeal", "ShownPart", "make_releases_key"]

_NONCE_BYTES = 12
_LABEL = "unit/shown-releases"

ShownPart = Literal["shown-tables", "shown-files"]

SHOWN_PARTS: tuple[ShownPart, ...] = ("shown-tables", "shown-files")
"""Parts of a release that publishers look at: what disclosure control lets pass, and nothing else."""


class PublisherSeal:
    """Seals and opens what publishers look at, each part bound to its release and place."""

    __slots__ = ("_aead",)

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(derive(key, _LABEL))

    def __repr__(self) -> str:
        return "PublisherSeal(…)"

    @classmethod
    def read(cls, path: Path) -> "PublisherSeal":
        """Read the key's file; raises :class:`linkage.errors.ClewError`."""
        return cls(read_releases_key(path))

    def sealed(self, number: int, part: ShownPart, content: bytes) -> bytes:
        """Seal a packed part of a release."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, content, _bound(number, part))

    def opened(self, number: int, part: ShownPart, sealed: bytes) -> bytes:
        """Return a packed part; raises :class:`VerificationError` for one that was changed or moved."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(number, part))
        except (InvalidTag, ValueError):
            raise VerificationError(
                f"release {number}: what publishers look at does not open",
                hint="put secrets/releases.key back, or have any release counted: all are sealed anew",
            ) from None


def _bound(number: int, part: ShownPart) -> bytes:
    return f"clew/release-shown/1\x00{number}\x00{part}".encode()


def make_releases_key(path: Path) -> bool:
    """Make the key where there is none; returns False where there is.  Raises :class:`InputError`."""
    if path.exists():
        return False
    try:
        write_secret(path, "releases", os.urandom(KEY_BYTES))
    except PermissionError:
        raise InputError(
            f"secrets/{path.name}: not there, and this account may not make it",
            hint="`clew register migrate`, as root, makes it; then let both accounts read it",
        ) from None
    return True
