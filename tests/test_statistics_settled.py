"""What counts as true where reports differ: docs/statistics.md, worked through by hand."""

import pytest
from msgspec import structs

from benchmarks.made_up_register import made_up_register
from linkage.lab.world import simulate
from linkage.register.reconcile import AgencyRecords
from linkage.register.spans import Point, point
from linkage.register.statistics.care import placements, spells_by_child
from linkage.register.statistics.durations import (
    band_of_hours,
    dfe_band,
    duration_band,
    interview_timing,
    open_band,
)
from linkage.register.statistics.facts import AbsenceFact, Facts, gather_facts
from linkage.register.statistics.periods import quarter_of, read_period, year_of
from linkage.register.statistics.tables import count_tables
from linkage.register.statistics.trees import times
from linkage.wire.records import ReturnInterview
from tests.support.reconcile_worlds import COUNCIL, FORCE, HOST, OTHER_FORCE, Register, moment
from tests.support.statistics_worlds import DIRECTORY


def _facts(register: Register, interviews: dict[str, ReturnInterview] | None = None) -> Facts:
    """``interviews``: by name of the episode."""
    handles = {name: own for own, name in register.names.items()}
    held = []
    for one in register.records():
        own = tuple(
            structs.replace(record, episode=handles[name])
            for name, record in (interviews or {}).items()
            if handles[name] in {episode.handle for episode in one.payload.episodes}
        )
        held.append(AgencyRecords(one.agency, one.role, structs.replace(one.payload, interviews=own)))
    return gather_facts(held, register.linked, DIRECTORY)


def _one(register: Register, interviews: dict[str, ReturnInterview] | None = None) -> AbsenceFact:
    (fact,) = _facts(register, interviews).absences
    return fact


def at(text: str) -> Point:
    return point(moment(text))


def test_the_minute_stands_for_dates_that_agree_with_it() -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-02", "2025-06-04")
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 21:30")
    fact = _one(register)
    assert (fact.start, fact.end) == (at("2025-06-03 09:00"), at("2025-06-03 21:30"))
    assert (fact.duration, fact.dfe_duration, fact.state) == ("8h-24h", "up-to-2-days", "ended")


def test_a_date_beyond_tolerance_goes_before_the_minute() -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-01", "2025-06-09")
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-04 21:30")
    fact = _one(register)
    assert (fact.start, fact.end) == (at("2025-06-01"), at("2025-06-09"))
    assert (fact.duration, fact.dfe_duration) == ("8-28-days", "3-30-days")


def test_of_several_minutes_the_first_start_and_the_last_end_count() -> None:
    register = Register()
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    register.absent("q", OTHER_FORCE, "2025-06-03 10:00", "2025-06-03 18:00", responsible=HOST)
    fact = _one(register)
    assert (fact.start, fact.end) == (at("2025-06-03 09:00"), at("2025-06-03 18:00"))
    assert {one.agency for one in fact.reports} == {FORCE, OTHER_FORCE}
    assert fact.responsible == COUNCIL  # as often named as the other: the first by code


def test_one_end_that_is_known_counts_and_is_disputed() -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-03", None)
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    fact = _one(register)
    assert (fact.end, fact.state, fact.reconciliation_class) == (
        at("2025-06-03 15:00"),
        "disputed",
        "OPEN_CLOSED_CONFLICT",
    )


def test_an_end_never_lies_before_the_start() -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-02", "2025-06-02")
    register.absent("p", FORCE, "2025-06-03 09:00", None)
    fact = _one(register)
    assert (fact.start, fact.end) == (at("2025-06-03 09:00"), Point(at("2025-06-03").day, None))
    assert fact.duration == "same-day"


def test_missing_by_any_report_is_missing() -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-03", "2025-06-04", kind="away")
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    assert _one(register).kind == "missing"


def test_repeats_are_calls_of_the_report_that_they_are_nearest_to() -> None:
    register = Register()
    again = register.known_as(FORCE)
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    register.absent("p again", FORCE, "2025-06-03 09:30", "2025-06-03 15:00", child=again)
    register.absent("later", FORCE, "2025-06-20 09:00", "2025-06-20 15:00")
    first, second = sorted(_facts(register).absences, key=lambda one: one.start)
    assert [len(first.reports), len(second.reports)] == [2, 1]
    assert {one.reconciliation_class for one in first.reports} >= {"DUPLICATE_WITHIN_AGENCY"}


def test_who_looked_after_the_child_is_responsible_whatever_reports_name() -> None:
    register = Register()
    register.in_care(HOST, "2025-01-01", legal_status="C2", placement="K2", host=COUNCIL)
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00", host="E04")
    fact = _one(register)
    assert (fact.responsible, fact.host, fact.in_out, fact.setting) == (HOST, COUNCIL, "out", "care")
    assert (fact.legal_status, fact.placement, fact.provider) == ("C2", "K2", "unknown")


def test_without_care_the_council_and_then_the_police_say_where() -> None:
    register = Register()
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00", host="E04", missing_from="home")
    fact = _one(register)
    assert (fact.responsible, fact.host, fact.in_out, fact.setting) == (COUNCIL, "E04", "out", "home")
    assert (fact.legal_status, fact.force) == ("not-looked-after", FORCE)
    register.absent("q", OTHER_FORCE, "2025-06-03 08:00", "2025-06-03 15:00", host="E04")
    assert _one(register).force == OTHER_FORCE  # the area's own, of the two that reported
    nobody = Register()
    nobody.absent("c", COUNCIL, "2025-07-03", "2025-07-03", host=HOST)
    assert _one(nobody).force == "P02"  # whose area it was, by the directory


def test_a_child_missing_from_home_lives_where_the_home_is() -> None:
    for missing_from, council in (("home", "E04"), ("other", "not-stated")):
        register = Register()
        place = {"responsible": None, "host": "E04", "missing_from": missing_from}
        register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00", **place)
        assert _one(register).responsible == council


def test_short_breaks_are_no_care() -> None:
    register = Register()
    register.in_care(COUNCIL, "2025-01-01", legal_status="V4", placement="K2")
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    fact = _one(register)
    assert (fact.legal_status, fact.placement_change) == ("not-looked-after", "not-looked-after")


def test_risk_is_first_gravest_and_last() -> None:
    register = Register()
    again = register.known_as(FORCE)
    risks = {"risk_initial": "low", "risk_highest": "medium", "risk_final": "low"}
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00", **risks)
    risks = {"risk_initial": "high", "risk_highest": "high", "risk_final": "medium"}
    register.absent("again", FORCE, "2025-06-03 10:00", "2025-06-03 15:00", child=again, **risks)
    fact = _one(register)
    assert (fact.risk_initial, fact.risk_highest, fact.risk_final) == ("low", "high", "medium")


def _interview(**facts: object) -> ReturnInterview:
    return ReturnInterview(episode="0" * 32, version=1, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        ({}, "offer-not-recorded"),
        ({"offered": False}, "not-offered"),
        ({"offered": True}, "outcome-not-known"),
        ({"offered": True, "outcome": "declined"}, "declined"),
        ({"outcome": "unable"}, "unable"),
        ({"outcome": "accepted"}, "accepted-not-completed"),
        ({"completed": moment("2025-06-06 15:00")}, "within-72h"),
        ({"completed": moment("2025-06-06 15:01")}, "after-72h"),
        ({"completed": moment("2025-06-05")}, "within-72h"),
        ({"completed": moment("2025-06-06")}, "hours-not-known"),
        ({"completed": moment("2025-06-07")}, "after-72h"),
        ({"completed": moment("2025-06-02")}, "hours-not-known"),
    ],
)
def test_how_far_an_interview_came(facts: dict, stage: str) -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-03", "2025-06-03")
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    interview = _one(register, {"c": _interview(**facts)}).interview
    assert interview is not None
    assert interview.stage == stage


def test_no_council_holds_an_interview_of_what_police_alone_reported() -> None:
    register = Register()
    register.absent("p", FORCE, "2025-06-03 09:00", "2025-06-03 15:00")
    interview = _one(register).interview
    assert interview is not None
    assert interview.stage == "no-council-report"


def test_two_councils_interviews_are_one() -> None:
    register = Register()
    register.absent("c", COUNCIL, "2025-06-03", "2025-06-03")
    register.absent("h", HOST, "2025-06-03", "2025-06-03")
    first = _interview(completed=moment("2025-06-05"), reasons=("friends",), harms=("none",))
    second = _interview(offered=False, completed=moment("2025-06-09"), reasons=("school",), harms=("sexual",))
    interview = _one(register, {"c": first, "h": second}).interview
    assert interview is not None
    assert (interview.stage, interview.reasons, interview.harms) == (
        "within-72h",
        ("friends", "school"),
        ("sexual",),
    )


def test_placements_change_and_legal_status_changes_are_told_apart() -> None:
    register = Register()
    register.in_care(COUNCIL, "2025-01-01", "2025-02-01", legal_status="C1", placement="U4")
    register.in_care(COUNCIL, "2025-02-01", "2025-03-01", legal_status="C2", placement="U4")
    register.in_care(COUNCIL, "2025-03-01", "2025-06-05", legal_status="C2", placement="K2")
    register.in_care(COUNCIL, "2025-06-05", None, legal_status="C2", placement="K2")
    spells = spells_by_child({one.agency: one for one in register.records()})
    found = placements(next(iter(spells.values())))
    assert [(one.first, one.moved) for one in found] == [
        (at("2025-01-01").day, False),
        (at("2025-03-01").day, True),
        (at("2025-06-05").day, True),  # the same codes, but no other status: another home
    ]
    for day, change in (("2025-06-01", "after"), ("2025-06-12", "before"), ("2025-05-20", "none")):
        absent = Register()
        absent.spells = register.spells
        absent.absent("c", COUNCIL, day, day)
        assert _one(absent).placement_change == change
    absent.absent("open", COUNCIL, "2025-06-13", None)
    assert {one.placement_change for one in _facts(absent).absences} == {"none", "open"}


def test_bands_at_their_edges() -> None:
    start = at("2025-06-01 00:00")
    for minutes, band in (
        (0, "under-8h"), (479, "under-8h"), (480, "8h-24h"), (1439, "8h-24h"), (1440, "24h-48h"),
        (2880, "2d-7d"), (10079, "2d-7d"), (10080, "7d-28d"), (40319, "7d-28d"), (40320, "28d-or-more"),
    ):  # fmt: skip
        end = Point(start.day + minutes // 1440, (start.minute or 0) + minutes)
        assert duration_band(start, end) == band
    for days, band, dfe in (
        (0, "same-day", "up-to-2-days"), (1, "next-day", "up-to-2-days"), (2, "2-days", "up-to-2-days"),
        (3, "3-7-days", "3-30-days"), (7, "3-7-days", "3-30-days"), (8, "8-28-days", "3-30-days"),
        (28, "8-28-days", "3-30-days"), (29, "29-days-or-more", "3-30-days"),
        (30, "29-days-or-more", "3-30-days"), (31, "29-days-or-more", "over-30-days"),
    ):  # fmt: skip
        assert duration_band(start, Point(start.day + days, None)) == band
        assert dfe_band(start, Point(start.day + days, None)) == dfe
    assert [open_band(0, days) for days in (7, 8, 28, 29)] == [
        "up-to-7-days", "8-28-days", "8-28-days", "over-28-days",
    ]  # fmt: skip
    held = [band_of_hours(start, Point(start.day, (start.minute or 0) + m)) for m in (1440, 1441, 4320, 4321)]
    assert held == ["up-to-24h", "24h-48h", "48h-72h", "72h-120h"]
    assert interview_timing(start, Point(start.day - 1, (start.minute or 0) - 1)) == "hours-not-known"


def test_years_begin_in_april() -> None:
    assert [year_of(month) for month in ("2025-03", "2025-04", "1999-12")] == [
        "2024/25",
        "2025/26",
        "1999/00",
    ]
    quarters = [quarter_of(month) for month in ("2025-04", "2025-07", "2025-12", "2026-01")]
    assert quarters == ["2025/26 Q1", "2025/26 Q2", "2025/26 Q3", "2025/26 Q4"]
    for days, code in (
        ("2025-04-01..2026-03-31", "2025/26"),
        ("2025-04-01..2025-06-30", "2025/26 Q1"),
        ("2011-12-01..2011-12-31", "2011-12"),
        ("2025-05-01..2025-07-31", "2025-05-01..2025-07-31"),
    ):
        period = read_period(days)
        assert period.code == code
        dimension = times(period, months=True).dimension
        assert len(set(dimension.codes)) == len(dimension.codes)
        assert set(dimension.codes) == {code, *dimension.parents}
        assert {code, *period.months} >= {one for one in dimension.codes if not dimension.parts(one)}
    twelve = times(read_period("2009-04-01..2012-03-31"), months=True).dimension
    assert len(twelve.codes) == 1 + 3 + 12 + 36


def test_of_a_world_without_mistakes_the_tables_are_the_truth() -> None:
    world = simulate(500, 5, councils=3, forces=2, noise="none")
    made = made_up_register(world)
    facts = gather_facts(made.records, made.person_of, made.directory)
    period = read_period(f"{world.period[0]}..{world.period[1]}")
    tables = {
        (one.number, one.measure): one for one in count_tables(facts, made.directory, period, numbers=["T1"])
    }
    total = tuple(one.total for one in tables["T1", "children"].dimensions)
    truth = world.truth.figures
    assert tables["T1", "children"].cells[total].value == truth.recorded_children
    assert tables["T1", "incidents"].cells[total].value == truth.recorded_events
    assert truth.recorded_events > 400
