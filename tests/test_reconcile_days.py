"""Classes are what a reader finds who goes through every child's every day and asks who says missing."""

import datetime as dt
from collections import Counter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.lab.payloads import WorldRecords, records_of
from linkage.lab.world import World, simulate
from linkage.register.reconcile import AgencyRecords, reconcile
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Child, Coverage, Episode, Payload
from linkage.wire.results import ReconciliationClass
from tests.oracles.days_oracle import classify_by_days
from tests.support.reconcile_worlds import query_number

COUNCILS, FORCES = ("E01", "E02", "E03"), ("P01", "P02")
ROLES = dict.fromkeys(COUNCILS, "council") | dict.fromkeys(FORCES, "police")
FIRST, DAYS = dt.date(2025, 1, 6), 300
MONTHS = [f"2025-{number:02d}" for number in range(1, 13)]


def _classes(records: list[AgencyRecords], person_of: dict) -> dict[tuple[str, str], str]:
    results = reconcile(records, person_of, query_number=query_number).results
    return {
        (agency, one.episode): one.reconciliation_class
        for agency, told in results.items()
        for one in told.findings
    }


@st.composite
def told_by(
    draw: st.DrawFn, first: dt.date, last: dt.date, *, parted: bool, may_be_open: bool
) -> list[tuple]:
    """What one agency holds of an absence: nothing, one interval, one twice, or two parts of it."""
    how = draw(st.sampled_from(["nothing", "once", "once", "twice", "in parts", "in parts"]))
    if how == "nothing":
        return []
    if parted and how == "in parts" and (last - first).days >= 4:
        return [(first, first + dt.timedelta(days=1)), (last - dt.timedelta(days=1), last)]
    moved = [dt.timedelta(days=draw(st.sampled_from([0, 0, 0, 1, 2, 5]))) for _ in range(2)]
    whole = (first - moved[0], None if may_be_open and draw(st.booleans()) else last + moved[1])
    return [whole, whole] if how == "twice" else [whole]


@st.composite
def separated_worlds(draw: st.DrawFn) -> tuple[list[AgencyRecords], dict]:
    """Children whose absences lie at least ten days apart; one side at most holds an absence as parts."""
    numbers = iter(range(10**6))
    episodes: dict[str, list[Episode]] = {agency: [] for agency in ROLES}
    spells: dict[str, list[CareSpell]] = {agency: [] for agency in ROLES}
    children: dict[str, list[Child]] = {agency: [] for agency in ROLES}
    months = {agency: draw(st.sampled_from([MONTHS, MONTHS, MONTHS[:4], MONTHS[6:]])) for agency in ROLES}
    person_of = {}
    for person in range(draw(st.integers(1, 3))):
        known = {}
        for agency in draw(st.lists(st.sampled_from(list(ROLES)), min_size=1, unique=True)):
            known[agency] = f"{next(numbers):032x}"
            person_of[agency, known[agency]] = f"p{person}"
            children[agency].append(Child(handle=known[agency], version=1))
        for agency in known:
            if agency in COUNCILS and draw(st.booleans()):
                start = FIRST + dt.timedelta(days=draw(st.integers(-50, 200)))
                spell = CareSpell(
                    handle=f"{next(numbers):032x}",
                    child=known[agency],
                    version=1,
                    start=Moment.day(start),
                    end=Moment.day(start + dt.timedelta(days=draw(st.integers(0, 300)))),
                    area=draw(st.sampled_from(["in", "out"])),
                )
                spells[agency].append(spell)
        count = draw(st.integers(1, 3))
        for number in range(count):
            first = FIRST + dt.timedelta(days=90 * number + draw(st.integers(0, 20)))
            last = first + dt.timedelta(days=draw(st.integers(0, 12)))
            # An open record is the whole of nothing: its end is only assumed.
            may_be_open = number == count - 1 and draw(st.booleans())
            parted = draw(st.sampled_from([COUNCILS, FORCES]))
            for agency in known:
                inside = agency in parted and not may_be_open
                # What an agency's months no longer cover it does not know to be open.
                open_here = may_be_open and months[agency][-1] == MONTHS[-1]
                intervals = draw(told_by(first, last, parted=inside, may_be_open=open_here))
                for interval in intervals:
                    episodes[agency].append(
                        _episode(draw, f"{next(numbers):032x}", known[agency], agency, interval)
                    )
    records = [
        AgencyRecords(
            agency,
            role,  # type: ignore[arg-type]
            Payload(
                agency=agency,
                children=tuple(children[agency]),
                care_spells=tuple(spells[agency]),
                episodes=tuple(episodes[agency]),
                coverage=tuple(
                    Coverage(area=area, month=month)
                    for area in (COUNCILS if role == "police" else (agency,))
                    for month in months[agency]
                ),
            ),
        )
        for agency, role in ROLES.items()
    ]
    return records, person_of


def _episode(draw: st.DrawFn, handle: str, child: str, agency: str, interval: tuple) -> Episode:
    def at(day: dt.date | None, hour: int) -> Moment | None:
        if day is None:
            return None
        if agency in COUNCILS:
            return Moment.day(day)
        return Moment.minute(dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC))

    start, end = at(interval[0], 11), at(interval[1], 15)
    assert start is not None
    return Episode(
        handle=handle,
        child=child,
        version=1,
        kind=draw(st.sampled_from(["missing", "missing", "missing", "away"])),
        start=start,
        end=end,
        responsible=draw(st.sampled_from(COUNCILS)),
    )


@given(separated_worlds())
def test_classes_are_those_found_day_by_day(world: tuple) -> None:
    records, person_of = world
    assert _classes(records, person_of) == classify_by_days(records, person_of)


@pytest.fixture(scope="module")
def country(soak: bool) -> World:
    """20 councils, 6 forces, three years; 20,000 children in full."""
    return simulate(20_000 if soak else 2000, 7, councils=20, forces=6, years=3)


@pytest.fixture(scope="module")
def held(country: World) -> WorldRecords:
    return records_of(country)


def _by_reference(held: WorldRecords, classes: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    return {(agency, held.reference_of[agency, handle]): name for (agency, handle), name in classes.items()}


def test_every_class_occurs_in_a_country_of_twenty_councils(country: World) -> None:
    counts = Counter(country.truth.episode_class.values())
    assert counts.keys() == set(get_args(ReconciliationClass))
    assert min(counts.values()) >= 3


def test_of_rightly_linked_children_every_class_is_the_truths(country: World, held: WorldRecords) -> None:
    found = _by_reference(held, _classes(list(held.records), dict(held.person_of)))
    truth = country.truth.episode_class
    assert found.keys() == truth.keys()
    assert {key: (found[key], truth[key]) for key in truth if found[key] != truth[key]} == {}


def test_day_by_day_the_country_has_the_same_classes(country: World, held: WorldRecords) -> None:
    found = _by_reference(held, classify_by_days(held.records, held.person_of))
    truth = country.truth.episode_class
    assert {key: (found[key], truth[key]) for key in truth if found[key] != truth[key]} == {}
