"""Records of the payload lie in partitions by epoch; they move there while the unit works, none is lost."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import URL, Engine, event

from api.secret_files import WorkerKey
from api.store.database import Database, Location
from api.store.database_dumps import dump, read_dump
from api.store.migrating import create_database
from api.store.partitioning import Moved, move_into_partitions
from api.store.payload import PayloadStore, payload_digests
from linkage.wire.manifest import Manifest
from linkage.wire.records import Payload
from linkage.wire.seal import SealingKey
from tests.support import databases, postgresql
from tests.support.older_releases import write_flat_payload
from tests.support.unit import Desk, make_payload, make_sent, make_unit

pytestmark = pytest.mark.skipif(postgresql.why_not() is not None, reason=str(postgresql.why_not()))

DESK = Desk("E09", "council")
KEY = WorkerKey(SealingKey.generate().to_bytes())
ROW_KEY = bytes(32)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return make_sent(make_unit(tmp_path_factory.mktemp("unit") / "data"), DESK).manifest


@pytest.fixture(autouse=True)
def _on_postgresql() -> Iterator[None]:
    with databases.using("postgresql"):
        yield


def _server() -> URL:
    return postgresql.server().url(databases.new_database())


Fill = Callable[[PayloadStore, int], None]


@pytest.fixture
def fill(manifest: Manifest) -> Fill:
    def add(store: PayloadStore, number: int) -> None:
        """Snapshots by turns of two epochs, the third of each period taking the place of the first."""
        sent = structs.replace(manifest, epoch=f"e{number % 2}", sequence=number + 1)
        store.add(_name(number), sent, _payload(number), now=f"{number:04d}")
        store.settle(_name(number))

    return add


def _name(number: int) -> str:
    return f"{number:064x}"


def _payload(number: int) -> Payload:
    return make_payload(DESK, range(number % 3, 6 + number % 5))


EPOCHS = {_name(number): f"e{number % 2}" for number in range(200)}


def _tables(location: Location) -> dict[str, tuple[int, int]]:
    """Return the file and the rows of every table that holds records."""
    database = Database(location)
    with database.read() as connection:
        named = connection.exec_driver_sql(
            "SELECT relname, relfilenode FROM pg_class WHERE relname LIKE 'records%%' AND relkind = 'r'"
        ).all()
        found = {
            name: (file, int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar() or 0))
            for name, file in named
        }
    database.close()
    return found


def _in_epochs(location: Location) -> dict[str, int]:
    counted: dict[str, int] = {}
    for name, (_, count) in _tables(location).items():
        epoch = name.removeprefix("records_").rpartition("_")[0]
        counted[epoch] = counted.get(epoch, 0) + count
    return counted


def test_a_new_store_has_partitions_and_an_erasure_writes_no_others_anew(fill: Fill) -> None:
    location = _server()
    create_database(location, "payload")
    store = PayloadStore(location, KEY)
    for number in range(8):
        fill(store, number)
    assert {number: store.load(_name(number), "E09") for number in range(8)} == {
        number: _payload(number) for number in range(8)
    }
    counts = _in_epochs(location)
    assert set(counts) == {"e0", "e1"}
    assert sum(counts.values()) == sum(store.count(_name(number)) for number in range(8))
    before = _tables(location)
    child = _payload(2).children[0].handle
    store.erase({_name(2): {child}})
    after = _tables(location)
    changed = {name for name in before if before[name][0] != after[name][0]}
    assert len(changed) == 1
    assert all(name.startswith("records_e0_") for name in changed)
    left = store.load(_name(2), "E09")
    assert left is not None
    assert child not in {one.handle for one in left.children}
    store.erase({}, whole=[_name(number) for number in range(1, 8, 2)])
    assert set(_in_epochs(location)) == {"e0"}
    assert store.load(_name(4), "E09") == _payload(4)
    fill(store, 9)
    assert set(_in_epochs(location)) == {"e0", "e1"}
    store.close()
    assert move_into_partitions(location, EPOCHS) == Moved(0, 0, 0.0)


def test_what_a_killed_erasure_left_to_be_written_anew_the_next_one_writes(
    fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = _server()
    create_database(location, "payload")
    store = PayloadStore(location, KEY)
    for number in (0, 1):
        fill(store, number)
    before = _tables(location)

    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "scrub", full)
        with pytest.raises(OSError, match="no space"):
            store.erase({_name(0): {_payload(0).children[0].handle}})
    assert {name: file for name, (file, _) in _tables(location).items()} == {
        name: file for name, (file, _) in before.items()
    }
    store.erase({})
    changed = {name for name, (file, _) in _tables(location).items() if before[name][0] != file}
    assert len(changed) == 1
    store.erase({})
    assert {name for name, (file, _) in _tables(location).items() if before[name][0] != file} == changed
    store.close()


def test_records_are_moved_while_others_come_go_and_are_read(fill: Fill, tmp_path: Path) -> None:
    location, plain = _server(), tmp_path / "payload.db"
    write_flat_payload(location)
    create_database(plain, "payload")
    stores = PayloadStore(location, KEY), PayloadStore(plain, KEY)
    for number in range(16):
        for store in stores:
            fill(store, number)
    assert set(_in_epochs(location)) == {""}
    faults: list[BaseException] = []
    slowest = [0.0]
    over = threading.Event()

    def work() -> None:
        """Do on both what a worker does, and look at everything all the time."""
        number = 16
        try:
            while not over.is_set() or number < 24:
                began = time.monotonic()
                fill(stores[0], number)
                slowest[0] = max(slowest[0], time.monotonic() - began)
                fill(stores[1], number)
                gone = number - 12
                for store in stores:
                    _erased(store, gone)
                    assert store.load(_name(number), "E09") == _payload(number)
                    store.drop(_name(gone - 4))
                number += 1
        except BaseException as error:  # noqa: BLE001
            faults.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    time.sleep(0.3)
    moved = move_into_partitions(location, EPOCHS)
    over.set()
    thread.join()
    assert faults == []
    again = move_into_partitions(location, EPOCHS)
    assert moved is not None
    assert again is not None
    assert (moved.left, again.records, again.left) == (0, 0, 0)
    assert slowest[0] < 4
    held = {name: stores[1].load(name, "E09") for name in EPOCHS}
    assert {name: stores[0].load(name, "E09") for name in EPOCHS} == held
    for name in EPOCHS:
        assert stores[0].statuses(name) == stores[1].statuses(name)
    counts = _in_epochs(location)
    assert counts.pop("") == 0
    assert set(counts) == {"e0", "e1"}
    for store in stores:
        store.close()


def _erased(store: PayloadStore, number: int) -> None:
    """Erase, again while somebody reads what was there before, as a worker puts its job off."""
    for _ in range(200):
        try:
            gone = {_payload(number).children[0].handle}
            store.erase({_name(number): gone}, whole=[_name(number - 3)])
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the erasure did not end")


def test_a_move_that_is_killed_anywhere_goes_on_where_it_was(fill: Fill, soak: bool) -> None:
    first = _server()
    write_flat_payload(first)
    store = PayloadStore(first, KEY)
    for number in range(9):
        fill(store, number)
    store.close()
    digests = payload_digests(first, ROW_KEY)
    assert len(digests) == 9
    places = range(1, 60, 2) if soak else (4, 7, 9, 14, 23)
    for statement in places:
        assert first.database is not None
        location = postgresql.server().url(databases.new_database(template=first.database))
        _killed_at(location, statement)
        assert payload_digests(location, ROW_KEY) == digests
        moved = move_into_partitions(location, EPOCHS)
        assert moved is not None
        assert moved.left == 0
        assert payload_digests(location, ROW_KEY) == digests
        assert sum(_in_epochs(location).values()) == sum(count for _, count in _tables(first).values())


def _killed_at(location: Location, statement: int) -> None:
    process = os.fork()
    if process == 0:
        seen = 0

        def count(*_: object) -> None:
            nonlocal seen
            seen += 1
            if seen == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            event.listen(Engine, "after_cursor_execute", count)
            move_into_partitions(location, EPOCHS)
        finally:
            os._exit(0)
    os.waitpid(process, 0)
    assert isinstance(location, URL)
    with postgresql.server().connect() as connection:  # the server learns of it a moment later
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        while connection.execute(asked, [location.database]).fetchone() != (0,):
            time.sleep(0.02)


def test_what_the_administrator_moves_and_makes_belongs_to_the_workers_account(fill: Fill) -> None:
    server, name = postgresql.server(), databases.new_database()
    server.run(f'CREATE ROLE "{name}-register" LOGIN')
    server.run(f'ALTER DATABASE "{name}" OWNER TO "{name}-register"')
    administrators, own = server.url(name), server.url(name, user=f"{name}-register")
    write_flat_payload(administrators)
    store = PayloadStore(own, KEY)
    fill(store, 0)
    assert move_into_partitions(administrators, EPOCHS) is not None
    fill(store, 1)
    assert set(_in_epochs(own)) == {"", "e0", "e1"}
    for number in (0, 1):
        store.erase({_name(number): {_payload(number).children[0].handle}})
    store.erase({}, whole=[_name(0)])
    assert set(_in_epochs(own)) == {"", "e1"}
    store.close()
    server.run(f'ALTER DATABASE "{name}" OWNER TO clew')
    with server.connect(name) as connection:
        connection.execute(f'REASSIGN OWNED BY "{name}-register" TO clew'.encode())
        connection.execute(f'DROP OWNED BY "{name}-register"'.encode())
    server.run(f'DROP ROLE "{name}-register"')


def test_a_copy_that_is_restored_has_the_same_records_in_the_same_partitions(
    fill: Fill, tmp_path: Path
) -> None:
    location, other = _server(), _server()
    create_database(location, "payload")
    store = PayloadStore(location, KEY)
    for number in range(4):
        fill(store, number)
    store.close()
    database = Database(location)
    with database.read() as connection:
        dump(connection, location, tmp_path / "payload.dump")
    database.close()
    read_dump(tmp_path / "payload.dump", other)
    assert payload_digests(other, ROW_KEY) == payload_digests(location, ROW_KEY)
    copied = {name: rows for name, (_, rows) in _tables(other).items()}
    assert copied == {name: rows for name, (_, rows) in _tables(location).items()}
    store = PayloadStore(other, KEY)
    fill(store, 4)
    store.erase({}, whole=[_name(1), _name(3)])
    assert set(_in_epochs(other)) == {"e0"}
    store.close()


def test_a_file_has_nothing_to_move(tmp_path: Path) -> None:
    create_database(tmp_path / "payload.db", "payload")
    assert move_into_partitions(tmp_path / "payload.db", {}) is None
