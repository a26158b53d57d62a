"""Whom an agency trusts: the custodians pinned at the start, and those who succeeded to them.

::

    pins.json                        the custodians pinned by `clew agency init`; never changed
    successions/adopted-<n>.json     a succession, and which documents had been believed before it

The custodians who count are found by following the successions from the pins, each checked again.  What the
custodians before them had signed and this workspace had taken up stays believed; nothing else of theirs is.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from keys.storing import naming, read_as
from linkage.wire.canonical import canonical, parse
from linkage.wire.cards import CustodianCard
from linkage.wire.custodian_sets import CustodianSet
from linkage.wire.epochs import DigestText, EpochDescriptor, WrappedKey, content_digest, verify_quorum
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.revocations import Revocation
from linkage.wire.successions import (
    MAX_SUCCESSION_BYTES,
    Succession,
    read_succession,
    verify_succession,
)

__all__ = ["AdoptedSuccession", "Pins", "Trust", "read_trust"]

_MAX_PINS_BYTES = 17 * MAX_CARD_BYTES
_MAX_ADOPTED_BYTES = 4 * MAX_SUCCESSION_BYTES

Document = EpochDescriptor | WrappedKey | Revocation


class Pins(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The custodians that this agency trusts, and how many of them must have signed."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-pins"] = "clew-pins"
    version: int = 1
    threshold: Annotated[int, Meta(ge=2, le=16)]
    custodians: Annotated[tuple[CustodianCard, ...], Meta(min_length=1, max_length=16)]

    @property
    def set(self) -> CustodianSet:
        """The custodians as a succession names them."""
        keys = tuple(sorted(card.signing_key for card in self.custodians))
        return CustodianSet(threshold=self.threshold, custodians=keys)

    def verify(self, document: Document) -> None:
        """Check that enough of the pinned custodians signed; raises :class:`VerificationError`."""
        keys = [card.signing_key for card in self.custodians]
        verify_quorum(document, pinned=keys, threshold=self.threshold)


class AdoptedSuccession(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A succession, and the digests of what those who went had signed and that stays believed."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-adopted-succession"] = "clew-adopted-succession"
    version: int = 1
    succession: Succession
    documents: tuple[DigestText, ...]


@dataclass(frozen=True, slots=True)
class Trust:
    """The custodians who counted one after the other; one more than there were successions."""

    pins: tuple[Pins, ...]
    adopted: tuple[AdoptedSuccession, ...]

    @property
    def current(self) -> Pins:
        """The custodians who count now."""
        return self.pins[-1]

    @property
    def serial(self) -> int:
        """The number of the succession by which they came, or 0."""
        return self.adopted[-1].succession.serial if self.adopted else 0

    def for_document(self, document: Document) -> Pins:
        """Return the custodians by whom a document is checked: those of its time if it was believed then."""
        digest = content_digest(document)
        for pins, one in zip(self.pins, self.adopted, strict=False):
            if digest in one.documents:
                return pins
        return self.current


def read_trust(pins_file: Path, folder: Path) -> Trust:
    """Read the pins and follow the successions adopted since, checking each; raises one of our errors."""
    pins = [read_as(pins_file, _read_pins, what="pins", limit=_MAX_PINS_BYTES)]
    adopted: list[AdoptedSuccession] = []
    for path in sorted(folder.glob("adopted-*.json")):
        one = read_as(path, _read_adopted, what="succession", limit=_MAX_ADOPTED_BYTES)
        with naming(path):
            serial = adopted[-1].succession.serial if adopted else 0
            verify_succession(one.succession, pinned=pins[-1].set, serial=serial)
        adopted.append(one)
        incoming = one.succession.incoming
        pins.append(Pins(threshold=incoming.threshold, custodians=incoming.custodians))
    return Trust(tuple(pins), tuple(adopted))


def _read_pins(data: bytes) -> Pins:
    return parse(data, Pins, limit=_MAX_PINS_BYTES)


def _read_adopted(data: bytes) -> AdoptedSuccession:
    adopted = parse(data, AdoptedSuccession, limit=_MAX_ADOPTED_BYTES, exact=True)
    read_succession(canonical(adopted.succession))
    return adopted
