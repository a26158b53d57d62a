"""Passphrases, given or chosen."""

from pathlib import Path

from keys.hidden_text import ask_hidden, read_hidden
from keys.os_keyring import KeyringEntry, keyring_passphrase
from linkage.errors import InputError

__all__ = ["MINIMUM_LENGTH", "PassphraseFrom", "checked_passphrase", "read_passphrase"]

MINIMUM_LENGTH = 8

PassphraseFrom = Path | KeyringEntry | None
"""A file, the operating system's keyring, or nothing: then it is asked for."""


def read_passphrase(source: PassphraseFrom, *, prompt: str, confirm: bool) -> str:
    """Return a passphrase from a file's first line or the keyring, or ask for it without showing it.

    ``confirm`` is for a passphrase that is being chosen: it is asked for twice and must have at least
    eight characters.  Raises :class:`InputError`, which never holds the passphrase.
    """
    if source is None:
        passphrase = ask_hidden(prompt, what="passphrase", confirm=confirm)
    elif isinstance(source, KeyringEntry):
        passphrase = keyring_passphrase(source)
    else:
        passphrase = read_hidden(source, what="passphrase")[0]
    return checked_passphrase(passphrase, chosen=confirm)


def checked_passphrase(passphrase: str, *, chosen: bool) -> str:
    """Return a passphrase that was given, or one that is being ``chosen`` and must not be too short."""
    if not passphrase:
        raise InputError("the passphrase is empty", hint="give one of at least eight characters")
    if chosen and len(passphrase) < MINIMUM_LENGTH:
        raise InputError(
            f"the passphrase is shorter than {MINIMUM_LENGTH} characters",
            hint="use several words that nobody would guess",
        )
    return passphrase
