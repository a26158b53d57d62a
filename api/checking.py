"""Whether a unit is what it says it is: its databases, every file against its row, store against store.

Works on a unit that runs, for it looks at one moment (:mod:`api.held_files`).
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError, OperationalError

from api.auditing import check_unit as audit_unit
from api.checkpoints import LedgerSigner
from api.clock import utc_now
from api.config import read_settings
from api.folders import DataFolder
from api.heartbeats import living, read_beats
from api.held_files import HeldFile, Moment, held_moment
from api.secret_files import read_receipts_key, read_worker_key
from api.store import epochs, schema
from api.store.bodies import owner_of
from api.store.database import SCHEMAS, StoreName, open_database
from api.store.encodings import named_bodies
from api.store.ledger import FILE
from api.store.payload import stored_snapshots
from api.store.under_way import submissions_under_way
from api.unit import read_own_ledger_card, read_unit_card
from linkage.errors import ClewError, InputError, VersionError
from linkage.register.ledger_audit import Finding
from linkage.wire.cards import UnitCard
from linkage.wire.signing import public_text

__all__ = ["Damage", "Looked", "check_unit", "digest_of"]

_PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is not what it should be: where, and what."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}\t{self.what}"


@dataclass(slots=True)
class Looked:
    """How much was looked at.

    ``under_way``: submissions whose bodies or records are not what the ledger says because a job has begun
    with them and has not ended.
    """

    files: int = 0
    size: int = 0
    ledger: bool = False
    worker: bool = False
    under_way: int = 0


def check_unit(folder: DataFolder, looked: Looked | None = None) -> Iterator[Damage]:
    """Yield what is damaged; raises :class:`linkage.errors.ClewError` for what cannot be looked at."""
    looked = looked or Looked()
    read_settings(folder.settings)
    yield from _secrets(folder, read_unit_card(folder))
    unreadable = list(_unreadable(folder))
    yield from unreadable
    if not unreadable:
        try:
            yield from _of_moment(folder, looked)
        except DatabaseError as error:
            if isinstance(error, OperationalError) and "malformed" not in str(error.orig):
                raise  # locked, or not ours to open: that says nothing of its content
            yield Damage("a database", "the file is damaged")


def _unreadable(folder: DataFolder) -> Iterator[Damage]:
    """Say which databases cannot be opened at all; one of another schema is no damage but refused."""
    for name in SCHEMAS:
        location = folder.location(name)
        try:
            open_database(location, name).close()
        except VersionError:
            raise
        except ClewError as error:
            if not isinstance(location, Path):
                raise  # a server that does not answer says nothing of what it holds
            yield Damage(location.name, error.message.partition(": ")[2])


def _of_moment(folder: DataFolder, looked: Looked) -> Iterator[Damage]:
    with held_moment(folder) as moment:
        for name, connection in moment.connections.items():
            yield from _database(name, connection)
        yield from _rows(moment)
        for one in moment.files:
            looked.files += 1
            yield from _file(one, looked)
        # What a worker is at work on would look changed.
        looked.worker = bool(living(read_beats(folder.heartbeats), now=utc_now()))
        looked.ledger = not looked.worker
        if looked.ledger:
            yield from _ledger(folder, moment.connections["register"], looked)


def _secrets(folder: DataFolder, card: UnitCard) -> Iterator[Damage]:
    """Say which secrets are not those of the card; one that is not there is kept elsewhere."""
    secrets: dict[Path, Callable[[Path], str]] = {
        folder.receipts_key: lambda path: public_text(read_receipts_key(path).public_key()),
        folder.linking_key: lambda path: read_worker_key(path, "linking-worker").sealing.public_text(),
        folder.register_key: lambda path: read_worker_key(path, "register-worker").sealing.public_text(),
    }
    expected = (card.signing_key, card.encodings_key, card.payload_key)
    for (path, public), key in zip(secrets.items(), expected, strict=True):
        if not path.exists():
            continue
        try:
            found = public(path)
        except ClewError as error:
            yield Damage(f"secrets/{path.name}", error.message)
            continue
        if found != key:
            yield Damage(f"secrets/{path.name}", "it is not the key on the unit's card")


def _database(name: StoreName, connection: Connection) -> Iterator[Damage]:
    """Have SQLite look at every page, index and constraint of one database."""
    where = f"{name}.db"
    if connection.dialect.name != "sqlite":
        return  # PostgreSQL checks what it reads; its own pg_amcheck looks at the rest
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    for _ in [one for one in found if one != "ok"]:
        # What SQLite says may hold a value of the row it speaks of.
        yield Damage(where, "the file is damaged")
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
        yield Damage(where, f"a row of {row[0]} names one of {row[2]} that is not there")


def _rows(moment: Moment) -> Iterator[Damage]:
    """Compare what the shared database says was taken in with what the workers' stores hold."""
    register = moment.connections["register"]
    ending = {
        one.name for one in epochs.all_epochs(register) if one.state in {"being destroyed", "destroyed"}
    }
    held = {
        "encodings": {submission for submission, _ in named_bodies(moment.connections["encodings"])},
        "payload": stored_snapshots(moment.connections["payload"]),
    }
    table, parts = schema.submissions, schema.parts
    query = (
        select(table.c.id, table.c.epoch, parts.c.name)
        .join(parts, parts.c.submission == table.c.id)
        .where(table.c.state.in_(("committed", "accepted")), parts.c.state == "valid")
    )
    for row in register.execute(query):
        if row.epoch not in ending and row.id not in held[row.name]:
            yield Damage(f"{row.name}.db", f"the {row.name} of submission {row.id} are not in the store")


def _ledger(folder: DataFolder, register: Connection, looked: Looked) -> Iterator[Damage]:
    """Audit the ledger, without its key, and what it covers but unit.toml, which the operator may change.

    What a job that was interrupted has done already is no damage: the job is done again, and its entry says
    so then.  An audit by `clew audit verify` has no such leniency.
    """
    card = read_unit_card(folder)
    try:
        signer = LedgerSigner(Ed25519PrivateKey.generate(), read_own_ledger_card(folder))
        found = audit_unit(register, folder, signer, signing_key=card.signing_key, outside=())
    except InputError as error:
        yield Damage("ledger", error.message)
        return
    begun, left = submissions_under_way(register), set()
    for one in found.findings:
        owner = _owner(one)
        if owner in begun:
            left.add(owner)
        elif folder.settings.name not in one.where:
            yield Damage(f"ledger: {one.where}", one.what)
    looked.under_way = len(left)


def _owner(found: Finding) -> str | None:
    """Return the submission whose body or records a finding is about."""
    what, key = found.place or ("", "")
    if what == "payload":
        return key
    folder, _, name = key.rpartition("/")
    return owner_of(name) if what == FILE and folder else None


def _file(one: HeldFile, looked: Looked) -> Iterator[Damage]:
    """Compare a file with its row."""
    if one.held is None:
        yield Damage(one.place, "the file is not there")
        return
    digest, size = digest_of(one.held)
    looked.size += size
    if digest != one.sha256 or (one.size is not None and size != one.size):
        yield Damage(one.place, "the file is not what its row says")


def digest_of(path: Path) -> tuple[str, int]:
    """Return SHA-256 and size of a file's bytes."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size
