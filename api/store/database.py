"""A SQLite database of the unit: durable, opened only at the schema that this release knows."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import alembic.command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, CursorResult, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from linkage.errors import InputError, VersionError

__all__ = ["Database", "StoreName", "create_database", "number_of", "open_database"]

StoreName = Literal["register", "encodings", "payload"]

_MIGRATIONS = Path(__file__).parent / "migrations"
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
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writing = connection.get_execution_options().get(_WRITE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _migrations(store: StoreName) -> Config:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", _escaped(_MIGRATIONS))
    config.set_main_option("version_locations", _escaped(_MIGRATIONS / store))
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


def create_database(path: Path, store: StoreName) -> None:
    """Make an empty database at the newest schema; ``path`` may not exist."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    database = Database(path)
    config = _migrations(store)
    with database.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")
    database.close()


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
    with database.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    known = ScriptDirectory.from_config(_migrations(store)).get_current_head()
    if found != known:
        database.close()
        raise VersionError(
            f"{path.name}: its schema is {found or 'none'}, this release knows {known}",
            hint="use the release of clew that wrote it; nothing has been changed",
        )
    return database


def number_of(added: CursorResult[Any]) -> int:
    """Return the number that the database gave to a row that was added."""
    key = added.inserted_primary_key
    if key is None:
        raise LookupError("no row was added")
    return int(key[0])
