"""A custodian's own folder: identity, card, and what the custodian took part in.

::

    identity.json              the private keys, under the passphrase
    card.json                  the public card
    ceremony-<id>.json         the terms of each ceremony committed to: these pin the other custodians
    contribution-<id>.json     the own contribution, under the passphrase
    contributed-<id>.json      the same as it was handed over, sealed: it is handed over once
    epoch-<epoch>.json         the epoch descriptor signed for an epoch: there is never a second
    share-<epoch>.json         the own share of the epoch's key, sealed to this custodian
    revoked-<subject>.json     a revocation that this custodian signed, or took in once enough others had
    succession-<number>.json   a succession that this custodian signed, or took in once it was complete
"""

from collections.abc import Mapping
from pathlib import Path

from keys.ceremony import describes
from keys.files import name_of, read_limited
from keys.identity import Identity, create_identity, custodian_card, load_identity, protected_identity
from keys.kept_successions import KeptSuccessions
from keys.messages import (
    CONTRIBUTION_BYTES,
    MAX_CEREMONY_BYTES,
    Ceremony,
    Contribution,
    read_ceremony,
    read_contribution,
)
from keys.protected import COST, FLOOR, MAX_PROTECTED_BYTES, Cost, open_protected, protect, read_protected
from keys.sealed_shares import open_share, require_listed
from keys.shares import Share
from keys.storing import (
    card_at,
    make_folder,
    naming,
    read_as,
    refuse_existing,
    store_all,
    store_private,
    store_public,
)
from linkage.errors import FormatError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard
from linkage.wire.custodian_sets import CustodianSet, set_of, verify_by_any
from linkage.wire.epochs import (
    EpochDescriptor,
    SealedShare,
    content_digest,
    read_descriptor,
    read_sealed_share,
    signed_bytes,
    verify_quorum,
)
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.revocations import Revocation, RevokedAgency, RevokedEpoch, read_revocation

__all__ = ["CustodianFolder"]

_KIND = "contribution"


class CustodianFolder:
    """Reads and writes one custodian's files.  ``cost`` and ``floor`` are lowered by tests only."""

    def __init__(self, path: Path, *, cost: Cost = COST, floor: Cost = FLOOR) -> None:
        self.path = path
        self._cost = cost
        self._floor = floor

    @property
    def identity(self) -> Path:
        """Where the private keys lie."""
        return self.path / "identity.json"

    @property
    def card(self) -> Path:
        """Where the public card lies."""
        return self.path / "card.json"

    @property
    def successions(self) -> KeptSuccessions:
        """The successions of custodians that are kept here."""
        return KeptSuccessions(self.path)

    def share(self, epoch: str) -> Path:
        """Where this custodian's sealed share of an epoch's key lies."""
        return self.path / f"share-{epoch}.json"

    def refuse_used(self) -> None:
        """Raise :class:`InputError` if an identity is here already, or this is no folder."""
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{name_of(self.path)}: not a folder", hint="choose another place")
        refuse_existing(self.identity)
        refuse_existing(self.card)

    def create(self, name: str, passphrase: str) -> tuple[CustodianCard, Identity]:
        """Make an identity and its card, and return both."""
        self.refuse_used()
        identity = create_identity()
        card = custodian_card(identity, name)
        make_folder(self.path)
        data = protected_identity(identity, passphrase, cost=self._cost)
        # The card last: one whose identity was never written would be passed on, and could never sign.
        store_all({self.identity: data, self.card: canonical(card)}, private=frozenset({self.identity}))
        return card, identity

    def finish(self, name: str, passphrase: str) -> tuple[CustodianCard, Identity]:
        """Write the card that a stopped :meth:`create` did not get to, and return it and the identity."""
        identity = self.load(passphrase)
        card = custodian_card(identity, name)
        refuse_existing(self.card)
        store_public(self.card, canonical(card))
        return card, identity

    @property
    def is_half_made(self) -> bool:
        """Say whether an identity is here without its card, as a command that was killed leaves it."""
        return self.identity.exists() and not self.card.exists()

    def load(self, passphrase: str) -> Identity:
        """Open the identity."""
        return load_identity(self.identity, passphrase, floor=self._floor)

    def pin(self, ceremony: Ceremony) -> None:
        """Keep the terms of a ceremony that this custodian commits to."""
        store_public(self._ceremony(ceremony), canonical(ceremony))

    def pinned(self) -> tuple[Ceremony, ...]:
        """Return the terms of every ceremony that this custodian committed to."""
        paths = sorted(self.path.glob("ceremony-*.json"))
        return tuple(
            read_as(path, read_ceremony, what="ceremony", limit=MAX_CEREMONY_BYTES) for path in paths
        )

    def pinned_for(self, descriptor: EpochDescriptor) -> Ceremony:
        """Return the ceremony of this custodian's whose terms a descriptor states."""
        return self._described(descriptor)[0]

    def verify(self, descriptor: EpochDescriptor) -> Ceremony:
        """Check that enough of the custodians pinned at the ceremony signed a descriptor."""
        ceremony = self.pinned_for(descriptor)
        verify_quorum(descriptor, pinned=ceremony.custodian_keys, threshold=ceremony.threshold)
        self.refuse_other(descriptor)
        return ceremony

    def verify_any(self, descriptor: EpochDescriptor) -> None:
        """Check a descriptor as :meth:`verify` does, or by who went, if it was made before this one came.

        Enough to revoke it, not to use it: only who took part in its ceremony knows its terms.
        """
        complete = self.successions.complete()
        before = [one.outgoing for one in complete if one.outgoing == set_of(descriptor)]
        if not before or any(describes(descriptor, ceremony) for ceremony in self.pinned()):
            self.verify(descriptor)
        else:
            verify_by_any(descriptor, before)

    def has_contribution(self, ceremony: Ceremony) -> bool:
        """Say whether a contribution to a ceremony is kept here."""
        return self._contribution(ceremony).exists()

    def keep_contribution(self, ceremony: Ceremony, contribution: bytes, passphrase: str) -> None:
        """Keep the own contribution under the passphrase; one that is there is never replaced."""
        refuse_existing(self._contribution(ceremony))
        subject = ceremony.id.hex()
        data = protect(contribution, passphrase, kind=_KIND, subject=subject, cost=self._cost)
        store_private(self._contribution(ceremony), data)

    def read_contribution(self, ceremony: Ceremony, passphrase: str) -> bytes:
        """Open the own contribution to a ceremony."""
        path = self._contribution(ceremony)
        data = read_limited(path, limit=MAX_PROTECTED_BYTES, what="your contribution")
        with naming(path):
            protected = read_protected(data, kind=_KIND, floor=self._floor)
            if protected.subject != ceremony.id.hex():
                raise VerificationError("the contribution was made for another ceremony")
            contribution = open_protected(protected, passphrase)
            if len(contribution) != CONTRIBUTION_BYTES:
                raise FormatError("the contribution has the wrong length")
        return contribution

    def contributed(self, ceremony: Ceremony, commitments: bytes) -> Contribution | None:
        """Return the own message of a ceremony as it was handed over, or None before it was.

        ``commitments`` is the hash of all commitments (32 bytes).  Raises :class:`VerificationError` if it
        was handed over to others: whoever has read it could commit anew to what suits it.
        """
        path = self._contributed(ceremony)
        if not path.exists():
            return None
        message = read_as(path, read_contribution, what="your contribution")
        if message.commitments != commitments.hex():
            raise VerificationError(
                "you contributed to other commitments than these",
                hint="a commitment was exchanged since: find out by whom, and hold a new ceremony",
            )
        return message

    def keep_contributed(self, ceremony: Ceremony, message: Contribution) -> None:
        """Keep the own message of a ceremony, about to be handed over."""
        store_public(self._contributed(ceremony), canonical(message))

    def refuse_other(self, descriptor: EpochDescriptor) -> None:
        """Refuse a descriptor if this custodian signed a different one for the same epoch.

        Two descriptors of one epoch would split the register between two keys without anybody noticing.
        """
        path = self._descriptor(descriptor)
        if not path.exists():
            return
        known = read_as(path, read_descriptor, what="epoch descriptor")
        if signed_bytes(known) != signed_bytes(descriptor):
            raise VerificationError(
                "you signed a different descriptor for this epoch",
                hint="an epoch has one descriptor: give the new ceremony another epoch name",
            )

    def keep_signed(self, descriptor: EpochDescriptor, share: SealedShare) -> None:
        """Keep a descriptor about to be signed, and the own sealed share that was checked against it."""
        self.refuse_other(descriptor)
        store_public(self._descriptor(descriptor), canonical(descriptor))
        store_private(self.share(descriptor.epoch), canonical(share))

    def read_share(self, descriptor: EpochDescriptor, identity: Identity) -> Share:
        """Open the share kept here and check that the descriptor lists it.

        The caller has verified the descriptor's quorum.  Raises :class:`InputError` if none is kept, and
        :class:`VerificationError` for one that does not open or that the descriptor does not list.
        """
        path = self.share(descriptor.epoch)
        ceremonies = self._described(descriptor)
        if not path.exists():
            raise InputError(
                f"{path.name}: no share of this epoch is kept in this folder",
                hint="sign the epoch descriptor with `clew keys sign`: that keeps your share; a lost one is "
                "on its sheet: `clew keys share restore`",
            )
        sealed = read_as(path, read_sealed_share, what="share")
        with naming(path):
            share = open_share(sealed, identity, descriptor)
            require_listed(share, descriptor, [ceremony.id for ceremony in ceremonies])
        return share

    def known_sets(self) -> tuple[CustodianSet, ...]:
        """Return the custodians who count: of complete successions, and of every epoch that this one signed.

        The latest come first; custodians whom others succeeded are not among them.
        """
        paths = sorted(self.path.glob("epoch-*.json"))
        signed = [read_as(path, read_descriptor, what="epoch descriptor") for path in paths]
        latest = sorted(signed, key=lambda one: one.opens.at, reverse=True)
        return self.successions.change(tuple(map(set_of, latest)))

    def names(self) -> dict[str, str]:
        """Return the names of all custodians known here by their signing keys."""
        cards = [card for ceremony in self.pinned() for card in ceremony.custodians]
        cards += [card for one in self.successions.all() for card in one.incoming.custodians]
        return {card.signing_key: card.name for card in cards}

    def keep_revocation(self, revocation: Revocation) -> None:
        """Keep what this custodian revoked, so that it never wraps a key for it."""
        store_public(self._revocation(revocation), canonical(revocation))

    def has_revocation(self, revocation: Revocation) -> bool:
        """Say whether a revocation of the same card or epoch is kept here."""
        return self._revocation(revocation).exists()

    def refuse_revoked(self, descriptor: EpochDescriptor, holders: Mapping[str, str]) -> None:
        """Raise :class:`VerificationError` if the epoch or one of the cards is known to be revoked.

        ``holders``: the agencies' codes by their cards' signing keys.
        """
        for path in sorted(self.path.glob("revoked-*.json")):
            revocation = read_as(path, read_revocation, what="revocation", limit=MAX_CARD_BYTES)
            subject = revocation.subject
            if isinstance(subject, RevokedAgency) and subject.signing_key in holders:
                raise VerificationError(
                    f"{self._who(revocation)} revoked this card of {holders[subject.signing_key]}",
                    hint="the agency needs a new identity; compare the new card's fingerprint with it",
                )
            if isinstance(subject, RevokedEpoch) and subject.descriptor == content_digest(descriptor):
                raise VerificationError(
                    f"{self._who(revocation)} revoked epoch {subject.epoch}",
                    hint="hold the ceremony of a new epoch",
                )

    def _who(self, revocation: Revocation) -> str:
        own = card_at(self.card, CustodianCard).signing_key
        return "you" if any(one.key == own for one in revocation.signatures) else "the custodians"

    def _revocation(self, revocation: Revocation) -> Path:
        return self.path / f"revoked-{revocation.subject_digest[:16]}.json"

    def _described(self, descriptor: EpochDescriptor) -> list[Ceremony]:
        """Return the ceremonies whose terms a descriptor states: more than one if it was opened again."""
        found = [ceremony for ceremony in self.pinned() if describes(descriptor, ceremony)]
        if not found:
            raise VerificationError(
                "the epoch descriptor is not of a ceremony that you took part in",
                hint="use the folder with which you committed, and the descriptor of that ceremony",
            )
        return found

    def _ceremony(self, ceremony: Ceremony) -> Path:
        return self.path / f"ceremony-{ceremony.id.hex()[:16]}.json"

    def _contribution(self, ceremony: Ceremony) -> Path:
        return self.path / f"contribution-{ceremony.id.hex()[:16]}.json"

    def _contributed(self, ceremony: Ceremony) -> Path:
        return self.path / f"contributed-{ceremony.id.hex()[:16]}.json"

    def _descriptor(self, descriptor: EpochDescriptor) -> Path:
        return self.path / f"epoch-{descriptor.epoch}.json"
