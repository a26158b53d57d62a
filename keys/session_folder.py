"""The folder of one session: what custodians exchange to wrap the epoch key at a distance.

::

    session.json            epoch, agencies and the one-time key      public
    epoch.json              the signed epoch descriptor               public
    one-time-key.json       under the opener's passphrase             stays with the opener, until closing
    handed-<name>.json      one per custodian, sealed                 public
    wrapped-<code>.json     one per agency, once the session closed   to that agency, when signed

``<name>`` is the first 16 hex digits of the custodian's card fingerprint.
"""

from collections.abc import Sequence
from pathlib import Path

from keys.messages import Ceremony, short_name
from keys.session import (
    MAX_SESSION_BYTES,
    HandedShare,
    Session,
    check_handed,
    read_handed,
    read_session,
    require_descriptor,
)
from keys.storing import make_folder, naming, read_as, refuse_existing, store_all, store_public
from keys.wrapping import belongs_to
from linkage.errors import VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, CustodianCard
from linkage.wire.epochs import EpochDescriptor, WrappedKey, read_descriptor, read_wrapped_key

__all__ = ["SessionFolder"]


class SessionFolder:
    """Reads and writes the files of one session; whatever is wrong is said about a file by name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def session(self) -> Path:
        """Where the session itself lies."""
        return self.path / "session.json"

    @property
    def descriptor(self) -> Path:
        """Where the signed descriptor of its epoch lies."""
        return self.path / "epoch.json"

    @property
    def one_time_key(self) -> Path:
        """Where the one-time key lies unless the opener keeps it elsewhere."""
        return self.path / "one-time-key.json"

    def handed(self, card: CustodianCard) -> Path:
        """Where a custodian's handed share lies."""
        return self.path / f"handed-{short_name(card)}.json"

    def wrapped(self, card: AgencyCard) -> Path:
        """Where an agency's wrapped key lies once the session is closed."""
        return self.path / f"wrapped-{card.agency}.json"

    def refuse_used(self) -> None:
        """Raise :class:`InputError` if a session was opened here already."""
        refuse_existing(self.session)
        refuse_existing(self.descriptor)

    def write_opening(
        self, session: Session, descriptor: EpochDescriptor, *, key_file: Path, one_time_key: bytes
    ) -> None:
        """Write a session, the descriptor and the protected one-time key, all or none."""
        make_folder(self.path)
        make_folder(key_file.parent)
        self.refuse_used()
        refuse_existing(key_file)
        files = {
            key_file: one_time_key,
            self.descriptor: canonical(descriptor),
            self.session: canonical(session),
        }
        store_all(files, private=frozenset({key_file}))

    def read_session(self) -> Session:
        """Read the session."""
        return read_as(self.session, read_session, what="session", limit=MAX_SESSION_BYTES)

    def read_descriptor(self, session: Session) -> EpochDescriptor:
        """Read the descriptor that the session names, not yet to be believed."""
        descriptor = read_as(self.descriptor, read_descriptor, what="epoch descriptor")
        with naming(self.descriptor):
            require_descriptor(session, descriptor)
        return descriptor

    def read_handed(self, session: Session, terms: Ceremony) -> dict[str, HandedShare]:
        """Read the shares handed over to this session, by custodian; refuses files of nobody's."""
        places = {self.handed(card): card for card in terms.custodians}
        found = {}
        for path in sorted(self.path.glob("handed-*.json")):
            if path not in places:
                raise VerificationError(
                    f"{path.name}: not from a custodian of this epoch",
                    hint="two sessions have been mixed up, or somebody put a file here: take it away",
                )
            handed = read_as(path, read_handed, what="handed share")
            with naming(path):
                check_handed(session, places[path], handed)
            found[places[path].signing_key] = handed
        return found

    def write_handed(self, card: CustodianCard, handed: HandedShare) -> None:
        """Write a custodian's handed share."""
        refuse_existing(self.handed(card))
        store_public(self.handed(card), canonical(handed))

    def is_closed(self, session: Session) -> bool:
        """Say whether every agency's wrapped key is here: a closing that was stopped leaves fewer."""
        return all(self.wrapped(card).exists() for card in session.agencies)

    def check_closed(self, session: Session, descriptor: EpochDescriptor) -> None:
        """Check that each wrapped key here is for its agency's card and the session's epoch."""
        for card in session.agencies:
            path = self.wrapped(card)
            wrapped = read_as(path, read_wrapped_key, what="wrapped key")
            right = (wrapped.holder, wrapped.agency) == (card.signing_key, card.agency)
            if not right or not belongs_to(wrapped, descriptor):
                raise VerificationError(
                    f"{path.name}: not a wrapped key of this session",
                    hint="somebody put a file here: take it away and close again",
                )

    def write_closing(self, session: Session, wrapped: Sequence[WrappedKey]) -> None:
        """Write every agency's wrapped key, all or none; what a stopped closing left is replaced."""
        places = map(self.wrapped, session.agencies)
        files = dict(zip(places, map(canonical, wrapped), strict=True))
        store_all(files, private=frozenset(files))
