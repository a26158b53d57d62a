"""The linking worker's own store: sealed encodings as they arrived, and an index of them.

The body stays sealed to the worker's key, as it came or, once rows were erased from it, by the worker itself;
the index holds no handle.  Nothing else of the unit opens it.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from api.clock import day_of
from api.store.bodies import BodyFolder, body_name, owner_of, sync_folder
from api.store.database import BIG_INTEGER, Database, Location, Pool, open_database
from linkage.wire.manifest import Manifest

__all__ = ["EncodingStore", "StoredEncodings", "metadata", "named_bodies"]

metadata = MetaData()

_bodies = Table(
    "bodies",
    metadata,
    Column("submission", String(64), primary_key=True),
    Column("agency", String(12), nullable=False),
    Column("period_start", String(10), nullable=False),
    Column("period_end", String(10), nullable=False),
    Column("sequence", BIG_INTEGER, nullable=False),
    Column("epoch", String(32), nullable=False),
    Column("sealed_sha256", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("stored_at", String(27), nullable=False),
    Column("dropped_at", String(27)),
)


@dataclass(frozen=True, slots=True)
class StoredEncodings:
    """One submission's encodings in the store."""

    submission: str
    agency: str
    epoch: str
    sequence: int
    sealed_sha256: str
    rows: int


class EncodingStore:
    """Sealed encodings by submission."""

    def __init__(
        self,
        folder: Path,
        database: Location,
        pool: Pool = Pool(),  # noqa: B008 (frozen)
    ) -> None:
        self._database: Database = open_database(database, "encodings", pool)
        self.bodies = BodyFolder(folder)

    def close(self) -> None:
        """Close the index."""
        self._database.close()

    def add(self, submission: str, manifest: Manifest, intake: BodyFolder, name: str, *, now: str) -> None:
        """Take a sealed body over from the intake: body, fsync, then the row.  Doing it twice is harmless.

        Another worker that starts in between sweeps bodies without a row: whoever holds the writer's place
        looks again whether this one is there.
        """
        part = manifest.part("encodings")
        pieces = intake.pieces(name)
        own = body_name(submission, part.sealed_sha256)
        self.bodies.put(own, pieces, sha256=part.sealed_sha256, size=part.sealed_size)
        with self._database.write() as connection:
            known = connection.scalar(select(_bodies.c.submission).where(_bodies.c.submission == submission))
            if not self.bodies.has(own):
                self.bodies.put(own, intake.pieces(name), sha256=part.sealed_sha256, size=part.sealed_size)
            if known is None:
                connection.execute(
                    insert(_bodies).values(**_row(submission, manifest), stored_at=day_of(now))
                )

    def get(self, submission: str) -> StoredEncodings | None:
        """Return what is held of a submission, or None."""
        query = select(_bodies).where(_bodies.c.submission == submission, _bodies.c.dropped_at.is_(None))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return _stored(row)

    def body_name(self, stored: StoredEncodings) -> str:
        """Return the name of a stored body."""
        return body_name(stored.submission, stored.sealed_sha256)

    def drop(self, submission: str, *, now: str) -> None:
        """Remove a submission's encodings: first the row says so, then the body goes.

        The other way round, a fault in between would leave a row that promises a body.
        """
        stored = self.get(submission)
        if stored is None:
            return
        with self._database.write() as connection:
            connection.execute(
                update(_bodies).where(_bodies.c.submission == submission).values(dropped_at=day_of(now))
            )
        self.bodies.remove([self.body_name(stored)])

    def of_agency(self, agency: str) -> list[StoredEncodings]:
        """Return what is held of an agency, oldest first."""
        query = select(_bodies).where(_bodies.c.agency == agency, _bodies.c.dropped_at.is_(None))
        with self._database.read() as connection:
            return [_stored(row) for row in connection.execute(query.order_by(_bodies.c.sequence))]

    def replace(self, stored: StoredEncodings, pieces: Iterable[bytes], *, rows: int) -> None:
        """Put another sealed body in the place of one: the new body, then the row, then the old one goes.

        A fault in between leaves a body that no row names, which :meth:`tidy` and :meth:`sweep` remove.
        """
        sealed = b"".join(pieces)
        digest = hashlib.sha256(sealed).hexdigest()
        name = body_name(stored.submission, digest)
        self.bodies.put(name, [sealed], sha256=digest, size=len(sealed))
        with self._database.write() as connection:
            where = (_bodies.c.submission == stored.submission, _bodies.c.dropped_at.is_(None))
            connection.execute(update(_bodies).where(*where).values(sealed_sha256=digest, rows=rows))
        self.tidy(stored.submission)

    def tidy(self, submission: str) -> None:
        """Remove every body of a submission but the one that its row names, and make that durable.

        With them goes what a killed worker left half-written: only one works on a submission at a time.
        """
        stored = self.get(submission)
        named = None if stored is None else self.body_name(stored)
        held = [*self.bodies.names(".sealed"), *self.bodies.unfinished()]
        found = [one for one in held if owner_of(one) == submission]
        if stray := [one for one in found if one != named]:
            self.bodies.remove(stray)
            sync_folder(self.bodies.folder)

    def erase(self, epoch: str, submissions: Collection[str]) -> None:
        """Erase an epoch: the rows, then the bodies, then whatever the index's file still holds of them."""
        self._erase(_bodies.c.epoch == epoch, submissions)

    def erase_agency(self, agency: str, submissions: Collection[str]) -> None:
        """Erase everything of an agency, in the same order."""
        self._erase(_bodies.c.agency == agency, submissions)

    def _erase(self, which: ColumnElement[bool], submissions: Collection[str]) -> None:
        with self._database.write() as connection:
            connection.execute(delete(_bodies).where(which))
        self.bodies.remove_of(submissions)
        self._database.scrub()

    def sweep(self) -> None:
        """Remove bodies that no row names, as a fault between two steps may leave them.

        In the writer's place: another worker may be taking one over (:meth:`add`).
        """
        self.bodies.sweep_unfinished()
        query = select(_bodies.c.submission, _bodies.c.sealed_sha256).where(_bodies.c.dropped_at.is_(None))
        with self._database.write() as connection:
            named = {body_name(row.submission, row.sealed_sha256) for row in connection.execute(query)}
            self.bodies.remove(name for name in self.bodies.names(".sealed") if name not in named)


def _stored(row: Row[Any]) -> StoredEncodings:
    return StoredEncodings(row.submission, row.agency, row.epoch, row.sequence, row.sealed_sha256, row.rows)


def _row(submission: str, manifest: Manifest) -> dict[str, object]:
    return {
        "submission": submission,
        "agency": manifest.agency,
        "period_start": str(manifest.period.start),
        "period_end": str(manifest.period.end),
        "sequence": manifest.sequence,
        "epoch": manifest.epoch,
        "sealed_sha256": manifest.part("encodings").sealed_sha256,
        "rows": manifest.counts.rows,
    }


def named_bodies(connection: Connection) -> list[tuple[str, str]]:
    """Return submission and digest of every body that the store holds."""
    query = select(_bodies.c.submission, _bodies.c.sealed_sha256).where(_bodies.c.dropped_at.is_(None))
    return [(row.submission, row.sealed_sha256) for row in connection.execute(query)]
