"""Successions: the custodians who count hand over to others, who agree (docs/spec/keys-v1.md, section 13).

Everybody pins custodians once.  A succession is how those pins change: as many of the custodians who are
pinned as must sign say who comes after them, and every one of those signs too.
"""

import itertools
from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta, Struct

from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.cards import CustodianCard, UnitCard, heard_name, read_card
from linkage.wire.custodian_sets import MAX_CUSTODIANS, CustodianSet
from linkage.wire.epochs import signed_bytes, verify_quorum
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature, fingerprint

__all__ = [
    "MAX_SUCCESSION_BYTES",
    "Incoming",
    "Succession",
    "read_succession",
    "require_apart",
    "require_complete",
    "verify_succession",
]

MAX_SUCCESSION_BYTES: Final = 128 * 1024
"""Sixteen custodians' cards of 3 KiB each, thirty-two signatures, and room for long names."""


class Incoming(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The custodians who come: their cards, in ascending order of signing key, and how many must sign."""

    threshold: Annotated[int, Meta(ge=2, le=MAX_CUSTODIANS)]
    custodians: Annotated[tuple[CustodianCard, ...], Meta(min_length=2, max_length=MAX_CUSTODIANS)]


class Succession(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who goes, who comes, and the how-manieth succession it is, so that an older one cannot come back."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-succession"] = "clew-succession"
    version: int = 1
    serial: Annotated[int, Meta(ge=1, le=9999)]
    outgoing: CustodianSet
    incoming: Incoming
    decided: Moment
    signatures: tuple[Signature, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What custodians read out to each other and to whoever adopts it; signatures do not change it."""
        return fingerprint(signed_bytes(self))

    @property
    def coming(self) -> CustodianSet:
        """The set that counts from then on."""
        keys = tuple(card.signing_key for card in self.incoming.custodians)
        return CustodianSet(threshold=self.incoming.threshold, custodians=keys)

    @property
    def missing(self) -> tuple[CustodianCard, ...]:
        """The incoming custodians whose signature is not on it."""
        signers = {signature.key for signature in self.signatures}
        return tuple(card for card in self.incoming.custodians if card.signing_key not in signers)


def read_succession(data: bytes) -> Succession:
    """Read a succession and check that it makes sense; :func:`verify_succession` before acting on it."""
    succession = parse(data, Succession, limit=MAX_SUCCESSION_BYTES, exact=True)
    for card in succession.incoming.custodians:
        read_card(canonical(card), CustodianCard)
    _check_outgoing(succession.outgoing)
    _check_incoming(succession)
    _require(succession.decided.precision == "minute", "when it was decided is stated to the minute")
    return succession


def require_complete(succession: Succession) -> None:
    """Check that enough outgoing custodians and every incoming one signed; every signature must verify.

    That says nothing yet about whether the outgoing ones are those whom anybody trusts.
    """
    outgoing = succession.outgoing
    verify_quorum(succession, pinned=outgoing.custodians, threshold=outgoing.threshold)
    if succession.missing:
        raise VerificationError(
            f"{succession.format}: {len(succession.missing)} of the custodians who come have not signed",
            hint="ask the custodians for the file with all their signatures",
        )


def verify_succession(succession: Succession, *, pinned: CustodianSet, serial: int) -> None:
    """Check a succession against the custodians pinned here, who came with the succession ``serial`` (or 0).

    1. Its number is higher: none that was adopted, and none before it, comes back.
    2. The custodians who go are exactly those pinned, with their threshold.
    3. Enough of them signed, and every one who comes.
    Raises :class:`VerificationError`.
    """
    if succession.serial <= serial:
        raise VerificationError(
            f"this is succession {succession.serial}, and succession {serial} is adopted here",
            hint="an older succession never comes back; ask the custodians for the latest one",
        )
    if succession.outgoing != pinned:
        raise VerificationError(
            f"succession {succession.serial} is of other custodians than those pinned here",
            hint="if there was one before it, adopt that first; else ask the custodians whom you know",
        )
    require_complete(succession)


def require_apart(succession: Succession, unit: UnitCard) -> None:
    """Refuse the linkage unit among the custodians who come: it must never be able to have the key."""
    if unit.signing_key in succession.coming.custodians:
        raise VerificationError(
            "the linkage unit is one of the custodians who come", hint="adopt nothing; tell the custodians"
        )


def _check_outgoing(outgoing: CustodianSet) -> None:
    _require(_ascending(outgoing.custodians), _TWICE)
    _require(outgoing.threshold <= len(outgoing.custodians), _TOO_HIGH)


def _check_incoming(succession: Succession) -> None:
    cards = succession.incoming.custodians
    _require(_ascending(succession.coming.custodians), _TWICE)
    _require(len({card.sealing_key for card in cards}) == len(cards), _TWICE)
    names = {heard_name(card.name) for card in cards}
    _require(len(names) == len(cards), "two custodians have the same name")
    _require(succession.incoming.threshold <= len(cards), _TOO_HIGH)
    _require(succession.coming != succession.outgoing, "the same custodians go and come")


def _ascending(keys: tuple[str, ...]) -> bool:
    return all(a < b for a, b in itertools.pairwise(keys))


_TWICE = "a custodian occurs twice, or the custodians are not in the order of their keys"
_TOO_HIGH = "the threshold is higher than the number of custodians"


def _require(condition: bool, otherwise: str) -> None:  # noqa: FBT001
    if not condition:
        raise FormatError(f"Succession: {otherwise}", hint="have it made again with the right custodians")
