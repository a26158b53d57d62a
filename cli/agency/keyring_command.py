"""``clew agency keyring``: the workspace's passphrase in the operating system's keyring."""

from pathlib import Path

import click

from cli.agency import options, saying
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import passphrase_file
from keys.os_keyring import KeyringEntry, forget_passphrase, require_keyring, store_passphrase

__all__ = ["keyring_command"]


@click.group("keyring")
def keyring_command() -> None:
    """Keep the passphrase in the operating system's keyring.

    With --keyring the other commands then take it from there.  Whoever can use the account that is logged in
    on this machine can then open the workspace.
    """


@keyring_command.command("store")
@options.workspace
@passphrase_file
def store_command(workspace: Workspace, passphrase_file: Path | None) -> None:
    """Store the passphrase, once it has opened the identity."""
    workspace.require()
    require_keyring()
    passphrase = saying.passphrase(passphrase_file)
    workspace.identity(passphrase)
    store_passphrase(KeyringEntry(workspace.identity_file), passphrase)
    say("stored; --keyring now stands in for the passphrase on this machine and account")


@keyring_command.command("forget")
@options.workspace
def forget_command(workspace: Workspace) -> None:
    """Take the passphrase out of the keyring again."""
    workspace.require()
    there = forget_passphrase(KeyringEntry(workspace.identity_file))
    say("forgotten: the passphrase is needed again" if there else "there was none in the keyring")
