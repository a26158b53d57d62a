"""One moment of a whole unit, held fast while it runs: three databases, and every file that a row names.

A unit's databases have no common transaction, and a body moves from the intake into a worker's store.  What
holds them together is that a worker writes its own store first and the shared database last, and removes
from the intake only after that.  So, in this order:

1. the shared database's writer's place is taken: from here on no step can be completed;
2. a read transaction is opened on each of the three databases, which pins what it sees;
3. every body and chunk that a row names gets a second name (a hard link) in a folder of our own;
4. the place is given back, after milliseconds, and agencies and workers go on.

What is read after that is of the moment between 1 and 4, for as long as it takes: rows from the pinned
transactions, bytes under the second names, whatever is removed under the first.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from api.folders import DataFolder
from api.store import epochs, schema
from api.store.bodies import body_name, chunk_name
from api.store.database import SCHEMAS, Database, StoreName, open_database
from api.store.encodings import named_bodies
from linkage.errors import InputError

__all__ = ["LOCK", "HeldFile", "Moment", "clear_leftovers", "held_moment", "leftovers"]

_PREFIX = ".moment."
LOCK = ".moment.lock"


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A file that a row names: its place in the data folder, what its bytes must be, and where they are held.

    ``size`` None: the row does not say.  ``held`` None: there was no such file, although a row needs it.
    """

    place: str
    sha256: str
    size: int | None
    held: Path | None


@dataclass(frozen=True, slots=True)
class Moment:
    """What was held."""

    connections: dict[StoreName, Connection]
    files: list[HeldFile]


@dataclass(frozen=True, slots=True)
class _Named:
    place: str
    sha256: str
    size: int | None
    needed: bool


@contextlib.contextmanager
def held_moment(folder: DataFolder) -> Iterator[Moment]:
    """Hold one moment of a unit, running or not; raises :class:`InputError` if another is being held."""
    with contextlib.ExitStack() as open_:
        open_.enter_context(_alone(folder.root))
        _remove_leftovers(folder.root)
        databases = {
            name: open_.enter_context(contextlib.closing(open_database(folder.location(name), name)))
            for name in SCHEMAS
        }
        staging = folder.root / f"{_PREFIX}{secrets.token_hex(6)}"
        staging.mkdir(mode=0o700)
        open_.callback(shutil.rmtree, staging, ignore_errors=True)
        with databases["register"].write():
            connections = {name: open_.enter_context(_pinned(one)) for name, one in databases.items()}
            named = [*_of_intake(connections["register"]), *_of_encodings(connections)]
            files = [_held(folder, staging, number, one) for number, one in enumerate(named)]
        yield Moment(connections, [one for one in files if one is not None])


def leftovers(root: Path) -> list[Path]:
    """Return the folders of second names that killed processes left behind."""
    return [one for one in root.glob(f"{_PREFIX}*") if one.is_dir()]


def clear_leftovers(folder: DataFolder) -> None:
    """Remove what killed backups and checks left: under its second names what was erased since would live on.

    Raises :class:`InputError` while another runs.
    """
    with _alone(folder.root):
        _remove_leftovers(folder.root)


def _remove_leftovers(root: Path) -> None:
    for left in leftovers(root):
        shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Let one process at a time hold a moment: another's second names would look like a leftover."""
    descriptor = os.open(root / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise InputError(
            "--data: another backup or check of this unit runs", hint="wait until it has ended"
        ) from None
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _pinned(database: Database) -> Iterator[Connection]:
    with database.read() as connection:
        # A transaction sees the moment of its first statement, not of its beginning.
        connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
        yield connection


def _of_intake(register: Connection) -> Iterator[_Named]:
    """Name the bodies that a worker has still to take in, and the chunks of submissions that are open."""
    table, parts, chunks = schema.submissions, schema.parts, schema.chunks
    waiting = (
        select(parts.c.submission, parts.c.name, parts.c.sha256, parts.c.size)
        .join(table, table.c.id == parts.c.submission)
        .where(table.c.state == "committed", parts.c.state == "waiting")
    )
    for row in register.execute(waiting):
        place = f"intake/{row.name}/{body_name(row.submission, row.sha256)}"
        yield _Named(place, row.sha256, row.size, needed=True)
    arrived = (
        select(chunks.c.submission, chunks.c.part, chunks.c.sha256, chunks.c.size)
        .join(table, table.c.id == chunks.c.submission)
        .where(table.c.state == "open", chunks.c.present.is_(True))
    )
    for row in register.execute(arrived):
        place = f"intake/{row.part}/{chunk_name(row.submission, row.sha256)}"
        yield _Named(place, row.sha256, row.size, needed=True)


def _of_encodings(connections: dict[StoreName, Connection]) -> Iterator[_Named]:
    """Name the bodies of the linking worker's store; those that it is about to drop may be gone already."""
    register = connections["register"]
    ending = {
        one.name for one in epochs.all_epochs(register) if one.state in {"being destroyed", "destroyed"}
    }
    table = schema.submissions
    query = select(table.c.id, table.c.state, table.c.epoch)
    kept = {
        row.id
        for row in register.execute(query)
        if row.state in {"committed", "accepted"} and row.epoch not in ending
    }
    for submission, sha256 in named_bodies(connections["encodings"]):
        place = f"encodings/{body_name(submission, sha256)}"
        yield _Named(place, sha256, None, needed=submission in kept)


def _held(folder: DataFolder, staging: Path, number: int, named: _Named) -> HeldFile | None:
    held = staging / str(number)
    try:
        _second_name(folder.root / named.place, held)
    except FileNotFoundError:
        return HeldFile(named.place, named.sha256, named.size, None) if named.needed else None
    return HeldFile(named.place, named.sha256, named.size, held)


def _second_name(path: Path, held: Path) -> None:
    try:
        os.link(path, held)
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links: the bytes themselves, while the place is held
        shutil.copyfile(path, held)
