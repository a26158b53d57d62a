"""Several services and workers on one database: every job is done once, barriers hold, nobody is misled."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import OperationalError

from api.clock import utc_now
from api.store import jobs, schema
from api.store.agencies import spend_nonce
from api.store.database import Database, Location, open_database
from api.store.migrating import create_database
from api.worker import Task, Worker
from tests.support.databases import new_location

pytestmark = pytest.mark.usefixtures("each_database")

WORKERS = 4


@pytest.fixture
def location(tmp_path: Path) -> Location:
    made = new_location(tmp_path, "register")
    create_database(made, "register")
    return made


@pytest.fixture
def database(location: Location) -> Iterator[Database]:
    opened = open_database(location, "register")
    yield opened
    opened.close()


def _together(act: Callable[[int], None], times: int = WORKERS) -> None:
    threads = [threading.Thread(target=act, args=(number,)) for number in range(times)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


class _Recorder:
    """Handlers that note what runs beside what."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self.lock = threading.Lock()
        self.running: set[int] = set()
        self.beside: list[tuple[int, frozenset[int]]] = []
        self.ended: list[int] = []

    def handle(self, task: Task) -> None:
        with self.lock:
            self.beside.append((task.job.id, frozenset(self.running)))
            self.running.add(task.job.id)
        threading.Event().wait(0.02)
        with task.ending(), self.lock:
            self.running.remove(task.job.id)
            self.ended.append(task.job.id)

    def work(self, _number: int) -> None:
        database = open_database(self.location, "register")
        handlers = dict.fromkeys(
            ("check-encodings", "drop-encodings", "link", "erase-encodings"), self.handle
        )
        worker = Worker("linking", database, handlers, clock=utc_now, say=lambda _: None)  # type: ignore[arg-type]
        worker.run(threading.Event(), once=True, idle_seconds=0.01)
        database.close()


def test_each_job_is_done_once_and_only_checks_run_side_by_side(
    database: Database, location: Location
) -> None:
    kinds: list[tuple[jobs.JobKind, bool]] = []
    for _ in range(3):
        kinds += [("check-encodings", False)] * 4 + [("link", False), ("drop-encodings", False)] * 2
        kinds += [("link", True)]
    with database.write() as connection:
        numbers = [jobs.queue(connection, kind, barrier=barrier, now=utc_now()) for kind, barrier in kinds]
    recorder = _Recorder(location)
    _together(recorder.work)
    of = dict(zip(numbers, kinds, strict=True))
    assert sorted(recorder.ended) == numbers
    assert [number for number, _ in recorder.beside if of[number][1]] == [n for n in numbers if of[n][1]]
    for number, others in recorder.beside:
        assert not any(of[other][1] for other in others), "beside a barrier"
        if of[number][1]:
            assert others == frozenset(), "a barrier beside something"
            before = recorder.ended[: recorder.ended.index(number)]
            assert {one for one in numbers if one < number} <= set(before)
        if of[number][0] != "check-encodings":
            assert {of[other][0] for other in others} <= {"check-encodings"}
    with database.read() as connection:
        assert {one.state for one in jobs.all_jobs(connection, limit=99)} == {"done"}


def test_of_many_that_spend_one_nonce_one_succeeds(location: Location) -> None:
    spent: list[bool] = []
    everybody = threading.Barrier(8)

    def spend(_number: int) -> None:
        database = open_database(location, "register")
        for nonce in ("a", "b", "c"):
            everybody.wait()
            with database.write_beside() as connection:
                spent.append(spend_nonce(connection, "key", nonce, now="1", expires="2"))
        database.close()

    _together(spend, 8)
    assert spent.count(True) == 3


def test_expired_nonces_that_many_clear_at_once_are_no_deadlock(
    location: Location, database: Database
) -> None:
    with database.write() as connection:
        rows = [{"signing_key": "k", "nonce": str(n), "expires": "1"} for n in range(500)]
        connection.execute(insert(schema.nonces), rows)
    faults: list[OperationalError] = []

    def spend(number: int) -> None:
        opened = open_database(location, "register")
        try:
            with opened.write_beside() as connection:
                assert spend_nonce(connection, "new", str(number), now="2", expires="3")
        except OperationalError as error:
            faults.append(error)
        opened.close()

    _together(spend, 8)
    assert faults == []


def _count_up(location: Location, times: int) -> None:
    database = open_database(location, "register")
    for _ in range(times):
        with database.write() as connection:
            count = connection.scalar(select(func.count()).select_from(schema.persons)) or 0
            run = {"created_run": 1}
            connection.execute(insert(schema.persons).values(id=f"{count:032d}", **run))
    database.close()


def test_processes_that_read_decide_and_write_never_decide_by_what_is_outdated(
    database: Database, location: Location
) -> None:
    with database.write() as connection:
        connection.execute(
            insert(schema.jobs).values(
                id=1, kind="link", worker="linking", state="done", not_before="x", queued_at="x"
            )
        )
        connection.execute(
            insert(schema.link_runs).values(
                id=1, job=1, records=0, pairs=0, links=0, persons=0, finished_at="x"
            )
        )
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_count_up, args=(location, 25)) for _ in range(3)]
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    assert [one.exitcode for one in processes] == [0, 0, 0]
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.persons)) == 75
