"""Parties of a ceremony in memory, at a passphrase cost that only tests may use."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from keys.ceremony import (
    Closing,
    Exchanged,
    close_ceremony,
    draw_contribution,
    make_commitment,
    make_contribution,
    open_ceremony,
)
from keys.epoch_key import EpochKey
from keys.identity import Identity, create_identity, custodian_card
from keys.messages import Ceremony
from keys.protected import Cost
from keys.sealed_shares import open_share, recover
from keys.shares import Share
from linkage.wire.cards import AgencyCard, CustodianCard, UnitCard, sign_card
from linkage.wire.epochs import EpochDescriptor, WrappedKey, add_signature
from linkage.wire.moments import Moment
from linkage.wire.seal import SealingKey

CHEAP = Cost(memory_kib=32, iterations=1, lanes=1)
PASSPHRASE = "correct horse battery staple"
PROFILE_DIGEST = "5a" * 32
NAMES = ("Asha", "Ben", "Carol", "Dev", "Esi")


def conformance(epoch_key: bytes) -> str:
    """Stand in for the encoder's conformance digest: any function of the key will do here."""
    return hashlib.sha256(b"conformance" + epoch_key).hexdigest()


@dataclass(frozen=True)
class Party:
    identity: Identity
    card: CustodianCard
    contribution: bytes


def party(name: str, contribution: bytes | None = None) -> Party:
    identity = create_identity()
    return Party(identity, custodian_card(identity, name), contribution or draw_contribution())


def parties(count: int = 3) -> tuple[Party, ...]:
    return tuple(party(name) for name in NAMES[:count])


def unit_card(name: str = "Linkage unit") -> UnitCard:
    identity = create_identity()
    card = UnitCard(
        name=name,
        signing_key=identity.public_key,
        encodings_key=identity.sealing.public_text(),
        payload_key=SealingKey.generate().public_text(),
    )
    return sign_card(card, identity.signing)


def agency_card(identity: Identity, code: str = "E06", name: str = "North") -> AgencyCard:
    card = AgencyCard(
        agency=code,
        role="council",
        name=name,
        signing_key=identity.public_key,
        sealing_key=identity.sealing.public_text(),
    )
    return sign_card(card, identity.signing)


@dataclass(frozen=True)
class Held:
    """A ceremony that was held to its end."""

    parties: tuple[Party, ...]
    one_time: Identity
    terms: Ceremony
    exchanged: Exchanged
    closing: Closing

    def of(self, name: str) -> Party:
        return next(one for one in self.parties if one.card.name == name)

    def share(self, name: str) -> Share:
        identity = self.of(name).identity
        return open_share(self.closing.shares[identity.public_key], identity, self.closing.descriptor)

    @property
    def key(self) -> EpochKey:
        """What the first k custodians' shares give together."""
        names = [one.card.name for one in self.parties[: self.terms.threshold]]
        return recover([self.share(name) for name in names], self.closing.descriptor)

    def signed(self, *names: str) -> EpochDescriptor:
        descriptor = self.closing.descriptor
        for name in names:
            descriptor = add_signature(descriptor, self.of(name).identity.signing)
        return descriptor

    def co_signed(self, wrapped: WrappedKey, *names: str) -> WrappedKey:
        for name in names:
            wrapped = add_signature(wrapped, self.of(name).identity.signing)
        return wrapped


def opened(
    members: Sequence[Party],
    *,
    one_time: Identity | None = None,
    epoch: str = "2025-26",
    threshold: int = 2,
    unit: UnitCard | None = None,
    opens: str = "2025-04-01",
    closes: str = "2026-03-31",
    profile_digest: str = PROFILE_DIGEST,
) -> Ceremony:
    return open_ceremony(
        one_time or create_identity(),
        epoch=epoch,
        profile_name="child-1",
        profile_digest=profile_digest,
        opens=Moment.parse(opens),
        closes=Moment.parse(closes),
        unit=unit or unit_card(),
        custodians=[one.card for one in members],
        threshold=threshold,
    )


def exchange(terms: Ceremony, members: Sequence[Party]) -> Exchanged:
    commitments = {
        one.identity.public_key: make_commitment(terms, one.identity, one.contribution) for one in members
    }
    contributions = {
        one.identity.public_key: make_contribution(terms, one.identity, one.contribution, commitments)
        for one in members
    }
    return Exchanged(commitments, contributions)


def hold(
    members: Sequence[Party] | None = None,
    *,
    epoch: str = "2025-26",
    threshold: int = 2,
    profile_digest: str = PROFILE_DIGEST,
) -> Held:
    members = tuple(members or parties())
    one_time = create_identity()
    terms = opened(
        members, one_time=one_time, epoch=epoch, threshold=threshold, profile_digest=profile_digest
    )
    exchanged = exchange(terms, members)
    closing = close_ceremony(terms, one_time, exchanged, conformance=conformance)
    return Held(members, one_time, terms, exchanged, closing)


def flip(data: bytes, bit: int) -> bytes:
    """Return the bytes with one bit turned over, counted modulo their number."""
    place, shift = divmod(bit % (8 * len(data)), 8)
    return data[:place] + bytes([data[place] ^ (1 << shift)]) + data[place + 1 :]
