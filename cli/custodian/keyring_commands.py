"""``clew keys keyring``: a custodian's passphrase in the operating system's keyring."""

from pathlib import Path

import click

from cli.custodian.options import identity_folder
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import say
from cli.options import passphrase_file
from keys.custodian_folder import CustodianFolder
from keys.os_keyring import KeyringEntry, forget_passphrase, require_keyring, store_passphrase

__all__ = ["keyring_group"]


@click.group("keyring")
def keyring_group() -> None:
    """Keep your passphrase in the operating system's keyring.

    With --keyring the other commands then take it from there.  Whoever can use the account that is logged in
    on this machine can then sign as you.
    """


@keyring_group.command("store")
@identity_folder
@passphrase_file
def store_command(folder: Path, passphrase_file: Path | None) -> None:
    """Store your passphrase, once it has opened your identity."""
    require_keyring()
    own = CustodianFolder(folder)
    passphrase = own_passphrase(own, passphrase_file)
    own.load(passphrase)
    store_passphrase(KeyringEntry(own.identity), passphrase)
    say(("stored; --keyring now stands in for the passphrase on this machine and account",))


@keyring_group.command("forget")
@identity_folder
def forget_command(folder: Path) -> None:
    """Take your passphrase out of the keyring again."""
    there = forget_passphrase(KeyringEntry(CustodianFolder(folder).identity))
    say(("forgotten: the passphrase is needed again" if there else "there was none in the keyring",))
