"""Remarks on standard error, and the questions every command asks first."""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from cli.agency.synced import synced_by
from keys.passphrase import PassphraseFrom, read_passphrase

__all__ = ["passphrase", "say", "today", "warn_if_synced"]


def say(text: str) -> None:
    """Write a remark; standard output is for data."""
    click.echo(text, err=True)


def warn_if_synced(folder: Path) -> None:
    """Warn before a key or a list of references goes where something copies it elsewhere."""
    service = synced_by(folder)
    if service:
        say(f"warning: this folder is copied elsewhere by {service}; choose one that stays on this machine")


def passphrase(source: PassphraseFrom) -> str:
    """Return the workspace's passphrase."""
    return read_passphrase(source, prompt="passphrase of this workspace", confirm=False)


def today() -> dt.date:
    """Return today's date in England."""
    return dt.datetime.now(ZoneInfo("Europe/London")).date()
