"""Remarks on standard error, and the questions every command asks first."""

import datetime as dt
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cli.agency.synced import synced_by
from keys.passphrase import PassphraseFrom, read_passphrase
from linkage.errors import InputError

__all__ = ["confirm", "passphrase", "say", "today", "warn_if_synced"]


def say(text: str) -> None:
    """Write a remark; standard output is for data."""
    click.echo(text, err=True)


def warn_if_synced(folder: Path) -> None:
    """Warn before a key or a list of references goes where something copies it elsewhere."""
    service = synced_by(folder)
    if service:
        say(f"warning: this folder is copied elsewhere by {service}; choose one that stays on this machine")


def confirm(question: str) -> None:
    """Ask before something that cannot be taken back; any answer but yes ends the command.

    Raises :class:`InputError` where nobody is there to answer.
    """
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin is not None and sys.stdin.isatty():
            raise
        click.echo("", err=True)  # the question stands there without the end of its line
        raise InputError(
            "this asks before it does anything, and there is no terminal to answer at",
            hint="say --yes if it is meant; nothing was done",
        ) from None
    if not agreed:
        raise click.Abort


def passphrase(source: PassphraseFrom) -> str:
    """Return the workspace's passphrase."""
    return read_passphrase(source, prompt="passphrase of this workspace", confirm=False)


def today() -> dt.date:
    """Return today's date in England."""
    return dt.datetime.now(ZoneInfo("Europe/London")).date()
