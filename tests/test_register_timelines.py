"""A person's episodes by month: as the payload says, and no more exactly than that."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import Tolerance
from linkage.register.timelines import MonthSpan, timeline
from linkage.wire.moments import Moment
from linkage.wire.records import Child, Coverage, Episode, Payload
from tests.support.reconcile_worlds import handle

DAYS = st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31))
EPISODES = st.lists(st.tuples(DAYS, st.none() | st.integers(0, 70)), max_size=4)


def _agency(code: str, first: int, children: list[list[tuple[dt.date, int | None]]]) -> AgencyRecords:
    episodes = [
        Episode(
            handle=handle(first + 100 * child + number),
            child=handle(first + child),
            version=1,
            kind="missing",
            start=Moment.parse(str(start)),
            end=None if days is None else Moment.parse(str(start + dt.timedelta(days=days))),
        )
        for child, own in enumerate(children)
        for number, (start, days) in enumerate(own, 10)
    ]
    known = tuple(Child(handle=handle(first + n), version=1, sex="M") for n in range(len(children)))
    coverage = (Coverage(area="E01", month="2026-02"),)
    payload = Payload(agency=code, children=known, episodes=tuple(episodes), coverage=coverage)
    return AgencyRecords(code, "council" if code.startswith("E") else "police", payload)


@given(EPISODES, EPISODES)
def test_months_are_those_of_the_episodes(
    council: list[tuple[dt.date, int | None]], police: list[tuple[dt.date, int | None]]
) -> None:
    records = [_agency("E01", 1, [council, []]), _agency("P01", 5001, [police])]
    wanted = [("E01", handle(1)), ("P01", handle(5001)), ("P01", handle(77))]
    found = timeline(records, wanted, Tolerance())
    assert found.held == (0, 1)
    for place, own in enumerate((council, police)):
        told = sorted((one.first, one.open) for one in found.episodes if one.record == place)
        assert told == sorted((f"{start:%Y-%m}", days is None) for start, days in own)
        closed = sorted(
            (one.first, one.last) for one in found.episodes if one.record == place and not one.open
        )
        assert closed == sorted(
            (f"{start:%Y-%m}", f"{start + dt.timedelta(days=days):%Y-%m}")
            for start, days in own
            if days is not None
        )
    assert all(one.last >= one.first for one in found.episodes)


@given(DAYS, st.integers(0, 4), st.integers(0, 6))
def test_who_else_tells_of_an_absence_is_counted(start: dt.date, days: int, later: int) -> None:
    council = [(start, days)]
    police = [(start + dt.timedelta(days=later), days)]
    found = timeline(
        [_agency("E01", 1, [council, council]), _agency("P01", 5001, [police])],
        [("E01", handle(1)), ("E01", handle(2)), ("P01", handle(5001))],
        Tolerance(),
    )
    # Within a day the starts agree; else the absences must touch, within a day again.
    same = later <= max(1, days + 1)
    assert [one.told for one in found.episodes] == [int(same), int(same), 2 * int(same)]


def test_an_open_one_ends_with_the_agencys_snapshot_or_the_next_departure() -> None:
    own = [(dt.date(2025, 3, 1), None), (dt.date(2025, 6, 2), None)]
    found = timeline([_agency("E01", 1, [own])], [("E01", handle(1))], Tolerance())
    assert found.episodes == (
        MonthSpan(record=0, first="2025-03", last="2025-06", open=True, told=0),
        MonthSpan(record=0, first="2025-06", last="2026-02", open=True, told=0),
    )
    assert "-01" not in found.text().replace("2025-", "").replace("2026-", "")
