"""Secrets at rest under a passphrase (docs/spec/keys-v1.md, section 3).

Argon2id (RFC 9106) turns the passphrase into a key, AES-256-GCM encrypts the secret under it, and the whole
header is authenticated: a parameter, a kind or a subject that somebody changed makes the file fail to open.
"""

import os
import unicodedata
from typing import Annotated, ClassVar, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from msgspec import Meta, Struct, structs

from linkage.errors import FormatError, InputError, LimitError, VerificationError
from linkage.wire.canonical import canonical, parse

__all__ = [
    "CEILING",
    "COST",
    "FLOOR",
    "MAX_PROTECTED_BYTES",
    "Cost",
    "Protected",
    "open_protected",
    "protect",
    "read_protected",
]

MAX_PROTECTED_BYTES = 16 * 1024
_KEY_BYTES = 32
_SALT_BYTES = 32
_NONCE_BYTES = 12


class Cost(Struct, frozen=True, kw_only=True):
    """What one guess at a passphrase costs: Argon2id memory (KiB), passes over it, and lanes."""

    memory_kib: int
    iterations: int
    lanes: int


COST = Cost(memory_kib=64 * 1024, iterations=3, lanes=4)
"""The second recommended option of RFC 9106, section 4."""

FLOOR = COST
"""A file that asks for less was not written by a release of clew: somebody wants its passphrase guessed."""

CEILING = Cost(memory_kib=512 * 1024, iterations=10, lanes=16)
"""A file that asks for more would stop the machine rather than protect anything."""


_LEAST_KIB_PER_LANE = 8
"""RFC 9106, section 3.1."""

_NOT_OURS = "the file was not written by clew, or was changed: restore it from its backup"

# Larger numbers have no canonical form; what is sane is decided by FLOOR and CEILING.
_Figure = Annotated[int, Meta(ge=0, lt=2**53)]


class _Kdf(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: Literal["argon2id"] = "argon2id"
    memory_kib: _Figure
    iterations: _Figure
    lanes: _Figure
    salt: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]

    @property
    def cost(self) -> Cost:
        return Cost(memory_kib=self.memory_kib, iterations=self.iterations, lanes=self.lanes)


class Protected(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A secret under a passphrase: what kind it is, what it belongs to, and the ciphertext.

    ``subject`` is public (a signing key or a ceremony's id, 32 bytes in hex): it tells files apart without
    opening them.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-protected"] = "clew-protected"
    version: int = 1
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z")]
    subject: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    kdf: _Kdf
    nonce: Annotated[str, Meta(pattern=r"^[0-9a-f]{24}\Z")]
    ciphertext: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){16,4096}\Z")]


def protect(secret: bytes, passphrase: str, *, kind: str, subject: str, cost: Cost = COST) -> bytes:
    """Return a protected file's bytes.  ``cost`` is lowered by tests only; readers refuse less than COST."""
    kdf = _Kdf(
        memory_kib=cost.memory_kib,
        iterations=cost.iterations,
        lanes=cost.lanes,
        salt=os.urandom(_SALT_BYTES).hex(),
    )
    nonce = os.urandom(_NONCE_BYTES)
    header = Protected(kind=kind, subject=subject, kdf=kdf, nonce=nonce.hex(), ciphertext="")
    encrypted = AESGCM(_stretch(passphrase, kdf)).encrypt(nonce, secret, canonical(header))
    return canonical(structs.replace(header, ciphertext=encrypted.hex()))


def read_protected(data: bytes, *, kind: str, floor: Cost = FLOOR) -> Protected:
    """Read a protected file without opening it, checking that its cost is sane before any is spent.

    Raises :class:`FormatError`, :class:`VersionError` or :class:`LimitError`.
    """
    protected = parse(data, Protected, limit=MAX_PROTECTED_BYTES, exact=True)
    if protected.kind != kind:
        raise FormatError(f"not a protected {kind}", hint="this is a file of another kind: check the path")
    _check_cost(protected.kdf.cost, floor)
    return protected


_CURE = "try the passphrase again; if it is right, restore the file from its backup"
_CURES = {
    "one-time-key": "it is the one chosen at the opening, not an identity's; if it is lost, open another "
    "ceremony or session: no key is lost with it",
}


def open_protected(protected: Protected, passphrase: str) -> bytes:
    """Return the secret; a wrong passphrase and a damaged file give one and the same error and work."""
    key = _stretch(passphrase, protected.kdf)
    header = canonical(structs.replace(protected, ciphertext=""))
    try:
        return AESGCM(key).decrypt(
            bytes.fromhex(protected.nonce), bytes.fromhex(protected.ciphertext), header
        )
    except InvalidTag:
        raise VerificationError(
            f"the {protected.kind} does not open: the passphrase is wrong or the file is damaged",
            hint=_CURES.get(protected.kind, _CURE),
        ) from None


def _check_cost(cost: Cost, floor: Cost) -> None:
    for name in Cost.__struct_fields__:
        value, least, most = (getattr(one, name) for one in (cost, floor, CEILING))
        if not least <= value <= most:
            raise LimitError(
                f"the passphrase protection's {name} is outside {least} to {most}",
                hint=_NOT_OURS,
            )
    if cost.memory_kib < _LEAST_KIB_PER_LANE * cost.lanes:
        raise LimitError("the passphrase protection has more lanes than memory for them", hint=_NOT_OURS)


def _stretch(passphrase: str, kdf: _Kdf) -> bytes:
    if not passphrase:
        raise InputError("the passphrase is empty", hint="give the passphrase that protects the file")
    # One spelling of accented letters, whichever keyboard typed them (RFC 8265, OpaqueString).
    text = unicodedata.normalize("NFC", passphrase)
    stretcher = Argon2id(
        salt=bytes.fromhex(kdf.salt),
        length=_KEY_BYTES,
        iterations=kdf.iterations,
        lanes=kdf.lanes,
        memory_cost=kdf.memory_kib,
    )
    return stretcher.derive(text.encode("utf-8", "surrogatepass"))
