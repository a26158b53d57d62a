"""``clew agency inspect``: what a bundle holds."""

from pathlib import Path

import click

from cli.agency.clk_words import clk_words, holds_clks
from cli.agency.looking import look_into
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import FILE

__all__ = ["inspect_command"]


@click.command("inspect")
@click.argument("bundle", type=FILE)
@click.option("--bytes", "as_bytes", is_flag=True, help="Also show the manifest and one row byte by byte.")
@click.option(
    "--workspace",
    type=FILE,
    metavar="DIR",
    help="Also check that the bundle was signed by this workspace's identity.",
)
def inspect_command(bundle: Path, as_bytes: bool, workspace: Path | None) -> None:  # noqa: FBT001
    """Say in words what a bundle holds.

    Every digest and the signature are checked first.  Of a sealed BUNDLE only the manifest can be read.  Of a
    file of legacy CLKs it says how many there are and how full.
    """
    if holds_clks(bundle):
        if workspace:
            raise click.UsageError("--workspace: nobody signs a file of CLKs, so there is nothing to check")
        click.echo("\n".join(clk_words(bundle, as_bytes=as_bytes)))
        return
    card = Workspace(workspace).require().card() if workspace else None
    click.echo("\n".join(look_into(bundle, card, as_bytes=as_bytes).words))
    whose = (
        "by this workspace's identity"
        if card
        else "by the key shown; compare it with signing_key in card.json, or add --workspace"
    )
    say(f"every digest agrees with the manifest, which is signed {whose}")
