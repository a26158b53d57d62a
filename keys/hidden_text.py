"""Secret text from a file or a hidden prompt, never from an argument or the environment."""

import getpass
import os
import stat
import warnings
from pathlib import Path

import click

from keys.files import read_limited
from linkage.errors import InputError

__all__ = ["ask_hidden", "read_hidden"]

_MAX_FILE_BYTES = 4096
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def ask_hidden(prompt: str, *, what: str, confirm: bool) -> str:
    """Ask for a text without showing it, twice to ``confirm``.

    ``what`` names it in the error, and in ``--<what>-file``, the option that gives it without a terminal.
    Raises :class:`InputError`.
    """
    answer = _answer(prompt, what=what, confirm=confirm)
    if answer is None:
        # Not within an except block: what Python says of the bytes holds one of them.
        raise InputError(
            f"the {what} is not UTF-8 text", hint=f"set the terminal to UTF-8, or give it with --{what}-file"
        )
    return answer


def _answer(prompt: str, *, what: str, confirm: bool) -> str | None:
    """Return what is typed, or None if it is not UTF-8."""
    try:
        with warnings.catch_warnings():
            # getpass warns, and then echoes what is typed, where there is no terminal to hide it on.
            warnings.simplefilter("error", getpass.GetPassWarning)
            answer: str = click.prompt(
                prompt,
                hide_input=True,
                confirmation_prompt=confirm,
                default="",
                show_default=False,
                err=True,
                value_proc=_encodable,
            )
    except getpass.GetPassWarning:
        raise InputError(
            f"there is no terminal to ask for the {what} on", hint=f"give it with --{what}-file"
        ) from None
    except UnicodeError:
        return None
    return answer


def _encodable(text: str) -> str:
    text.encode("utf-8")  # standard input may let through what is not UTF-8
    return text


def read_hidden(file: Path, *, what: str) -> list[str]:
    """Return the lines of a small file, warning if others on the machine can read it.

    Raises :class:`InputError` or :class:`LimitError`, which never hold what is in the file.
    """
    data = read_limited(file, limit=_MAX_FILE_BYTES, what=f"{what} file", plain=False)
    _warn_if_open_to_others(file, what)
    try:
        text = data.decode("utf-8-sig")  # editors on Windows put a byte-order mark in front
    except UnicodeDecodeError:
        raise InputError(
            f"{what} file {file.name}: not UTF-8 text", hint="save it as plain text with one line"
        ) from None
    return [line.rstrip("\r") for line in text.split("\n")]


def _warn_if_open_to_others(file: Path, what: str) -> None:
    if os.name == "nt":  # Windows keeps access lists, which the mode does not show
        return
    if file.stat().st_mode & _OPEN_TO_OTHERS:
        click.echo(f"warning: {what} file {file.name}: others on this machine can read it", err=True)
        click.echo(f"hint: chmod 600 {file.name}", err=True)
