"""Checks behind ``clew keys sign``: a custodian signs nothing that it has not checked itself."""

from pathlib import Path

import msgspec
from msgspec import Struct

from cli.custodian.checks import (
    agency_by_fingerprint,
    descriptor_at,
    verified_descriptor,
    wrapped_key_at,
)
from cli.custodian.summaries import summarise_agency, summarise_epoch
from keys.ceremony import check_transcript, require_member
from keys.ceremony_folder import CeremonyFolder
from keys.custodian_folder import CustodianFolder
from keys.files import read_limited
from keys.identity import Identity
from keys.sealed_shares import open_share, require_listed
from keys.storing import card_at, naming
from keys.wrapping import belongs_to
from linkage.errors import EpochError, FormatError, InputError, VerificationError
from linkage.wire.cards import CustodianCard
from linkage.wire.epochs import EpochDescriptor, SealedShare, WrappedKey, signed_bytes
from linkage.wire.signing import verify
from linkage.wire.successions import MAX_SUCCESSION_BYTES

__all__ = ["examine_descriptor", "examine_wrapped_key", "format_of", "open_own_share"]


class _Head(Struct):
    format: str


def format_of(path: Path) -> str:
    """Return what a file says it is; raises :class:`FormatError`."""
    data = read_limited(path, limit=MAX_SUCCESSION_BYTES, what="file")
    try:
        return msgspec.json.decode(data, type=_Head).format
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise FormatError(f"{path.name}: not a file that custodians sign", hint="check the path") from None


def examine_descriptor(path: Path, shared: CeremonyFolder, own: CustodianFolder) -> EpochDescriptor:
    """Check all of a descriptor that needs no private key, and show it.

    It must state the terms of a ceremony that this custodian committed to and rest on exactly the signed
    messages in that ceremony's folder, the custodian's own among them.
    """
    descriptor = descriptor_at(path)
    terms = shared.read_terms()
    if all(terms.id != pinned.id for pinned in own.pinned()):
        raise VerificationError(
            "you did not take part in this ceremony", hint="use the folder of the identity that committed"
        )
    with naming(path):
        check_transcript(terms, shared.read_exchanged(terms), shared.read_transcript(), descriptor)
        _check_signatures(descriptor)
        own.refuse_other(descriptor)
    summarise_epoch(descriptor, terms)
    return descriptor


def open_own_share(descriptor: EpochDescriptor, shared: CeremonyFolder, identity: Identity) -> SealedShare:
    """Check that the custodian's own share opens and is listed at its own place, and return it sealed."""
    terms = shared.read_terms()
    card = require_member(terms, identity)
    if not shared.share(card).exists():
        raise InputError(
            f"{shared.share(card).name}: your share is not here",
            hint="ask the opener of the ceremony for this file, and put it into the ceremony's folder",
        )
    sealed = shared.read_share(card)
    with naming(shared.share(card)):
        share = open_share(sealed, identity, descriptor)
        if require_listed(share, descriptor, [terms.id]) != card.signing_key:
            raise VerificationError(
                "the share is another custodian's", hint="do not sign; ask whoever closed the ceremony"
            )
    return sealed


def examine_wrapped_key(
    path: Path, own: CustodianFolder, *, epoch: Path, agency: Path | None, fingerprint: str | None
) -> WrappedKey:
    """Check whom a wrapped key is for and that its epoch descriptor has its quorum, and show both."""
    wrapped = wrapped_key_at(path)
    descriptor = verified_descriptor(epoch, own)
    with naming(path):
        if not belongs_to(wrapped, descriptor):
            raise EpochError(
                "made for another epoch than the descriptor's", hint="give the descriptor of its own epoch"
            )
        _check_signatures(wrapped)
        _require_listed(own, descriptor)
        own.refuse_revoked(descriptor, {wrapped.holder: wrapped.agency})
        _check_agency(wrapped, agency, fingerprint)
    return wrapped


def _require_listed(own: CustodianFolder, descriptor: EpochDescriptor) -> None:
    """Refuse a signature that nobody counts: one more on the file would look like enough."""
    if card_at(own.card, CustodianCard).signing_key not in descriptor.custodians:
        raise VerificationError(
            "this identity is not a custodian of this epoch: its signature would not count",
            hint="have a custodian sign whose identity took part in the ceremony",
        )


def _check_agency(wrapped: WrappedKey, agency: Path | None, fingerprint: str | None) -> None:
    """Two custodians who trust one another's eyes are one pair of eyes: each checks the card itself."""
    if agency is None or fingerprint is None:
        raise InputError(
            "made for an agency whose card you have not checked",
            hint="ask the agency for its fingerprint, and give --agency CARD and --fingerprint",
        )
    card = agency_by_fingerprint(agency, fingerprint)
    if (card.signing_key, card.agency) != (wrapped.holder, wrapped.agency):
        raise VerificationError(
            "made for another card than the agency's", hint="do not sign; ask who made this wrapped key"
        )
    summarise_agency(card, wrapped.epoch)


def _check_signatures(document: EpochDescriptor | WrappedKey) -> None:
    """Refuse to add a signature next to one that does not verify: nobody would accept the file."""
    for signature in document.signatures:
        verify(signature, signed_bytes(document), domain=document.format)
