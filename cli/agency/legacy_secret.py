"""The secret of a legacy linkage: from a file or a hidden prompt, never an argument or the environment."""

import getpass
import os
import stat
import warnings
from pathlib import Path

import click

from cli.agency.saying import say
from keys.files import read_limited
from linkage.errors import InputError

__all__ = ["read_secret"]

_MAX_FILE_BYTES = 4096
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_secret(file: Path | None) -> bytes:
    """Return the secret as the bytes that clkhash hashes: its text in UTF-8.

    A file holds it as its only line, whose end is not part of it; spaces are.  Without a file it is asked
    for twice, because a slip would give CLKs that meet nobody's.  Raises :class:`InputError`, which never
    holds the secret.
    """
    secret = _ask() if file is None else _only_line(file)
    if not secret:
        raise InputError("the secret is empty", hint="give the one that all parties of the linkage agreed on")
    return secret.encode("utf-8")


def _ask() -> str:
    try:
        with warnings.catch_warnings():
            # getpass warns, and then echoes what is typed, where there is no terminal to hide it on.
            warnings.simplefilter("error", getpass.GetPassWarning)
            answer = click.prompt(
                "secret of the linkage",
                hide_input=True,
                confirmation_prompt=True,
                default="",
                show_default=False,
                err=True,
            )
    except getpass.GetPassWarning:
        raise InputError(
            "there is no terminal to ask for the secret on", hint="give it with --secret-file"
        ) from None
    return str(answer)


def _only_line(file: Path) -> str:
    data = read_limited(file, limit=_MAX_FILE_BYTES, what="secret file")
    _warn_if_open_to_others(file)
    try:
        text = data.decode("utf-8-sig")  # editors on Windows put a byte-order mark in front
    except UnicodeDecodeError:
        raise InputError(
            f"secret file {file.name}: not UTF-8 text", hint="save it as plain text with one line"
        ) from None
    line, _, rest = text.partition("\n")
    if rest:
        # Taking the first line only would make CLKs that look right and meet nobody's.
        raise InputError(
            f"secret file {file.name}: has more than one line", hint="leave the line that is the secret"
        )
    return line.rstrip("\r")


def _warn_if_open_to_others(file: Path) -> None:
    if os.name == "nt":  # Windows keeps access lists, which the mode does not show
        return
    if file.stat().st_mode & _OPEN_TO_OTHERS:
        say(f"warning: secret file {file.name}: others on this machine can read it")
        say(f"hint: chmod 600 {file.name}")
