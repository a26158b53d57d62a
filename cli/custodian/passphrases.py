"""Asking custodians for their passphrases, so that each sees whose is asked for."""

from cli.custodian.summaries import shown
from keys.custodian_folder import CustodianFolder
from keys.passphrase import PassphraseFrom, read_passphrase
from keys.storing import card_at
from linkage.wire.cards import CustodianCard

__all__ = ["own_passphrase"]


def own_passphrase(own: CustodianFolder, source: PassphraseFrom) -> str:
    """Return a custodian's passphrase, asked for by the name on the card: several may sit at one computer.

    Raises one of our errors for a folder without a card that can be read.
    """
    name = shown(card_at(own.card, CustodianCard).name)
    return read_passphrase(source, prompt=f"passphrase of {name}", confirm=False)
