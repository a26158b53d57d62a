"""Moving the records of a payload store of an older release into partitions while the unit works.

Four steps, each of which may be stopped, killed and begun again; nobody waits for any of them longer than for
another writer:

1. a unique index is built (CREATE INDEX CONCURRENTLY: reading and writing go on);
2. a constraint is added without looking at a row, and then validated under a lock that reading and writing
   pass;
3. in one short transaction, which gives up and tries again rather than let others wait behind it, the table
   becomes the partition of no epoch (:func:`api.store.partitions.become_partitioned`);
4. records go to their epoch's partition, a batch in each transaction, in the writer's place; a batch is as
   large as a twentieth of a second lets it be.

What was moved leaves its old place in the table's file until that is written anew, which is the last step.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import OperationalError

from api.store import partitions
from api.store.database import Database, Location, open_database
from api.store.database_url import PlaceTakenError
from api.store.payload import scrub_noted, to_be_scrubbed
from linkage.errors import InputError

__all__ = ["Moved", "move_into_partitions"]

T = TypeVar("T")

_KEY = "records_moving_key"
_CONSTRAINT = "records_unsorted"
_PATIENCE_MS, _TRIES, _PAUSE_SECONDS = 200, 300, 0.2
"""How long the short transaction waits for others before it steps back, how often, and for how long."""

_BATCH_SECONDS, _FEWEST, _MOST = 0.05, 100, 20_000


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it: how many records were moved, and how many are of no submission that is known."""

    records: int
    left: int
    longest_seconds: float


def move_into_partitions(
    location: Location, epoch_of: Mapping[str, str], *, say: Callable[[str], None] = lambda _: None
) -> Moved | None:
    """Bring a payload store into partitions, or do what is left of that; None where there are none.

    ``epoch_of``: the epoch of every submission that is known.  Raises :class:`InputError` if another process
    does it, or the tables were in use by somebody who does not let go of them.
    """
    database = open_database(location, "payload")
    try:
        with database.places(["payload/partitions"]):
            return _moved(database, epoch_of, say)
    except PlaceTakenError:
        raise InputError("another process moves the records already", hint="let it finish") from None
    finally:
        database.close()


def _moved(database: Database, epoch_of: Mapping[str, str], say: Callable[[str], None]) -> Moved | None:
    with database.read() as connection:
        if connection.dialect.name != "postgresql":
            return None
        there = partitions.is_partitioned(connection)
    if not there:
        say("building an index beside the work of the unit")
        _prepare(database)
        _swap(database)
        say("new records go into partitions from now on")
    return _move_all(database, epoch_of, say)


def _prepare(database: Database) -> None:
    with database.outside_transactions() as connection:
        state = connection.execute(
            text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"), {"name": _KEY}
        ).scalar()
        if state is False:  # left by one who was stopped
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {_KEY}")
        if not state:
            connection.exec_driver_sql("SET lock_timeout = 0")  # it waits for readers that began before it
            connection.exec_driver_sql(
                f"CREATE UNIQUE INDEX CONCURRENTLY {_KEY} ON records (epoch, submission, id)"
            )
        connection.exec_driver_sql(f"SET lock_timeout = '{_PATIENCE_MS}ms'")
        constraint = text("SELECT convalidated FROM pg_constraint WHERE conname = :name")
        if connection.execute(constraint, {"name": _CONSTRAINT}).scalar() is None:
            check = f"ALTER TABLE records ADD CONSTRAINT {_CONSTRAINT} CHECK (epoch = '') NOT VALID"
            _patiently(lambda: connection.exec_driver_sql(check))
        _patiently(
            lambda: connection.exec_driver_sql(f"ALTER TABLE records VALIDATE CONSTRAINT {_CONSTRAINT}")
        )
        connection.exec_driver_sql("RESET lock_timeout")


def _swap(database: Database) -> None:
    def swap() -> None:
        with database.write() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE_MS}ms'")
            database.act_as_owner(connection)
            if not partitions.is_partitioned(connection):
                partitions.become_partitioned(connection, key=_KEY)

    _patiently(swap)


def _patiently(act: Callable[[], T]) -> T:
    """Do what others may be in the way of; they are not made to wait behind us."""
    for _ in range(_TRIES):
        try:
            return act()
        except OperationalError:
            time.sleep(_PAUSE_SECONDS)
    raise InputError(
        "payload: somebody does not let go of the records' table",
        hint="nothing is lost; look for a transaction that has been open for long, and run this again",
    )


def _move_all(database: Database, epoch_of: Mapping[str, str], say: Callable[[str], None]) -> Moved:
    moved, longest, batch, told = 0, 0.0, _FEWEST * 5, time.monotonic()
    for submission in _unsorted(database):
        epoch = epoch_of.get(submission)
        while epoch is not None:
            began = time.monotonic()
            some = _patiently(partial(_move, database, submission, epoch, batch))
            spent = time.monotonic() - began
            moved, longest = moved + some, max(longest, spent)
            if some < batch:
                break
            batch = max(_FEWEST, min(_MOST, int(batch * max(0.5, min(2.0, _BATCH_SECONDS / spent)))))
            if time.monotonic() - told > 10:
                told = time.monotonic()
                say(f"{moved:,} records moved")
    return _ended(database, moved, longest)


def _unsorted(database: Database) -> list[str]:
    """Return the submissions that have records in no epoch's partition, in order."""
    with database.read() as connection:
        if not _is_there(connection):
            return []
        query = f"SELECT DISTINCT submission FROM {partitions.UNSORTED} ORDER BY 1"  # noqa: S608 (ours)
        return [str(one) for one in connection.exec_driver_sql(query).scalars()]


def _is_there(connection: Connection) -> bool:
    there = text("SELECT to_regclass(:name) IS NOT NULL")
    return bool(connection.scalar(there, {"name": partitions.UNSORTED}))


def _move(database: Database, submission: str, epoch: str, most: int) -> int:
    with database.write() as connection:
        database.act_as_owner(connection)
        partitions.ensure_partition(connection, epoch)
        # Whoever erases a record from now on must write the table anew, too, in which it lay before.
        to_be_scrubbed(connection, [partitions.UNSORTED])
        return _moved_rows(connection, submission, epoch, most)


def _moved_rows(connection: Connection, submission: str, epoch: str, most: int) -> int:
    query = text(  # the table's name is ours
        "UPDATE records SET epoch = :epoch WHERE epoch = '' AND submission = :submission AND id IN "  # noqa: S608
        f"(SELECT id FROM {partitions.UNSORTED} WHERE submission = :submission LIMIT :most)"
    )
    given = {"epoch": epoch, "submission": submission, "most": most}
    return connection.execute(query, given).rowcount


def _ended(database: Database, moved: int, longest: float) -> Moved:
    """Count what is left, and write anew the table that records were moved out of."""
    with database.read() as connection:
        if not _is_there(connection):
            return Moved(0, 0, 0.0)
        left = connection.scalar(select(text("count(*)")).select_from(text(partitions.UNSORTED)))
    scrub_noted(database)
    return Moved(moved, int(left or 0), longest)
