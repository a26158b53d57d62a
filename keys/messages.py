"""What the parties of a ceremony exchange: frozen types, their bytes, digests and signatures.

Every message is in canonical form and read in no other, so that one content has one digest.
"""

import itertools
from typing import Annotated, ClassVar, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from keys.digests import labelled_digest
from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.cards import CustodianCard, UnitCard, card_fingerprint, heard_name, read_card
from linkage.wire.epochs import DigestText, EpochName
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.moments import Moment
from linkage.wire.seal import SealPublicText, sealed_size
from linkage.wire.signing import PublicKeyText, Signature, fingerprint, sign, verify

__all__ = [
    "CONTRIBUTION_BYTES",
    "MAX_CEREMONY_BYTES",
    "MAX_CUSTODIANS",
    "Ceremony",
    "Commitment",
    "Contribution",
    "SelfSigned",
    "Transcript",
    "TranscriptEntry",
    "check_signature",
    "message_digest",
    "read_ceremony",
    "read_commitment",
    "read_contribution",
    "read_transcript",
    "short_name",
    "signed",
]

CONTRIBUTION_BYTES = 32
MAX_CUSTODIANS = 16
MAX_CEREMONY_BYTES = 128 * 1024
"""Sixteen custodians' cards of 3 KiB each, the linkage unit's, and room for long names."""


class SelfSigned(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is signed by a key that it names itself; the signature is for its own format alone."""

    format: str
    signature: Signature | None = None


class Ceremony(SelfSigned, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The terms of a ceremony, signed with its one-time key.

    That signature says only that the terms are whole; whether they are the right ones, custodians check by
    comparing the fingerprint with each other.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-ceremony"] = "clew-ceremony"
    version: int = 1
    epoch: EpochName
    profile_name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
    profile_digest: DigestText
    opens: Moment
    closes: Moment
    unit: UnitCard
    threshold: Annotated[int, Meta(ge=2, le=MAX_CUSTODIANS)]
    custodians: Annotated[tuple[CustodianCard, ...], Meta(min_length=2, max_length=MAX_CUSTODIANS)]
    one_time_key: SealPublicText
    opener_key: PublicKeyText

    @property
    def id(self) -> bytes:
        """The digest that every other message names (32 bytes)."""
        return labelled_digest("clew/ceremony/1", canonical(self))

    @property
    def fingerprint(self) -> str:
        """What custodians read out to each other before they commit."""
        return fingerprint(canonical(self))

    @property
    def custodian_keys(self) -> tuple[str, ...]:
        """The custodians' public signing keys, in ascending order."""
        return tuple(card.signing_key for card in self.custodians)

    def card_of(self, key: str) -> CustodianCard:
        """Return the card of the custodian with a signing key; raises :class:`VerificationError`."""
        for card in self.custodians:
            if card.signing_key == key:
                return card
        raise VerificationError(
            "not a custodian of this ceremony", hint="check that identity and ceremony belong together"
        )


class Commitment(SelfSigned, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A custodian's promise of one contribution, made before anybody's contribution is handed over."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-commitment"] = "clew-commitment"
    version: int = 1
    ceremony: DigestText
    custodian: PublicKeyText
    commitment: DigestText


class Contribution(SelfSigned, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A custodian's 32 random bytes, sealed to the ceremony's one-time key.

    ``commitments`` is the hash of all commitments as this custodian saw them.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-contribution"] = "clew-contribution"
    version: int = 1
    ceremony: DigestText
    custodian: PublicKeyText
    commitments: DigestText
    sealed: Annotated[str, Meta(pattern=rf"^[0-9a-f]{{{2 * sealed_size(CONTRIBUTION_BYTES)}}}\Z")]


class TranscriptEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The digests of one custodian's two messages."""

    custodian: PublicKeyText
    commitment: DigestText
    contribution: DigestText


class Transcript(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who took part in a ceremony and with which messages; its hash is signed in the epoch descriptor."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-transcript"] = "clew-transcript"
    version: int = 1
    epoch: EpochName
    ceremony: DigestText
    messages: Annotated[tuple[TranscriptEntry, ...], Meta(min_length=2, max_length=MAX_CUSTODIANS)]

    @property
    def hash(self) -> bytes:
        """The ``transcript`` of the epoch descriptor (32 bytes)."""
        return labelled_digest("clew/transcript/1", canonical(self))


AnySigned = TypeVar("AnySigned", bound=SelfSigned)


def signed(message: AnySigned, key: Ed25519PrivateKey) -> AnySigned:
    """Return the message signed for its own format."""
    return structs.replace(message, signature=sign(key, _unsigned(message), domain=message.format))


def short_name(card: CustodianCard) -> str:
    """Return the first 16 hex digits of a card's fingerprint, by which its holder's files are named."""
    return card_fingerprint(card).replace(" ", "")[:16]


def message_digest(message: Commitment | Contribution) -> bytes:
    """Return the digest of a signed message as the transcript lists it (32 bytes)."""
    return labelled_digest("clew/message/1", canonical(message))


def read_ceremony(data: bytes) -> Ceremony:
    """Read a ceremony's terms and check that they make sense; raises one of our errors."""
    ceremony = parse(data, Ceremony, limit=MAX_CEREMONY_BYTES, exact=True)
    check_signature(ceremony, ceremony.opener_key)
    read_card(canonical(ceremony.unit), UnitCard)
    for card in ceremony.custodians:
        read_card(canonical(card), CustodianCard)
    _check_terms(ceremony)
    return ceremony


def read_commitment(data: bytes) -> Commitment:
    """Read a commitment signed by the custodian it names."""
    commitment = parse(data, Commitment, limit=MAX_MANIFEST_BYTES, exact=True)
    check_signature(commitment, commitment.custodian)
    return commitment


def read_contribution(data: bytes) -> Contribution:
    """Read a contribution signed by the custodian it names."""
    contribution = parse(data, Contribution, limit=MAX_MANIFEST_BYTES, exact=True)
    check_signature(contribution, contribution.custodian)
    return contribution


def read_transcript(data: bytes) -> Transcript:
    """Read a transcript; only its hash in a signed descriptor makes it believable."""
    return parse(data, Transcript, limit=MAX_MANIFEST_BYTES, exact=True)


def _unsigned(message: SelfSigned) -> bytes:
    return canonical(structs.replace(message, signature=None))


def check_signature(message: SelfSigned, signer: str) -> None:
    """Raise :class:`VerificationError` unless a message is signed, and by the key that it is to be of."""
    if message.signature is None or message.signature.key != signer:
        raise VerificationError(f"{message.format}: not signed by the key that it names")
    verify(message.signature, _unsigned(message), domain=message.format)


def _check_terms(ceremony: Ceremony) -> None:
    keys = ceremony.custodian_keys
    _require(all(a < b for a, b in itertools.pairwise(keys)), _TWICE)
    _require(len({card.sealing_key for card in ceremony.custodians}) == len(keys), _TWICE)
    _require(len({short_name(card) for card in ceremony.custodians}) == len(keys), _TWICE)
    names = {heard_name(card.name) for card in ceremony.custodians}
    _require(len(names) == len(keys), "two custodians have the same name")
    _require(ceremony.threshold <= len(keys), "the threshold is higher than the number of custodians")
    _require(ceremony.opens.at < ceremony.closes.at, "the epoch closes before it opens")
    _require(ceremony.unit.signing_key not in keys, "the linkage unit is one of the custodians")


_TWICE = "a custodian occurs twice, or the custodians are not in the order of their keys"


def _require(condition: bool, otherwise: str) -> None:  # noqa: FBT001
    if not condition:
        raise FormatError(
            f"ceremony: {otherwise}", hint="have the ceremony opened again with the right terms"
        )
