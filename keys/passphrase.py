"""Passphrases: from a file's first line or a hidden prompt, never from an argument or the environment."""

import getpass
import os
import stat
import warnings
from pathlib import Path

import click

from keys.files import read_limited
from linkage.errors import InputError

__all__ = ["MINIMUM_LENGTH", "read_passphrase"]

MINIMUM_LENGTH = 8
_MAX_FILE_BYTES = 4096
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_passphrase(file: Path | None, *, prompt: str, confirm: bool) -> str:
    """Return a passphrase from the first line of ``file``, or ask for it without showing it.

    ``confirm`` is for a passphrase that is being chosen: it is asked for twice and must have at least
    eight characters.  Raises :class:`InputError`, which never holds the passphrase.
    """
    passphrase = _ask(prompt, confirm=confirm) if file is None else _first_line(file)
    if not passphrase:
        raise InputError("the passphrase is empty", hint="give one of at least eight characters")
    if confirm and len(passphrase) < MINIMUM_LENGTH:
        raise InputError(
            f"the passphrase is shorter than {MINIMUM_LENGTH} characters",
            hint="use several words that nobody would guess",
        )
    return passphrase


def _ask(prompt: str, *, confirm: bool) -> str:
    try:
        with warnings.catch_warnings():
            # getpass warns, and then echoes what is typed, where there is no terminal to hide it on.
            warnings.simplefilter("error", getpass.GetPassWarning)
            answer = click.prompt(
                prompt, hide_input=True, confirmation_prompt=confirm, default="", show_default=False, err=True
            )
    except getpass.GetPassWarning:
        raise InputError(
            "there is no terminal to ask for the passphrase on", hint="give it with --passphrase-file"
        ) from None
    return str(answer)


def _first_line(file: Path) -> str:
    data = read_limited(file, limit=_MAX_FILE_BYTES, what="passphrase file")
    _warn_if_open_to_others(file)
    try:
        text = data.decode("utf-8-sig")  # editors on Windows put a byte-order mark in front
    except UnicodeDecodeError:
        raise InputError(
            f"passphrase file {file.name}: not UTF-8 text", hint="save it as plain text with one line"
        ) from None
    return text.partition("\n")[0].rstrip("\r")


def _warn_if_open_to_others(file: Path) -> None:
    if os.name == "nt":  # Windows keeps access lists, which the mode does not show
        return
    if file.stat().st_mode & _OPEN_TO_OTHERS:
        click.echo(f"warning: passphrase file {file.name}: others on this machine can read it", err=True)
        click.echo(f"hint: chmod 600 {file.name}", err=True)
