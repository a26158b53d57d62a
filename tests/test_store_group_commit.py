"""Blocks that write at the same time share one commit; none returns before it, and each fails alone."""

import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, insert
from sqlalchemy.exc import IntegrityError, OperationalError

from api.store import database_sqlite, schema
from api.store.database import Database, open_database
from api.store.migrating import create_database
from tests.support.processes import ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_database(tmp_path / "register.db", "register")
    return tmp_path / "register.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    opened = open_database(path, "register")
    yield opened
    opened.close()


def _add(connection: Connection, nonce: object) -> None:
    connection.execute(insert(schema.nonces).values(signing_key="k", nonce=str(nonce), expires="x"))


def _there(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as raw:
        return {row[0] for row in raw.execute("SELECT nonce FROM nonces")}


class _Together:
    """Blocks that all begin while the first one is still open, so that they wait for the same group."""

    def __init__(
        self,
        database: Database,
        blocks: list[Callable[[Connection], None]],
        ended: dict[int, BaseException | None] | None = None,
    ) -> None:
        self.database = database
        self.ended = {} if ended is None else ended
        self._first_is_open = threading.Event()
        self._others_wait = threading.Event()
        threads = [threading.Thread(target=self._run, args=one) for one in enumerate(blocks)]
        threads[0].start()
        self._first_is_open.wait()
        for one in threads[1:]:
            one.start()
        writer = database._kind._writer  # type: ignore[attr-defined]
        while len(writer._waiting) < len(blocks) - 1:
            threading.Event().wait(0.002)
        self._others_wait.set()
        for one in threads:
            one.join()

    def _run(self, number: int, block: Callable[[Connection], None]) -> None:
        try:
            with self.database.write() as connection:
                if number == 0:
                    self._first_is_open.set()
                    self._others_wait.wait()
                block(connection)
        except Exception as error:  # noqa: BLE001 -- what each block was told is what the tests look at
            self.ended[number] = error
        else:
            self.ended[number] = None

    @property
    def well(self) -> set[str]:
        return {str(number) for number, error in self.ended.items() if error is None}


def _adds(count: int) -> list[Callable[[Connection], None]]:
    return [lambda connection, number=number: _add(connection, number) for number in range(count)]  # type: ignore[misc]


def test_blocks_that_wait_for_each_other_share_one_commit(database: Database, path: Path) -> None:
    commits: list[object] = []
    event.listen(database._engine, "commit", commits.append)
    together = _Together(database, _adds(20))
    assert together.well == _there(path) == {str(number) for number in range(20)}
    assert len(commits) <= 2  # a busy machine may take so long that the group is closed once


def test_nobody_returns_and_nobody_else_sees_before_the_commit(database: Database, path: Path) -> None:
    returned: dict[int, BaseException | None] = {}
    seen: list[tuple[int, int]] = []

    @event.listens_for(database._engine, "commit")
    def _committing(_connection: Connection) -> None:
        seen.append((len(returned), len(_there(path))))

    together = _Together(database, _adds(5), returned)
    assert seen[0] == (0, 0)
    assert together.well == _there(path)


def test_a_block_that_fails_is_undone_alone(database: Database, path: Path) -> None:
    def fails(connection: Connection) -> None:
        _add(connection, "undone")
        raise LookupError("its own affair")

    def breaks(connection: Connection) -> None:
        _add(connection, "undone too")
        _add(connection, "undone too")

    blocks = _adds(5)
    blocks[1], blocks[3] = fails, breaks
    together = _Together(database, blocks)
    assert together.well == _there(path) == {"0", "2", "4"}
    assert isinstance(together.ended[1], LookupError)
    assert isinstance(together.ended[3], IntegrityError)


def test_a_block_sees_what_those_before_it_in_the_group_wrote(database: Database) -> None:
    seen: list[int] = []

    def counts(connection: Connection) -> None:
        seen.append(len(connection.execute(schema.nonces.select()).all()))
        _add(connection, f"counted {len(seen)}")

    _Together(database, [counts] * 6)
    assert seen == list(range(6))


def test_a_commit_that_is_refused_fails_every_block_of_its_group(database: Database, path: Path) -> None:
    def orphan(connection: Connection) -> None:
        # A foreign key that is only looked at by the commit.
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        row = {"agency": "none", "handle": "h", "epoch": "e", "person": "p", "encoding": "x"}
        connection.execute(insert(schema.carried).values(**row))

    blocks = _adds(4)
    blocks[2] = orphan
    together = _Together(database, blocks)
    assert {type(one) for one in together.ended.values()} == {OperationalError}
    assert _there(path) == set()
    again = _Together(database, _adds(4))
    assert again.well == _there(path) == {"0", "1", "2", "3"}


def test_on_a_full_disk_those_are_told_so_whose_rows_are_not_there(database: Database, path: Path) -> None:
    def limited(connection: Connection) -> None:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        _add(connection, 0)

    def large(connection: Connection) -> None:
        for number in range(400):
            _add(connection, f"{number:0128}")

    blocks = _adds(6)
    blocks[0], blocks[3] = limited, large
    together = _Together(database, blocks)
    assert isinstance(together.ended[3], OperationalError)
    assert together.well == _there(path)


def test_who_waits_for_another_process_too_long_is_told_so_and_may_try_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_sqlite, "BUSY_SECONDS", 0.2)
    database = open_database(path, "register")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), database.write() as connection:
            _add(connection, 1)
        other.execute("ROLLBACK")
    with database.write() as connection:
        _add(connection, 2)
    database.close()
    assert _there(path) == {"2"}


def test_a_block_within_a_block_of_one_thread_is_a_fault_and_not_a_hang(database: Database) -> None:
    with database.write() as connection:
        with pytest.raises(RuntimeError, match="within a block"), database.write():
            pass
        _add(connection, 1)


_WRITER = """
    import os, sys, threading
    from pathlib import Path
    from sqlalchemy import insert
    from api.store import schema
    from api.store.database import open_database
    database = open_database(Path(sys.argv[1]), "register")
    def write(name):
        for number in range(50):
            nonce = f"{name}-{number}"
            with database.write() as connection:
                row = {"signing_key": "k", "nonce": nonce, "expires": "x"}
                connection.execute(insert(schema.nonces).values(**row))
            os.write(1, f"{nonce}\\n".encode())
"""


def _written_by(path: Path, script: str, *before: str) -> tuple[int, set[str], str]:
    """Run a process that tells what it wrote; returns how it ended, what it told, and its messages."""
    code = textwrap.dedent(_WRITER) + textwrap.dedent(script)
    done = subprocess.run(
        [*before, sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    return done.returncode, set(done.stdout.split()), done.stderr


_FOUR_THREADS = """
    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    [one.start() for one in threads]
    [one.join() for one in threads]
    os._exit(0)
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_an_io_error_of_a_commit_ends_the_process_and_what_it_told_is_there(path: Path, call: str) -> None:
    when = 12 if call == "fdatasync" else 60
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
    inject = ["-e", f"inject={call}:error=EIO:when={when}+"]
    code, told, messages = _written_by(path, _FOUR_THREADS, *strace, *inject)
    assert (code, "unknown outcome" in messages, "Traceback" in messages) == (70, True, False)
    assert told
    open_database(path, "register").close()  # the next start
    assert told <= _there(path)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_full_disk_fails_blocks_and_not_the_process(path: Path) -> None:
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64"]
    inject = ["-e", "inject=pwrite64:error=ENOSPC:when=60..70"]
    script = """
    from sqlalchemy.exc import OperationalError
    refused = []
    def stubborn(name):
        while True:
            try:
                return write(name + str(len(refused)))
            except OperationalError as error:
                refused.append(error)
    threads = [threading.Thread(target=stubborn, args=(name,)) for name in "abcd"]
    [one.start() for one in threads]
    [one.join() for one in threads]
    sys.stderr.write(f"refused {bool(refused)}")
    os._exit(0)
    """
    code, told, messages = _written_by(path, script, *strace, *inject)
    assert (code, messages) == (0, "refused True")
    assert told
    assert told <= _there(path)


def test_a_thread_that_ends_in_its_turn_takes_the_process_with_it(path: Path) -> None:
    script = """
    kept = []
    def vanish():
        kept.append(database.write())
        kept[0].__enter__()
    one = threading.Thread(target=vanish)
    one.start()
    one.join()
    write("a")
    """
    code, told, messages = _written_by(path, script)
    assert (code, told, "has ended" in messages) == (70, set(), True)
