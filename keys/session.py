"""Custodians at a distance hand the epoch key to agencies (docs/spec/keys-v1.md, section 12).

One custodian opens it for certain agencies, under a one-time key.  The others hand over their shares, sealed
to that key and bound to exactly these agencies: a handed share is the approval of every card in the session.
Whoever closes the session has the key in memory while it wraps it.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from keys.digests import labelled_digest, lp
from keys.identity import Identity
from keys.messages import Ceremony, SelfSigned, check_signature, signed
from keys.sealed_shares import require_listed
from keys.shares import Share, read_share
from linkage.errors import ClewError, FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.cards import AgencyCard, CustodianCard, read_card
from linkage.wire.epochs import SHARE_TEXT_BYTES, DigestText, EpochDescriptor, EpochName, content_digest
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.seal import SealPublicText, open_seal, seal, sealed_size
from linkage.wire.signing import PublicKeyText, fingerprint

__all__ = [
    "MAX_AGENCIES",
    "MAX_SESSION_BYTES",
    "HandedShare",
    "Session",
    "check_handed",
    "hand_over",
    "open_handed",
    "open_session",
    "read_handed",
    "read_session",
    "require_custodian",
    "require_descriptor",
    "require_enough",
    "require_opener",
]

MAX_AGENCIES = 200
MAX_SESSION_BYTES = 1024 * 1024
"""Two hundred agencies' cards of 4 KiB each, and the session's own keys."""


class Session(SelfSigned, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For which agencies which epoch's key is wrapped, signed with the session's one-time key.

    That signature says only that the session is whole; whether it is the opener's, custodians check by
    comparing the fingerprint, and the cards with each agency.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-session"] = "clew-session"
    version: int = 1
    epoch: EpochName
    descriptor: DigestText
    agencies: Annotated[tuple[AgencyCard, ...], Meta(min_length=1, max_length=MAX_AGENCIES)]
    one_time_key: SealPublicText
    opener_key: PublicKeyText

    @property
    def id(self) -> bytes:
        """The digest that every handed share names (32 bytes)."""
        return labelled_digest("clew/session/1", canonical(self))

    @property
    def fingerprint(self) -> str:
        """What the opener reads out to the custodians before they hand over."""
        return fingerprint(canonical(self))


class HandedShare(SelfSigned, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A custodian's share, sealed to a session's one-time key and signed by the custodian."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-handed-share"] = "clew-handed-share"
    version: int = 1
    session: DigestText
    custodian: PublicKeyText
    sealed: Annotated[str, Meta(pattern=rf"^[0-9a-f]{{{2 * sealed_size(SHARE_TEXT_BYTES)}}}\Z")]


def open_session(
    one_time: Identity, *, descriptor: EpochDescriptor, agencies: Sequence[AgencyCard]
) -> Session:
    """Return a signed session for agencies; raises :class:`FormatError` if their cards do not go together.

    ``one_time`` is an identity made for this session alone and destroyed when it closes.  The caller has
    verified the descriptor's quorum.
    """
    if not 1 <= len(agencies) <= MAX_AGENCIES:
        raise InputError(
            f"agencies' cards given: {len(agencies)}, a session takes 1 to {MAX_AGENCIES}",
            hint="open another session for the others",
        )
    for code, count in Counter(card.agency for card in agencies).items():
        if count > 1:
            raise InputError(f"an agency occurs twice: {code}", hint="give one card for each agency")
    session = Session(
        epoch=descriptor.epoch,
        descriptor=content_digest(descriptor),
        agencies=tuple(sorted(agencies, key=lambda card: card.agency)),
        one_time_key=one_time.sealing.public_text(),
        opener_key=one_time.public_key,
    )
    return read_session(canonical(signed(session, one_time.signing)))


def require_descriptor(session: Session, descriptor: EpochDescriptor) -> None:
    """Raise :class:`VerificationError` unless a session is for exactly this epoch descriptor."""
    if (session.epoch, session.descriptor) != (descriptor.epoch, content_digest(descriptor)):
        raise VerificationError(
            "the session was opened for another epoch descriptor",
            hint="use the descriptor of its epoch, or have the session opened again",
        )


def require_opener(session: Session, one_time: Identity) -> None:
    """Raise :class:`VerificationError` unless this is the session's one-time key."""
    if not one_time.has_halves(session.opener_key, session.one_time_key):
        raise VerificationError(
            "the one-time key belongs to another session",
            hint="use the key that was made when this session was opened",
        )


def hand_over(session: Session, identity: Identity, share: Share, descriptor: EpochDescriptor) -> HandedShare:
    """Return a custodian's own share, sealed to the session and signed.

    The caller has checked every agency's card, the share against the descriptor and that against the
    session.  Raises :class:`VerificationError` for a share that the descriptor lists as another's.
    """
    if descriptor.custodians[share.index] != identity.public_key:
        raise VerificationError("the share is another custodian's", hint="hand over your own share only")
    words = share.text.encode("ascii").ljust(SHARE_TEXT_BYTES)
    context = _seal_context(session, identity.public_key)
    handed = HandedShare(
        session=session.id.hex(),
        custodian=identity.public_key,
        sealed=b"".join(seal([words], session.one_time_key, context=context)).hex(),
    )
    return signed(handed, identity.signing)


def check_handed(session: Session, card: CustodianCard, handed: HandedShare) -> None:
    """Check that a handed share is this custodian's, to exactly this session."""
    if handed.session != session.id.hex():
        raise VerificationError(
            f"the share of {card.name} was handed to another session",
            hint="the session was changed or opened again since: compare its fingerprint, then have it "
            "handed over again",
        )
    if handed.custodian != card.signing_key:
        raise VerificationError(
            f"the handed share of {card.name} is another custodian's",
            hint="the files have been swapped: ask each custodian for its own again",
        )


def require_custodian(terms: Ceremony, identity: Identity) -> CustodianCard:
    """Return the identity's card in the epoch's ceremony; raises :class:`VerificationError` if none."""
    for card in terms.custodians:
        if card.signing_key == identity.public_key:
            return card
    raise VerificationError(
        "not a custodian of this epoch",
        hint="hand over with the identity of the ceremony; a restored share serves `clew keys wrap` only",
    )


def require_enough(handed: Mapping[str, HandedShare], terms: Ceremony) -> None:
    """Raise :class:`InputError` if fewer custodians have handed over than the epoch's key needs."""
    if len(handed) < terms.threshold:
        raise InputError(
            f"shares handed over: {len(handed)}, needed: {terms.threshold}",
            hint="closing waits until enough custodians have handed over theirs, your own included",
        )


def open_handed(
    session: Session,
    one_time: Identity,
    handed: Mapping[str, HandedShare],
    descriptor: EpochDescriptor,
    ceremonies: Sequence[Ceremony],
) -> tuple[Share, ...]:
    """Open what was handed over, each share checked against the descriptor, and return at least k shares.

    ``handed`` is by the custodian from whom each is believed to come; ``ceremonies`` are those whose terms
    the descriptor states.  Whoever handed over something else than its share is named.
    Raises :class:`InputError` for fewer than k and :class:`VerificationError`.
    """
    require_descriptor(session, descriptor)
    require_opener(session, one_time)
    terms = ceremonies[0]
    require_enough(handed, terms)
    ids = [ceremony.id for ceremony in ceremonies]
    cards = [terms.card_of(key) for key in handed]
    return tuple(_open(session, one_time, card, handed[card.signing_key], descriptor, ids) for card in cards)


def read_session(data: bytes) -> Session:
    """Read a session and check that it makes sense; raises one of our errors."""
    session = parse(data, Session, limit=MAX_SESSION_BYTES, exact=True)
    check_signature(session, session.opener_key)
    for card in session.agencies:
        read_card(canonical(card), AgencyCard)
    _check_agencies(session)
    return session


def read_handed(data: bytes) -> HandedShare:
    """Read a handed share signed by the custodian it names."""
    handed = parse(data, HandedShare, limit=MAX_MANIFEST_BYTES, exact=True)
    check_signature(handed, handed.custodian)
    return handed


def _open(
    session: Session,
    one_time: Identity,
    card: CustodianCard,
    handed: HandedShare,
    descriptor: EpochDescriptor,
    ceremonies: Iterable[bytes],
) -> Share:
    check_handed(session, card, handed)
    context = _seal_context(session, card.signing_key)
    try:
        words = b"".join(open_seal([bytes.fromhex(handed.sealed)], one_time.sealing, context=context))
        share = read_share(words.decode("ascii"))
        custodian = require_listed(share, descriptor, ceremonies)
    except (ClewError, ValueError):  # ValueError: not text inside
        custodian = None
    if custodian != card.signing_key:
        raise VerificationError(
            f"{card.name} handed over something else than its share",
            hint="no key was recovered; take the file away, find out why, and have it handed over again",
        )
    return share


def _seal_context(session: Session, custodian: str) -> bytes:
    return lp(b"clew/hand-over/1") + session.id + bytes.fromhex(custodian)


def _check_agencies(session: Session) -> None:
    cards = session.agencies
    ordered = all(a.agency < b.agency for a, b in itertools.pairwise(cards))
    signing, sealing = {card.signing_key for card in cards}, {card.sealing_key for card in cards}
    if not ordered or len(signing) != len(cards) or len(sealing) != len(cards):
        raise FormatError(
            "session: an agency occurs twice, or the agencies are not in the order of their codes",
            hint="have the session opened again with one card for each agency",
        )
