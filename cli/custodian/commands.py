"""``clew keys``: what key custodians do."""

from pathlib import Path

import click

from cli.agency.doctor_command import doctor_command
from cli.custodian.ceremony_commands import ceremony_group
from cli.custodian.checks import require_not_closed
from cli.custodian.keep_command import keep_command
from cli.custodian.keyring_commands import keyring_group
from cli.custodian.log_commands import log_group
from cli.custodian.log_subjects import descriptor_subjects, wrapped_subjects
from cli.custodian.options import identity_folder
from cli.custodian.passphrases import own_passphrase
from cli.custodian.reidentification import sign_reidentification
from cli.custodian.revoke_command import Given, revoke_command, sign_revocation
from cli.custodian.session_commands import session_group
from cli.custodian.share_commands import share_group
from cli.custodian.signing import examine_descriptor, examine_wrapped_key, format_of, open_own_share
from cli.custodian.succession_command import sign_succession, succession_command
from cli.custodian.summaries import say
from cli.custodian.wrap_commands import wrap_command
from cli.options import FILE, passphrase_file, passphrase_from
from keys.ceremony_folder import CeremonyFolder
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.identity import usable_name
from keys.passphrase import PassphraseFrom, read_passphrase
from keys.storing import store_private, store_public, taken_back
from linkage.errors import FormatError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import card_fingerprint
from linkage.wire.epochs import EpochDescriptor, WrappedKey, add_signature
from linkage.wire.fingerprints import in_words

__all__ = ["keys"]

_agency = click.option("--agency", type=FILE, metavar="CARD", help="The card of the agency it is for.")
_fingerprint = click.option(
    "--fingerprint", help="That card's fingerprint, as the agency read it out to you; or a succession's."
)
_epoch = click.option("--epoch", type=FILE, metavar="DESCRIPTOR", help="The signed epoch descriptor.")


@click.group("keys")
def keys() -> None:
    """Key custody: identities, ceremony, epoch descriptors, wrapped keys."""


keys.add_command(ceremony_group)
keys.add_command(wrap_command)
keys.add_command(doctor_command)
keys.add_command(keyring_group)
keys.add_command(share_group)
keys.add_command(log_group)
keys.add_command(revoke_command)
keys.add_command(keep_command)
keys.add_command(succession_command)
keys.add_command(session_group)


@keys.command("identity")
@click.argument("name")
@click.option("--out", "folder", type=FILE, required=True, metavar="DIR", help="Your folder; it is made.")
@passphrase_file
def identity_command(name: str, folder: Path, passphrase_file: Path | None) -> None:
    """Make your identity as a custodian; prints the fingerprint of your card."""
    own = CustodianFolder(folder)
    if not own.is_half_made:
        own.refuse_used()
    name = usable_name(name)
    passphrase = read_passphrase(passphrase_file, prompt="new passphrase for your identity", confirm=True)
    made = (own.card,) if own.is_half_made else (own.card, own.identity)
    card, identity = (own.finish if own.is_half_made else own.create)(name, passphrase)
    with taken_back(*made):
        CustodyLog(own.path).append("identity-made", {"card": card_fingerprint(card)}, identity)
    say((f"{own.card.name} may be passed on; {own.identity.name} and its passphrase never leave you",))
    say(("the fingerprint of your card:", f"  in words: {in_words(card_fingerprint(card))}"))
    click.echo(card_fingerprint(card))


@keys.command("sign")
@click.argument("file", type=FILE)
@identity_folder
@click.option(
    "--folder",
    "ceremony",
    type=FILE,
    metavar="DIR",
    help="For an epoch descriptor: the ceremony's folder.  [default: the descriptor's own]",
)
@_epoch
@_agency
@_fingerprint
@passphrase_from
def sign_command(
    file: Path,
    folder: Path,
    ceremony: Path | None,
    epoch: Path | None,
    agency: Path | None,
    fingerprint: str | None,
    passphrase_file: PassphraseFrom,
) -> None:
    """Check a file that custodians or approvers sign, show it, and sign FILE.

    An epoch descriptor, a wrapped key, a revocation, a succession, or a request to open a pseudonym.
    A wrapped key also needs --epoch, --agency and --fingerprint; a revocation the --epoch, or the --agency
    and --fingerprint, that it revokes; a succession its own --fingerprint.
    """
    own = CustodianFolder(folder)
    kind = format_of(file)
    if kind == "clew-epoch":
        _sign_descriptor(file, own, _ceremony_of(file, ceremony), passphrase_file)
    elif kind == "clew-wrapped-key":
        if epoch is None:
            raise InputError(f"{file.name}: a wrapped key is signed against its epoch", hint="give --epoch")
        wrapped = examine_wrapped_key(file, own, epoch=epoch, agency=agency, fingerprint=fingerprint)
        _sign_wrapped_key(file, own, wrapped, passphrase_file)
    elif kind == "clew-revocation":
        given = Given(agency=agency, fingerprint=fingerprint, epoch=epoch)
        sign_revocation(file, own, given, passphrase_file)
    elif kind == "clew-reidentification":
        sign_reidentification(file, own, passphrase_file)
    elif kind == "clew-succession":
        sign_succession(file, own, fingerprint, passphrase_file, epoch=epoch)
    else:
        raise FormatError(f"{file.name}: not a file that custodians sign", hint="check the path")
    click.echo(file)


def _ceremony_of(file: Path, ceremony: Path | None) -> CeremonyFolder:
    shared = CeremonyFolder(ceremony or file.parent)
    if not shared.terms.exists():
        raise InputError(
            f"{file.name}: the ceremony that it came from is not in this folder",
            hint="give the ceremony's folder with --folder: signing a descriptor checks it there",
        )
    return shared


def _sign_descriptor(
    file: Path, own: CustodianFolder, shared: CeremonyFolder, passphrase_file: PassphraseFrom
) -> None:
    descriptor = examine_descriptor(file, shared, own)
    require_not_closed(descriptor)
    identity = own.load(own_passphrase(own, passphrase_file))
    share = open_own_share(descriptor, shared, identity)
    signed = add_signature(descriptor, identity.signing)
    CustodyLog(own.path).append("signed-descriptor", descriptor_subjects(signed), identity)
    own.keep_signed(signed, share)
    store_public(file, canonical(signed))
    _say_signed(descriptor, signed)


def _sign_wrapped_key(
    file: Path, own: CustodianFolder, wrapped: WrappedKey, passphrase_file: PassphraseFrom
) -> None:
    identity = own.load(own_passphrase(own, passphrase_file))
    signed = add_signature(wrapped, identity.signing)
    CustodyLog(own.path).append("signed-wrapped-key", wrapped_subjects(wrapped), identity)
    store_private(file, canonical(signed))
    _say_signed(wrapped, signed)


def _say_signed(before: EpochDescriptor | WrappedKey, after: EpochDescriptor | WrappedKey) -> None:
    count = len(after.signatures)
    what = "you had signed already; signatures" if before == after else "signed; signatures"
    say((f"{what} on the file: {count}",))
