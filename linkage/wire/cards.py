"""Cards: the public halves of an identity, signed by the identity itself."""

import unicodedata
from typing import Annotated, ClassVar, Final, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import FormatError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode, Role
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.seal import SealPublicText, seal_public
from linkage.wire.signing import PublicKeyText, Signature, fingerprint, sign, verify

__all__ = [
    "MAX_NAME",
    "AgencyCard",
    "CustodianCard",
    "UnitCard",
    "card_fingerprint",
    "heard_name",
    "read_card",
    "sign_card",
]

MAX_NAME: Final = 120
"""Characters of a name on a card."""

Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]


class AgencyCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An agency's public identity: what custodians wrap the epoch key to and the operator enrols."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-agency-card"] = "clew-agency-card"
    version: int = 1
    agency: AgencyCode
    role: Role
    name: Name
    signing_key: PublicKeyText
    sealing_key: SealPublicText
    signature: Signature | None = None


class CustodianCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A key custodian's public identity, pinned by agencies and by the linkage unit."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-custodian-card"] = "clew-custodian-card"
    version: int = 1
    name: Name
    signing_key: PublicKeyText
    sealing_key: SealPublicText
    signature: Signature | None = None


class UnitCard(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The linkage unit's public keys: one to sign receipts, one for each of its two workers."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-unit-card"] = "clew-unit-card"
    version: int = 1
    name: Name
    signing_key: PublicKeyText
    encodings_key: SealPublicText
    payload_key: SealPublicText
    signature: Signature | None = None


Card = AgencyCard | CustodianCard | UnitCard
AnyCard = TypeVar("AnyCard", AgencyCard, CustodianCard, UnitCard)


def sign_card(card: AnyCard, key: Ed25519PrivateKey) -> AnyCard:
    """Return the card signed by its own signing key."""
    return structs.replace(card, signature=sign(key, _unsigned(card), domain=card.format))


def read_card(data: bytes, kind: type[AnyCard]) -> AnyCard:
    """Read a card and check that it is signed by the key it names.

    That proves possession only: whose card it is must be checked with its holder, by fingerprint.  Its name
    can be shown, and its sealing keys can be sealed to.
    """
    card = parse(data, kind, limit=MAX_CARD_BYTES, exact=True)
    if not card.name.isprintable() or not card.name.strip():
        raise FormatError(f"{card.format}: the name is empty or holds characters that cannot be shown")
    if card.signature is None or card.signature.key != card.signing_key:
        raise FormatError(f"{card.format}: not signed by its own key")
    verify(card.signature, _unsigned(card), domain=card.format)
    for key in _sealing_keys(card):
        seal_public(key)
    return card


def card_fingerprint(card: Card) -> str:
    """Return the fingerprint over all public content, for comparing with the holder by voice."""
    return fingerprint(_unsigned(card))


def heard_name(name: str) -> str:
    """Return a name without what nobody hears or sees: capitals, widths of letters, further spaces.

    Two custodians who make a key or sign together must have different ones.
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _sealing_keys(card: Card) -> tuple[str, ...]:
    return (card.encodings_key, card.payload_key) if isinstance(card, UnitCard) else (card.sealing_key,)


def _unsigned(card: Card) -> bytes:
    return canonical(structs.replace(card, signature=None))
