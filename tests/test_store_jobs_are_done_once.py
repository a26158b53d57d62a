"""A job is done by one process at a time, its effect counts once, and a dead process's job is done again."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.clock import utc_now
from api.store import jobs
from api.store.database import Database, open_database
from api.store.jobs import Job, Lease, LeaseLostError
from api.store.migrating import create_database
from api.worker import StoppedError, Task, Worker
from linkage.errors import InputError
from tests.support.databases import new_location

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


pytestmark = pytest.mark.usefixtures("each_database")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    location = new_location(tmp_path, "register")
    create_database(location, "register")
    opened = open_database(location, "register")
    yield opened
    opened.close()


def _queue(database: Database, *kinds: jobs.JobKind, barrier: bool = False) -> list[int]:
    with database.write() as connection:
        return [jobs.queue(connection, kind, barrier=barrier, now=NOW) for kind in kinds]


def _claim(database: Database, worker: jobs.WorkerName = "linking", now: dt.datetime = NOW) -> Lease | None:
    with database.write() as connection:
        return jobs.claim(connection, worker, now=now)


def _finish(database: Database, lease: Lease | None) -> None:
    assert lease is not None
    with database.write() as connection:
        jobs.finish(connection, lease, now=NOW)


def _job(database: Database, number: int) -> Job:
    with database.read() as connection:
        return jobs.job(connection, number)


def test_jobs_are_taken_in_order_and_by_their_own_worker_only(database: Database) -> None:
    first, other, second = _queue(database, "check-encodings", "check-payload", "link")
    taken = [_claim(database), _claim(database), _claim(database)]
    assert [lease and lease.job.id for lease in taken] == [first, second, None]
    register = _claim(database, "register")
    assert register is not None
    assert register.job.id == other


def test_a_job_whose_worker_died_is_taken_again_after_its_lease(database: Database) -> None:
    (number,) = _queue(database, "link")
    dead = _claim(database)
    assert _claim(database, now=NOW + jobs.LEASE) is None
    again = _claim(database, now=NOW + jobs.LEASE + SECOND)
    assert dead is not None
    assert again is not None
    assert (again.job.id, again.job.attempts) == (number, 2)
    assert again.token != dead.token


def test_a_job_of_a_clock_that_was_ahead_holds_nothing_up(database: Database) -> None:
    now, ahead = NOW - dt.timedelta(days=300), []
    for kind in ("check-encodings", "link"):
        ahead += _queue(database, kind)
    (barrier,) = _queue(database, "scrub", barrier=True)
    dead = _claim(database)
    taken = [_claim(database, now=now), _claim(database, now=now)]
    assert dead is not None
    assert [lease and lease.job.id for lease in taken] == ahead
    assert taken[0] is not None
    assert taken[0].token != dead.token
    for lease in taken:
        _finish(database, lease)
    last = _claim(database, now=now)
    assert last is not None
    assert last.job.id == barrier
    assert _claim(database, now=now + SECOND) is None


def test_a_worker_that_lost_its_lease_writes_nothing(database: Database) -> None:
    _queue(database, "link")
    slow = _claim(database)
    quick = _claim(database, now=NOW + jobs.LEASE + SECOND)
    assert slow is not None

    def effect_and_end() -> None:
        with database.write() as connection:
            jobs.queue(connection, "reconcile", now=NOW)
            jobs.finish(connection, slow, now=NOW)

    with pytest.raises(LeaseLostError):
        effect_and_end()
    with pytest.raises(LeaseLostError), database.write() as connection:
        jobs.renew(connection, slow, now=NOW)
    with database.read() as connection:
        assert [one.kind for one in jobs.all_jobs(connection, limit=9)] == ["link"]
    _finish(database, quick)


def test_a_renewed_lease_holds(database: Database) -> None:
    (number,) = _queue(database, "link")
    lease = _claim(database)
    assert lease is not None
    with database.write() as connection:
        jobs.renew(connection, lease, now=NOW + jobs.LEASE, progress=(3, 8))
    assert _claim(database, now=NOW + jobs.LEASE + SECOND) is None
    assert (_job(database, number).done, _job(database, number).total) == (3, 8)


def test_a_finished_job_is_not_finished_again(database: Database) -> None:
    _queue(database, "link")
    lease = _claim(database)
    _finish(database, lease)
    with pytest.raises(LeaseLostError):
        _finish(database, lease)
    assert _claim(database, now=NOW + 10 * jobs.LEASE) is None


def test_a_barrier_waits_for_every_job_before_it_of_either_worker(database: Database) -> None:
    _queue(database, "check-encodings", "check-payload")
    _queue(database, "link", "reconcile", barrier=True)
    check = _claim(database)
    assert _claim(database) is None
    _finish(database, check)
    assert _claim(database) is None
    _finish(database, _claim(database, "register"))
    assert _claim(database, "register") is None
    _finish(database, _claim(database))
    _finish(database, _claim(database, "register"))


def test_a_link_job_waits_for_the_reconciliation_before_it(database: Database) -> None:
    _queue(database, "reconcile", barrier=True)
    _queue(database, "link", "check-encodings")
    check = _claim(database)
    assert check is not None
    assert check.job.kind == "check-encodings"
    assert _claim(database) is None
    _finish(database, _claim(database, "register"))
    link = _claim(database)
    assert link is not None
    assert link.job.kind == "link"


def test_only_one_link_job_waits_at_a_time(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link(connection, now=NOW)
        jobs.queue_link(connection, now=NOW)
    running = _claim(database)
    with database.write() as connection:
        jobs.queue_link(connection, now=NOW)  # what was accepted since may have come too late for that one
    _finish(database, running)
    _finish(database, _claim(database))
    assert _claim(database) is None


def test_a_fault_that_may_pass_is_tried_again_later_and_less_often_each_time(database: Database) -> None:
    (number,) = _queue(database, "link")
    now, waits = NOW, []
    for _ in range(jobs.MAX_ATTEMPTS):
        began = now
        while (lease := _claim(database, now=now)) is None:
            now += SECOND
        waits.append((now - began).seconds)
        with database.write() as connection:
            jobs.retry_later(connection, lease, now=now, reason="disk full")
    assert waits == [0, 5, 10, 20, 40]
    assert (_job(database, number).state, _job(database, number).error) == ("failed", "disk full")
    with database.write() as connection:
        assert jobs.try_again(connection, number, now=now)
        assert not jobs.try_again(connection, number, now=now)
    assert _claim(database, now=now) is not None


def test_a_job_that_kills_its_worker_every_time_is_given_up(database: Database) -> None:
    (number,) = _queue(database, "link")
    now = NOW
    for _ in range(jobs.MAX_ATTEMPTS):
        assert _claim(database, now=now) is not None
        now += jobs.LEASE + SECOND
    assert _claim(database, now=now) is None
    assert _job(database, number).state == "failed"


def _worker(database: Database, handler: object, said: list[str]) -> Worker:
    return Worker("linking", database, {"link": handler}, clock=utc_now, say=said.append)  # type: ignore[dict-item]


def test_told_to_stop_a_worker_gives_its_job_back_untried(database: Database) -> None:
    (number,) = _queue(database, "link")
    stop = threading.Event()

    def handler(task: Task) -> None:
        task.progress(1, 4)
        stop.set()
        task.progress(2, 4)

    _worker(database, handler, []).run(stop, once=False)
    job = _job(database, number)
    assert (job.state, job.attempts) == ("waiting", 0)


def test_a_fault_in_the_end_of_a_job_undoes_its_effect(database: Database) -> None:
    (number,) = _queue(database, "link")

    def handler(task: Task) -> None:
        with task.ending() as connection:
            jobs.queue(connection, "reconcile", now=NOW)
            raise InputError("half-way")

    worker = _worker(database, handler, [])
    worker.step(threading.Event())
    assert worker.failed == 1
    with database.read() as connection:
        assert [one.kind for one in jobs.all_jobs(connection, limit=9)] == ["link"]
    assert (_job(database, number).state, _job(database, number).error) == ("failed", "half-way")


def test_a_full_disk_puts_a_job_off(database: Database) -> None:
    (number,) = _queue(database, "link")

    def handler(_task: Task) -> None:
        raise OSError("canary: no space left")

    worker = _worker(database, handler, [])
    worker.step(threading.Event())
    job = _job(database, number)
    assert (worker.failed, job.state, job.error) == (0, "waiting", "OSError")


def test_an_unknown_fault_ends_the_process_and_puts_the_job_back(database: Database) -> None:
    (number,) = _queue(database, "link")

    def handler(_task: Task) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        _worker(database, handler, []).step(threading.Event())
    assert _job(database, number).state == "waiting"


def test_a_stop_between_jobs_takes_no_other(database: Database) -> None:
    numbers = _queue(database, "link", "link")
    stop = threading.Event()

    def handler(task: Task) -> None:
        stop.set()
        with task.ending():
            pass

    _worker(database, handler, []).run(stop, once=True)
    assert [_job(database, number).state for number in numbers] == ["done", "waiting"]


def test_once_ends_when_all_that_is_left_waits_for_the_other_worker(database: Database) -> None:
    _queue(database, "check-payload")
    _queue(database, "link", barrier=True)
    said: list[str] = []
    _worker(database, lambda _task: None, said).run(threading.Event(), once=True)
    assert said == ["1 jobs wait for another worker"]


def test_stopped_is_raised_by_progress_only(database: Database) -> None:
    _queue(database, "link")
    lease = _claim(database)
    assert lease is not None
    stop = threading.Event()
    task = Task(database, lease, clock=utc_now, stop=stop, say=[].append)
    task.progress(1, 2)
    stop.set()
    with pytest.raises(StoppedError):
        task.progress(2, 2)
