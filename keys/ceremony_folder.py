"""The folder of one ceremony: what its parties exchange, each file under a name of its own.

::

    ceremony.json             the terms                               public
    one-time-key.json         under the opener's passphrase           stays with the opener, until closing
    commitment-<name>.json    one per custodian                       public
    contribution-<name>.json  one per custodian, sealed               public
    transcript.json           who took part, with which messages      public
    epoch.json                the epoch descriptor                    public
    share-<name>.json         a share sealed to one custodian         to that custodian

``<name>`` is the first 16 hex digits of the custodian's card fingerprint.
"""

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from keys.ceremony import Closing, Exchanged
from keys.files import read_limited
from keys.messages import (
    MAX_CEREMONY_BYTES,
    Ceremony,
    Commitment,
    Contribution,
    Transcript,
    read_ceremony,
    read_commitment,
    read_contribution,
    read_transcript,
    short_name,
)
from keys.protected import MAX_PROTECTED_BYTES
from keys.storing import make_folder, read_as, refuse_existing, store_all
from linkage.errors import ClewError, InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import CustodianCard
from linkage.wire.epochs import EpochDescriptor, SealedShare, read_descriptor, read_sealed_share

__all__ = ["CeremonyFolder", "destroy", "was_destroyed"]

Message = TypeVar("Message", Commitment, Contribution)


class CeremonyFolder:
    """Reads and writes the files of one ceremony; whatever is wrong is said about a file by name."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def terms(self) -> Path:
        """Where the terms of the ceremony lie."""
        return self.path / "ceremony.json"

    @property
    def one_time_key(self) -> Path:
        """Where the one-time key lies unless the opener keeps it elsewhere."""
        return self.path / "one-time-key.json"

    @property
    def descriptor(self) -> Path:
        """Where the epoch descriptor lies once the ceremony is closed."""
        return self.path / "epoch.json"

    @property
    def transcript(self) -> Path:
        """Where the transcript lies once the ceremony is closed."""
        return self.path / "transcript.json"

    def commitment(self, card: CustodianCard) -> Path:
        """Where a custodian's commitment lies."""
        return self.path / f"commitment-{short_name(card)}.json"

    def contribution(self, card: CustodianCard) -> Path:
        """Where a custodian's sealed contribution lies."""
        return self.path / f"contribution-{short_name(card)}.json"

    def share(self, card: CustodianCard) -> Path:
        """Where a custodian's sealed share lies once the ceremony is closed."""
        return self.path / f"share-{short_name(card)}.json"

    def refuse_used(self) -> None:
        """Raise :class:`InputError` if a ceremony was opened here already."""
        refuse_existing(self.terms)

    def write_opening(self, ceremony: Ceremony, *, key_file: Path, one_time_key: bytes) -> None:
        """Write the terms of a ceremony and its protected one-time key, both or neither."""
        make_folder(self.path)
        make_folder(key_file.parent)
        self.refuse_used()
        refuse_existing(key_file)
        files = {key_file: one_time_key, self.terms: canonical(ceremony)}
        store_all(files, private=frozenset({key_file}))

    def read_terms(self) -> Ceremony:
        """Read the terms of the ceremony."""
        return read_as(self.terms, read_ceremony, what="ceremony", limit=MAX_CEREMONY_BYTES)

    def read_commitments(self, ceremony: Ceremony) -> dict[str, Commitment]:
        """Read the commitments that are there, by custodian; refuses files of nobody's."""
        self._refuse_foreign("commitment", map(self.commitment, ceremony.custodians))
        return _present(ceremony, self.commitment, read_commitment, "commitment")

    def read_contributions(self, ceremony: Ceremony) -> dict[str, Contribution]:
        """Read the contributions that are there, by custodian; refuses files of nobody's."""
        self._refuse_foreign("contribution", map(self.contribution, ceremony.custodians))
        return _present(ceremony, self.contribution, read_contribution, "contribution")

    def read_exchanged(self, ceremony: Ceremony) -> Exchanged:
        """Read all messages that are there."""
        return Exchanged(self.read_commitments(ceremony), self.read_contributions(ceremony))

    def read_transcript(self) -> Transcript:
        """Read the transcript."""
        return read_as(self.transcript, read_transcript, what="transcript")

    def read_descriptor(self) -> EpochDescriptor:
        """Read the epoch descriptor."""
        return read_as(self.descriptor, read_descriptor, what="epoch descriptor")

    def read_share(self, card: CustodianCard) -> SealedShare:
        """Read a custodian's sealed share."""
        return read_as(self.share(card), read_sealed_share, what="share")

    def write_closing(self, ceremony: Ceremony, closing: Closing) -> None:
        """Write what closing leaves behind, all or nothing.

        The descriptor is written last: where it is, everything that it rests on is too.
        """
        shares = {self.share(ceremony.card_of(key)): canonical(one) for key, one in closing.shares.items()}
        public = {
            self.transcript: canonical(closing.transcript),
            self.descriptor: canonical(closing.descriptor),
        }
        store_all({**shares, **public}, private=frozenset(shares))

    def _refuse_foreign(self, what: str, known: Iterable[Path]) -> None:
        expected = {path.name for path in known}
        for path in sorted(self.path.glob(f"{what}-*.json")):
            if path.name not in expected:
                raise VerificationError(
                    f"{path.name}: not from a custodian of this ceremony",
                    hint="two ceremonies have been mixed up, or somebody put a file here: take it away",
                )


def _present(
    ceremony: Ceremony, place: Callable[[CustodianCard], Path], reader: Callable[[bytes], Message], what: str
) -> dict[str, Message]:
    found = {}
    for card in ceremony.custodians:
        path = place(card)
        if path.exists():
            found[card.signing_key] = read_as(path, reader, what=what)
    return found


def was_destroyed(path: Path) -> bool:
    """Say whether :func:`destroy` overwrote a file and was stopped before it removed it."""
    with contextlib.suppress(ClewError):
        data = read_limited(path, limit=MAX_PROTECTED_BYTES, what="one-time key")
        return bool(data) and not data.strip(b"\0")
    return False


def destroy(path: Path) -> None:
    """Overwrite and remove a file that held a secret under a passphrase.

    A solid-state disk, a journal or a backup may keep the old blocks: what protects them is the passphrase.
    """
    try:
        with path.open("r+b") as stream:
            stream.write(bytes(path.stat().st_size))
            stream.flush()
            os.fsync(stream.fileno())
        path.unlink()
    except OSError as error:
        reason = (error.strerror or "cannot be removed").lower()
        raise InputError(
            f"{path.name}: not destroyed: {reason}", hint="remove the file by hand, now"
        ) from None
