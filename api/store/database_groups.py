"""Group commit: blocks that threads of one process write at the same time share one commit and one fsync.

Order of durability:

1. the first block of a group takes the writer's place among all processes (``BEGIN IMMEDIATE``);
2. blocks run one after the other on one connection, each within a savepoint: one that fails is undone alone;
3. a block that finds nobody waiting behind it commits: SQLite writes the log and fsyncs it;
4. only now does any block of the group return, and may its caller answer anybody.

A block that failed returns with its error at the same moment as the others: it may have decided by what a
block before it wrote, which before the commit is not yet true.

A commit that fails
  fails every block of its group where SQLite says that nothing was kept: no room on the disk, a lock of
  another process, a constraint (:data:`_KEPT_NOTHING`), and the roll-back after it succeeds.  After any other
  fault, an I/O error above all, the log may or may not hold the transaction, and only reading it anew tells:
  the process ends, and the next start recovers.
"""

import contextlib
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from sqlalchemy import Connection, Engine, NestedTransaction, RootTransaction
from sqlalchemy.exc import DBAPIError, OperationalError

__all__ = ["OUTCOME_UNKNOWN", "GroupWriter"]

OUTCOME_UNKNOWN = 70
"""The exit code of a process whose writer met a fault of unknown outcome."""

_KEPT_NOTHING = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT}
)
_MOST_BLOCKS = 64
_LONGEST_SECONDS = 0.1
"""A group that is larger or older than this commits although others wait, who then form the next."""

_RUN_SECONDS, _REST_SECONDS, _POLL_SECONDS = 0.05, 0.005, 0.002
"""Who waits for another process looks every two milliseconds; groups that follow one another without a pause
leave the place free for longer than that from time to time, or a busy service would starve the workers."""

_LOOK_SECONDS = 1.0


@dataclass(eq=False)
class _Group:
    """Blocks that share a transaction."""

    transaction: RootTransaction
    began: float
    blocks: int = 0
    fault: BaseException | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def full(self) -> bool:
        return self.blocks >= _MOST_BLOCKS or time.monotonic() - self.began > _LONGEST_SECONDS


@dataclass(eq=False)
class _Ticket:
    """A thread that waits for its turn."""

    thread: threading.Thread
    called: threading.Event = field(default_factory=threading.Event)


class GroupWriter:
    """The one writer of a process on one database."""

    def __init__(self, engine: Engine, name: str, *, busy_seconds: float) -> None:
        self._engine = engine
        self._name = name
        self._busy_seconds = busy_seconds
        self._lock = threading.Lock()
        self._holder: threading.Thread | None = None
        self._waiting: deque[_Ticket] = deque()
        self._connection: Connection | None = None
        self._group: _Group | None = None
        self._run_began = self._last_end = 0.0

    @contextlib.contextmanager
    def block(self) -> Iterator[Connection]:
        """Run a block in its turn; returns once it is durable.

        Raises :class:`OperationalError` if its turn does not come within the time that a writer waits, or if
        the commit failed and nothing was kept.
        """
        deadline = time.monotonic() + self._busy_seconds
        self._take_turn(deadline)
        try:
            connection, group = self._join(deadline)
        except BaseException:
            self._pass_turn()
            raise
        raised: BaseException | None = None
        savepoint: NestedTransaction | None = None
        try:
            savepoint = connection.begin_nested()
            yield connection
            savepoint.commit()
        except BaseException as error:  # noqa: BLE001 -- it is raised below, when the group has ended
            raised = error
            self._undo(connection, group, savepoint, error)
        finally:
            self._leave(group)
        self._wait(group)
        if group.fault is not None and (raised is None or isinstance(raised, Exception)):
            raise _failed(group.fault) from raised
        if raised is not None:
            raise raised

    def _take_turn(self, deadline: float) -> None:
        ticket = _Ticket(threading.current_thread())
        with self._lock:
            if self._holder is ticket.thread:
                raise RuntimeError("a block of a thread within a block of the same thread")
            if self._holder is None:
                self._holder = ticket.thread
                return
            self._waiting.append(ticket)
        try:
            called = ticket.called.wait(max(0.0, deadline - time.monotonic()))
        except BaseException:
            if not self._withdraw(ticket):
                self._pass_turn()
            raise
        if not called and self._withdraw(ticket):
            self._end_if_dead()
            raise _busy()

    def _withdraw(self, ticket: _Ticket) -> bool:
        """Wait no longer; returns False if the turn came at the last moment."""
        with self._lock:
            if ticket.called.is_set():
                return False
            self._waiting.remove(ticket)
            return True

    def _pass_turn(self) -> None:
        """Give the turn to who waits longest; with it goes the duty to end a group that is open."""
        with self._lock:
            self._call_next()

    def _call_next(self) -> None:
        if not self._waiting:
            self._holder = None
            return
        ticket = self._waiting.popleft()
        self._holder = ticket.thread
        ticket.called.set()

    def _join(self, deadline: float) -> tuple[Connection, _Group]:
        """Return the connection and the open group, or begin one."""
        if self._connection is None:
            self._connection = self._engine.connect()
            # Waiting is done here: the driver's own would sleep longer and longer, and others come before it.
            self._connection.exec_driver_sql("PRAGMA busy_timeout=0")
            self._connection.rollback()
            self._connection = self._connection.execution_options(clew_write=True)
        if self._group is None:
            self._rest()
        while self._group is None:
            try:
                self._group = _Group(self._connection.begin(), time.monotonic())
            except OperationalError as error:
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                    self._disconnect()
                    raise
                time.sleep(_POLL_SECONDS)
        return self._connection, self._group

    def _rest(self) -> None:
        """Leave the writer's place free for a moment after a run of groups without a pause."""
        now = time.monotonic()
        if now - self._last_end > _REST_SECONDS:
            self._run_began = now
        elif now - self._run_began > _RUN_SECONDS:
            time.sleep(_REST_SECONDS)
            self._run_began = time.monotonic()

    def _undo(
        self,
        connection: Connection,
        group: _Group,
        savepoint: NestedTransaction | None,
        error: BaseException,
    ) -> None:
        """Roll one block back; where that cannot be done, nothing of its group is kept."""
        undone = False
        try:
            # A full disk may have made SQLite roll the whole transaction back by itself.
            if savepoint is not None and _in_transaction(connection):
                savepoint.rollback()
                undone = True
        except DBAPIError:
            pass
        finally:
            if not undone:
                group.fault = error

    def _leave(self, group: _Group) -> None:
        """End a block: hand the turn to the next of the group, or end the group and then the turn."""
        with self._lock:
            group.blocks += 1
            if group.fault is None and self._waiting and not group.full:
                self._call_next()
                return
        try:
            self._end(group)
        finally:
            self._pass_turn()

    def _end(self, group: _Group) -> None:
        """Commit, or let go of a transaction that cannot be committed; then every block may return."""
        self._group = None
        try:
            if group.fault is None:
                group.transaction.commit()  # the log is written and fsynced in here
        except DBAPIError as error:
            if not self._kept_nothing(error):
                _end_process(self._name, str(error.orig))
            group.fault = error
        except BaseException as error:
            # Not the database but a signal's handler, which runs before the commit begins or after its end.
            if self._connection is None or _in_transaction(self._connection):
                group.fault = error
            raise
        finally:
            if group.fault is not None:
                self._disconnect()
            self._last_end = time.monotonic()
            group.ended.set()

    def _kept_nothing(self, error: DBAPIError) -> bool:
        """Say whether a commit that failed is known to have kept nothing."""
        if self._connection is None or _code(error) not in _KEPT_NOTHING:
            return False
        driver = self._connection.connection.driver_connection
        try:
            if isinstance(driver, sqlite3.Connection) and driver.in_transaction:
                driver.execute("ROLLBACK")
        except sqlite3.Error:
            return False
        return True

    def _disconnect(self) -> None:
        """Close the connection; SQLite rolls back what was open on it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _wait(self, group: _Group) -> None:
        while not group.ended.wait(_LOOK_SECONDS):
            self._end_if_dead()

    def _end_if_dead(self) -> None:
        """End the process if the thread whose turn it is has ended without passing it on."""
        with self._lock:
            holder = self._holder
        if holder is not None and not holder.is_alive():
            _end_process(self._name, "the thread that was writing has ended")

    def close(self) -> None:
        """Close the writer's connection."""
        self._disconnect()


def _in_transaction(connection: Connection) -> bool:
    driver = connection.connection.driver_connection
    return isinstance(driver, sqlite3.Connection) and driver.in_transaction


def _code(error: DBAPIError) -> int:
    """Return SQLite's primary result code of an error."""
    return int(getattr(error.orig, "sqlite_errorcode", 0)) & 0xFF


def _busy() -> OperationalError:
    return OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))


def _failed(fault: BaseException) -> OperationalError:
    """Return an error of its own for each block of a group that was not kept."""
    reason = fault.orig if isinstance(fault, DBAPIError) else type(fault).__name__
    return OperationalError("COMMIT", None, sqlite3.OperationalError(f"nothing was kept: {reason}"))


def _end_process(name: str, reason: str) -> NoReturn:
    """Unknown state means stop: no thread may answer anybody any more, so nothing is unwound."""
    message = (
        f"clew: {name}: a write of unknown outcome: {reason}; the process ends, the next start recovers\n"
    )
    os.write(2, message.encode(errors="replace"))
    os._exit(OUTCOME_UNKNOWN)
