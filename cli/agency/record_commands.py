"""``clew agency withdraw``, ``erase``, ``shield`` and ``erasure``: single records at the linkage unit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from cli.agency import options, saying
from cli.agency.changing import (
    ask_for_records,
    find_handles,
    forget_records,
    pull_certificate,
    read_list,
)
from cli.agency.client import Unit
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.counted import counted
from linkage.errors import InputError
from linkage.wire.erasures import ERASED_KINDS, REMAINING
from linkage.wire.record_requests import RecordAction

__all__ = ["erase_command", "erasure_command", "shield_command", "withdraw_command"]

Command = TypeVar("Command", bound=Callable[..., Any])

_DIGEST_DIGITS = 64


def _records(command: Command) -> Command:
    """Add what names records: references, a file of them, their kind."""
    kinds = click.Choice(["child", "episode", "care-spell"])
    for add in (
        passphrase_from,
        options.workspace,
        options.unit_url,
        click.option(
            "--kind", type=kinds, default="child", show_default=True, help="What the references name."
        ),
        click.option(
            "--references",
            "listed",
            type=FILE,
            metavar="FILE",
            help="Read references from this file too, one a line.",
        ),
        click.argument("references", nargs=-1, metavar="REFERENCE…"),
    ):
        command = add(command)
    return command


@click.command("withdraw")
@_records
def withdraw_command(
    references: tuple[str, ...],
    listed: Path | None,
    kind: str,
    url: str,
    workspace: Workspace,
    passphrase_file: PassphraseFrom,
) -> None:
    """Take single records out of the register until you send them again.

    REFERENCE is your own, as in your extract.  What belongs to a child goes with it.
    """
    _change("withdraw", (*references, *read_list(listed)), kind, url, workspace, passphrase_file)
    say("they are in no linkage from now on, and in no results from the next cycle on")
    say("a newer snapshot that holds them brings them back: leave them out of your extracts if they must not")


@click.command("shield")
@click.option("--lift", is_flag=True, help="Lift the shield instead.")
@_records
def shield_command(
    references: tuple[str, ...],
    listed: Path | None,
    kind: str,
    url: str,
    workspace: Workspace,
    passphrase_file: PassphraseFrom,
    *,
    lift: bool,
) -> None:
    """Shield single records: held, but linked to nobody and told to nobody.

    A shield lasts over snapshots and epochs until you lift it.
    """
    action: RecordAction = "unshield" if lift else "shield"
    _change(action, (*references, *read_list(listed)), kind, url, workspace, passphrase_file)
    say("the shield is lifted" if lift else "they are linked to nobody and told to nobody from now on")


@click.command("erase")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option(
    "--forget", is_flag=True, help="Also take them out of this workspace: sent again they would be new."
)
@_records
def erase_command(
    references: tuple[str, ...],
    listed: Path | None,
    kind: str,
    url: str,
    workspace: Workspace,
    passphrase_file: PassphraseFrom,
    *,
    forget: bool,
    yes: bool,
) -> None:
    """Erase single records at the linkage unit, for good.

    The unit keeps them out from then on, whatever you send.  Prints what `clew agency erasure` asks for.
    """
    named = (*references, *read_list(listed))
    if not yes:
        saying.confirm(f"erase {counted(len(named), 'record')} at the linkage unit? It cannot be taken back")
    handles = _change("erase", named, kind, url, workspace, passphrase_file)
    if forget:
        say(f"{forget_records(workspace, handles):,} rows of the crosswalk are forgotten")
        say("take these records out of your extracts: sent again, they would be new ones")


def _change(
    action: RecordAction,
    references: tuple[str, ...],
    kind: str,
    url: str,
    workspace: Workspace,
    passphrase_file: PassphraseFrom,
) -> tuple[str, ...]:
    workspace.require()
    identity = workspace.identity(saying.passphrase(passphrase_file))
    handles = find_handles(workspace, identity, kind, references)
    with Unit(url, identity) as unit:
        asked = ask_for_records(workspace, unit, action, handles)
    say(f"the linkage unit has taken it: {action}, {counted(asked.records, 'record')}")
    for one in asked.erasures:
        click.echo(one)
    return handles


@click.command("erasure")
@click.argument("erasure", metavar="ERASURE")
@click.option("--output", type=FILE, required=True, metavar="FILE", help="The certificate to write.")
@options.unit_url
@options.workspace
@passphrase_from
def erasure_command(
    erasure: str, output: Path, url: str, workspace: Workspace, passphrase_file: PassphraseFrom
) -> None:
    """Pull the certificate of an erasure that you asked for.

    ERASURE is what `clew agency erase` printed.  The certificate is verified before it is written.
    """
    if len(erasure) != _DIGEST_DIGITS or not set(erasure) <= set("0123456789abcdef"):
        raise InputError(
            f"this is not an erasure, which has {_DIGEST_DIGITS} digits (0-9, a-f)",
            hint="give the whole of what `clew agency erase` printed: the linkage unit knows no short form",
        )
    workspace.require()
    identity = workspace.identity(saying.passphrase(passphrase_file))
    with Unit(url, identity) as unit:
        certificate = pull_certificate(workspace, unit, erasure, output)
    if certificate is None:
        raise InputError("the erasure is under way", hint="ask again later; the unit's workers must run")
    for one in certificate.counts:
        say(f"erased: {one.count:,} {ERASED_KINDS.get(one.kind, one.kind)}")
    for what in certificate.remains:
        say(f"left: {REMAINING[what]}")
    click.echo(output)
