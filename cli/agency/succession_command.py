"""``clew agency succession``: let the custodians count who succeeded to those pinned."""

from pathlib import Path

import click

from cli.agency import options
from cli.agency.saying import say
from cli.agency.succeeding import adopt_succession
from cli.agency.workspace import Workspace
from cli.options import FILE
from linkage.wire.cards import card_fingerprint
from linkage.wire.fingerprints import in_words

__all__ = ["succession_command"]


@click.command("succession")
@click.argument("file", type=FILE)
@click.option(
    "--fingerprint",
    required=True,
    help="The succession's fingerprint, as a custodian whom you know read it out: hex digits or words.",
)
@options.workspace
def succession_command(file: Path, fingerprint: str, workspace: Workspace) -> None:
    """Adopt the succession FILE: the custodians in it count from now on, instead of those you pinned.

    Enough of those you pinned must have signed it, and every one who comes.  The epoch that you joined stays
    joined.  It cannot be taken back.
    """
    workspace.require()
    succession, new = adopt_succession(workspace, file, fingerprint=fingerprint)
    incoming = succession.incoming
    for card in incoming.custodians:
        say(f"custodian {_printable(card.name)}: {card_fingerprint(card)}")
        say(f"  in words: {in_words(card_fingerprint(card))}")
    state = "is adopted" if new else "was adopted already"
    say(f"succession {succession.serial} {state}")
    if new:
        say(f"from now on {incoming.threshold} of these {len(incoming.custodians)} custodians must sign")


def _printable(name: str) -> str:
    return "".join(character for character in name if character.isprintable())
