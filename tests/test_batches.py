"""What is submitted takes effect with the rest of its day or cycle, and not as often as an agency likes."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from api.batches import wait_for_snapshot
from api.clock import stamp, utc_now
from api.cycle import abandon_cycle, close_cycle
from api.privacy_settings import BatchSettings, LinkWhen
from api.store import jobs, schema
from api.store.database import Database
from linkage.wire.canonical import canonical
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from linkage.wire.record_requests import RecordRequest
from tests.support.serving import serving
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, handle, make_sent, make_unit

NOON = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
NEXT = NOON + dt.timedelta(hours=12, minutes=1)


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@pytest.fixture
def database(unit: Unit) -> Iterator[Database]:
    opened = unit.database()
    yield opened
    opened.close()


def _claimed(database: Database, now: dt.datetime, when: LinkWhen) -> str | None:
    with database.write() as connection:
        lease = jobs.claim(connection, "linking", now=now, when=when)
        if lease is not None:
            jobs.release(connection, lease)
    return None if lease is None else lease.job.kind


def test_a_linkage_waits_until_its_day_is_over(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link(connection, now=NOON)
    assert _claimed(database, NOON, "arrival") == "link"
    assert _claimed(database, NOON + dt.timedelta(hours=11, minutes=59), "day") is None
    assert _claimed(database, NEXT, "day") == "link"
    assert _claimed(database, NEXT, "cycle") is None


def test_what_is_shielded_or_erased_waits_for_no_batch(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link(connection, now=NOON)
        jobs.queue_link_at_once(connection, now=NOON)
    assert len(_links(database)) == 1
    assert _claimed(database, NOON, "cycle") == "link"
    with database.write() as connection:  # given back, it still waits for none
        jobs.queue_link(connection, now=NOON)
    assert _claimed(database, NOON, "day") == "link"


def test_one_that_failed_for_a_moment_is_tried_again_soon(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link_at_once(connection, now=NOON)
        lease = jobs.claim(connection, "linking", now=NOON, when="day")
        assert lease is not None
        assert jobs.retry_later(connection, lease, now=NOON, reason="a full disk")
    assert _claimed(database, NOON + dt.timedelta(minutes=1), "day") == "link"


def test_an_agencys_shield_is_linked_at_once_and_its_withdrawal_with_the_batch(unit: Unit) -> None:
    desk = unit.enrol(Desk("E09", "council"))
    database, body = unit.database(), canonical(RecordRequest(handles=(handle("E09", 1),)))
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        assert client.call("POST", "/v1/records/withdraw", body).status_code == 200
        assert _claimed(database, utc_now(), "cycle") is None
        assert client.call("POST", "/v1/records/shield", body).status_code == 200
        assert _claimed(database, utc_now(), "cycle") == "link"
    database.close()


def test_one_that_was_queued_by_a_clock_ahead_is_not_waited_for(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link(connection, now=NOON + dt.timedelta(days=300))
    assert _claimed(database, NOON, "day") == "link"


def test_one_that_waits_is_in_nobodys_reach_and_not_late(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link(connection, now=NOON)
    later = NOON + dt.timedelta(hours=6)
    with database.read() as connection:
        assert jobs.pending(connection, "linking", now=later, when="day") == (0, 0)
        assert jobs.pending(connection, "linking") == (1, 0)
        assert jobs.oldest_startable(connection, now=later, when="day") == 0.0
        assert jobs.oldest_startable(connection, now=later) == 6 * 3600


def test_a_cycle_does_not_wait_for_a_batch_and_does_its_work(database: Database) -> None:
    with database.write() as connection:
        jobs.queue_link(connection, now=NOON)
        close_cycle(connection, now=NOON)
    with database.write() as connection:
        lease = jobs.claim(connection, "linking", now=NOON, when="day")
        assert lease is not None
        assert lease.job.cycle == 1
        jobs.cancel_links(connection, lease.job.id)  # as the linking worker does before it looks
    assert [one for one in _links(database) if one[1] == "waiting"] == []
    with database.write() as connection:
        abandon_cycle(connection, now=NOON)  # what was given up for it is queued again
    assert [one for one in _links(database) if one == ("link", "waiting")] != []


def _links(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        return [(one.kind, one.state) for one in jobs.all_jobs(connection, limit=9) if one.kind == "link"]


def _period(start: str, end: str) -> Period:
    return Period(start=Moment.parse(start), end=Moment.parse(end))


def _commit_at(database: Database, agency: str, moments: list[dt.datetime]) -> None:
    """Let the agency's committed submissions have been committed at these moments, the last now."""
    with database.write() as connection:
        table = schema.submissions
        ids = connection.scalars(select(table.c.id).order_by(table.c.sequence)).all()
        for one, moment in zip(ids, moments, strict=True):
            connection.execute(table.update().where(table.c.id == one).values(committed_at=stamp(moment)))


def test_a_further_snapshot_of_a_period_waits_until_days_have_passed(unit: Unit) -> None:
    text = unit.folder.settings.read_text()
    unit.folder.settings.write_text(text.replace("snapshots = 1000", "snapshots = 2"))
    desk = unit.enrol(Desk("E09", "council"))
    database = unit.database()
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        for sequence in (1, 2):
            client.submit(make_sent(unit, desk, sequence=sequence, children=(1,)))
        third = make_sent(unit, desk, sequence=3, children=(1,))
        refused = client.register(third)
        assert refused.status_code == 429
        assert refused.json()["type"] == "urn:clew:problem:limit-reached"
        assert 5 * 86_400 < int(refused.headers["Retry-After"]) <= 7 * 86_400
        now = utc_now()
        _commit_at(database, "E09", [now - dt.timedelta(days=7), now])
        client.submit(third)
    database.close()


def test_periods_that_overlap_are_one_and_refused_ones_do_not_count(unit: Unit) -> None:
    desk, settings = unit.enrol(Desk("E09", "council")), BatchSettings(snapshots=1)
    database = unit.database()
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        sent = make_sent(unit, desk, children=(1,))
        client.submit(sent)
    own = sent.manifest.period
    with database.write() as connection:

        def waits(period: Period, epoch: str = "e1") -> bool:
            return wait_for_snapshot(connection, settings, "E09", period, epoch, now=utc_now()) is not None

        assert waits(own)
        assert waits(_period(str(own.end), "2099-01-01"))
        assert not waits(_period("2098-01-01", "2099-01-01"))
        assert not waits(own, "e2")
        connection.execute(schema.submissions.update().values(state="refused"))
        assert not waits(own)
    database.close()
