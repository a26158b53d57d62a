"""The register worker's own store: records of the payload, each sealed by itself.

A row says whose record it is, of which kind, and where it stands; what the record says is sealed under a
key that only the register worker can derive, so that a copy of this database holds nothing to read.
"""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Literal, cast

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from api.secret_files import WorkerKey
from api.store.bulk import delete_rows, insert_rows
from api.store.database import BIG_INTEGER, Database, Location, Pool, insert_new, open_database
from api.store.opened import OpenedSnapshots
from api.store.partitions import drop_without, ensure_partition, tables_of
from api.store.payload_history import EpisodeVersion, next_of_period, versions_of
from api.store.payload_rows import all_records, open_row, sealed_row, speaks_of, survives_storage
from linkage.wire.derivation import keyed_digest
from linkage.wire.manifest import Manifest
from linkage.wire.records import (
    CareSpell,
    Child,
    Coverage,
    Episode,
    Payload,
    ReturnInterview,
)

__all__ = [
    "PayloadStore",
    "RecordStatus",
    "metadata",
    "payload_digests",
    "scrub_noted",
    "stored_snapshots",
    "survives_storage",
    "to_be_scrubbed",
]

RecordStatus = Literal["waiting", "current", "superseded", "withdrawn"]
"""``waiting``: its submission is not accepted yet; ``superseded``: a newer snapshot of the period holds it
again; ``withdrawn``: the newer snapshot does not."""

_KINDS = {
    "child": "payload-children",
    "care-spell": "payload-care-spells",
    "episode": "payload-episodes",
    "return-interview": "payload-interviews",
    "coverage": "payload-coverage",
}
_ROWS_AT_A_TIME = 2000

metadata = MetaData()

_snapshots = Table(
    "snapshots",
    metadata,
    Column("submission", String(64), primary_key=True),
    Column("agency", String(12), nullable=False),
    Column("period_start", String(10), nullable=False),
    Column("period_end", String(10), nullable=False),
    Column("sequence", BIG_INTEGER, nullable=False),
    Column("stored_at", String(27), nullable=False),
    Column("edition", BIG_INTEGER, nullable=False, server_default="0"),
)
"""``edition``: another random number whenever other records are in a snapshot than before."""

_records = Table(
    "records",
    metadata,
    Column("id", BIG_INTEGER, primary_key=True, autoincrement=True),
    Column("submission", String(64), ForeignKey("snapshots.submission"), nullable=False),
    Column("agency", String(12), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("handle", String(32), nullable=False),
    Column("version", BIG_INTEGER, nullable=False),
    Column("status", String(16), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("epoch", String(32), nullable=False, server_default=""),
    Index("records_by_submission", "submission", "kind", "handle"),
)
"""``handle`` of a return interview is its episode's; coverage has none and stands under an empty one.
``epoch``: in whose partition a record lies; empty where there are none (:mod:`api.store.partitions`)."""

_unscrubbed = Table("unscrubbed", metadata, Column("name", String(63), primary_key=True))
"""Tables from which something was deleted that must still be written anew."""


_COVERED = [one for one in _records.c if one.name not in {"id", "status", "epoch"}]
"""The columns that the ledger covers."""


class PayloadStore:
    """Records by submission."""

    def __init__(
        self,
        database: Location,
        key: WorkerKey,
        pool: Pool = Pool(),  # noqa: B008 (frozen)
        *,
        keep_opened: int = 0,
    ) -> None:
        """``keep_opened``: so many records stay opened in memory, of the snapshots read last."""
        self._database: Database = open_database(database, "payload", pool)
        self._key = key
        self._opened = OpenedSnapshots(keep_opened)

    def close(self) -> None:
        """Close the store."""
        self._database.close()

    def add(self, submission: str, manifest: Manifest, payload: Payload, *, now: str) -> None:
        """Store a snapshot whole, in one transaction.  Doing it twice is harmless."""
        snapshot = {
            "submission": submission,
            "agency": manifest.agency,
            "period_start": str(manifest.period.start),
            "period_end": str(manifest.period.end),
            "sequence": manifest.sequence,
            "stored_at": now,
            "edition": _another(),
        }
        with self._database.write() as connection:
            known = select(_snapshots.c.submission).where(_snapshots.c.submission == submission)
            if connection.scalar(known) is None:
                connection.execute(insert(_snapshots).values(**snapshot))
                epoch = ensure_partition(connection, manifest.epoch)
                self._add_records(connection, submission, payload, epoch)

    def _add_records(self, connection: Connection, submission: str, payload: Payload, epoch: str) -> None:
        aead = self._aead(submission)
        records = list(all_records(payload))
        for start in range(0, len(records), _ROWS_AT_A_TIME):
            rows = [
                sealed_row(aead, submission, payload.agency, record) | {"epoch": epoch}
                for record in records[start : start + _ROWS_AT_A_TIME]
            ]
            insert_rows(connection, _records, rows)

    def load(self, submission: str, agency: str) -> Payload | None:
        """Open a snapshot's records, or return None if the store does not hold it.

        One that is kept opened is not opened again.  Raises :class:`VerificationError` if a row was changed,
        moved or sealed under another key.
        """
        query = select(_records).where(_records.c.submission == submission).order_by(_records.c.id)
        held = select(_snapshots.c.edition).where(
            _snapshots.c.submission == submission, _snapshots.c.agency == agency
        )
        aead = self._aead(submission)
        with self._database.read() as connection:
            edition = connection.scalar(held)
            if edition is None:
                self._opened.forget(submission)
                return None
            found = self._opened.get(submission, edition)
            if found is not None:
                return found
            records = [open_row(aead, row) for row in connection.execute(query)]
        payload = Payload(
            agency=agency,
            children=tuple(r for r in records if isinstance(r, Child)),
            care_spells=tuple(r for r in records if isinstance(r, CareSpell)),
            episodes=tuple(r for r in records if isinstance(r, Episode)),
            interviews=tuple(r for r in records if isinstance(r, ReturnInterview)),
            coverage=tuple(r for r in records if isinstance(r, Coverage)),
        )
        self._opened.keep(submission, edition, payload)
        return payload

    def begin_round(self) -> None:
        """Note that a job begins that will load whatever stands."""
        self._opened.begin_round()

    def forget_changed(self) -> None:
        """Forget what is kept opened of snapshots that are gone, or from which records were erased."""
        with self._database.read() as connection:
            rows = connection.execute(select(_snapshots.c.submission, _snapshots.c.edition))
            self._opened.forget_all_but({row.submission: row.edition for row in rows})

    def settle(self, submission: str, *, among: Collection[str] | None = None) -> None:
        """Make a snapshot that was accepted the one that stands for its agency and period.

        Of an older snapshot every record ends: superseded if the newer one holds it again, else withdrawn.
        If a newer snapshot stands already, it is this one's records that end.  With ``among``, only these
        submissions are its like: those of another epoch end with their epoch.
        """
        with self._database.write() as connection:
            found = _same_period(connection, submission)
            snapshots = [one for one in found if among is None or one in among]
            if not snapshots:
                return
            waiting = (_records.c.submission == submission, _records.c.status == "waiting")
            connection.execute(update(_records).where(*waiting).values(status="current"))
            newest = snapshots[-1]
            for older in snapshots[:-1]:
                _end_records(connection, older, newest)

    def withdraw(self, submission: str) -> None:
        """End the records of a snapshot that the operator withdrew."""
        standing = (_records.c.submission == submission, _records.c.status.in_(("waiting", "current")))
        with self._database.write() as connection:
            connection.execute(update(_records).where(*standing).values(status="withdrawn"))

    def drop(self, submission: str) -> None:
        """Remove a snapshot that was refused."""
        with self._database.write() as connection:
            connection.execute(delete(_records).where(_records.c.submission == submission))
            connection.execute(delete(_snapshots).where(_snapshots.c.submission == submission))
        self._opened.forget(submission)

    def erase(self, records: Mapping[str, Collection[str]], *, whole: Collection[str] = ()) -> None:
        """Erase some records of each submission, and ``whole`` ones, in one transaction, and leave no trace.

        Records are named by their handles, a child's with everything about that child.  An episode's child
        stands in what is sealed, so every record of those submissions is opened.
        """
        with self._database.write() as connection:
            going = {one: self._about(connection, one, handles) for one, handles in records.items()}
            emptied = {one for one, ids in going.items() if len(ids) == _count(connection, one)}
            drop_without(connection, {*whole, *emptied})
            to_be_scrubbed(connection, tables_of(connection, {*records, *whole}))
            for submission, ids in going.items():
                for start in range(0, len(ids), 500):
                    some = _records.c.id.in_(ids[start : start + 500])
                    connection.execute(delete(_records).where(_records.c.submission == submission, some))
                another = {"edition": _another()}
                where = _snapshots.c.submission == submission
                connection.execute(update(_snapshots).where(where).values(**another))
            for submission in whole:
                connection.execute(delete(_records).where(_records.c.submission == submission))
                connection.execute(delete(_snapshots).where(_snapshots.c.submission == submission))
        for submission in (*records, *whole):
            self._opened.forget(submission)
        scrub_noted(self._database)

    def _about(self, connection: Connection, submission: str, handles: Collection[str]) -> list[int]:
        aead = self._aead(submission)
        query = select(_records).where(_records.c.submission == submission)
        opened = [(row.id, open_row(aead, row)) for row in connection.execute(query)]
        episodes = {
            one.handle
            for _, one in opened
            if isinstance(one, Episode) and (one.child in handles or one.handle in handles)
        }
        return [number for number, one in opened if speaks_of(one, handles, episodes)]

    def digest(self, submission: str, row_key: bytes) -> str | None:
        """Return the keyed digest of a snapshot's records as they lie here, None if there are none.

        Their status is left out: it follows from which snapshots were accepted.
        """
        query = select(*_COVERED).where(_records.c.submission == submission)
        with self._database.read() as connection:
            rows = [msgspec.json.encode(tuple(row)) for row in connection.execute(query)]
        return _digest(submission, rows, row_key) if rows else None

    def history(self, agency: str, episode: str) -> list[EpisodeVersion]:
        """Return every version of an episode that was ever accepted, the oldest first.

        What waits for acceptance is left out.  Raises :class:`VerificationError` as :meth:`load` does.
        """
        found: list[EpisodeVersion] = []
        with self._database.read() as connection:
            snapshots = connection.execute(
                select(_snapshots).where(_snapshots.c.agency == agency).order_by(_snapshots.c.sequence)
            ).all()
            for place, snapshot in enumerate(snapshots):
                own = (_records.c.submission == snapshot.submission, _records.c.kind == "episode")
                query = select(_records).where(*own, _records.c.handle == episode)
                row = connection.execute(query).one_or_none()
                if row is None or row.status == "waiting":
                    continue
                record = open_row(self._aead(snapshot.submission), row)
                if isinstance(record, Episode):
                    until = None if row.status == "current" else next_of_period(snapshots[place:])
                    gone = row.status == "withdrawn"
                    found.append(EpisodeVersion(record, snapshot.stored_at, until, withdrawn=gone))
        return versions_of(found)

    def snapshots_of(self, agency: str) -> list[str]:
        """Return the submissions of an agency that the store holds anything of, whatever became of them."""
        query = select(_snapshots.c.submission).where(_snapshots.c.agency == agency)
        with self._database.read() as connection:
            return list(connection.scalars(query.order_by(_snapshots.c.sequence)))

    def agencies(self) -> list[str]:
        """Return the agencies that the store holds anything of."""
        with self._database.read() as connection:
            return sorted(set(connection.scalars(select(_snapshots.c.agency).distinct())))

    def counts(self, submission: str) -> dict[str, int]:
        """Count a submission's records by kind, as certificates name kinds."""
        query = (
            select(_records.c.kind, func.count())
            .where(_records.c.submission == submission)
            .group_by(_records.c.kind)
        )
        with self._database.read() as connection:
            return {_KINDS[row[0]]: row[1] for row in connection.execute(query)}

    def count(self, submission: str) -> int:
        """Count a submission's records."""
        with self._database.read() as connection:
            return _count(connection, submission)

    def statuses(self, submission: str) -> dict[tuple[str, str], RecordStatus]:
        """Return where each record with a handle stands, by kind and handle."""
        query = select(_records).where(_records.c.submission == submission, _records.c.handle != "")
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return {(row.kind, row.handle): cast("RecordStatus", row.status) for row in rows}

    def _aead(self, submission: str) -> AESGCM:
        # A key per submission: random nonces under one key for all rows of years would come to repeat.
        return AESGCM(self._key.derive(f"payload-rows/{submission}"))


def _another() -> int:
    return secrets.randbits(62)


def _count(connection: Connection, submission: str) -> int:
    query = select(func.count()).select_from(_records).where(_records.c.submission == submission)
    return int(connection.scalar(query) or 0)


def to_be_scrubbed(connection: Connection, tables: Iterable[str]) -> None:
    """Note tables that are about to lose rows, in the transaction in which they do."""
    for name in (*tables, _snapshots.name):
        insert_new(connection, _unscrubbed, {"name": name})


def scrub_noted(database: Database) -> None:
    """Write anew what something was deleted from, and what a killed process before us left of that.

    Raises :class:`OSError` as :meth:`api.store.database.Database.scrub` does.
    """
    with database.read() as connection:
        names = list(connection.scalars(select(_unscrubbed.c.name)))
    database.scrub(names)
    with database.write() as connection:
        delete_rows(connection, _unscrubbed, ("name",), [(name,) for name in names])


def payload_digests(database: Location, row_key: bytes) -> dict[str, str]:
    """Return the digest of every snapshot's records (:meth:`PayloadStore.digest`), without a key."""
    rows: dict[str, list[bytes]] = defaultdict(list)
    store = open_database(database, "payload")
    try:
        with store.read() as connection:
            for row in connection.execute(select(*_COVERED)):
                rows[row.submission].append(msgspec.json.encode(tuple(row)))
    finally:
        store.close()
    return {submission: _digest(submission, found, row_key) for submission, found in rows.items()}


def _digest(submission: str, rows: list[bytes], row_key: bytes) -> str:
    content = hashlib.sha256(b"\n".join(sorted(rows))).digest()
    return keyed_digest(row_key, b"\x00".join((b"clew/ledger-payload/1", submission.encode(), content))).hex()


def _same_period(connection: Connection, submission: str) -> list[str]:
    """Return the settled snapshots of a snapshot's agency and period, and itself, oldest first."""
    own = _snapshots.alias("own")
    settled = (
        select(_records.c.id)
        .where(_records.c.submission == _snapshots.c.submission, _records.c.status != "waiting")
        .exists()
    )
    query = (
        select(_snapshots.c.submission)
        .join(
            own,
            (own.c.agency == _snapshots.c.agency)
            & (own.c.period_start == _snapshots.c.period_start)
            & (own.c.period_end == _snapshots.c.period_end),
        )
        .where(own.c.submission == submission, settled | (_snapshots.c.submission == submission))
        .order_by(_snapshots.c.sequence)
    )
    return list(connection.scalars(query))


def _end_records(connection: Connection, older: str, newest: str) -> None:
    newer = _records.alias("newer")
    again = (
        select(newer.c.id)
        .where(
            newer.c.submission == newest,
            newer.c.kind == _records.c.kind,
            newer.c.handle == _records.c.handle,
        )
        .exists()
    )
    standing = (_records.c.submission == older, _records.c.status == "current")
    connection.execute(update(_records).where(*standing, again).values(status="superseded"))
    connection.execute(update(_records).where(*standing, ~again).values(status="withdrawn"))


def stored_snapshots(connection: Connection) -> frozenset[str]:
    """Return the submissions of which the store holds a snapshot."""
    return frozenset(connection.scalars(select(_snapshots.c.submission)))
