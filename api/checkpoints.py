"""Signing checkpoints of the unit's ledger, and what must be so before any is signed.

Whoever holds a checkpoint that this unit signed is a witness: a ledger that is shorter than it, or does not
go on from it, was restored from an old backup or rewritten.  The service refuses to sign in front of such a
witness until the operator has said what happened, which becomes an entry itself.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select

from api.clock import stamp
from api.folders import DataFolder
from api.secret_files import read_ledger_key
from api.store import ledger, schema
from api.store.database import Database
from api.unit import read_given, read_own_ledger_card
from linkage.errors import InputError, VerificationError
from linkage.wire.checkpoints import (
    Checkpoint,
    CheckpointAnswer,
    LedgerCard,
    read_checkpoint,
    sign_checkpoint,
)
from linkage.wire.ledger import EntryKind, Fact, LedgerEntry, read_statement
from linkage.wire.notes import MAX_NOTE_BYTES

__all__ = [
    "LedgerSigner",
    "note_configuration",
    "note_restoration",
    "open_signer",
    "outside_checkpoints",
    "require_goes_on",
]

_HINT = (
    "if the unit was restored from a backup, say so with `clew register audit restored`; if not, somebody "
    "changed its history: stop it and keep the folder"
)


@dataclass(frozen=True, slots=True)
class LedgerSigner:
    """The ledger's private key and its card."""

    key: Ed25519PrivateKey
    card: LedgerCard

    def checkpoint(self, connection: Connection) -> tuple[Checkpoint, str]:
        """Return the checkpoint over every entry that this transaction sees, and its signed note."""
        size = ledger.size_of(connection)
        found = Checkpoint(origin=self.card.note_key.name, size=size, root=ledger.root_of(connection, size))
        return found, sign_checkpoint(found, self.key)

    def answer(self, connection: Connection, since: int) -> CheckpointAnswer | None:
        """Return the newest checkpoint with the proof that it goes on from one, None if it is shorter."""
        point, note = self.checkpoint(connection)
        if since > point.size:
            return None
        proof = ledger.consistency(connection, since, point.size)
        hashes = tuple(one.hex() for one in proof)
        return CheckpointAnswer(ledger=self.card, since=since, checkpoint=note, proof=hashes)


def open_signer(folder: DataFolder) -> LedgerSigner:
    """Open the ledger's key; raises :class:`InputError` for a unit of an older release without one."""
    if not folder.ledger_card.is_file():
        raise InputError(
            f"{folder.ledger_card.name}: not found",
            hint="make the ledger's key with `clew register upgrade --data DIR`",
        )
    return LedgerSigner(read_ledger_key(folder.ledger_key), read_own_ledger_card(folder))


def outside_checkpoints(paths: Iterable[Path], card: LedgerCard) -> list[Checkpoint]:
    """Read checkpoints of this ledger that lie elsewhere: files, or folders of files ending in .txt.

    Raises :class:`linkage.errors.ClewError` for a file that is not a checkpoint that this unit signed.
    """
    files = [one for path in paths for one in (sorted(path.glob("*.txt")) if path.is_dir() else [path])]
    found = []
    for path in files:
        note = read_given(path, limit=MAX_NOTE_BYTES).decode("utf-8", "replace")
        try:
            found.append(read_checkpoint(note, card.note_key))
        except VerificationError as error:
            raise VerificationError(f"{path.name}: {error.message}", hint=error.hint) from None
    return found


def require_goes_on(connection: Connection, outside: Iterable[Checkpoint]) -> None:
    """Raise :class:`VerificationError` unless the ledger goes on from every checkpoint that others hold.

    One that an entry of the kind ``restored`` names was answered for.
    """
    size, answered = ledger.size_of(connection), _restored(connection)
    for point in outside:
        if (point.size, point.root.hex()) in answered:
            continue
        if point.size > size:
            raise VerificationError(
                f"the ledger has {size} entries, and somebody holds this unit's checkpoint of {point.size}",
                hint=_HINT,
            )
        if ledger.root_of(connection, point.size) != point.root:
            raise VerificationError(
                f"the ledger's first {point.size} entries are not those of a checkpoint that somebody holds",
                hint=_HINT,
            )


def note_restoration(connection: Connection, outside: Checkpoint, *, reason: str, now: str) -> LedgerEntry:
    """Write the entry by which the operator answers for a checkpoint that the ledger does not go on from."""
    facts: dict[str, Fact] = {"size": outside.size, "root": outside.root.hex(), "reason": reason}
    return ledger.append(connection, EntryKind.RESTORED, facts, now=now)


def note_configuration(database: Database, folder: DataFolder, *, now: dt.datetime) -> bool:
    """Write an entry if the settings or the public cards are other ones than the ledger last said."""
    paths = (folder.settings, folder.unit_card, folder.ledger_card)
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    with database.read() as connection:
        same = ledger.files_said(connection, digests) == digests
    if same:
        return False
    facts = {"files": ", ".join(sorted(digests))}
    with database.write() as connection:
        ledger.append(connection, EntryKind.CONFIGURATION_CHANGED, facts, now=stamp(now), files=digests)
    return True


def _restored(connection: Connection) -> set[tuple[object, object]]:
    entries, statements = schema.ledger_entries, schema.ledger_statements
    query = (
        select(statements.c.statement)
        .join(entries, entries.c.entry == statements.c.entry)
        .where(entries.c.kind == EntryKind.RESTORED)
    )
    facts = [read_statement(text.encode()).facts for text in connection.scalars(query)]
    return {(one.get("size"), one.get("root")) for one in facts}
