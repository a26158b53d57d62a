"""PostgreSQL: the same promises as SQLite, from a server.

**Isolation.**  Everything above this module was written for one writer at a time: it reads, decides and
writes, and nobody writes in between.  So does :meth:`write` here: its first statement takes the writer's
place, an advisory lock of the database that is held until the commit is durable, and every statement after it
(READ COMMITTED) sees all that was committed before.  Nothing can then fail for having been run beside
something else, and nothing has to be run again.  What is right row by row, under unique constraints and row
locks, does not queue for that place: :meth:`beside`, of which any number commit together.

**Durability.**  ``synchronous_commit=on`` in every session, whatever the server's setting; a server with
``fsync=off`` is refused.  A connection that breaks while it commits leaves the outcome unknown to us, not to
the server: nothing is acknowledged, and what is asked again finds either the effect or nothing.
"""

import contextlib
import hashlib
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, inspect, select, text, true
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from api.store.database_url import PlaceTakenError, Pool, is_on_this_machine, name_of, pooled_url
from linkage.errors import InputError

__all__ = ["PostgresqlDatabase", "say_nothing_of_values"]

_OLDEST = 150000
_BUSY_SECONDS = 4
_SETTINGS = {
    "synchronous_commit": "on",
    "lock_timeout": f"{_BUSY_SECONDS}s",
    "search_path": "public",
    "TimeZone": "UTC",
}
"""What every transaction of ours runs under, whatever the server or the role says."""

_WRITERS_PLACE = 0x636C6577
"""The number of the advisory lock; such locks are each database's own."""

_NO_RIGHT = "42501"
_SPEAKING = ("08", "28", "3D", _NO_RIGHT, "53", "55", "57", "58")
"""SQLSTATEs whose message is about the server, never about what was being stored."""


class PostgresqlDatabase:
    """One database of a server."""

    def __init__(self, url: URL, pool: Pool) -> None:
        self.name = name_of(url)
        # Writing tables anew, and the place of an epoch, go past any pooler.
        self._direct = _engine(url, Pool(connections=1, more=-1), behind_pooler=False)
        self.engine = self._direct
        if pool.pooler:
            self.engine = _engine(pooled_url(url, pool.pooler), pool, behind_pooler=True)
        else:
            self.engine = _engine(url, pool, behind_pooler=False)
        self._reading = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database throughout."""
        with _begun(self._reading) as connection:
            yield connection

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that holds the writer's place until it is durable."""
        with _begun(self.engine) as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_WRITERS_PLACE)))
            yield connection

    @contextlib.contextmanager
    def beside(self) -> Iterator[Connection]:
        """Open a transaction beside others that write."""
        with _begun(self.engine) as connection:
            yield connection

    @contextlib.contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """Open a connection past any pooler on which every statement is a transaction of its own."""
        with self._direct.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextlib.contextmanager
    def places(self, names: Collection[str]) -> Iterator[Callable[[], None]]:
        """Hold places by advisory locks of a transaction that does nothing else.

        It is open for hours, holds no row and sees no state of the database, so that it is in nobody's way;
        the server ends it with the connection, and so with the process.
        """
        with self._direct.connect() as connection:

            def require() -> None:
                # In the server's simple form: after any other the state of the database that a statement saw
                # would be held until the next one, and no deleted row could be removed.
                _driver(connection).execute("SET LOCAL idle_in_transaction_session_timeout = 0")

            try:
                for name in names:
                    if not connection.scalar(select(func.pg_try_advisory_xact_lock(_number_of(name)))):
                        raise PlaceTakenError
                _driver(connection).execute("SET LOCAL application_name = 'clew, at work'")
                require()
                yield lambda: _said(require)
            finally:
                with contextlib.suppress(SQLAlchemyError):  # a connection that broke holds nothing any more
                    connection.rollback()

    def groups(self) -> tuple[int, int]:
        """Return nothing: here the server puts commits together, and tells nobody."""
        return 0, 0

    def own(self, connection: Connection) -> None:
        """Make what this transaction makes the property of the database's owner, and close the database.

        The tables are the owner's whoever runs ``init``; and who is nobody's account in particular may not
        even connect, so that the wall between the stores is the server's own.
        """
        self.act_as_owner(connection)
        name = connection.scalar(select(func.current_database()))
        quote = connection.dialect.identifier_preparer.quote_identifier
        connection.exec_driver_sql(f"REVOKE ALL ON DATABASE {quote(str(name))} FROM PUBLIC")

    def act_as_owner(self, connection: Connection) -> None:
        """Make what this transaction makes the property of the database's owner."""
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
        quote = connection.dialect.identifier_preparer.quote_identifier
        connection.exec_driver_sql(f"SET LOCAL ROLE {quote(str(connection.exec_driver_sql(owner).scalar()))}")

    def check(self) -> None:
        """Refuse a database that cannot be reached or would not keep what is promised."""
        try:
            with self.read() as connection:
                found = connection.execute(text(_ABOUT)).one()
                if inspect(connection).has_table("alembic_version"):
                    connection.execute(text("SELECT version_num FROM alembic_version"))
        except OperationalError as error:
            raise InputError(
                f"{self.name}: cannot be opened: {_first_line(error.orig)}",
                hint="check [database] in unit.toml, the server, and this account's right to connect: it "
                "logs in under its own name unless PGUSER names another role; docs/operations/database.md",
            ) from None
        if found.version < _OLDEST:
            raise InputError(f"{self.name}: an older server than PostgreSQL 15", hint="upgrade the server")
        if found.fsync != "on":
            raise InputError(
                f"{self.name}: the server runs with fsync off and would lose what was acknowledged",
                hint="set fsync to on and start the server again",
            )
        if (found.encoding, found.collation) not in {("UTF8", "C"), ("UTF8", "POSIX")}:
            raise InputError(
                f"{self.name}: its encoding is {found.encoding} and its order {found.collation}",
                hint="make it anew with ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0: times and handles are "
                "compared byte by byte",
            )

    def scrub(self, tables: Collection[str] | None = None) -> None:
        """Write every table anew, or those that are given, so that no file of a table holds a deleted row.

        VACUUM FULL copies what lives into new files and removes the old ones; it also copies what is dead but
        may still be read by a transaction that began earlier, and says how much, which is a fault that may
        pass.  What the server's write-ahead log, its archive and its replicas hold is the operator's
        (docs/operations/database.md).
        """
        left: list[int] = []

        def told(notice: psycopg.errors.Diagnostic) -> None:
            # One for each table: "N dead row versions cannot be removed yet", in the server's language.
            if number := re.match(r"\s*(\d+)", notice.message_detail or ""):
                left.append(int(number[1]))

        try:
            with self.outside_transactions() as connection:
                driver = _driver(connection)
                quote = connection.dialect.identifier_preparer.quote_identifier
                there = set(connection.exec_driver_sql(_TABLES).scalars())
                wanted = sorted(there if tables is None else there & set(tables))
                driver.add_notice_handler(told)
                try:
                    for table in wanted:
                        connection.exec_driver_sql(f"VACUUM (FULL, VERBOSE) public.{quote(table)}")
                finally:
                    driver.remove_notice_handler(told)
        except SQLAlchemyError as error:
            reason = _first_line(getattr(error, "orig", None) or error)
            raise OSError(f"the database cannot be written anew: {reason}") from None
        if any(left):
            raise OSError("another process reads the database")
        if len(left) < len(wanted):
            raise OSError("the database cannot be written anew: this account does not own its tables")

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        self._direct.dispose()


def _engine(url: URL, pool: Pool, *, behind_pooler: bool) -> Engine:
    arguments: dict[str, Any] = {
        "connect_timeout": _BUSY_SECONDS,
        "application_name": "clew",
        "keepalives_idle": 30,
    }
    if behind_pooler:
        # Another session may serve the next transaction: nothing may be prepared in one, nor set for one.
        arguments["prepare_threshold"] = None
    else:
        arguments["options"] = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
    if not is_on_this_machine(url):
        arguments["sslmode"] = "verify-full"  # nothing to a socket, whatever a service file says to others
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=pool.connections,
        max_overflow=pool.more,
        pool_timeout=pool.wait_seconds,
        pool_recycle=pool.recycle_minutes * 60,
        pool_use_lifo=True,  # those that are not needed grow old and are closed
        pool_pre_ping=True,  # a server that was restarted must not cost a request for every connection
        isolation_level="READ COMMITTED",
        connect_args=arguments,
    )
    event.listen(engine, "handle_error", _silence, retval=True)
    if behind_pooler:
        event.listen(engine, "begin", _set_for_this_transaction)
    return engine


@contextlib.contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction; a pool that has no connection left is a fault of the kind that may pass."""
    try:
        connection = engine.connect()
    except PoolTimeoutError:
        raise OperationalError(None, None, NoConnectionError("no connection became free in time")) from None
    with connection, connection.begin():
        yield connection


def _set_for_this_transaction(connection: Connection) -> None:
    settings = [func.set_config(name, value, true()) for name, value in _SETTINGS.items()]
    connection.execute(select(*settings))


class NoConnectionError(Exception):
    """Every connection that this process may have was in use, for longer than anybody waits."""


_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
"""Not those that are made of partitions: they have no file, and their partitions are tables too."""

_ABOUT = """
SELECT current_setting('server_version_num')::int AS version, current_setting('fsync') AS fsync,
       pg_encoding_to_char(encoding) AS encoding,
       CASE WHEN datlocprovider = 'c' THEN datcollate ELSE 'not of the C library' END AS collation
FROM pg_database WHERE datname = current_database()
"""


def _silence(context: ExceptionContext) -> OperationalError | None:
    """Take what was being stored out of an error: the server repeats keys and values in its details.

    A right that is missing is a fault of the same kind as a file that this account may not write.
    """
    fault = context.original_exception
    if not isinstance(fault, psycopg.Error) or fault.sqlstate is None:
        return None
    code = fault.sqlstate
    say_nothing_of_values(fault)
    if context.sqlalchemy_exception is not None:
        context.sqlalchemy_exception.args = (f"({type(fault).__name__}) {fault.args[0]}",)
    return OperationalError(None, None, fault) if code == _NO_RIGHT else None


def say_nothing_of_values(fault: psycopg.Error) -> psycopg.Error:
    """Take out of a fault's words what the server repeats of rows, and return it."""
    code = fault.sqlstate
    if code is not None:
        said = fault.diag.message_primary if code.startswith(_SPEAKING) else None
        fault.args = (said or f"{type(fault).__name__} ({code})",)
    return fault


def _driver(connection: Connection) -> "psycopg.Connection[Any]":
    driver = connection.connection.driver_connection
    if not isinstance(driver, psycopg.Connection):
        raise TypeError("the driver's own connection")
    return driver


def _said(act: Callable[[], None]) -> None:
    """Let a fault of the driver be one of those that pass, as everywhere else."""
    try:
        act()
    except psycopg.Error as fault:
        raise OperationalError(None, None, say_nothing_of_values(fault)) from None


def _number_of(place: str) -> int:
    """Return the number of a place's advisory lock: one that no other place has, nor the writer's."""
    said = hashlib.sha256(b"clew/place/1\x00" + place.encode()).digest()
    return int.from_bytes(said[:8], signed=True)


def _first_line(error: BaseException | None) -> str:
    return str(error).partition("\n")[0].strip()
