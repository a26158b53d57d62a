"""A SQLite database of the unit: durable, opened only at the schema that this release knows."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, CursorResult, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from linkage.errors import InputError, VersionError

__all__ = ["SCHEMAS", "Database", "StoreName", "is_older", "number_of", "open_database", "schema_of"]

StoreName = Literal["register", "encodings", "payload"]

SCHEMAS: dict[StoreName, str] = {
    "register": "register_9",
    "encodings": "encodings_1",
    "payload": "payload_1",
}
"""The newest schema of each store.  Here, so that opening a database need not load the migrations."""

_BUSY_SECONDS = 20.0
_WRITE = "clew_write"


class Database:
    """Transactions on one database; each block is one, committed at its end or rolled back whole."""

    def __init__(self, path: Path) -> None:
        # Without hide_parameters an error would carry what was being stored into the log.
        self._engine = create_engine(
            f"sqlite:///{path}",
            hide_parameters=True,
            max_overflow=-1,  # as many connections as there are threads; SQLite itself queues the writers
            connect_args={"timeout": _BUSY_SECONDS},
        )
        _prepare(self._engine)

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database throughout."""
        with self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that holds the writer's place from its first statement.

        A transaction that began by reading and then writes fails at once when another wrote in between;
        taking the place first makes it wait instead.
        """
        with self._engine.connect().execution_options(**{_WRITE: True}) as connection, connection.begin():
            yield connection

    def scrub(self) -> None:
        """Write the file anew and empty its log, so that nothing deleted is left in a gap of either.

        The copy is made in memory.  Raises :class:`OSError` on a full disk, or while another process still
        reads what the log holds: a fault that may pass.
        """
        with self._engine.connect() as connection:
            driver = connection.connection.cursor()
            try:
                driver.execute("PRAGMA temp_store=MEMORY")  # the copy must not pass through a temporary file
                driver.execute("VACUUM")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                state = driver.fetchone()
            except sqlite3.OperationalError as error:
                raise OSError(f"the database cannot be written anew: {error}") from None
            finally:
                driver.close()
        if state is None or state[0]:
            raise OSError("another process reads the database")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _prepare(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver would otherwise begin transactions of its own
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL may lose the last commits in a power cut, and with them acknowledged submissions.
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        # Without it a deleted row stays readable in the file until its place is used again.
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def open_database(path: Path, store: StoreName) -> Database:
    """Open a database, refusing one that is not there or whose schema this release does not know."""
    try:
        there = path.is_file()
    except PermissionError:
        raise InputError(
            f"{path.name}: permission denied", hint="run this as the account that it belongs to"
        ) from None
    if not there:
        raise InputError(
            f"{path.name}: not found", hint="restore it from a backup; init makes new units only"
        )
    database = Database(path)
    try:
        with database.read() as connection:
            found = schema_of(connection)
    except DatabaseError as error:
        database.close()
        if isinstance(error, OperationalError):
            raise
        raise InputError(
            f"{path.name}: not a database, or damaged", hint="restore it from a backup"
        ) from None
    known = SCHEMAS[store]
    if found != known:
        database.close()
        raise VersionError(
            f"{path.name}: its schema is {found or 'none'}, this release knows {known}",
            hint="stop the service and both workers, then `clew register upgrade --data DIR`"
            if is_older(found, store)
            else "use the release of clew that wrote it; nothing has been changed",
        )
    return database


def is_older(found: str | None, store: StoreName) -> bool:
    """Say whether a schema is one that the migrations of this release begin from."""
    name, _, number = (found or "").partition("_")
    newest = int(SCHEMAS[store].partition("_")[2])
    return name == store and number.isascii() and number.isdigit() and 1 <= int(number) < newest


def schema_of(connection: Connection) -> str | None:
    """Return the schema that a database says it has, or None."""
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def number_of(added: CursorResult[Any]) -> int:
    """Return the number that the database gave to a row that was added."""
    key = added.inserted_primary_key
    if key is None:
        raise LookupError("no row was added")
    return int(key[0])
