"""A database of the unit: durable, opened only at the schema that this release knows."""

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from sqlalchemy import BigInteger, Connection, CursorResult, Engine, Integer, Table
from sqlalchemy.dialects import sqlite

from api.store.database_sqlite import SqliteDatabase
from api.store.database_url import Location, PlaceTakenError, Pool, name_of
from linkage.errors import InputError, VersionError

__all__ = [
    "BIG_INTEGER",
    "SCHEMAS",
    "Database",
    "Location",
    "PlaceTakenError",
    "Pool",
    "StoreName",
    "insert_new",
    "is_older",
    "number_of",
    "open_database",
    "schema_of",
]

StoreName = Literal["register", "encodings", "payload"]

SCHEMAS: dict[StoreName, str] = {
    "register": "register_20",
    "encodings": "encodings_1",
    "payload": "payload_2",
}
"""The newest schema of each store.  Here, so that opening a database need not load the migrations."""

BIG_INTEGER = BigInteger().with_variant(Integer(), "sqlite")
"""Eight bytes everywhere: an INTEGER of PostgreSQL ends at 2,147,483,647, one of SQLite does not."""


class _Kind(Protocol):
    """What SQLite and PostgreSQL each do in their own way."""

    engine: Engine

    def read(self) -> contextlib.AbstractContextManager[Connection]: ...
    def write(self) -> contextlib.AbstractContextManager[Connection]: ...
    def beside(self) -> contextlib.AbstractContextManager[Connection]: ...
    def places(self, names: Collection[str]) -> contextlib.AbstractContextManager[Callable[[], None]]: ...
    def outside_transactions(self) -> contextlib.AbstractContextManager[Connection]: ...
    def groups(self) -> tuple[int, int]: ...
    def own(self, connection: Connection) -> None: ...
    def act_as_owner(self, connection: Connection) -> None: ...
    def check(self) -> None: ...
    def scrub(self, tables: Collection[str] | None) -> None: ...
    def close(self) -> None: ...


class Database:
    """Transactions on one database; each block is one, committed at its end or rolled back whole."""

    def __init__(self, location: Location, pool: Pool = Pool()) -> None:  # noqa: B008 (frozen)
        """``pool``: how many connections this process has; of no account for a file."""
        self.name = name_of(location)
        self._kind: _Kind = _kind(location, pool)
        self._engine = self._kind.engine

    def read(self) -> contextlib.AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database throughout."""
        return self._kind.read()

    def write(self) -> contextlib.AbstractContextManager[Connection]:
        """Open a transaction that holds the writer's place from its first statement until it is durable.

        Nobody else writes between what it reads and what it writes.  A block may find at its end that nothing
        was kept, so what cannot be taken back (an answer, a file removed) comes after it.
        """
        return self._kind.write()

    def write_beside(self) -> contextlib.AbstractContextManager[Connection]:
        """Open a transaction that may be run beside others that write, and beside :meth:`write`.

        Only for what is right row by row: one row is changed, or added under a unique constraint, and
        nothing is decided by what other rows say.  On SQLite it is no different from :meth:`write`.
        """
        return self._kind.beside()

    def outside_transactions(self) -> contextlib.AbstractContextManager[Connection]:
        """Open a connection on which every statement is a transaction of its own (PostgreSQL)."""
        return self._kind.outside_transactions()

    def places(self, names: Iterable[str]) -> contextlib.AbstractContextManager[Callable[[], None]]:
        """Hold places that one process has at a time while the block runs, longer than any transaction.

        Yields what raises if they were lost in the meantime.  Raises :class:`PlaceTakenError` at once if
        another process has one.  On SQLite there is nobody else, and nothing is held.
        """
        return self._kind.places(sorted(set(names)))

    def groups(self) -> tuple[int, int]:
        """Return how many groups of blocks this process committed, and how many blocks those held."""
        return self._kind.groups()

    def own(self, connection: Connection) -> None:
        """Let what a transaction makes belong to the database's owner, and the database to nobody else."""
        self._kind.own(connection)

    def act_as_owner(self, connection: Connection) -> None:
        """Let what a transaction makes belong to the database's owner, whoever runs it."""
        self._kind.act_as_owner(connection)

    def check(self) -> None:
        """Raise :class:`InputError` for a database that is not there or would not keep what is promised."""
        self._kind.check()

    def scrub(self, tables: Collection[str] | None = None) -> None:
        """Write the database anew, so that nothing deleted is left in a gap of its files.

        ``tables``: on PostgreSQL, only these, of which some may be gone; nothing was deleted from others.

        Raises :class:`OSError` on a full disk, or while another process still reads what was deleted: a fault
        that may pass.
        """
        self._kind.scrub(tables)

    def close(self) -> None:
        """Close every connection."""
        self._kind.close()


def _kind(location: Location, pool: Pool) -> _Kind:
    if isinstance(location, Path):
        return SqliteDatabase(location)
    try:
        # The driver is an extra, and takes a tenth of a second to load.
        from api.store.database_postgresql import PostgresqlDatabase
    except ImportError:
        raise InputError(
            f"{name_of(location)}: the driver of PostgreSQL is not installed",
            hint="install clew with the extra `postgresql`",
        ) from None
    return PostgresqlDatabase(location, pool)


def open_database(
    location: Location,
    store: StoreName,
    pool: Pool = Pool(),  # noqa: B008 (frozen)
) -> Database:
    """Open a database, refusing one that is not there or whose schema this release does not know."""
    database = Database(location, pool)
    try:
        database.check()
        with database.read() as connection:
            found = schema_of(connection)
        _check_schema(database.name, found, store)
    except BaseException:
        database.close()
        raise
    return database


def _check_schema(name: str, found: str | None, store: StoreName) -> None:
    known = SCHEMAS[store]
    if found != known:
        raise VersionError(
            f"{name}: its schema is {found or 'none'}, this release knows {known}",
            hint="stop the service and both workers, then `clew register migrate --data DIR`"
            if is_older(found, store)
            else "use the release of clew that wrote it; nothing has been changed",
        )


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


def insert_new(connection: Connection, table: Table, values: Mapping[str, object]) -> bool:
    """Add a row unless one with its key, or another unique value of it, is there; returns whether it is new.

    Of two transactions that add the same row at once one waits for the other's end.  Nothing fails: on
    PostgreSQL a failed INSERT would end the whole transaction.
    """
    insert = sqlite.insert
    if connection.dialect.name == "postgresql":
        # A fifth of the time in which SQLAlchemy loads, and all in vain where SQLite is used.
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
    added = insert(table).values(**values).on_conflict_do_nothing()
    key = next(iter(table.primary_key.columns))
    return connection.execute(added.returning(key)).first() is not None
