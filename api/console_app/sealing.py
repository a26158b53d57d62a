"""The console's own key: what makes codes of people's apps is kept sealed under it.

A copy of the database alone then makes no code.  The key is made when the console starts for the first time;
lost, it cannot be made again, and accounts with an app are reset.
"""

import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.secret_files import read_console_key, write_secret
from linkage.errors import InputError, VerificationError

__all__ = ["ConsoleKey", "make_console_key", "open_console_key"]

_NONCE_BYTES = 12
_KEY_BYTES = 32


class ConsoleKey:
    """Seals a secret for one account: what was sealed for another does not open."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def __repr__(self) -> str:
        return "ConsoleKey(…)"

    def seal(self, account: str, secret: str) -> bytes:
        """Seal a secret."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), _context(account))

    def open(self, account: str, sealed: bytes) -> str:
        """Open what was sealed for an account; raises :class:`VerificationError`."""
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, _context(account)).decode()
        except (InvalidTag, ValueError):
            raise VerificationError(
                "an account's secret was not sealed under this console's key",
                hint="put secrets/console.key back, or reset the account",
            ) from None


def _context(account: str) -> bytes:
    return b"clew/console-secret/1\x00" + account.encode()


def make_console_key(path: Path, *, in_use: bool) -> None:
    """Make the console's key where there is none and nothing was ever sealed under one."""
    if in_use or path.exists():
        return
    try:
        write_secret(path, "console", secrets.token_bytes(_KEY_BYTES))
    except PermissionError:
        raise InputError(
            "secrets/console.key: not there, and this account may not make it",
            hint="add an account as root, then give the file to the account that runs the console",
        ) from None


def open_console_key(path: Path, *, in_use: bool) -> ConsoleKey:
    """Read the console's key, or make it where nothing was ever sealed under one."""
    make_console_key(path, in_use=in_use)
    return ConsoleKey(read_console_key(path))
