"""``clew agency dummies``: made-up children as cover, on, off, and how many there are."""

import math
import secrets
from pathlib import Path

import click

from cli.agency import options, saying
from cli.agency.dummies import Dummies, load_dummies, remove_dummies, save_dummies
from cli.agency.making import read_source
from cli.agency.mixing import Mixer
from cli.agency.progress import stages
from cli.agency.saying import say, today
from cli.agency.shield_choice import ShieldChoice
from cli.agency.shielding import require_shield_list
from cli.agency.store import JournalEntry, Store
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from keys.passphrase import PassphraseFrom
from linkage.errors import InputError
from linkage.wire.limits import MAX_RECORDS

__all__ = ["dummies_command"]


@click.group("dummies")
def dummies_command() -> None:
    """Send made-up children along as cover; off unless you turn them on.

    Their encodings cannot be told from those of your children; your payload says which they are, and no
    statistic counts them.
    """


@dummies_command.command("on")
@click.argument("source", type=FILE)
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.05,
    show_default=True,
    help="How many dummies for each child of SOURCE.",
)
@options.mapping
@options.shield_list
@options.workspace
@passphrase_from
def on_command(
    source: Path,
    share: float,
    mapping: str | None,
    shielding: ShieldChoice,
    workspace: Workspace,
    passphrase_file: PassphraseFrom,
) -> None:
    """Make dummies from the parts of a source's children.

    SOURCE is an extract as for clew agency encode, best your largest.  The dummies are kept sealed in the
    workspace and go with every bundle that you encode from now on, always the same ones.
    """
    _require_none(workspace.require())
    require_shield_list(shielding, workspace)
    identity = workspace.identity(saying.passphrase(passphrase_file))
    with stages() as shown:
        extract = read_source(source, mapping, workspace, None, (), shown, shielding=shielding)
    variants = [child.variants for child in extract.children]
    mixer = Mixer(variants, today=today(), chance=secrets.SystemRandom())
    count = min(math.ceil(share * len(variants)), MAX_RECORDS)
    made = Dummies.of(list(mixer.dummies(count)))
    with Store(workspace.database_file) as store, store.transaction():
        _require_none(workspace)
        save_dummies(workspace.dummies_file, made, identity)
        store.write_journal(JournalEntry("dummies on", details={"dummies": count, "share": share}))
    click.echo(f"{count:,} dummies, mixed from {len(variants):,} children")
    say("they go with every bundle from the next encoding on; clew agency dummies off withdraws them")


@dummies_command.command("off")
@options.workspace
def off_command(workspace: Workspace) -> None:
    """Withdraw all dummies with the next bundle of each period.

    Whoever compares the linkage unit's encodings before and after then knows which they were.
    """
    workspace.require()
    with Store(workspace.database_file) as store, store.transaction():
        remove_dummies(workspace.dummies_file)
        store.write_journal(JournalEntry("dummies off"))
    say("dummies are off; encode and submit every period again in which they were sent, to withdraw them")


@dummies_command.command("show")
@options.workspace
@passphrase_from
def show_command(workspace: Workspace, passphrase_file: PassphraseFrom) -> None:
    """Say whether dummies are on, and how many there are."""
    workspace.require()
    if not workspace.dummies_file.exists():
        click.echo("dummies are off")
        return
    found = load_dummies(workspace.dummies_file, workspace.identity(saying.passphrase(passphrase_file)))
    click.echo(f"dummies are on: {len(found.children) if found else 0:,} go with every bundle")


def _require_none(workspace: Workspace) -> None:
    if workspace.dummies_file.exists():
        raise InputError(
            "dummies: they are on already, and stay the same until they are turned off",
            hint="turn them off first if others are what you want: that withdraws these",
        )
