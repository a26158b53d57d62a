"""Each reconciliation class is given when its rule says so, up to the very edge of the tolerance."""

import datetime as dt

import pytest

from linkage.errors import InputError
from linkage.register.reconcile import Tolerance
from tests.support.reconcile_worlds import COUNCIL, FORCE, HOST, OTHER_FORCE, ROLES, Register


@pytest.fixture
def register() -> Register:
    return Register()


def _pair(register: Register, council: tuple, police: tuple) -> str:
    """Return the class of two episodes, which must be the same, or both as a string."""
    register.absent("council", COUNCIL, *council)
    register.absent("police", FORCE, *police)
    found = register.classes()
    return found["council"] if found["council"] == found["police"] else "apart"


DAY, NEXT = ("2025-03-10", "2025-03-12"), ("2025-03-11", "2025-03-13")


@pytest.mark.parametrize(
    ("council", "police"),
    [
        (DAY, DAY),
        (DAY, NEXT),
        (DAY, ("2025-03-09", "2025-03-11")),
        (DAY, ("2025-03-09 00:00", "2025-03-13 23:59")),
        (DAY, ("2025-03-11 23:59", "2025-03-11 23:59")),
        (("2025-03-10 18:00", "2025-03-12 09:00"), ("2025-03-11 00:00", "2025-03-12 15:00")),
        (("2025-03-10 18:00", "2025-03-12 09:00"), ("2025-03-10 12:00", "2025-03-12 03:00")),
        (("2025-03-10 18:00", None), ("2025-03-10 20:00", None)),
    ],
)
def test_matched(register: Register, council: tuple, police: tuple) -> None:
    assert _pair(register, council, police) == "MATCHED"


@pytest.mark.parametrize(
    ("council", "police"),
    [
        (DAY, ("2025-03-12", "2025-03-12")),
        (DAY, ("2025-03-08", "2025-03-12")),
        (DAY, ("2025-03-12 00:00", "2025-03-12 10:00")),
        (DAY, ("2025-03-08", "2025-03-20")),  # both differ: the start is named
        (("2025-03-10 18:00", "2025-03-12 09:00"), ("2025-03-11 00:01", "2025-03-12 09:00")),
        (DAY, ("2025-03-13", "2025-03-15")),  # a day after: still one absence
        (("2025-03-10", None), ("2025-03-12", None)),
    ],
)
def test_matched_start_conflict(register: Register, council: tuple, police: tuple) -> None:
    assert _pair(register, council, police) == "MATCHED_START_CONFLICT"


@pytest.mark.parametrize(
    ("council", "police"),
    [
        (DAY, ("2025-03-10", "2025-03-14")),
        (DAY, ("2025-03-10", "2025-03-10")),
        (DAY, ("2025-03-10 23:00", "2025-03-14 00:00")),
        (("2025-03-10 18:00", "2025-03-12 09:00"), ("2025-03-10 18:00", "2025-03-12 15:01")),
    ],
)
def test_matched_end_conflict(register: Register, council: tuple, police: tuple) -> None:
    assert _pair(register, council, police) == "MATCHED_END_CONFLICT"


@pytest.mark.parametrize(
    ("council", "police"),
    [
        (("2025-03-10", None), DAY),
        (DAY, ("2025-03-10 18:00", None)),
        (("2025-03-10", None), ("2025-03-20", "2025-03-21")),  # before any other difference
    ],
)
def test_open_closed_conflict(register: Register, council: tuple, police: tuple) -> None:
    assert _pair(register, council, police) == "OPEN_CLOSED_CONFLICT"


def test_an_open_episode_runs_no_longer_than_its_snapshot(register: Register) -> None:
    register.coverage[COUNCIL] = {(COUNCIL, "2025-06"), (COUNCIL, "2025-07")}
    register.absent("open", COUNCIL, "2025-03-10", None)
    register.absent("after", FORCE, "2025-08-02", "2025-08-03", responsible=HOST)
    assert register.classes() == {"open": "COUNCIL_ONLY_M", "after": "NOT_COMPARABLE"}


def test_an_open_episode_is_compared_up_to_a_day_after_its_snapshot(register: Register) -> None:
    register.coverage[COUNCIL] = {(COUNCIL, "2025-06"), (COUNCIL, "2025-07")}
    register.absent("open", COUNCIL, "2025-03-10", None)
    register.absent("next day", FORCE, "2025-08-01", "2025-08-03")
    assert register.classes() == dict.fromkeys(("open", "next day"), "OPEN_CLOSED_CONFLICT")


def test_an_open_episode_that_began_after_its_snapshot_lasts_at_least_that_day(register: Register) -> None:
    register.coverage[COUNCIL] = {(COUNCIL, "2025-03")}
    register.absent("open", COUNCIL, "2025-04-10", None)
    register.absent("police", FORCE, "2025-04-05", "2025-04-09")
    assert register.classes() == dict.fromkeys(("open", "police"), "OPEN_CLOSED_CONFLICT")


def test_an_open_episode_of_an_agency_without_coverage_runs_to_the_last_day_anyone_mentions(
    register: Register,
) -> None:
    register.coverage[COUNCIL] = set()
    register.absent("open", COUNCIL, "2025-03-10", None)
    register.absent("later", FORCE, "2025-10-05", "2025-10-06")
    assert register.classes() == dict.fromkeys(("open", "later"), "OPEN_CLOSED_CONFLICT")


def test_a_record_that_nobody_closed_does_not_swallow_the_childs_later_absences(register: Register) -> None:
    register.absent("never closed", FORCE, "2025-03-01", None)
    register.absent("second", FORCE, "2025-03-10", "2025-03-11")
    register.absent("third", FORCE, "2025-03-20", "2025-03-21")
    register.absent("council first", COUNCIL, "2025-03-01", "2025-03-02")
    register.absent("council second", COUNCIL, "2025-03-10", "2025-03-11")
    register.absent("council third", COUNCIL, "2025-03-20", "2025-03-21")
    assert register.classes() == {
        "never closed": "OPEN_CLOSED_CONFLICT",
        "council first": "OPEN_CLOSED_CONFLICT",
        "second": "MATCHED",
        "council second": "MATCHED",
        "third": "MATCHED",
        "council third": "MATCHED",
    }


def test_nor_does_it_swallow_absences_under_another_record_once_the_child_was_back(
    register: Register,
) -> None:
    second = register.known_as(FORCE)
    register.absent("never closed", FORCE, "2025-03-01", None)
    register.absent("same record", FORCE, "2025-03-10", "2025-03-11")
    register.absent("other record", FORCE, "2025-03-20", "2025-03-21", child=second)
    assert set(register.classes().values()) == {"POLICE_ONLY_NOT_CLA"}


@pytest.mark.parametrize(
    "police", [("2025-03-14", "2025-03-15"), ("2025-03-14 00:00", None), ("2025-03-07", "2025-03-08")]
)
def test_two_days_apart_are_two_absences(register: Register, police: tuple) -> None:
    assert _pair(register, DAY, police) == "apart"


def test_times_more_than_six_hours_apart_are_two_absences(register: Register) -> None:
    council, police = ("2025-03-10 10:00", "2025-03-10 12:00"), ("2025-03-10 18:01", "2025-03-10 19:00")
    assert _pair(register, council, police) == "apart"


def test_a_time_tolerance_longer_than_the_day_tolerance_is_honoured(register: Register) -> None:
    register.absent("council", COUNCIL, "2025-03-10 10:00", "2025-03-10 12:00")
    register.absent("police", FORCE, "2025-03-13 10:00", "2025-03-13 12:00")
    wide = Tolerance(day=dt.timedelta(0), minute=dt.timedelta(days=3))
    assert register.classes(wide) == {"council": "MATCHED", "police": "MATCHED"}


def test_times_six_hours_apart_are_one_absence(register: Register) -> None:
    council, police = ("2025-03-10 10:00", "2025-03-10 12:00"), ("2025-03-10 18:00", "2025-03-10 19:00")
    assert _pair(register, council, police) == "MATCHED_START_CONFLICT"


def test_starts_that_agree_make_one_absence_even_where_the_intervals_do_not_meet(register: Register) -> None:
    council, police = ("2025-03-10", "2025-03-10 08:00"), ("2025-03-11 20:00", "2025-03-11 21:00")
    assert _pair(register, council, police) == "MATCHED_END_CONFLICT"


def test_a_date_is_a_day_in_london_not_in_utc(register: Register) -> None:
    # 23:30 UTC on 30 June is 1 July in London: one day from the 2nd, two from the 29th.
    late = ("2025-06-30 23:30", "2025-07-05 10:00")
    assert _pair(register, ("2025-07-02", "2025-07-05"), late) == "MATCHED"
    other = Register()
    assert _pair(other, ("2025-06-29", "2025-07-05"), late) == "MATCHED_START_CONFLICT"


def test_an_absence_within_one_utc_day_does_not_end_before_it_starts_in_london(register: Register) -> None:
    odd = ("2025-06-30 23:30", "2025-06-30")
    assert _pair(register, ("2025-07-02", "2025-07-02"), odd) == "MATCHED"


@pytest.mark.parametrize(
    ("clocks", "start", "six_hours_later", "a_minute_more"),
    [
        ("forward", "2025-03-30 00:30", "2025-03-30 06:30", "2025-03-30 06:31"),
        ("back", "2025-10-26 00:30", "2025-10-26 06:30", "2025-10-26 06:31"),
    ],
)
def test_six_hours_are_six_hours_when_the_clocks_change(
    clocks: str, start: str, six_hours_later: str, a_minute_more: str
) -> None:
    end = start[:8] + "31 12:00"
    assert _pair(Register(), (start, end), (six_hours_later, end)) == "MATCHED"
    assert _pair(Register(), (start, end), (a_minute_more, end)) == "MATCHED_START_CONFLICT"


def test_council_only_m(register: Register) -> None:
    register.absent("alone", COUNCIL, *DAY)
    assert register.classes() == {"alone": "COUNCIL_ONLY_M"}


def test_council_only_a(register: Register) -> None:
    register.absent("alone", COUNCIL, *DAY, kind="away")
    assert register.classes() == {"alone": "COUNCIL_ONLY_A"}


@pytest.mark.parametrize(("council", "police"), [("away", "missing"), ("missing", "away")])
def test_type_conflict(register: Register, council: str, police: str) -> None:
    register.absent("council", COUNCIL, *DAY, kind=council)
    register.absent("police", FORCE, *DAY, kind=police)
    assert register.told() == dict.fromkeys(("council", "police"), ("TYPE_CONFLICT", ("type",)))


def test_two_records_of_an_absence_without_risk_agree(register: Register) -> None:
    register.absent("council", COUNCIL, *DAY, kind="away")
    register.absent("police", FORCE, *DAY, kind="away")
    assert set(register.classes().values()) == {"MATCHED"}


def test_everything_that_differs_is_named_and_the_class_is_the_first(register: Register) -> None:
    register.absent("council", COUNCIL, "2025-03-10", "2025-03-12", kind="away")
    register.absent("police", FORCE, "2025-03-06", "2025-03-20")
    assert register.told()["council"] == ("MATCHED_START_CONFLICT", ("start", "end", "type"))


def test_an_open_episodes_assumed_end_is_no_difference(register: Register) -> None:
    register.absent("council", COUNCIL, "2025-03-10", None)
    register.absent("police", FORCE, *DAY, kind="away")
    assert register.told()["council"] == ("OPEN_CLOSED_CONFLICT", ("type", "open"))


def _split(register: Register, whole: tuple, *parts: tuple) -> dict[str, tuple]:
    register.in_care(COUNCIL, "2024-01-01")
    register.absent("whole", COUNCIL, *whole)
    for number, part in enumerate(parts, start=1):
        register.absent(f"part {number}", FORCE, *part)
    return register.told()


def test_split_merge(register: Register) -> None:
    first, second = ("2025-03-10 20:00", "2025-03-12 09:00"), ("2025-03-15 10:00", "2025-03-18 08:00")
    found = _split(register, ("2025-03-10", "2025-03-18"), first, second)
    assert found == dict.fromkeys(("whole", "part 1", "part 2"), ("SPLIT_MERGE", ()))


def test_a_split_names_what_differs_at_its_outer_edges(register: Register) -> None:
    first, second = ("2025-03-12 20:00", "2025-03-13 09:00"), ("2025-03-15 10:00", "2025-03-16 08:00")
    assert _split(register, ("2025-03-10", "2025-03-18"), first, second) == {
        "whole": ("SPLIT_MERGE", ("start", "end")),
        "part 1": ("SPLIT_MERGE", ("start",)),
        "part 2": ("SPLIT_MERGE", ("end",)),
    }


def test_two_reports_on_the_day_of_a_date_only_record_are_its_parts(register: Register) -> None:
    first, second = ("2025-03-10 09:00", "2025-03-10 12:00"), ("2025-03-10 20:00", "2025-03-10 23:00")
    found = _split(register, ("2025-03-10", "2025-03-10"), first, second)
    assert {name for name, _ in found.values()} == {"SPLIT_MERGE"}


@pytest.mark.parametrize(
    ("last", "expected"), [("2025-03-13", "SPLIT_MERGE"), ("2025-03-14", "POLICE_ONLY_CLA")]
)
def test_a_part_may_stick_out_by_the_tolerance(register: Register, last: str, expected: str) -> None:
    found = _split(register, ("2025-03-08", "2025-03-12"), ("2025-03-08", "2025-03-09"), ("2025-03-11", last))
    assert found["part 2"][0] == expected


def test_an_absence_on_the_day_of_another_return_is_not_a_part_of_it(register: Register) -> None:
    """A child who goes missing every evening, of which the council lacks one."""
    nights = [("2025-03-10 20:00", "2025-03-11 02:00"), ("2025-03-11 20:00", "2025-03-12 02:00")]
    found = _split(register, ("2025-03-10", "2025-03-11"), *nights)
    assert [found[name][0] for name in ("whole", "part 1", "part 2")] == [
        "MATCHED",
        "MATCHED",
        "POLICE_ONLY_CLA",
    ]


def test_a_record_that_nobody_closed_is_not_the_whole_of_later_absences(register: Register) -> None:
    found = _split(register, ("2025-03-01", None), ("2025-03-01", "2025-03-02"), ("2025-03-20", "2025-03-21"))
    assert found["whole"][0] == found["part 1"][0] == "OPEN_CLOSED_CONFLICT"
    assert found["part 2"][0] == "POLICE_ONLY_CLA"


def test_a_part_that_is_still_open_conflicts_with_a_closed_whole(register: Register) -> None:
    found = _split(register, ("2025-03-01", "2025-03-20"), ("2025-03-01", "2025-03-04"), ("2025-03-12", None))
    assert found == {
        "whole": ("OPEN_CLOSED_CONFLICT", ("open",)),
        "part 1": ("SPLIT_MERGE", ()),
        "part 2": ("OPEN_CLOSED_CONFLICT", ("open",)),
    }


def test_parts_of_a_whole_that_both_sides_hold_as_open(register: Register) -> None:
    found = _split(register, ("2025-10-01", None), ("2025-10-01", "2025-10-03"), ("2025-10-06", None))
    assert found["part 1"] == found["whole"] == ("SPLIT_MERGE", ())


def test_out_of_area_unseen_where_only_police_know(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01", area="out", host=HOST)
    register.absent("police", FORCE, *DAY)
    assert register.classes() == {"police": "OUT_OF_AREA_UNSEEN"}


def test_out_of_area_unseen_where_police_and_the_host_council_know(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01")
    register.absent("host", HOST, *DAY)
    register.absent("police", FORCE, *DAY)
    assert register.classes() == dict.fromkeys(("host", "police"), "OUT_OF_AREA_UNSEEN")


def test_out_of_area_unseen_where_only_the_host_council_knows(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01")
    register.coverage[FORCE].clear()
    register.absent("host", HOST, *DAY)
    assert register.classes() == {"host": "OUT_OF_AREA_UNSEEN"}


def test_a_conflict_in_the_record_itself_goes_before_out_of_area_unseen(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01")
    register.absent("host", HOST, "2025-03-10", "2025-03-15")
    register.absent("police", FORCE, *DAY)
    assert set(register.classes().values()) == {"MATCHED_END_CONFLICT"}


def test_a_council_that_did_not_submit_the_month_has_not_failed_to_see(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01", area="out")
    register.coverage[COUNCIL] = {(COUNCIL, "2025-04")}
    register.absent("host", HOST, *DAY)
    register.absent("police", FORCE, *DAY)
    assert register.classes() == dict.fromkeys(("host", "police"), "MATCHED")


def test_what_the_responsible_council_holds_as_away_it_has_seen(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01", area="out")
    register.absent("responsible", COUNCIL, *DAY, kind="away")
    register.absent("host", HOST, *DAY)
    register.absent("police", FORCE, *DAY)
    assert register.classes() == {
        "responsible": "TYPE_CONFLICT",
        "host": "MATCHED",
        "police": "TYPE_CONFLICT",
    }


def test_a_host_councils_away_episode_stays_its_own_affair(register: Register) -> None:
    register.in_care(COUNCIL, "2024-01-01", area="out")
    register.coverage[FORCE] |= {(HOST, "2025-03")}
    register.absent("host", HOST, *DAY, kind="away")
    assert register.classes() == {"host": "COUNCIL_ONLY_A"}


@pytest.mark.parametrize(
    ("start", "end"), [("2025-03-10", None), ("2024-01-01", "2025-03-10"), ("2025-03-10", "2025-03-10")]
)
def test_police_only_cla(register: Register, start: str, end: str | None) -> None:
    register.in_care(COUNCIL, start, end)
    register.absent("alone", FORCE, "2025-03-10 20:00", "2025-03-12 09:00")
    assert register.classes() == {"alone": "POLICE_ONLY_CLA"}


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        ("2025-03-11", None, "C2"),
        ("2024-01-01", "2025-03-09", "C2"),
        ("2024-01-01", None, "V3"),
        ("2024-01-01", None, "V4"),
    ],
)
def test_police_only_not_cla(register: Register, start: str, end: str | None, status: str) -> None:
    register.in_care(COUNCIL, start, end, legal_status=status)
    register.absent("alone", FORCE, "2025-03-10 20:00", "2025-03-12 09:00")
    assert register.classes() == {"alone": "POLICE_ONLY_NOT_CLA"}


def test_the_day_a_care_spell_begins_is_a_day_in_london(register: Register) -> None:
    register.in_care(COUNCIL, "2025-07-01")
    register.absent("alone", FORCE, "2025-06-30 23:30", "2025-07-01 09:00")
    assert register.classes() == {"alone": "POLICE_ONLY_CLA"}


def test_police_only_unlinked(register: Register) -> None:
    for council in (COUNCIL, HOST):
        del register.linked[council, register.children[council][0]]
    register.in_care(COUNCIL, "2024-01-01")
    register.absent("alone", FORCE, *DAY)
    assert register.classes() == {"alone": "POLICE_ONLY_UNLINKED"}


def test_a_person_cannot_be_mistaken_for_a_child_without_one() -> None:
    register = Register()
    namesake = register.known_as(COUNCIL, person=register.children[FORCE][0])
    del register.linked[FORCE, register.children[FORCE][0]]
    register.absent("council", COUNCIL, *DAY, child=namesake)
    register.absent("police", FORCE, *DAY)
    assert register.classes() == {"council": "COUNCIL_ONLY_M", "police": "POLICE_ONLY_UNLINKED"}


def test_duplicate_within_agency(register: Register) -> None:
    second = register.known_as(FORCE)
    register.absent("first", FORCE, "2025-03-10 18:00", "2025-03-12 09:00")
    register.absent("again", FORCE, "2025-03-11 02:00", "2025-03-12 09:00", child=second)
    register.absent("council", COUNCIL, *DAY)
    assert register.classes() == {
        "first": "MATCHED",
        "again": "DUPLICATE_WITHIN_AGENCY",
        "council": "MATCHED",
    }


def test_of_two_equal_reports_the_larger_handle_is_the_duplicate(register: Register) -> None:
    register.absent("smaller", COUNCIL, *DAY)
    register.absent("larger", COUNCIL, *DAY)
    assert register.classes() == {"smaller": "COUNCIL_ONLY_M", "larger": "DUPLICATE_WITHIN_AGENCY"}


@pytest.mark.parametrize(
    ("later", "expected"),
    [("2025-03-13", "DUPLICATE_WITHIN_AGENCY"), ("2025-03-14", "COUNCIL_ONLY_M")],
)
def test_another_record_of_the_child_repeats_an_absence_up_to_the_tolerance(
    register: Register, later: str, expected: str
) -> None:
    second = register.known_as(COUNCIL)
    register.absent("first", COUNCIL, *DAY)
    register.absent("again", COUNCIL, later, later, child=second)
    assert register.classes() == {"first": "COUNCIL_ONLY_M", "again": expected}


def test_one_record_with_a_return_and_a_new_start_has_two_absences(register: Register) -> None:
    register.absent("first", COUNCIL, "2025-03-10", "2025-03-12")
    register.absent("second", COUNCIL, "2025-03-12", "2025-03-13")
    register.absent("third", FORCE, "2025-03-20 10:00", "2025-03-20 12:00")
    register.absent("fourth", FORCE, "2025-03-20 12:00", "2025-03-20 13:00")
    assert "DUPLICATE_WITHIN_AGENCY" not in register.classes().values()


def test_duplicates_of_duplicates_do_not_chain(register: Register) -> None:
    second = register.known_as(COUNCIL)
    register.absent("first", COUNCIL, "2025-03-01", "2025-03-03")
    register.absent("bridge", COUNCIL, "2025-03-02", "2025-03-20", child=second)
    register.absent("last", COUNCIL, "2025-03-19", "2025-03-22")
    assert register.classes() == {
        "first": "COUNCIL_ONLY_M",
        "bridge": "DUPLICATE_WITHIN_AGENCY",
        "last": "COUNCIL_ONLY_M",
    }


def test_each_of_two_councils_may_match_the_same_police_episode(register: Register) -> None:
    register.absent("responsible", COUNCIL, *DAY)
    register.absent("host", HOST, "2025-03-10", "2025-03-15")
    register.absent("police", FORCE, *DAY)
    assert register.classes() == {
        "responsible": "MATCHED",
        "host": "MATCHED_END_CONFLICT",
        "police": "MATCHED_END_CONFLICT",
    }


def test_each_of_two_forces_may_match_the_same_council_episode(register: Register) -> None:
    register.absent("council", COUNCIL, *DAY)
    register.absent("where missing", FORCE, *DAY)
    register.absent("where found", OTHER_FORCE, "2025-03-12", "2025-03-12")
    assert register.classes() == {
        "council": "MATCHED_START_CONFLICT",
        "where missing": "MATCHED",
        "where found": "MATCHED_START_CONFLICT",
    }


def test_two_councils_are_not_compared_with_each_other(register: Register) -> None:
    register.coverage[FORCE] |= {(HOST, "2025-03")}
    register.absent("responsible", COUNCIL, *DAY)
    register.absent("host", HOST, *DAY)
    assert register.classes() == {"responsible": "COUNCIL_ONLY_M", "host": "COUNCIL_ONLY_M"}


def test_the_closest_are_paired_and_no_pair_is_gained_by_shifting_all(register: Register) -> None:
    # Matching 4 with 3 and 6 with 4 would give two pairs, both wrong.
    register.in_care(COUNCIL, "2024-01-01")
    for day in ("2025-03-04", "2025-03-06"):
        register.absent(f"council {day}", COUNCIL, day, day)
    for day in ("2025-03-03", "2025-03-04"):
        register.absent(f"police {day}", FORCE, day, day)
    assert register.classes(Tolerance(day=dt.timedelta(days=2))) == {
        "council 2025-03-04": "MATCHED",
        "police 2025-03-04": "MATCHED",
        "council 2025-03-06": "COUNCIL_ONLY_M",
        "police 2025-03-03": "POLICE_ONLY_CLA",
    }


def test_of_several_within_one_long_absence_the_one_with_the_nearest_start_is_paired(
    register: Register,
) -> None:
    register.absent("police 20", FORCE, "2025-03-20", "2025-03-21")
    register.absent("police 01", FORCE, "2025-03-01", "2025-03-02")
    register.absent("council", COUNCIL, "2025-03-01", "2025-03-31")
    register.absent("host", HOST, "2025-03-01", "2025-03-19")
    found = register.told()
    assert found["council"] == ("SPLIT_MERGE", ("end",))
    assert found["police 20"] == ("SPLIT_MERGE", ("end",))
    assert found["police 01"] == ("SPLIT_MERGE", ("end",))  # against the host council
    assert found["host"] == ("MATCHED_END_CONFLICT", ("end",))


def test_absences_every_other_day_are_each_paired_with_their_own(register: Register) -> None:
    for day in ("2025-03-03", "2025-03-05", "2025-03-07"):
        register.absent(f"council {day}", COUNCIL, day, day)
        register.absent(f"police {day}", FORCE, f"{day} 20:00", f"{day} 23:00")
    assert set(register.classes().values()) == {"MATCHED"}


@pytest.mark.parametrize("agency", [FORCE, OTHER_FORCE])
def test_council_episode_is_comparable_if_any_force_submitted_its_area_and_month(
    register: Register, agency: str
) -> None:
    register.coverage[FORCE] = register.coverage[OTHER_FORCE] = set()
    register.coverage[agency] = {(COUNCIL, "2025-03")}
    register.absent("covered", COUNCIL, *DAY)
    register.absent("other month", COUNCIL, "2025-04-10", "2025-04-11")
    register.absent("other area", COUNCIL, "2025-03-20", "2025-03-20", responsible=HOST)
    register.absent("own area", HOST, "2025-03-25", "2025-03-25")
    assert register.classes() == {
        "covered": "COUNCIL_ONLY_M",
        "other month": "NOT_COMPARABLE",
        "other area": "NOT_COMPARABLE",
        "own area": "NOT_COMPARABLE",
    }


def test_police_episode_is_comparable_if_a_council_submitted_the_responsible_area(register: Register) -> None:
    register.coverage[COUNCIL] = {(COUNCIL, "2025-03")}
    register.coverage[HOST] = set()
    register.absent("covered", FORCE, *DAY)
    register.absent("other month", FORCE, "2025-04-10", "2025-04-11")
    register.absent("responsible first", FORCE, "2025-03-20", "2025-03-20", responsible=HOST, host=COUNCIL)
    register.absent("then host", FORCE, "2025-03-25", "2025-03-25", responsible=None, host=COUNCIL)
    assert register.classes() == {
        "covered": "POLICE_ONLY_NOT_CLA",
        "other month": "NOT_COMPARABLE",
        "responsible first": "NOT_COMPARABLE",
        "then host": "POLICE_ONLY_NOT_CLA",
    }


def test_attack_a_council_cannot_state_coverage_of_anothers_area(register: Register) -> None:
    register.coverage[COUNCIL] = set()
    register.coverage[HOST] = {(COUNCIL, "2025-03")}
    register.absent("report", FORCE, *DAY)
    assert register.classes() == {"report": "NOT_COMPARABLE"}


def test_police_episode_without_area_is_looked_for_at_the_childs_councils(register: Register) -> None:
    register.coverage[COUNCIL] = {(COUNCIL, "2025-03")}
    register.coverage[HOST] = set()
    register.coverage[FORCE] = set()
    register.absent("covered", FORCE, *DAY, responsible=None)
    register.absent("other month", FORCE, "2025-04-10", "2025-04-11", responsible=None)
    assert register.classes() == {"covered": "POLICE_ONLY_NOT_CLA", "other month": "NOT_COMPARABLE"}


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ({COUNCIL}, "POLICE_ONLY_UNLINKED"),
        ({COUNCIL, HOST}, "POLICE_ONLY_UNLINKED"),
        ({COUNCIL, "E99"}, "NOT_COMPARABLE"),
        (set(), "NOT_COMPARABLE"),
    ],
)
def test_police_episode_of_an_unlinked_child_without_area_is_looked_for_wherever_the_force_submitted(
    register: Register, areas: set, expected: str
) -> None:
    for council in (COUNCIL, HOST):
        del register.linked[council, register.children[council][0]]
    register.coverage[FORCE] = {(area, "2025-03") for area in areas}
    register.absent("alone", FORCE, *DAY, responsible=None)
    assert register.classes() == {"alone": expected}


def test_the_month_of_coverage_is_a_month_in_london(register: Register) -> None:
    for agency in (FORCE, OTHER_FORCE):
        register.coverage[agency] = {(COUNCIL, "2025-07")}
    register.absent("july in london", COUNCIL, "2025-06-30 23:30", "2025-07-01 02:00")
    register.absent("june", COUNCIL, "2025-06-30 10:00", "2025-06-30 12:00")
    assert register.classes() == {"july in london": "COUNCIL_ONLY_M", "june": "NOT_COMPARABLE"}


def test_a_matched_episode_needs_no_coverage(register: Register) -> None:
    for agency in ROLES:
        register.coverage[agency] = set()
    assert _pair(register, DAY, DAY) == "MATCHED"


def test_tolerances_can_be_set(register: Register) -> None:
    register.absent("council", COUNCIL, "2025-03-10", "2025-03-12")
    register.absent("police", FORCE, "2025-03-11", "2025-03-12")
    strict = Tolerance(day=dt.timedelta(0), minute=dt.timedelta(0))
    assert register.classes(strict)["council"] == "MATCHED_START_CONFLICT"
    with pytest.raises(InputError):
        Tolerance(minute=dt.timedelta(minutes=-1))


def test_figures_count_a_pair_once_and_a_duplicate_not_at_all(register: Register) -> None:
    second = register.known_as(COUNCIL)
    register.absent("council", COUNCIL, *DAY)
    register.absent("again", COUNCIL, *DAY, child=second)
    register.absent("police", FORCE, *DAY)
    register.absent("host", HOST, *DAY)
    register.absent("police alone", FORCE, "2025-04-10 18:00", None)
    register.absent("away", COUNCIL, "2025-03-25", "2025-03-26", kind="away")
    figures = register.reconciled().figures
    assert figures.children_in_register == 1
    assert {name: n for name, n in figures.episodes_by_class.items() if n} == {
        "MATCHED": 1,
        "POLICE_ONLY_NOT_CLA": 1,
        "COUNCIL_ONLY_A": 1,
        "DUPLICATE_WITHIN_AGENCY": 1,
    }
    assert {name: n for name, n in figures.findings_by_class.items() if n} == {
        "MATCHED": 3,
        "POLICE_ONLY_NOT_CLA": 1,
        "COUNCIL_ONLY_A": 1,
        "DUPLICATE_WITHIN_AGENCY": 1,
    }
    councils, police, both = (
        figures.missing_by_councils,
        figures.missing_by_police,
        figures.missing_by_register,
    )
    assert (councils.child_records, councils.children, councils.reports, councils.episodes) == (3, 1, 3, 1)
    assert (police.child_records, police.children, police.reports, police.episodes) == (1, 1, 2, 2)
    assert (both.child_records, both.children, both.reports, both.episodes) == (4, 1, 5, 2)
    assert figures.open_episodes == 1


def test_children_without_episodes_are_in_the_register(register: Register) -> None:
    register.known_as(COUNCIL, person="another")
    figures = register.reconciled().figures
    assert figures.children_in_register == 2
    assert figures.missing_by_register.children == 0
