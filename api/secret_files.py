"""Secret files of the unit: versioned, owner-only, each read by one role."""

import stat
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct

from api.store.bodies import write_whole
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.derivation import derive, keyed_digest
from linkage.wire.seal import SealingKey

__all__ = [
    "SecretUse",
    "WorkerKey",
    "read_audience_key",
    "read_console_key",
    "read_ledger_key",
    "read_receipts_key",
    "read_worker_key",
    "write_secret",
]

_MAX_BYTES = 4096

SecretUse = Literal[
    "receipts",
    "ledger",
    "linking-worker",
    "register-worker",
    "operator-pseudonyms",
    "audience-pseudonyms",
    "console",
]


class _Secret(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, repr_omit_defaults=True):
    """One secret as it is stored."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-unit-secret"] = "clew-unit-secret"
    version: int = 1
    use: SecretUse
    key: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){32,128}$")]

    def __repr__(self) -> str:
        return f"_Secret(use={self.use!r})"


class WorkerKey:
    """A worker's private key: opens what was sealed to it, and derives the keys of its own store."""

    __slots__ = ("_root", "sealing")

    def __init__(self, data: bytes) -> None:
        self.sealing = SealingKey.from_bytes(data)
        # HKDF-Extract: the private bytes are long enough but of two algorithms, derive() takes one key.
        self._root = keyed_digest(b"clew/unit/worker/1", data)

    def __repr__(self) -> str:
        return "WorkerKey(…)"

    def derive(self, use: str) -> bytes:
        """Derive a 32-byte key for one use of this worker's own."""
        return derive(self._root, f"unit/{use}")


def write_secret(path: Path, use: SecretUse, key: bytes) -> None:
    """Write a new secret that only its owner can read."""
    with write_whole(path, mode=0o600) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(canonical(_Secret(use=use, key=key.hex())))


def read_receipts_key(path: Path) -> Ed25519PrivateKey:
    """Read the key that signs receipts."""
    return Ed25519PrivateKey.from_private_bytes(_read(path, "receipts", size=32))


def read_ledger_key(path: Path) -> Ed25519PrivateKey:
    """Read the key that signs the ledger's checkpoints."""
    return Ed25519PrivateKey.from_private_bytes(_read(path, "ledger", size=32))


def read_worker_key(path: Path, use: Literal["linking-worker", "register-worker"]) -> WorkerKey:
    """Read a worker's key."""
    return WorkerKey(_read(path, use, size=96))


def read_audience_key(path: Path, use: Literal["operator-pseudonyms", "audience-pseudonyms"]) -> bytes:
    """Read one generation of an audience's key; of generation 0 the use is ``operator-pseudonyms``."""
    return _read(path, use, size=32)


def read_console_key(path: Path) -> bytes:
    """Read the key under which the console seals what makes codes of an app."""
    return _read(path, "console", size=32)


def _read(path: Path, use: SecretUse, *, size: int) -> bytes:
    try:
        with path.open("rb") as stream:
            mode = stat.S_IMODE(path.stat().st_mode)
            data = stream.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError(
            f"secrets/{path.name}: not there",
            hint="put it back from where the secrets are kept, with mode 0600; it cannot be made again",
        ) from None
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(
            f"secrets/{path.name}: {reason}", hint="run this as the account that owns the file"
        ) from None
    if mode & 0o077:
        raise InputError(
            f"secrets/{path.name}: others than its owner may use it", hint=f"chmod 600 {path.name}"
        )
    secret = parse(data, _Secret, limit=_MAX_BYTES)
    key = bytes.fromhex(secret.key)
    if secret.use != use or len(key) != size:
        raise VerificationError(f"secrets/{path.name}: it is not the secret that belongs there")
    return key
