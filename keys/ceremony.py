"""The ceremony in which custodians make an epoch key together (docs/spec/keys-v1.md, section 5).

Everyone commits to 32 random bytes and then hands them over sealed to the ceremony's one-time key.  Because
the commitments come first nobody can choose a contribution to suit the others', and because each is sealed
whoever reads every file exchanged learns nothing.  Whoever closes the ceremony sees the key while it does;
it leaves shares of it, one sealed to each custodian.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.constant_time import bytes_eq
from msgspec import structs

from keys.digests import labelled_digest, lp
from keys.epoch_key import EpochKey
from keys.identity import Identity
from keys.messages import (
    CONTRIBUTION_BYTES,
    Ceremony,
    Commitment,
    Contribution,
    Transcript,
    TranscriptEntry,
    message_digest,
    read_ceremony,
    signed,
)
from keys.sealed_shares import seal_share
from keys.shares import share_digest, split
from linkage.errors import ClewError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard, UnitCard
from linkage.wire.epochs import EpochDescriptor, SealedShare, signed_bytes
from linkage.wire.moments import Moment
from linkage.wire.seal import open_seal, seal

__all__ = [
    "Closing",
    "Exchanged",
    "check_closing",
    "check_commitments",
    "check_contribution",
    "check_transcript",
    "close_ceremony",
    "describes",
    "draw_contribution",
    "extract_again",
    "make_commitment",
    "make_contribution",
    "open_ceremony",
    "require_complete",
    "require_member",
]


def open_ceremony(
    one_time: Identity,
    *,
    epoch: str,
    profile_name: str,
    profile_digest: str,
    opens: Moment,
    closes: Moment,
    unit: UnitCard,
    custodians: Sequence[CustodianCard],
    threshold: int,
) -> Ceremony:
    """Return the signed terms of a new ceremony; raises :class:`FormatError` if they make no sense.

    ``one_time`` is an identity made for this ceremony alone and destroyed when it closes.
    """
    terms = Ceremony(
        epoch=epoch,
        profile_name=profile_name,
        profile_digest=profile_digest,
        opens=opens,
        closes=closes,
        unit=unit,
        threshold=threshold,
        custodians=tuple(sorted(custodians, key=lambda card: card.signing_key)),
        one_time_key=one_time.sealing.public_text(),
        opener_key=one_time.public_key,
    )
    return read_ceremony(canonical(signed(terms, one_time.signing)))


def require_member(ceremony: Ceremony, identity: Identity) -> CustodianCard:
    """Return the identity's card in the ceremony; raises :class:`VerificationError` if it has none."""
    card = ceremony.card_of(identity.public_key)
    if card.sealing_key != identity.sealing.public_text():
        raise VerificationError(
            "the ceremony names another sealing key than this identity's",
            hint="have the ceremony opened again with your present card",
        )
    return card


def draw_contribution() -> bytes:
    """Draw 32 random bytes from the operating system."""
    return os.urandom(CONTRIBUTION_BYTES)


def make_commitment(ceremony: Ceremony, identity: Identity, contribution: bytes) -> Commitment:
    """Return a custodian's signed commitment; the same contribution always gives the same bytes."""
    require_member(ceremony, identity)
    commitment = Commitment(
        ceremony=ceremony.id.hex(),
        custodian=identity.public_key,
        commitment=_committed(ceremony, identity.public_key, contribution).hex(),
    )
    return signed(commitment, identity.signing)


def check_commitments(ceremony: Ceremony, commitments: Mapping[str, Commitment]) -> bytes:
    """Check that every custodian has committed to this ceremony and return the hash of all commitments.

    ``commitments`` are by the custodian from whom each is believed to come.  Raises :class:`InputError`
    for one that is missing and :class:`VerificationError` for one that belongs elsewhere.
    """
    digests = []
    for card in ceremony.custodians:
        commitment = commitments.get(card.signing_key)
        if commitment is None:
            raise InputError(
                f"the commitment of {card.name} is missing",
                hint="get their file into the ceremony's folder: all must have committed before",
            )
        _check_place(ceremony, card, commitment)
        digests.append(message_digest(commitment))
    return labelled_digest("clew/commitments/1", ceremony.id, *digests)


def make_contribution(
    ceremony: Ceremony, identity: Identity, contribution: bytes, commitments: Mapping[str, Commitment]
) -> Contribution:
    """Return a custodian's contribution, sealed and signed, once every commitment is there."""
    require_member(ceremony, identity)
    together = check_commitments(ceremony, commitments)
    own = commitments[identity.public_key].commitment
    if not _opens(ceremony, identity.public_key, contribution, own):
        raise VerificationError(
            "the commitment in the ceremony is not to the contribution that you keep",
            hint="use the folder in which you committed; if it is lost, the ceremony must be opened again",
        )
    context = _seal_context(ceremony, identity.public_key, together)
    message = Contribution(
        ceremony=ceremony.id.hex(),
        custodian=identity.public_key,
        commitments=together.hex(),
        sealed=b"".join(seal([contribution], ceremony.one_time_key, context=context)).hex(),
    )
    return signed(message, identity.signing)


def check_contribution(
    ceremony: Ceremony, card: CustodianCard, contribution: Contribution, together: bytes
) -> None:
    """Check that a sealed contribution is this custodian's, to this ceremony and these commitments."""
    _check_place(ceremony, card, contribution)
    if contribution.commitments != together.hex():
        raise VerificationError(
            f"{card.name} contributed to other commitments than these",
            hint="compare the commitment files with that custodian's: one of them has been exchanged",
        )


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The messages of a ceremony, each by the custodian from whom it is believed to come."""

    commitments: Mapping[str, Commitment]
    contributions: Mapping[str, Contribution]


@dataclass(frozen=True, slots=True)
class Closing:
    """What a ceremony leaves behind: nothing of it is secret, the shares being sealed.

    ``shares`` are by the custodian's public signing key.
    """

    transcript: Transcript
    descriptor: EpochDescriptor
    shares: dict[str, SealedShare]


def close_ceremony(
    ceremony: Ceremony, one_time: Identity, exchanged: Exchanged, *, conformance: Callable[[bytes], str]
) -> Closing:
    """Open every contribution, extract the epoch key, split it, and seal each custodian's share.

    ``conformance`` computes the conformance digest from the epoch key's bytes.  Whoever handed over
    something else than was committed to is named.  Every closing gives the same key and other shares.
    Raises :class:`InputError` or :class:`VerificationError`; the epoch key is let go of when this returns.
    """
    transcript, epoch_key = _extract(ceremony, one_time, exchanged)
    shares = split(epoch_key, threshold=ceremony.threshold, count=len(ceremony.custodians))
    cards = ceremony.custodians
    digests = tuple(
        share_digest(share, ceremony=ceremony.id, custodian=card.signing_key)
        for share, card in zip(shares, cards, strict=True)
    )
    descriptor = _describe_key(ceremony, transcript, epoch_key, conformance, shares=digests)
    sealed = {
        card.signing_key: seal_share(share, descriptor, holder=card)
        for share, card in zip(shares, cards, strict=True)
    }
    return Closing(transcript, descriptor, sealed)


def check_closing(
    ceremony: Ceremony,
    one_time: Identity,
    exchanged: Exchanged,
    descriptor: EpochDescriptor,
    *,
    conformance: Callable[[bytes], str],
) -> None:
    """Check that a descriptor is what an earlier closing of the ceremony made, without making new shares.

    Raises :class:`VerificationError`, and what :func:`close_ceremony` raises.
    """
    transcript, epoch_key = _extract(ceremony, one_time, exchanged)
    expected = _describe_key(ceremony, transcript, epoch_key, conformance, shares=descriptor.shares)
    if signed_bytes(descriptor) != signed_bytes(expected):
        raise VerificationError(
            "not the epoch descriptor that this ceremony leads to",
            hint="the file was exchanged: find out by whom, and hold a new ceremony",
        )


def _extract(ceremony: Ceremony, one_time: Identity, exchanged: Exchanged) -> tuple[Transcript, EpochKey]:
    if not one_time.has_halves(ceremony.opener_key, ceremony.one_time_key):
        raise VerificationError("the one-time key belongs to another ceremony")
    transcript = _transcript(ceremony, exchanged)
    opened = tuple(_open(ceremony, card, exchanged, one_time) for card in ceremony.custodians)
    # Not the transcript's hash: sealing anew changes that one, so the last to contribute could try keys.
    return transcript, EpochKey.extract(opened, salt=check_commitments(ceremony, exchanged.commitments))


def extract_again(ceremony: Ceremony, parts: Mapping[str, tuple[Identity, bytes]]) -> tuple[EpochKey, bytes]:
    """Return the epoch key that all custodians' contributions give, and the hash of all commitments.

    ``parts``: each custodian's identity and contribution, by public signing key.  A commitment is made again
    from both, the same to the last byte.  Raises :class:`InputError` if a custodian's is missing.
    """
    commitments = {key: make_commitment(ceremony, *part) for key, part in parts.items()}
    together = check_commitments(ceremony, commitments)
    contributions = tuple(parts[key][1] for key in ceremony.custodian_keys)
    return EpochKey.extract(contributions, salt=together), together


def describes(descriptor: EpochDescriptor, ceremony: Ceremony) -> bool:
    """Say whether a descriptor states exactly the terms of a ceremony."""
    if len(descriptor.shares) != len(ceremony.custodians):
        return False
    return structs.replace(descriptor, signatures=()) == _describe(
        ceremony,
        transcript=descriptor.transcript,
        check_value=descriptor.key_check_value,
        conformance=descriptor.conformance,
        shares=descriptor.shares,
    )


def check_transcript(
    ceremony: Ceremony, exchanged: Exchanged, transcript: Transcript, descriptor: EpochDescriptor
) -> None:
    """Check, without any secret, that a descriptor rests on exactly these messages of this ceremony."""
    if not describes(descriptor, ceremony):
        raise VerificationError(
            "the epoch descriptor does not state the terms of this ceremony",
            hint="do not sign it; ask whoever closed the ceremony",
        )
    expected = _transcript(ceremony, exchanged)
    if transcript != expected or descriptor.transcript != expected.hash.hex():
        raise VerificationError(
            "the transcript does not list the messages of this ceremony",
            hint="a file of the ceremony was exchanged after closing; do not sign",
        )


def require_complete(ceremony: Ceremony, exchanged: Exchanged) -> None:
    """Raise one of our errors unless every custodian's two messages are there and in their place."""
    _transcript(ceremony, exchanged)


def _transcript(ceremony: Ceremony, exchanged: Exchanged) -> Transcript:
    together = check_commitments(ceremony, exchanged.commitments)
    entries = []
    for card in ceremony.custodians:
        contribution = exchanged.contributions.get(card.signing_key)
        if contribution is None:
            raise InputError(
                f"the contribution of {card.name} is missing",
                hint="get their file into the ceremony's folder: all must have contributed before",
            )
        check_contribution(ceremony, card, contribution, together)
        entry = TranscriptEntry(
            custodian=card.signing_key,
            commitment=message_digest(exchanged.commitments[card.signing_key]).hex(),
            contribution=message_digest(contribution).hex(),
        )
        entries.append(entry)
    return Transcript(epoch=ceremony.epoch, ceremony=ceremony.id.hex(), messages=tuple(entries))


def _open(ceremony: Ceremony, card: CustodianCard, exchanged: Exchanged, one_time: Identity) -> bytes:
    message = exchanged.contributions[card.signing_key]
    context = _seal_context(ceremony, card.signing_key, bytes.fromhex(message.commitments))
    try:
        opened = b"".join(open_seal([bytes.fromhex(message.sealed)], one_time.sealing, context=context))
    except ClewError:
        raise VerificationError(
            f"the contribution of {card.name} does not open",
            hint="it is damaged or was made for something else: the ceremony must be opened again",
        ) from None
    if not _opens(ceremony, card.signing_key, opened, exchanged.commitments[card.signing_key].commitment):
        raise VerificationError(
            f"{card.name} handed over something else than it committed to",
            hint="no key was made; find out why, then open a new ceremony",
        )
    return opened


def _describe_key(
    ceremony: Ceremony,
    transcript: Transcript,
    epoch_key: EpochKey,
    conformance: Callable[[bytes], str],
    *,
    shares: tuple[str, ...],
) -> EpochDescriptor:
    return _describe(
        ceremony,
        transcript=transcript.hash.hex(),
        check_value=epoch_key.check_value(),
        conformance=conformance(epoch_key.to_bytes()),
        shares=shares,
    )


def _describe(
    ceremony: Ceremony, *, transcript: str, check_value: str, conformance: str, shares: tuple[str, ...]
) -> EpochDescriptor:
    return EpochDescriptor(
        epoch=ceremony.epoch,
        profile_name=ceremony.profile_name,
        profile_digest=ceremony.profile_digest,
        key_check_value=check_value,
        conformance=conformance,
        opens=ceremony.opens,
        closes=ceremony.closes,
        unit_encodings_key=ceremony.unit.encodings_key,
        unit_payload_key=ceremony.unit.payload_key,
        transcript=transcript,
        threshold=ceremony.threshold,
        custodians=ceremony.custodian_keys,
        shares=shares,
    )


def _check_place(ceremony: Ceremony, card: CustodianCard, message: Commitment | Contribution) -> None:
    what = message.format.removeprefix("clew-")
    if message.ceremony != ceremony.id.hex():
        raise VerificationError(
            f"the {what} of {card.name} belongs to another ceremony",
            hint="two ceremonies have been mixed up: keep each in its own folder",
        )
    if message.custodian != card.signing_key:
        raise VerificationError(
            f"what stands for the {what} of {card.name} is another custodian's",
            hint="the files have been swapped: ask each custodian for its own again",
        )


def _committed(ceremony: Ceremony, custodian: str, contribution: bytes) -> bytes:
    return labelled_digest("clew/commitment/1", ceremony.id, bytes.fromhex(custodian), contribution)


def _opens(ceremony: Ceremony, custodian: str, contribution: bytes, commitment: str) -> bool:
    if len(contribution) != CONTRIBUTION_BYTES:
        return False
    return bytes_eq(_committed(ceremony, custodian, contribution), bytes.fromhex(commitment))


def _seal_context(ceremony: Ceremony, custodian: str, together: bytes) -> bytes:
    return lp(b"clew/contribute/1") + ceremony.id + bytes.fromhex(custodian) + together
