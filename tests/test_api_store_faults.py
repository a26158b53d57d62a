"""A fault of the store never leads to a false acknowledgement or a hang, and what was promised outlives it.

Each step of the order of durability is made to fail, as a system call of the real service.  A step that fails
has its pair in the step after it: there the step before did persist although the request failed.
"""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest

from tests.support.acknowledged import Journal, Stores
from tests.support.killing import STRACE, Injection, Running, Service, fail_at, service, worker
from tests.support.quick_client import Answer, DroppedError, QuickClient
from tests.support.senders import Cut, cut
from tests.support.unit import Desk, Unit, make_sent, make_unit

pytestmark = pytest.mark.skipif(
    STRACE is None, reason="strace is not installed: no system call can be failed"
)

Operation = Literal["register", "put", "commit"]
HANG_SECONDS = 5.0


@dataclass(frozen=True)
class Fault:
    """One failing call; ``persisted``: how far a request came nevertheless."""

    call: str
    error: str
    persisted: Literal["nothing", "body", "row"]
    which: str = "1+"
    on: Literal["", "folder", "log"] = ""
    of: tuple[Operation, ...] = ("put", "commit")


ALL: tuple[Operation, ...] = ("register", "put", "commit")
FAULTS = {
    "the body is not written: disk full": Fault("write", "ENOSPC", "nothing", which="1"),
    "the body is not written: I/O error": Fault("write", "EIO", "nothing", which="1"),
    "the body is written and not synced: I/O error": Fault("fsync", "EIO", "nothing"),
    "the body is written and not synced: disk full": Fault("fsync", "ENOSPC", "nothing"),
    "the body is synced and not named: I/O error": Fault("rename", "EIO", "nothing"),
    "the body is synced and not named: disk full": Fault("rename", "ENOSPC", "nothing"),
    "the body is named and its folder not synced: I/O error": Fault("fsync", "EIO", "body", on="folder"),
    "the body is durable and no page written: disk full": Fault("pwrite64", "ENOSPC", "nothing", of=ALL),
    "the body is durable and no page written: I/O error": Fault("pwrite64", "EIO", "nothing", of=ALL),
    "the body is durable and the commit not synced: I/O error": Fault(
        "fdatasync", "EIO", "body", which="2", on="log", of=ALL
    ),
    "nothing of the database is synced: I/O error": Fault("fdatasync", "EIO", "nothing", of=ALL),
    "the row is durable and the answer does not leave": Fault("sendto", "ECONNRESET", "row", of=ALL),
}


@dataclass
class Scene:
    unit: Unit
    served: Service
    journal: Journal
    stores: Stores
    desks: list[Desk] = field(default_factory=list)
    url: str = ""

    def desk(self) -> Desk:
        self.desks.append(self.unit.enrol(Desk(f"E{len(self.desks) + 10}", "council")))
        return self.desks[-1]

    def serve(self) -> None:
        """Start the service, or again where a fault ended it: unknown state means stop."""
        if not self.served.alive:
            url = self.served.serve()
            assert url is not None
            self.url = url

    @property
    def process(self) -> int:
        assert self.served.process is not None
        return self.served.process.pid


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    place = tmp_path_factory.mktemp("faults")
    unit = make_unit(place / "data")
    made = Scene(
        unit,
        service(unit.folder.root, place),
        Journal(place / "journal.jsonl"),
        Stores(unit.folder, unit.card.signing_key),
    )
    made.serve()
    yield made
    made.served.kill()
    made.journal.close()
    made.stores.close()


@dataclass
class Bundle:
    """One agency's submission, of two chunks, and each request of it."""

    scene: Scene
    desk: Desk
    cut: Cut

    def ask(self, operation: Operation) -> Answer:
        """Ask once, with a connection of its own; a hang is a :class:`DroppedError`."""
        here = f"/v1/submissions/{self.cut.sent.id}"
        _, digest, piece = self.cut.pieces[-1]
        with QuickClient(self.scene.url, self.desk.key, timeout=2 * HANG_SECONDS) as client:
            if operation == "register":
                return client.call("POST", "/v1/submissions", self.cut.registration())
            if operation == "put":
                return client.call("PUT", f"{here}/chunks/{digest}", piece)
            return client.call("POST", f"{here}/commit")

    def must(self, operation: Operation) -> None:
        """Ask until it is acknowledged, as a client does that was told to come again."""
        ends = time.monotonic() + 15
        while True:
            self.scene.serve()
            answer = self.ask(operation)
            if answer.status < 300:
                break
            assert answer.status == 503, answer
            assert time.monotonic() < ends, "the service does not recover"
            time.sleep(0.2)
        self.note(operation, answer)

    def note(self, operation: Operation, answer: Answer) -> None:
        part, digest, _ = self.cut.pieces[-1]
        more = {"digest": digest, "part": part} if operation == "put" else {}
        more |= {"receipt": answer.content.decode()} if operation == "commit" else {}
        sent = self.cut.sent
        self.scene.journal.note(operation, self.desk.code, sent.id, sent.manifest.sequence, **more)

    def put_others(self) -> None:
        with QuickClient(self.scene.url, self.desk.key) as client:
            for _, digest, piece in self.cut.pieces[:-1]:
                answer = client.call("PUT", f"/v1/submissions/{self.cut.sent.id}/chunks/{digest}", piece)
                assert answer.status == 204

    def has_row(self, operation: Operation) -> bool:
        query, values = {
            "register": ("SELECT 1 FROM submissions WHERE id = :id", {}),
            "put": (
                "SELECT 1 FROM chunks WHERE submission = :id AND sha256 = :sha256 AND present",
                {"sha256": self.cut.pieces[-1][1]},
            ),
            "commit": ("SELECT 1 FROM submissions WHERE id = :id AND receipt IS NOT NULL", {}),
        }[operation]
        return bool(self.scene.stores.rows(query, id=self.cut.sent.id, **values))


def _bundle(scene: Scene) -> Bundle:
    desk = scene.desk()
    sent = make_sent(scene.unit, desk)
    scene.journal.note("begin", desk.code, sent.id, 1)
    return Bundle(scene, desk, cut(sent, 4096))


def _injected(scene: Scene, fault: Fault, part: str) -> Injection:
    folder = scene.unit.folder
    path = {
        "": None,
        "folder": folder.intake(part),
        "log": folder.register_database.with_name("register.db-wal"),
    }[fault.on]
    return fail_at(scene.process, fault.call, fault.error, which=fault.which, path=path)


def _asked(bundle: Bundle, operation: Operation) -> Answer | None:
    began = time.monotonic()
    try:
        return bundle.ask(operation)
    except DroppedError:
        return None
    finally:
        assert time.monotonic() - began < HANG_SECONDS, "it hangs"


@pytest.mark.parametrize("name", FAULTS)
def test_a_step_that_fails_is_never_acknowledged_and_can_be_made_again(scene: Scene, name: str) -> None:
    fault, bundle = FAULTS[name], _bundle(scene)
    for operation in ALL:
        if operation == "put":
            bundle.put_others()
        if operation in fault.of:
            scene.serve()
            injected = _injected(scene, fault, bundle.cut.pieces[-1][0])
            answer = _asked(bundle, operation)
            injected.end()
            assert answer is None or answer.status in {500, 503}, f"{operation}: {answer}"
            assert bundle.has_row(operation) is (fault.persisted == "row"), operation
            assert scene.stores.check(scene.journal.entries) == []
        bundle.must(operation)
        assert scene.stores.check(scene.journal.entries) == []


@contextmanager
def _locked(scene: Scene) -> Iterator[sqlite3.Connection]:
    path = scene.unit.folder.register_database
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        if other.in_transaction:
            other.execute("ROLLBACK")


def _prepared(scene: Scene, operation: Operation) -> Bundle:
    """A bundle of which all is done that comes before an operation."""
    bundle = _bundle(scene)
    for before in ALL[: ALL.index(operation)]:
        bundle.must(before)
        if before == "register":
            bundle.put_others()
    return bundle


@pytest.mark.parametrize("operation", ALL)
def test_a_database_that_stays_locked_is_told_in_time(scene: Scene, operation: Operation) -> None:
    bundle = _prepared(scene, operation)
    with _locked(scene):
        answer = _asked(bundle, operation)
        assert answer is not None
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
    assert not bundle.has_row(operation)
    bundle.must(operation)
    assert scene.stores.check(scene.journal.entries) == []


@pytest.mark.parametrize("operation", ALL)
def test_a_database_that_is_locked_for_a_moment_is_waited_for(scene: Scene, operation: Operation) -> None:
    bundle = _prepared(scene, operation)
    with _locked(scene) as other:
        timer = threading.Timer(1, other.execute, ("ROLLBACK",))
        timer.start()
        answer = _asked(bundle, operation)
        timer.join()
    assert answer is not None
    assert answer.status < 300
    bundle.note(operation, answer)
    assert scene.stores.check(scene.journal.entries) == []


@pytest.mark.parametrize("committed", [False, True])
def test_a_writer_killed_with_the_lock_in_hand_holds_nobody_up(scene: Scene, committed: bool) -> None:
    """Another process of the unit dies in the middle of its transaction, or right after its commit."""
    bundle = _bundle(scene)
    path = scene.unit.folder.register_database
    change = f"UPDATE agencies SET name = 'renamed' WHERE code = '{bundle.desk.code}'"
    program = (
        f"import sqlite3, time; database = sqlite3.connect({str(path)!r}, isolation_level=None)\n"
        f'database.execute("BEGIN IMMEDIATE"); database.execute("{change}")\n'
        f"{'database.commit()' if committed else ''}\n"
        "print('there', flush=True); time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"there\n"
        writer.kill()
    for operation in ALL:
        bundle.must(operation)
        if operation == "register":
            bundle.put_others()
    with closing(sqlite3.connect(path)) as database:
        (name,) = database.execute("SELECT name FROM agencies WHERE code = ?", (bundle.desk.code,)).fetchone()
    assert (name == "renamed") is committed
    assert scene.stores.check(scene.journal.entries) == []


WORKER_FAULTS: dict[str, Callable[[int], Injection]] = {
    "disk full": lambda process: fail_at(process, "pwrite64", "ENOSPC"),
    "I/O error at a commit": lambda process: fail_at(process, "fdatasync", "EIO"),
    "I/O error at a body": lambda process: fail_at(process, "fsync", "EIO"),
    "a body gets no name": lambda process: fail_at(process, "rename", "ENOSPC"),
}


def test_a_fault_of_the_units_own_disk_refuses_nobodys_submission(scene: Scene, soak: bool) -> None:
    """A worker that meets it may end; the submission waits, and is accepted once the fault is over."""
    place = scene.served.log.parent
    workers = {which: worker(scene.unit.folder.root, place, which) for which in ("linking", "register")}
    for fault in list(WORKER_FAULTS.values())[: None if soak else 1]:
        bundle = _prepared(scene, "commit")
        for running in workers.values():
            _ready(running)
        injected = [fault(one.process.pid) for one in workers.values() if one.process is not None]
        bundle.must("commit")
        time.sleep(1.5)
        for one in injected:
            one.end()
        assert scene.stores.check(scene.journal.entries) == []
    for running in workers.values():
        running.kill()
    _settle(scene)
    with closing(sqlite3.connect(scene.unit.folder.register_database)) as database:
        states = set(database.execute("SELECT state, reason FROM submissions WHERE receipt IS NOT NULL"))
    assert states == {("accepted", "")}
    assert scene.stores.check_nothing_else(scene.journal) == []


def _ready(running: Running) -> None:
    """Start a worker unless it lives, and wait until it says that it is ready."""
    if not running.alive:
        running.log.unlink(missing_ok=True)
        running.start()
        ends = time.monotonic() + 60
        while "ready" not in running.log.read_text():
            assert time.monotonic() < ends, "the worker is not ready"
            time.sleep(0.05)


def _settle(scene: Scene) -> None:
    """Let both workers end what is left, as they do once leases of dead processes have run out."""
    for name in ("linking", "register", "linking"):
        with closing(sqlite3.connect(scene.unit.folder.register_database)) as database, database:
            database.execute("UPDATE jobs SET lease_until = '2020' WHERE state = 'running'")
            database.execute("UPDATE jobs SET not_before = '2020' WHERE state = 'waiting'")
        running = worker(scene.unit.folder.root, scene.served.log.parent, name, "--once")
        running.start()
        assert running.ended_within(60)
