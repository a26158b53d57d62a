"""``clew agency checkpoint``: what this agency remembers of the unit's ledger, shown and compared."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

from cli.agency import options, saying
from cli.agency.client import Unit
from cli.agency.saying import say
from cli.agency.store import JournalEntry, Store
from cli.agency.witnessing import compare, forget, meet, remembered, remembered_note
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from keys.files import read_limited
from keys.passphrase import PassphraseFrom
from linkage.errors import InputError
from linkage.wire.notes import MAX_NOTE_BYTES

__all__ = ["checkpoint_command"]


@click.group("checkpoint")
def checkpoint_command() -> None:
    """Show, renew and compare what is remembered of the unit's ledger."""


@checkpoint_command.command()
@options.workspace
def show(workspace: Workspace) -> None:
    """Print the newest checkpoint that was verified, to be given to others."""
    workspace.require()
    note, point = remembered_note(workspace), remembered(workspace)
    if note is None or point is None:
        raise InputError("nothing is remembered yet", hint="run `clew agency status` first")
    say(f"{point.size:,} entries")
    click.echo(note, nl=False)


@checkpoint_command.command("update")
@options.unit_url
@options.workspace
@passphrase_from
def update_(url: str, workspace: Workspace, passphrase_file: PassphraseFrom) -> None:
    """Have the unit prove that its ledger goes on from what is remembered; other commands do so too."""
    with _unit(workspace, url, passphrase_file) as unit:
        point = meet(workspace, unit)
    if point is None:
        raise InputError("the linkage unit has no ledger", hint="ask its operator for a newer release")
    say(f"the ledger has {point.size:,} entries and goes on from what was remembered")


@checkpoint_command.command("compare")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="CHECKPOINT...")
@click.option("--url", help="The linkage unit's address, for checkpoints of other sizes.")
@options.workspace
@passphrase_from
def compare_(
    files: tuple[Path, ...], url: str | None, workspace: Workspace, passphrase_file: PassphraseFrom
) -> None:
    """Compare checkpoints that other agencies hold with one's own: all must be of one history."""
    workspace.require()
    with _unit(workspace, url, passphrase_file) if url else contextlib.nullcontext() as unit:
        for path in files:
            note = read_limited(path, limit=MAX_NOTE_BYTES, what="checkpoint").decode("utf-8", "replace")
            say(f"{path.name}: {compare(workspace, note, unit)}")


@checkpoint_command.command("give-up")
@options.workspace
@click.option("--reason", required=True, help="What the operator said happened; it goes into the journal.")
def give_up(workspace: Workspace, reason: str) -> None:
    """Forget the checkpoint that the unit's ledger does not go on from, once its operator said why.

    The old one is kept beside it, as the proof of what the unit once signed.
    """
    workspace.require()
    kept = forget(workspace)
    with Store(workspace.database_file) as store, store.transaction():
        store.write_journal(JournalEntry("checkpoint-given-up", details={"reason": reason}))
    say("given up; the next command remembers what the unit shows then")
    click.echo(kept)


@contextlib.contextmanager
def _unit(workspace: Workspace, url: str, passphrase_file: PassphraseFrom) -> Iterator[Unit]:
    workspace.require()
    passphrase = saying.passphrase(passphrase_file)
    with Unit(url, workspace.identity(passphrase)) as unit:
        yield unit
