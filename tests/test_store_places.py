"""On PostgreSQL one process at a time works on an epoch, even beside one that lost its lease unawares."""

import datetime as dt
import multiprocessing
import threading
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError

from api.clock import utc_now
from api.epoch_places import IN_FORCE, in_place, of_destruction, standing_epochs
from api.rotation import ask_destruction, close_epoch
from api.store import jobs
from api.store.database import Database, PlaceTakenError, open_database
from api.store.migrating import create_database
from api.trust import adopt_epoch
from api.worker import Handler, Task, Worker
from linkage.wire.canonical import canonical
from linkage.wire.moments import Moment
from tests.support import databases, postgresql
from tests.support.unit import make_descriptor, make_unit

pytestmark = pytest.mark.skipif(postgresql.why_not() is not None, reason=str(postgresql.why_not()))


@pytest.fixture
def location() -> Iterator[URL]:
    with databases.using("postgresql"):
        made = postgresql.server().url(databases.new_database())
        create_database(made, "register")
        yield made


@pytest.fixture
def two(location: URL) -> Iterator[tuple[Database, Database]]:
    opened = open_database(location, "register"), open_database(location, "register")
    yield opened
    for one in opened:
        one.close()


def test_of_two_processes_one_holds_a_place_and_the_other_is_told_at_once(
    two: tuple[Database, Database],
) -> None:
    one, other = two
    with one.places(["linking/e1", "linking/"]) as require:
        with pytest.raises(PlaceTakenError), other.places(["linking/e0", "linking/e1"]):
            pass
        with other.places(["linking/e0", "linking/e2", "register/e1"]):
            require()
        with other.write() as connection:  # nor is anybody's writing held up, nor what is deleted kept
            jobs.queue(connection, "link", now=utc_now())
        with other.write() as connection:
            connection.exec_driver_sql("DELETE FROM jobs")
        require()
        other.scrub()
    with other.places(["linking/e1"]):
        pass


def test_what_one_job_holds_none_of_stays_free_when_a_place_among_several_is_taken(
    two: tuple[Database, Database],
) -> None:
    one, other = two
    with one.places(["b"]):
        with pytest.raises(PlaceTakenError), other.places(["a", "b"]):
            pass
        with one.places(["a"]):
            pass


def test_a_job_whose_place_was_lost_does_not_end(
    two: tuple[Database, Database],
) -> None:
    one, other = two
    with other.write() as connection:
        jobs.queue(connection, "link", now=utc_now())
        lease = jobs.claim(connection, "linking", now=utc_now())
    assert lease is not None
    task = Task(other, lease, clock=utc_now, stop=threading.Event(), say=lambda _: None)
    with one.places(["a"]) as task.require:
        end_all = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN "
            "(SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        )
        postgresql.server().run(end_all)
        with pytest.raises(OperationalError), task.ending():
            pass
    with other.read() as connection:
        assert jobs.job(connection, lease.job.id).state == "running"


def _hold(location: URL, held: Event) -> None:
    with open_database(location, "register").places(["a"]):
        held.set()
        threading.Event().wait()


def test_a_process_that_is_killed_leaves_its_place(location: URL, two: tuple[Database, Database]) -> None:
    context = multiprocessing.get_context("spawn")
    held = context.Event()
    process = context.Process(target=_hold, args=(location, held))
    process.start()
    assert held.wait(30)
    with pytest.raises(PlaceTakenError), two[0].places(["a"]):
        pass
    process.kill()
    process.join()
    for _ in range(200):
        try:
            with two[0].places(["a"]):
                return
        except PlaceTakenError:
            threading.Event().wait(0.02)
    raise AssertionError("the place was not left")


def test_a_worker_that_lost_its_lease_is_waited_for_and_writes_nothing(
    two: tuple[Database, Database],
) -> None:
    with two[0].write() as connection:
        number = jobs.queue(connection, "link", now=utc_now())
    asleep, awake = threading.Event(), threading.Event()
    at_work: list[str] = []
    most: list[int] = []
    done: list[str] = []

    def handler(name: str) -> Handler:
        def handle(task: Task) -> None:
            at_work.append(name)
            most.append(len(at_work))
            if name == "first":
                asleep.set()
                awake.wait(30)
            at_work.remove(name)
            with task.ending():
                done.append(name)

        return handle

    def worker(name: str, database: Database, late: dt.timedelta, said: list[str]) -> Worker:
        place = in_place(database, "linking", handler(name), lambda _connection, _job: [IN_FORCE])
        return Worker("linking", database, {"link": place}, clock=lambda: utc_now() + late, say=said.append)

    said: list[str] = []
    first = worker("first", two[0], dt.timedelta(), said)
    thread = threading.Thread(target=first.step, args=(threading.Event(),))
    thread.start()
    assert asleep.wait(30)
    for minutes in (2, 4):  # the lease has run out
        second = worker("second", two[1], dt.timedelta(minutes=minutes), said)
        second.step(threading.Event())
        with two[1].read() as connection:
            job = jobs.job(connection, number)
        assert (job.state, job.attempts, "still at work" in job.error) == ("waiting", 1, True)
    awake.set()
    thread.join()
    assert any("another process took it over" in one for one in said)
    worker("second", two[1], dt.timedelta(minutes=6), said).step(threading.Event())
    assert max(most) == 1
    with two[1].read() as connection:
        assert jobs.job(connection, number).state == "done"


def test_a_linkage_takes_the_places_of_what_stands_and_a_destruction_its_own(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    database = unit.database()
    with database.write() as connection:
        number = jobs.queue(connection, "link", now=utc_now())
        job = jobs.job(connection, number)
        assert standing_epochs(connection, job) == {IN_FORCE, "e1"}
        opens = Moment.day((utc_now() - dt.timedelta(days=2)).date())
        descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=opens)
        signed = canonical(descriptor)
        adopt_epoch(connection, unit.card, signed, custodians=(), threshold=None, now=utc_now())
        close_epoch(connection, "e1", early=True, now=utc_now())
        assert standing_epochs(connection, job) == {IN_FORCE, "e1", "e2"}
        asked = ask_destruction(connection, "e1", now=utc_now())
        assert standing_epochs(connection, job) == {IN_FORCE, "e2"}
        for one in (asked.payload_job, asked.encodings_job):
            assert of_destruction(connection, jobs.job(connection, one)) == {"e1"}
    database.close()
