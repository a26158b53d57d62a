"""The workspace: one agency's folder of identity, pinned keys, epoch, mapping, crosswalk and journal.

Nothing in it is an identifier of a child: the crosswalk holds local references encrypted, re-encoding rereads
the extract, and dummies are nobody (sealed all the same, for they are made of children's parts).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli.agency.pins import Pins, Trust, read_trust
from cli.agency.trusted import TRUSTED, require_trusted
from keys.epoch_key import EpochKey
from keys.files import name_of, read_limited
from keys.identity import Identity, load_identity
from keys.storing import card_at, make_folder, naming, read_as, store_private, store_public
from keys.wrapping import unwrap_key
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, UnitCard
from linkage.wire.epochs import (
    EpochDescriptor,
    WrappedKey,
    read_descriptor,
    read_wrapped_key,
)
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.revocations import Revocation

__all__ = ["Workspace"]

Signed = TypeVar("Signed", EpochDescriptor, WrappedKey, Revocation)


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of a workspace and typed readers of what lies there; every read checks again what it can."""

    path: Path

    @property
    def identity_file(self) -> Path:
        """The agency's private keys, under its passphrase."""
        return self.path / "identity.json"

    @property
    def card_file(self) -> Path:
        """The agency's public card."""
        return self.path / "card.json"

    @property
    def pins_file(self) -> Path:
        """The custodians pinned at the start."""
        return self.path / "pins.json"

    @property
    def successions(self) -> Path:
        """The successions adopted since."""
        return self.path / "successions"

    @property
    def trusted_file(self) -> Path:
        """The record of whom the workspace trusts."""
        return self.path / TRUSTED

    @property
    def epoch_file(self) -> Path:
        """The epoch descriptor."""
        return self.path / "epoch.json"

    @property
    def wrapped_key_file(self) -> Path:
        """The epoch key, wrapped for this agency."""
        return self.path / "wrapped-key.json"

    @property
    def unit_file(self) -> Path:
        """The linkage unit's card."""
        return self.path / "unit-card.json"

    @property
    def mapping_file(self) -> Path:
        """The mapping last used."""
        return self.path / "mapping.toml"

    @property
    def database_file(self) -> Path:
        """Crosswalk and journal."""
        return self.path / "workspace.db"

    @property
    def dummies_file(self) -> Path:
        """The agency's dummies, sealed; there only while they are on."""
        return self.path / "dummies.sealed"

    def require(self) -> "Workspace":
        """Return the workspace itself; raises :class:`InputError` if it was never made."""
        if not self.card_file.is_file():
            raise InputError(
                f"workspace {name_of(self.path)}: there is no workspace here",
                hint="make one with clew agency init, or name the right folder with --workspace",
            )
        return self

    def folder(self, name: str) -> Path:
        """Return a folder of the workspace that only its owner can enter, making it if need be."""
        return make_folder(self.path / name)

    def card(self) -> AgencyCard:
        """Return the agency's own card."""
        return card_at(self.card_file, AgencyCard, what="card")

    def trust(self) -> Trust:
        """Return the custodians pinned at the start, and those who succeeded to them."""
        return read_trust(self.pins_file, self.successions)

    def pins(self) -> Pins:
        """Return the custodians who count now."""
        return self.trust().current

    def read_signed(
        self,
        path: Path,
        reader: Callable[[bytes], Signed],
        *,
        what: str,
        limit: int = MAX_MANIFEST_BYTES,
        epoch: EpochDescriptor | None = None,
    ) -> Signed:
        """Read a document, here or anywhere, that enough of the custodians who count signed.

        ``epoch``: the believed descriptor of the epoch that it is for, whose custodians count for it too.
        """
        trust = self.trust()

        def believed(data: bytes) -> Signed:
            document = reader(data)
            trust.for_document(epoch or document).verify(document)
            return document

        return read_as(path, believed, what=what, limit=limit)

    def unit_card(self) -> UnitCard:
        """Return the linkage unit's card as it was pinned when the agency joined."""
        if not self.unit_file.is_file():
            self._require_joined()
        return card_at(self.unit_file, UnitCard, what="unit card")

    def descriptor(self) -> EpochDescriptor:
        """Return the epoch descriptor, its quorum checked again."""
        self._require_joined()
        return self.read_signed(self.epoch_file, read_descriptor, what="epoch descriptor")

    def identity(self, passphrase: str, *, moved_away: frozenset[str] = frozenset()) -> Identity:
        """Open the agency's private keys, and check that nobody changed whom this workspace trusts.

        ``moved_away``: files that may be missing.  Raises :class:`VerificationError`.
        """
        identity = self.unchecked_identity(passphrase)
        if identity.public_key != self.card().signing_key:
            raise VerificationError(
                "the identity is not the one of the card",
                hint="restore identity.json and card.json from the same backup",
            )
        require_trusted(self.path, identity, moved_away=moved_away)
        return identity

    def unchecked_identity(self, passphrase: str) -> Identity:
        """Open the agency's private keys and check nothing else: for finding out what is wrong."""
        return load_identity(self.identity_file, passphrase)

    def epoch_key(self, identity: Identity, descriptor: EpochDescriptor) -> EpochKey:
        """Open the epoch key in memory, the quorum of the wrapped key checked again."""
        if not self.wrapped_key_file.is_file():
            raise InputError(
                f"workspace {name_of(self.path)}: there is no wrapped key for your card",
                hint="have custodians wrap the key for your card, and run clew agency join again",
            )
        wrapped = self.read_signed(
            self.wrapped_key_file, read_wrapped_key, what="wrapped key", epoch=descriptor
        )
        with naming(self.wrapped_key_file):
            return unwrap_key(wrapped, identity, descriptor)

    def mapping_text(self) -> str | None:
        """Return the saved mapping, or nothing before one was used."""
        if not self.mapping_file.is_file():
            return None
        return read_limited(self.mapping_file, limit=256 * 1024, what="mapping").decode("utf-8")

    def save_mapping(self, text: str) -> bool:
        """Keep a mapping for the next time; tells whether it differs from the one kept."""
        if self.mapping_text() == text:
            return False
        store_private(self.mapping_file, text.encode("utf-8"))
        return True

    def save_epoch(self, descriptor: EpochDescriptor, wrapped: WrappedKey, unit: UnitCard) -> None:
        """Keep what joining an epoch brought; the descriptor goes last, and without it nothing was joined."""
        store_public(self.unit_file, canonical(unit))
        store_private(self.wrapped_key_file, canonical(wrapped))
        store_public(self.epoch_file, canonical(descriptor))

    def _require_joined(self) -> None:
        if not self.epoch_file.is_file():
            raise InputError(
                f"workspace {name_of(self.path)}: no epoch was joined yet",
                hint="run clew agency join with the epoch descriptor and the wrapped key of the custodians",
            )
