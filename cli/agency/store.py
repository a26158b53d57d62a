"""workspace.db: the crosswalk's rows, what each period's last snapshot held, and the journal.

The tables hold keyed digests, random handles, ciphertext, counts and times; whoever lacks the identity's
passphrase learns how many records there are and when they were sent, and nothing about whom.
"""

import contextlib
import datetime as dt
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from linkage.errors import InputError, VersionError

__all__ = ["JournalEntry", "Record", "Store"]

_VERSION = 1
_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE records (
    kind TEXT NOT NULL,
    reference_mac BLOB NOT NULL,
    handle TEXT NOT NULL UNIQUE,
    parent TEXT,
    sealed_reference BLOB NOT NULL,
    version INTEGER NOT NULL,
    content_mac BLOB NOT NULL,
    PRIMARY KEY (kind, reference_mac)
) WITHOUT ROWID;
CREATE TABLE held (
    period TEXT NOT NULL,
    handle TEXT NOT NULL,
    PRIMARY KEY (period, handle)
) WITHOUT ROWID;
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    period TEXT,
    sequence INTEGER,
    submission TEXT,
    details TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One crosswalk row; ``parent`` is the handle of the child that an episode or care spell belongs to."""

    kind: str
    reference_mac: bytes
    handle: str
    parent: str | None
    sealed_reference: bytes
    version: int
    content_mac: bytes


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What was done; ``details`` holds counts and digests only."""

    action: str
    period: str | None = None
    sequence: int | None = None
    submission: str | None = None
    details: Mapping[str, Any] | None = None


class Store:
    """The workspace's database, open for one command."""

    def __init__(self, path: Path) -> None:
        """Open the database, making it if need be; raises :class:`InputError` or :class:`VersionError`."""
        # Not loaded above: it loads pandas wherever there is one, and most commands open no database.
        import sqlite_utils

        try:
            if not path.exists():
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            # isolation_level None: transactions begin and end where this module says, not the driver.
            connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
            self._db = sqlite_utils.Database(connection)
            self._prepare(path)
        except (sqlite3.DatabaseError, OSError):
            raise InputError(
                f"{path.name}: not a workspace database, or damaged, or in use",
                hint="let other clew commands end; if it stays so, restore the workspace from its backup",
            ) from None

    def _prepare(self, path: Path) -> None:
        connection = self._db.conn
        connection.execute("PRAGMA synchronous = FULL")
        if self._version() == 0:
            self._create()
        version = self._version()
        if version != _VERSION:
            self.close()
            raise VersionError(
                f"{path.name}: format version {version}, this release reads version {_VERSION}",
                hint="use a release of clew that knows this version",
            )

    def _version(self) -> int:
        return int(self._db.conn.execute("PRAGMA user_version").fetchone()[0])

    def _create(self) -> None:
        """Make the tables, unless another command did so while this one waited for its turn."""
        with self.transaction():
            if self._version() == 0:
                for statement in filter(str.strip, _SCHEMA.split(";\n")):
                    self._db.conn.execute(statement)
                self._db.conn.execute(f"PRAGMA user_version = {_VERSION}")

    def close(self) -> None:
        """Close the database; what was not committed is gone."""
        self._db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Do everything in the block or nothing of it, and let no other command write meanwhile."""
        try:
            self._db.conn.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            raise InputError(
                "another clew command is working in this workspace", hint="wait until it has ended"
            ) from None
        try:
            yield
            self._db.conn.execute("COMMIT")
        except BaseException:
            self._db.rollback()
            raise

    def records(self) -> list[Record]:
        """Return every crosswalk row."""
        return [Record(**row) for row in self._db.table("records").rows]

    def put_records(self, records: Iterable[Record]) -> None:
        """Add crosswalk rows, or replace those with the same kind and reference."""
        rows = ({name: getattr(record, name) for name in Record.__slots__} for record in records)
        self._db.table("records").upsert_all(rows, pk=("kind", "reference_mac"))

    def replace_records(self, records: Iterable[Record]) -> None:
        """Put crosswalk rows in place of all that are there, and overwrite those where they lay."""
        made = list(records)
        self._db.conn.execute("PRAGMA secure_delete = ON")  # a freed page would keep what the old key opens
        self._db.conn.execute("DELETE FROM records")
        self.put_records(made)

    def forget_records(self, handles: Iterable[str]) -> int:
        """Erase crosswalk rows with all that belong to them, and overwrite them where they lay."""
        connection = self._db.conn
        connection.execute("PRAGMA secure_delete = ON")
        going, waiting = set[str](), list(handles)
        while waiting:  # a child's episodes, and their interviews
            handle = waiting.pop()
            going.add(handle)
            rows = connection.execute("SELECT handle FROM records WHERE parent = ?", [handle])
            waiting += [row[0] for row in rows if row[0] not in going]
        count = 0
        for handle in going:
            count += connection.execute("DELETE FROM records WHERE handle = ?", [handle]).rowcount
            connection.execute("DELETE FROM held WHERE handle = ?", [handle])
        return count

    def held(self, period: str) -> frozenset[str]:
        """Return the handles that the last snapshot of a period held."""
        rows = self._db.table("held").rows_where("period = ?", [period], select="handle")
        return frozenset(row["handle"] for row in rows)

    def held_by_period(self) -> dict[str, frozenset[str]]:
        """Return, for every period, the handles that its last snapshot held."""
        rows = self._db.query("SELECT DISTINCT period FROM held ORDER BY period")
        return {row["period"]: self.held(row["period"]) for row in rows}

    def hold(self, period: str, handles: Iterable[str]) -> None:
        """Note what the newest snapshot of a period holds."""
        self._db.table("held").delete_where("period = ?", [period])
        self._db.table("held").insert_all({"period": period, "handle": handle} for handle in handles)

    def next_sequence(self) -> int:
        """Return the sequence of the next bundle: one above all that the journal names."""
        row = self._db.conn.execute("SELECT max(sequence) FROM journal").fetchone()
        return (row[0] or 0) + 1

    def write_journal(self, entry: JournalEntry) -> None:
        """Add a line to the journal."""
        self._db.table("journal").insert(
            {
                "at": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "action": entry.action,
                "period": entry.period,
                "sequence": entry.sequence,
                "submission": entry.submission,
                "details": json.dumps(dict(entry.details or {}), sort_keys=True),
            }
        )

    def journal(self) -> list[dict[str, Any]]:
        """Return the journal, oldest first."""
        return list(self._db.table("journal").rows_where(order_by="id"))
