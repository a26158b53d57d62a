"""The schedule: what is due goes once a day by itself, with a certificate, and nothing else does."""

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from api.clock import utc_now
from api.erasing import ask_erasure, certify_erasure
from api.secret_files import read_receipts_key
from api.store import erasures, jobs, kept_answers, persons, retention, schema
from api.store.database import Database
from api.store.kept_answers import KeptAnswer
from linkage.wire.certificates import read_certificate
from linkage.wire.erasures import ERASED_KINDS, Erasure
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from linkage.wire.records import Payload
from tests.support.served import Served, copied_unit, served_unit
from tests.support.traces import opened_payload, traces
from tests.support.unit import Desk, Unit, handle, make_payload, make_sent
from tests.support.working import Workers, working

OLD = Period(start=Moment.parse("2015-04-01"), end=Moment.parse("2016-03-31"))
OLD_DAY = "2015-06-03"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        _send(opened, opened.council, (1, 2), 1, period=OLD, payload=_old(opened.council, (1, 2)))
        _send(opened, opened.council, (2, 3), 2)
        _send(opened, opened.police, (1, 3), 1)
        _send(opened, opened.police, (1,), 2)
        opened.workers.cycle()
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


def _old(desk: Desk, children: tuple[int, ...]) -> Payload:
    payload = make_payload(desk, children, day=OLD_DAY)
    episodes = tuple(structs.replace(one, age_band="16+") for one in payload.episodes)
    return structs.replace(payload, episodes=episodes)


def _send(served: Served, desk: Desk, children: tuple[int, ...], sequence: int, **more: Any) -> str:
    sent = make_sent(served.unit, desk, sequence=sequence, children=children, **more)
    served.client(desk).submit(sent)
    served.workers.settle()
    return sent.id


def _run(workers: Workers, clock_days: int = 0) -> retention.RetentionRun:
    with workers.database.write() as connection:
        retention.queue_run(connection, now=utc_now() + dt.timedelta(days=clock_days))
    workers.settle()
    with workers.database.read() as connection:
        found = retention.latest_run(connection)
        failed = [one.error for one in jobs.all_jobs(connection, limit=50) if one.state == "failed"]
    assert failed == []
    assert found is not None
    return found


def _certificate(unit: Unit, database: Database, number: int) -> Erasure:
    with database.write() as connection:
        body = certify_erasure(connection, number, read_receipts_key(unit.folder.receipts_key))
    assert body is not None
    return read_certificate(body, Erasure, signing_key=unit.card.signing_key)


def _held(database: Database) -> set[str]:
    with database.read() as connection:
        return {one.handle for one in persons.members(connection)}


def test_what_is_due_goes_with_a_certificate_and_the_rest_stays(served: Served) -> None:
    database = served.workers.database
    before = _held(database)
    run = _run(served.workers)
    gone = handle("E09", 1)  # of the old period alone; the other child is in a newer one too
    assert _held(database) == before - {gone}
    assert traces(served.unit, database, [gone, handle("E09", 1, OLD_DAY)]) == []
    assert run.erasure is not None
    certificate = _certificate(served.unit, database, run.erasure)
    counts = {one.kind: one.count for one in certificate.counts}
    assert (certificate.scope, certificate.agency, certificate.records) == ("retention", None, 1)
    assert (counts["payload-children"], counts["payload-episodes"], counts["encoding-rows"]) == (1, 1, 1)
    assert set(counts) <= set(ERASED_KINDS)
    assert "tombstones" not in certificate.remains
    assert sum(sum(months.values()) for months in run.forecast.values()) == 4
    again = _run(served.workers)
    assert (again.erasure, again.forecast) == (None, run.forecast)


def test_a_record_that_went_by_schedule_is_new_when_it_is_sent_again(served: Served) -> None:
    _run(served.workers)
    _send(served, served.council, (1, 2, 3), 3)
    assert handle("E09", 1) in _held(served.workers.database)


def test_replaced_snapshots_go_after_their_days_and_what_stands_stays(served: Served) -> None:
    def later() -> dt.datetime:
        return utc_now() + dt.timedelta(days=91)

    held = set(opened_payload(served.unit))
    with working(served.unit, later) as workers:
        run = _run(workers, 91)
        assert run.erasure is not None
        counts = {
            one.kind: one.count for one in _certificate(served.unit, workers.database, run.erasure).counts
        }
    assert counts["payload-superseded"] == 13
    left = set(opened_payload(served.unit))
    assert len(held - left) == 1
    served.workers.cycle()


def test_what_only_the_shared_database_holds_goes_too(served: Served) -> None:
    database, client = served.workers.database, served.client(served.council)
    begun = make_sent(served.unit, served.council, sequence=3, children=(1,))
    assert client.register(begun).status_code == 201
    for _ in range(2):
        served.workers.cycle()
    with database.write() as connection:
        old = utc_now() - dt.timedelta(days=31)
        ask_erasure(connection, "E09", [handle("E09", 2)], reason="x", now=old)
        connection.execute(schema.submissions.update().values(registered_at="2020-01-01T00:00:00.000000Z"))
        answer = KeptAnswer("0f" * 32, 200, "application/json", "{}")
        past = "2020-01-01T00:00:00.000000Z"
        assert kept_answers.keep_answer(connection, "E09", "k" * 16, answer, now=past, expires=past)
    run = _run(served.workers)
    assert run.removed["open-submissions"] == 1
    assert run.removed["unconfirmed"] == 1
    assert run.removed["old-results"] == 3
    with database.read() as connection:
        assert kept_answers.find_answer(connection, "E09", "k" * 16, now=past) is None
    assert client.call("GET", "/v1/results").json()["cycle"] == 3
    with database.write() as connection:
        connection.execute(schema.submissions.update().values(settled_at="2020-01-01T00:00:00.000000Z"))
    assert _run(served.workers).removed["refused-submissions"] == 1
    assert client.call("GET", f"/v1/submissions/{begun.id}").status_code == 404
    served.workers.cycle()


def test_jobs_that_ended_long_ago_go_unless_something_refers_to_them(served: Served) -> None:
    with served.workers.database.write() as connection:
        connection.execute(schema.jobs.update().values(finished_at="2020-01-01T00:00:00.000000Z"))
    run = _run(served.workers)
    assert run.removed["ended-jobs"] > 5
    with served.workers.database.read() as connection:
        runs = connection.execute(schema.link_runs.select()).all()
        assert all(jobs.job(connection, one.job).state == "done" for one in runs)


def test_switched_off_nothing_goes(served: Served) -> None:
    path = served.unit.folder.settings
    path.write_text(path.read_text().replace("enabled = true", "enabled = false"))
    before = _held(served.workers.database)
    with served.workers.database.write() as connection:
        retention.queue_run(connection, now=utc_now())
    served.workers.settle()
    assert _held(served.workers.database) == before
    with served.workers.database.read() as connection:
        assert retention.latest_run(connection) is None
        assert erasures.all_erasures(connection) == []


def test_a_waiting_worker_queues_a_run_once_a_day(served: Served) -> None:
    hours = [0]

    def clock() -> dt.datetime:
        return utc_now() + dt.timedelta(hours=hours[0])

    def queued() -> int:
        with served.workers.database.read() as connection:
            found = jobs.all_jobs(connection, limit=100)
        return sum(one.kind == "retention" for one in found)

    with working(served.unit, clock) as workers:
        # At last the clock is a year ahead, and then set right again.
        for hour, expected in ((0, 1), (0, 1), (20, 1), (25, 2), (26, 2), (9000, 3), (27, 4), (28, 4)):
            hours[0] = hour
            stop = threading.Event()
            threading.Timer(0.3, stop.set).start()
            workers.register.worker(workers.said.append).run(stop, once=False, idle_seconds=0.05)
            assert queued() == expected, hour
