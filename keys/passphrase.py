"""Passphrases, given or chosen."""

from pathlib import Path

from keys.hidden_text import ask_hidden, read_hidden
from linkage.errors import InputError

__all__ = ["MINIMUM_LENGTH", "read_passphrase"]

MINIMUM_LENGTH = 8


def read_passphrase(file: Path | None, *, prompt: str, confirm: bool) -> str:
    """Return a passphrase from the first line of ``file``, or ask for it without showing it.

    ``confirm`` is for a passphrase that is being chosen: it is asked for twice and must have at least
    eight characters.  Raises :class:`InputError`, which never holds the passphrase.
    """
    if file is None:
        passphrase = ask_hidden(prompt, what="passphrase", confirm=confirm)
    else:
        passphrase = read_hidden(file, what="passphrase")[0]
    if not passphrase:
        raise InputError("the passphrase is empty", hint="give one of at least eight characters")
    if confirm and len(passphrase) < MINIMUM_LENGTH:
        raise InputError(
            f"the passphrase is shorter than {MINIMUM_LENGTH} characters",
            hint="use several words that nobody would guess",
        )
    return passphrase
