"""A passphrase kept in the operating system's keyring, where there is one.

By the library ``keyring``, an optional dependency: macOS Keychain, Windows Credential Manager, Secret
Service, KWallet.  Whoever can use the account that is logged in can then open the identity.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keys.files import read_limited
from keys.protected import MAX_PROTECTED_BYTES, Cost, read_protected
from keys.storing import naming
from linkage.errors import InputError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

__all__ = [
    "SERVICE",
    "KeyringEntry",
    "forget_account",
    "forget_passphrase",
    "keyring_passphrase",
    "require_keyring",
    "store_passphrase",
]

SERVICE: Final = "clew"
_RECOMMENDED: Final = 1
"""The library's own line: what lies below it keeps nothing, or keeps it in a plain file."""
_NO_FLOOR: Final = Cost(memory_kib=0, iterations=0, lanes=0)
_INSTEAD: Final = "use --passphrase-file, or let the command ask"


@dataclass(frozen=True, slots=True)
class KeyringEntry:
    """Where the passphrase of an identity lies in the keyring: under its public key, wherever its file is."""

    identity_file: Path

    def account(self) -> str:
        """Return the public key that the identity's file names; nothing is opened for it."""
        data = read_limited(self.identity_file, limit=MAX_PROTECTED_BYTES, what="identity")
        with naming(self.identity_file):
            return read_protected(data, kind="identity", floor=_NO_FLOOR).subject


def keyring_passphrase(entry: KeyringEntry) -> str:
    """Return the passphrase that was stored for an identity; raises :class:`InputError`."""
    account, backend = entry.account(), _backend()
    with _in_words():
        found = backend.get_password(SERVICE, account)
    if found is None:
        raise InputError(
            "the operating system's keyring has no passphrase for this identity",
            hint="store it with `clew agency keyring store`, or `clew keys keyring store` for a custodian",
        )
    return found


def store_passphrase(entry: KeyringEntry, passphrase: str) -> None:
    """Keep a passphrase that the caller has proved by opening the identity; raises :class:`InputError`."""
    account, backend = entry.account(), _backend()
    with _in_words():
        backend.set_password(SERVICE, account, passphrase)
        kept = backend.get_password(SERVICE, account)
    if kept != passphrase:
        raise InputError("the operating system's keyring did not keep the passphrase", hint=_INSTEAD)


def forget_passphrase(entry: KeyringEntry) -> bool:
    """Take a passphrase out of the keyring; tells whether there was one."""
    account, backend = entry.account(), _backend()
    return _forgotten(backend, account)


def forget_account(account: str) -> bool:
    """Take the passphrase of an identity that is gone out of the keyring, if there is a keyring at all.

    Tells whether there was one; raises :class:`InputError` if the keyring does not answer.
    """
    try:
        backend = _backend()
    except InputError:
        return False
    return _forgotten(backend, account)


def _forgotten(backend: "KeyringBackend", account: str) -> bool:
    with _in_words():
        if backend.get_password(SERVICE, account) is None:
            return False
        backend.delete_password(SERVICE, account)
    return True


def require_keyring() -> None:
    """Raise :class:`InputError` where there is no keyring: before a passphrase is asked for in vain."""
    _backend()


def _backend() -> "KeyringBackend":
    """Return the keyring of this system; raises :class:`InputError` where there is none to rely on."""
    try:
        import keyring
    except ImportError:
        raise InputError(
            "the library that speaks to the operating system's keyring is not installed",
            hint="pip install keyring, or use --passphrase-file",
        ) from None
    with _in_words():
        backend = keyring.get_keyring()
    if _priority(backend) < _RECOMMENDED:
        raise InputError("there is no keyring on this machine that protects what it keeps", hint=_INSTEAD)
    return backend


def _priority(backend: "KeyringBackend") -> float:
    """Return how much a keyring is recommended; one that is chosen but cannot work here raises instead."""
    try:
        return float(backend.priority)
    except Exception:  # noqa: BLE001 - each system's keyring fails in its own way
        return 0.0


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Turn whatever a system's keyring raises into our error, which repeats nothing of it."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - D-Bus, the Keychain and others each have errors of their own
        raise InputError(
            f"the operating system's keyring does not answer ({type(error).__name__})",
            hint=f"unlock it, or {_INSTEAD}",
        ) from None
