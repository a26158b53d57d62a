"""What is submitted takes effect with the rest of its day or cycle, and not as often as an agency likes."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from api.batches import sendings, wait_for_snapshot
from api.clock import stamp, utc_now
from api.cycle import abandon_cycle, close_cycle
from api.privacy_settings import BatchSettings, LinkWhen
from api.store import jobs, schema
from api.store.database import Database
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from tests.support.serving import serving
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, make_sent, make_unit

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


def test_a_sending_counts_whatever_its_period_and_refused_ones_do_not(unit: Unit) -> None:
    desk, chosen = unit.enrol(Desk("E09", "council")), BatchSettings(snapshots=1)
    database = unit.database()
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        client.submit(make_sent(unit, desk, children=(1,)))
    own = make_sent(unit, desk, children=(1,)).manifest.period
    with database.write() as connection:

        def waits(period: Period, epoch: str = "e1", day: int = 0) -> bool:
            now = utc_now() + dt.timedelta(days=day)
            return wait_for_snapshot(connection, chosen, "E09", period, epoch, now=now) is not None

        assert waits(own)
        assert waits(_period(str(own.end), "2099-01-01"))
        assert not waits(_period("2098-01-01", "2099-01-01"))  # history, sent on one day
        assert waits(_period("2098-01-01", "2098-01-27"))  # a day too short
        assert waits(_period("2098-01-01", "2099-01-01"), day=1)
        assert not waits(own, day=7)
        assert not waits(own, "e2")
        connection.execute(schema.submissions.update().values(state="refused"))
        assert not waits(own)
    database.close()


def test_years_of_one_day_are_one_sending_and_days_of_one_day_are_as_many() -> None:
    day, next_day = NOON.date(), NEXT.date()
    years = [_period(f"{year}-04-01", f"{year + 1}-03-31") for year in range(2014, 2024)]
    assert sendings([(day, one) for one in years], period_days=28) == [day]
    assert sendings([(day, one) for one in [*years, years[3]]], period_days=28) == [day, day]
    assert sendings([(day, years[0]), (next_day, years[1])], period_days=28) == [day, next_day]
    days = [_period(f"2024-06-{one:02d}", f"2024-06-{one:02d}") for one in range(1, 31)]
    assert sendings([(day, one) for one in days], period_days=28) == [day] * 30
    assert sendings([(day, one) for one in days], period_days=1) == [day]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 2000), st.integers(1, 900)), max_size=30),
    st.integers(1, 4),
)
def test_nobody_sends_on_more_days_than_are_set_whatever_the_periods(
    wanted: list[tuple[int, int, int]], most: int
) -> None:
    """Let an agency try whatever periods it likes on some days, and look at what is let through."""
    chosen = BatchSettings(snapshots=most)
    passed: list[tuple[dt.datetime, Period]] = []

    def since(*_: object, since: str) -> list[tuple[str, Period]]:
        return [(stamp(at), period) for at, period in passed if stamp(at) >= since]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.batches.submissions.committed_since", since)
        patch.setattr("api.batches.span_of", lambda *_: "cycle 1")
        patch.setattr("api.batches.budgets.raised", lambda *_, **__: 0)
        for day, start, length in sorted(wanted):
            first = dt.date(2015, 1, 1) + dt.timedelta(days=start)
            period = _period(str(first), str(first + dt.timedelta(days=length - 1)))
            now = NOON + dt.timedelta(days=day)
            if wait_for_snapshot(cast("Connection", None), chosen, "E09", period, "e1", now=now) is None:
                passed.append((now, period))
    for begin in range(21):
        within = [one for one in passed if begin <= (one[0] - NOON).days < begin + chosen.snapshot_days]
        assert len({at for at, _ in within}) <= most
        short = [one for _, one in within if (one.end.at - one.start.at).days + 1 < chosen.period_days]
        assert len(short) <= most
        for _, one in within:  # nor is any day of the past told of oftener
            assert sum(held.start.at <= one.start.at <= held.end.at for _, held in within) <= most
