"""``clew keys revoke``, and what ``clew keys sign`` does with a revocation."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

import click

from cli.custodian.checks import agency_by_fingerprint, descriptor_at, require_own
from cli.custodian.log_subjects import revocation_subjects
from cli.custodian.options import identity_folder
from cli.custodian.passphrases import own_passphrase
from cli.custodian.summaries import card_text, say
from cli.options import FILE, passphrase_from
from keys.custodian_folder import CustodianFolder
from keys.custody_log import CustodyLog
from keys.files import read_limited
from keys.passphrase import PassphraseFrom
from keys.storing import card_at, naming, refuse_existing, store_public
from linkage.errors import FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard
from linkage.wire.epochs import add_signature, content_digest, signed_bytes
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.moments import Moment
from linkage.wire.revocations import (
    MAX_REASON,
    Revocation,
    RevokedAgency,
    RevokedEpoch,
    read_revocation,
)
from linkage.wire.signing import verify

__all__ = ["Given", "revoke_command", "sign_revocation", "summarise_revocation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The file by which a custodian checks what is revoked: a card with its fingerprint, or a descriptor."""

    agency: Path | None
    fingerprint: str | None
    epoch: Path | None


@dataclass(frozen=True, slots=True)
class _Checked:
    """What is revoked, from its own file, and the keys whose signatures can count for it."""

    subject: RevokedAgency | RevokedEpoch
    counting: frozenset[str]
    who: str
    card: AgencyCard | None = None


@click.command("revoke")
@click.option("--agency", type=FILE, metavar="CARD", help="The agency's card that counts no more.")
@click.option("--fingerprint", help="That card's fingerprint, as the agency read it out to you.")
@click.option("--epoch", type=FILE, metavar="DESCRIPTOR", help="The descriptor of the epoch to revoke.")
@click.option("--reason", required=True, help="Why, for everybody to read; nothing about any child.")
@identity_folder
@click.option("--out", type=FILE, required=True, metavar="FILE", help="Where to write the revocation.")
@passphrase_from
def revoke_command(
    agency: Path | None,
    fingerprint: str | None,
    epoch: Path | None,
    reason: str,
    folder: Path,
    out: Path,
    passphrase_file: PassphraseFrom,
) -> None:
    """Revoke an agency's card or an epoch, and sign that; further custodians sign with `clew keys sign`.

    A revocation is never taken back: a new card or a new epoch takes the place of what was revoked.
    """
    own = CustodianFolder(folder)
    refuse_existing(out)
    checked = _checked(own, Given(agency=agency, fingerprint=fingerprint, epoch=epoch))
    decided = Moment.minute(dt.datetime.now(dt.UTC))
    revocation = _readable(Revocation(subject=checked.subject, reason=reason.strip(), decided=decided))
    signer = _signer(own, checked)
    summarise_revocation(revocation, checked.card)
    signed = _signed(own, revocation, signer, passphrase_file, action="revoked")
    store_public(out, canonical(signed))
    say(("signed by you; it counts once enough custodians have signed it with `clew keys sign`",))
    click.echo(out)


def sign_revocation(file: Path, own: CustodianFolder, given: Given, passphrase_file: PassphraseFrom) -> None:
    """Add a custodian's signature to a revocation whose card or descriptor this custodian checked itself."""
    data = read_limited(file, limit=MAX_CARD_BYTES, what="revocation")
    with naming(file):
        revocation = read_revocation(data)
        for signature in revocation.signatures:
            verify(signature, signed_bytes(revocation), domain=revocation.format)
        checked = _checked(own, given)
        if revocation.subject != checked.subject:
            raise VerificationError(
                "it revokes something else than the card or descriptor that you gave",
                hint="do not sign; ask who made this revocation",
            )
        signer = _signer(own, checked)
    summarise_revocation(revocation, checked.card)
    signed = _signed(own, revocation, signer, passphrase_file, action="signed-revocation")
    store_public(file, canonical(signed))
    what = "you had signed already; signatures" if signed == revocation else "signed; signatures"
    say((f"{what} on the file: {len(signed.signatures)}",))


def _signed(
    own: CustodianFolder,
    revocation: Revocation,
    signer: CustodianCard,
    passphrase_file: PassphraseFrom,
    *,
    action: str,
) -> Revocation:
    """Sign a revocation as the custodian of a card, log that and keep it before anybody else has it."""
    identity = own.load(own_passphrase(own, passphrase_file))
    require_own(identity, signer)
    signed = add_signature(revocation, identity.signing)
    CustodyLog(own.path).append(action, revocation_subjects(signed), identity)
    own.keep_revocation(signed)
    return signed


def _checked(own: CustodianFolder, given: Given) -> _Checked:
    """Name what is revoked from its own checked file: one card, or one descriptor with its quorum."""
    if given.agency is not None and given.fingerprint is not None and given.epoch is None:
        card = agency_by_fingerprint(given.agency, given.fingerprint)
        agency = RevokedAgency(agency=card.agency, signing_key=card.signing_key)
        return _Checked(agency, _known(own), "a custodian of any epoch known here", card)
    if given.epoch is not None and given.agency is None and given.fingerprint is None:
        descriptor = descriptor_at(given.epoch)
        with naming(given.epoch):
            own.verify_any(descriptor)
        epoch = RevokedEpoch(epoch=descriptor.epoch, descriptor=content_digest(descriptor))
        return _Checked(epoch, _came(own).union(descriptor.custodians), "a custodian of this epoch")
    raise InputError(
        "what is to be revoked?",
        hint="give --agency CARD with --fingerprint, as the agency read it out; or --epoch DESCRIPTOR",
    )


def _known(own: CustodianFolder) -> frozenset[str]:
    """Return the keys of the custodians of every epoch that this one took part in, and of who came since."""
    return _came(own).union(*(ceremony.custodian_keys for ceremony in own.pinned()))


def _came(own: CustodianFolder) -> frozenset[str]:
    return frozenset(key for one in own.successions.complete() for key in one.coming.custodians)


def _signer(own: CustodianFolder, checked: _Checked) -> CustodianCard:
    """Return the own card; refuse a signature that nobody counts: one more on the file looks like enough."""
    card = card_at(own.card, CustodianCard)
    if card.signing_key not in checked.counting:
        raise VerificationError(
            f"this identity is not {checked.who}: its signature would not count",
            hint="have a custodian sign whose identity took part in a ceremony; one who came by a succession "
            "takes that in first, with `clew keys keep`",
        )
    return card


def _readable(revocation: Revocation) -> Revocation:
    try:
        return read_revocation(canonical(revocation))
    except FormatError:
        raise InputError(
            f"--reason: it is empty, longer than {MAX_REASON} characters, or cannot be shown",
            hint="give one plain sentence",
        ) from None


def summarise_revocation(revocation: Revocation, card: AgencyCard | None = None) -> None:
    """Show what a revocation revokes, when and why; the card itself where it is at hand."""
    subject = revocation.subject
    if card is not None:
        what = f"revocation of the card of agency {card.agency}: {card_text(card)}"
    elif isinstance(subject, RevokedAgency):
        what = f"revocation of the card of agency {subject.agency}, key {subject.signing_key}"
    else:
        what = f"revocation of epoch {subject.epoch}, descriptor {subject.descriptor}"
    say((what, f"  decided {revocation.decided}: {revocation.reason}"))
