"""``clew agency renew``: a new identity for a workspace whose card was revoked."""

from pathlib import Path

import click

from cli.agency import options, saying
from cli.agency.renewing import renew_workspace
from cli.agency.saying import say
from cli.agency.workspace import Workspace
from cli.options import FILE, passphrase_from
from keys.os_keyring import KeyringEntry, forget_account
from keys.passphrase import PassphraseFrom, read_passphrase
from linkage.errors import InputError
from linkage.wire.cards import card_fingerprint
from linkage.wire.fingerprints import in_words

__all__ = ["renew_command"]


@click.command("renew")
@options.workspace
@click.option(
    "--new-passphrase-file",
    type=FILE,
    metavar="FILE",
    help="Read the new passphrase from this file's first line.  [default: ask]",
)
@passphrase_from
def renew_command(
    workspace: Workspace, new_passphrase_file: Path | None, passphrase_file: PassphraseFrom
) -> None:
    """Give the workspace a new identity and a new passphrase; every record keeps its handle.

    Seals the crosswalk and the dummies to the new identity, all or nothing, and prints the fingerprint of the
    new card.  Read it out to a custodian and to the linkage unit's operator, as after init.  The old
    passphrase is taken out of the operating system's keyring, if it lies there.
    """
    workspace.require()
    passphrase = saying.passphrase(passphrase_file)
    new = read_passphrase(new_passphrase_file, prompt="new passphrase for this workspace", confirm=True)
    account = KeyringEntry(workspace.identity_file).account()
    card = renew_workspace(workspace, passphrase=passphrase, new_passphrase=new)
    say("the workspace has a new identity; the old passphrase opens nothing here any more")
    _forget(account)
    say("have the new card enrolled, and join an epoch again with a key that is wrapped for it")
    say("what was encoded and not submitted is to be encoded again")
    say("back up the workspace now; its older backups still open with the old passphrase: destroy them")
    say("the fingerprint of your new card:")
    say(f"  in words: {in_words(card_fingerprint(card))}")
    click.echo(card_fingerprint(card))


def _forget(account: str) -> None:
    """Take the old passphrase out of the keyring; the workspace is renewed whether or not that works."""
    try:
        forgotten = forget_account(account)
    except InputError as error:
        say(f"warning: {error.message}: the old passphrase may still lie there; remove clew's entry by hand")
        return
    if forgotten:
        say("the old passphrase is taken out of the operating system's keyring; store the new one")
