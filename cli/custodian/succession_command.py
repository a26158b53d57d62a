"""``clew keys succession``, and what ``clew keys sign`` and ``keep`` do with a succession."""

import datetime as dt
from pathlib import Path

import click

from cli.custodian.checks import require_fingerprint, require_own, verified_descriptor
from cli.custodian.options import identity_folder
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import card_text, say, shown
from cli.options import FILE, passphrase_from
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.passphrase import PassphraseFrom
from keys.storing import card_at, naming, read_as, refuse_existing, store_public
from linkage.errors import FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard
from linkage.wire.custodian_sets import MAX_CUSTODIANS, CustodianSet, require_majority, set_of
from linkage.wire.epochs import add_signature, signed_bytes
from linkage.wire.fingerprints import in_words
from linkage.wire.moments import Moment
from linkage.wire.signing import verify
from linkage.wire.successions import (
    MAX_SUCCESSION_BYTES,
    Incoming,
    Succession,
    read_succession,
    require_complete,
)

__all__ = ["keep_succession", "sign_succession", "succession_command"]


@click.command("succession")
@click.option(
    "--custodian",
    "cards",
    type=FILE,
    multiple=True,
    required=True,
    metavar="CARD",
    help="The card of a custodian who comes or stays; repeat for each.",
)
@click.option("--threshold", type=int, required=True, help="How many of them must sign from then on.")
@click.option(
    "--epoch",
    type=FILE,
    metavar="DESCRIPTOR",
    help="The signed descriptor of the epoch whose custodians are pinned everywhere now.  "
    "[default: those of the last succession, or of the only epoch that you signed]",
)
@identity_folder
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where to write the succession.")
@passphrase_from
def succession_command(
    cards: tuple[Path, ...],
    threshold: int,
    epoch: Path | None,
    folder: Path,
    out: Path,
    passphrase_file: PassphraseFrom,
) -> None:
    """Let other custodians succeed to those who are pinned, and sign that; prints its fingerprint.

    It counts once enough of those who go and every one who comes have signed it with `clew keys sign`.
    """
    own = CustodianFolder(folder)
    refuse_existing(out)
    succession = _checked(
        Succession(
            serial=own.successions.next_serial(),
            outgoing=_outgoing(own, epoch),
            incoming=_incoming(cards, threshold),
            decided=Moment.minute(dt.datetime.now(dt.UTC)),
        )
    )
    signed = _signed(succession, own, passphrase_file, epoch=epoch)
    store_public(out, canonical(signed))
    _say_state(signed)
    click.echo(signed.fingerprint)


def sign_succession(
    file: Path,
    own: CustodianFolder,
    fingerprint: str | None,
    passphrase_file: PassphraseFrom,
    *,
    epoch: Path | None,
) -> None:
    """Add a custodian's signature to a succession with the fingerprint that the others read out."""
    succession = _read(file)
    with naming(file):
        for signature in succession.signatures:
            verify(signature, signed_bytes(succession), domain=succession.format)
        if fingerprint is None:
            raise InputError(
                "a succession is signed by its fingerprint",
                hint="have whoever made it read the fingerprint out to you, and give --fingerprint",
            )
        require_fingerprint(succession.fingerprint, fingerprint, what="this succession")
        signed = _signed(succession, own, passphrase_file, epoch=epoch)
    store_public(file, canonical(signed))
    _say_state(signed)


def keep_succession(file: Path, own: CustodianFolder, *, epoch: Path | None) -> None:
    """Take in a complete succession: one that this custodian signed, or of custodians whom it knows."""
    succession = _read(file)
    with naming(file):
        require_complete(succession)
        own.successions.refuse_other(succession)
        if not own.successions.has(succession):
            _require_known(succession, own, epoch)
    _summarise(succession, own)
    if succession in own.successions.all():
        say(("you keep it already: nothing was changed",))
        return
    CustodyLog(own.path).append("kept-succession", _subjects(succession), None)
    own.successions.keep(succession)
    say(("kept: from now on the custodians who come count for you, and those who go do not",))


def _read(file: Path) -> Succession:
    return read_as(file, read_succession, what="succession", limit=MAX_SUCCESSION_BYTES)


def _outgoing(own: CustodianFolder, epoch: Path | None) -> CustodianSet:
    if epoch is not None:
        return set_of(verified_descriptor(epoch, own))
    complete, known = own.successions.complete(), own.known_sets()
    if complete:
        return complete[-1].coming
    if len(known) == 1:
        return known[0]
    raise InputError(
        "which custodians go?",
        hint="give --epoch: the descriptor with which the linkage unit and the agencies pinned them",
    )


def _incoming(paths: tuple[Path, ...], threshold: int) -> Incoming:
    cards = [card_at(path, CustodianCard, what="custodian's card") for path in paths]
    if not 2 <= len(cards) <= MAX_CUSTODIANS or not 2 <= threshold <= len(cards):
        raise InputError(
            f"{threshold} of {len(cards)} custodians cannot be asked to sign",
            hint=f"there are 2 to {MAX_CUSTODIANS} custodians, of whom more than half must sign",
        )
    require_majority(threshold, len(cards))
    return Incoming(threshold=threshold, custodians=tuple(sorted(cards, key=lambda card: card.signing_key)))


def _checked(succession: Succession) -> Succession:
    try:
        return read_succession(canonical(succession))
    except FormatError as error:
        raise InputError(error.message, hint="give the card of each custodian once") from None


def _signed(
    succession: Succession, own: CustodianFolder, passphrase_file: PassphraseFrom, *, epoch: Path | None
) -> Succession:
    """Check who the custodian is in a succession, show it, and return it with the custodian's signature."""
    card = card_at(own.card, CustodianCard)
    going = card.signing_key in succession.outgoing.custodians
    coming = card.signing_key in succession.coming.custodians
    if coming and card not in succession.incoming.custodians:
        raise VerificationError(
            "the card in it with your key is not yours", hint="do not sign; send your card.json again"
        )
    if not going and not coming:
        raise VerificationError(
            "you neither go nor come in this succession", hint="check your folder, and the cards in it"
        )
    require_majority(succession.incoming.threshold, len(succession.incoming.custodians))
    replaced = own.successions.refuse_other(succession)
    if going:
        _require_known(succession, own, epoch)
    _summarise(succession, own)
    for serial in replaced:
        say((f"you signed succession {serial}, which is not complete: tell everybody to delete it",))
    identity = own.load(own_passphrase(own, passphrase_file))
    require_own(identity, card)
    signed = add_signature(succession, identity.signing)
    CustodyLog(own.path).append("signed-succession", _subjects(signed), identity)
    own.successions.keep(signed)
    return signed


def _require_known(succession: Succession, own: CustodianFolder, epoch: Path | None) -> None:
    """Refuse unless those who go are custodians of an epoch that this one signed, or verifies now."""
    given = () if epoch is None else (set_of(verified_descriptor(epoch, own)),)
    if succession.outgoing not in (*given, *own.known_sets()):
        raise VerificationError(
            "the custodians who go are not those of an epoch that you signed",
            hint="give that epoch's signed descriptor with --epoch; if they still differ, do not sign",
        )


def _subjects(succession: Succession) -> dict[str, str]:
    digits = succession.fingerprint.replace(" ", "")
    return {"serial": str(succession.serial), "succession": digits}


def _summarise(succession: Succession, own: CustodianFolder) -> None:
    going, coming = succession.outgoing, succession.incoming
    names = own.names()
    say(
        (
            f"succession {succession.serial} of custodians, decided {succession.decided}; its fingerprint:",
            f"  {succession.fingerprint}",
            f"  in words: {in_words(succession.fingerprint)}",
            f"  custodians who count now, {going.threshold} of {len(going.custodians)} must sign:",
            *(f"    {shown(names.get(key, 'not known here'))}  key {key}" for key in going.custodians),
            f"  custodians from then on, {coming.threshold} of {len(coming.custodians)} must sign:",
            *(f"    {card_text(card)}" for card in coming.custodians),
            "compare each fingerprint with its holder before you go on",
        )
    )


def _say_state(succession: Succession) -> None:
    going = succession.outgoing
    signers = {signature.key for signature in succession.signatures}
    count = len(signers & set(going.custodians))
    missing = ", ".join(shown(card.name) for card in succession.missing) or "nobody"
    say(
        (
            f"signed by {count} of the custodians who count now ({going.threshold} needed)",
            f"still to sign of those who count from then on: {missing}",
        )
    )
    if count >= going.threshold and not succession.missing:
        say(("it is complete: send it to the linkage unit, to every agency and to every custodian",))
