"""SQLite: one file, one writer at a time, every commit on the disk before it counts."""

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from api.store.database_groups import GroupWriter
from linkage.errors import InputError

__all__ = ["SqliteDatabase"]

BUSY_SECONDS = 4.0
"""How long a writer waits for its place: longer than that, and nobody can tell it from a hang."""

_WRITE = "clew_write"


class SqliteDatabase:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # Without hide_parameters an error would carry what was being stored into the log.
        self.engine = create_engine(
            f"sqlite:///{path}",
            hide_parameters=True,
            max_overflow=-1,  # as many connections as there are threads that read
            connect_args={"timeout": BUSY_SECONDS},
        )
        self._prepare()
        self._writer = GroupWriter(self.engine, path.name, busy_seconds=BUSY_SECONDS)

    def _prepare(self) -> None:
        @event.listens_for(self.engine, "connect")
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

        @event.listens_for(self.engine, "begin")
        def _begun(connection: Connection) -> None:
            writing = connection.get_execution_options().get(_WRITE, False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database throughout."""
        with self.engine.begin() as connection:
            yield connection

    def write(self) -> contextlib.AbstractContextManager[Connection]:
        """Open a block that holds the writer's place from its first statement, and is durable at its end.

        A transaction that began by reading and then writes fails at once when another wrote in between;
        taking the place first makes it wait instead.  See :mod:`api.store.database_groups`.
        """
        return self._writer.block()

    beside = write

    def outside_transactions(self) -> contextlib.AbstractContextManager[Connection]:
        """Refuse: what needs it is a server's."""
        raise LookupError("only a server has statements that no transaction may hold")

    @contextlib.contextmanager
    def places(self, names: Collection[str]) -> Iterator[Callable[[], None]]:  # noqa: ARG002
        """Hold nothing: one process of each worker works on a file."""
        yield lambda: None

    def groups(self) -> tuple[int, int]:
        """Return how many groups were committed, and how many blocks they held."""
        return self._writer.groups, self._writer.blocks

    def own(self, connection: Connection) -> None:
        """Become the owner of what is made next: a file has one already."""

    act_as_owner = own

    def check(self) -> None:
        """Refuse a file that is not there or is no database; raises :class:`InputError`."""
        try:
            there = self.path.is_file()
        except PermissionError:
            raise InputError(
                f"{self.path.name}: permission denied", hint="run this as the account that it belongs to"
            ) from None
        if not there:
            raise InputError(
                f"{self.path.name}: not found", hint="restore it from a backup; init makes new units only"
            )
        try:
            with self.read() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        except OperationalError:
            raise
        except DatabaseError:
            raise InputError(
                f"{self.path.name}: not a database, or damaged", hint="restore it from a backup"
            ) from None

    def scrub(self, tables: Collection[str] | None = None) -> None:  # noqa: ARG002
        """Write the file anew and empty its log; the copy is made in memory."""
        with self.engine.connect() as connection:
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
        self._writer.close()
        self.engine.dispose()
