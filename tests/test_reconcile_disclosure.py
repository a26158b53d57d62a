"""An agency learns of an episode that it lacks only if the child is its own, and then only five things."""

import msgspec
import pytest

from linkage.register.reconcile import reconcile
from linkage.wire.results import MissingEpisode
from tests.support.reconcile_worlds import COUNCIL, FORCE, HOST, OTHER_FORCE, ROLES, Register, query_number

DAY = ("2025-03-10", "2025-03-12")


@pytest.fixture
def register() -> Register:
    return Register()


def _told(register: Register) -> dict[str, list[MissingEpisode]]:
    return {agency: list(r.missing) for agency, r in register.reconciled().results.items() if r.missing}


def test_a_council_is_told_of_a_police_episode_of_a_child_it_looked_after(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.absent("police", FORCE, "2025-03-10 20:00", "2025-03-12 09:00")
    child, episode = register.children[COUNCIL][0], register.episodes[FORCE][0].handle
    expected = MissingEpisode(
        child=child,
        reconciliation_class="POLICE_ONLY_CLA",
        month="2025-03",
        contact=FORCE,
        query=query_number(COUNCIL, child, episode),
    )
    assert _told(register) == {COUNCIL: [expected]}


def test_a_council_that_knows_the_child_but_did_not_look_after_them_is_not_told(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.in_care(HOST, "2024-03-01", "2024-09-01")
    register.absent("police", FORCE, *DAY)
    assert set(_told(register)) == {COUNCIL}


def test_nobody_is_told_that_a_child_was_missing_from_home(register: Register) -> None:
    register.absent("police", FORCE, *DAY)
    assert register.classes() == {"police": "POLICE_ONLY_NOT_CLA"}
    assert _told(register) == {}


def test_every_force_that_knows_the_child_is_told_of_a_council_episode(register: Register) -> None:
    register.absent("council", COUNCIL, *DAY)
    told = _told(register)
    assert set(told) == {FORCE, OTHER_FORCE}
    for force, (only,) in told.items():
        child = register.children[force][0]
        assert (only.child, only.reconciliation_class, only.month) == (child, "COUNCIL_ONLY_M", "2025-03")
        assert only.contact == COUNCIL
        assert only.query == query_number(force, child, register.episodes[COUNCIL][0].handle)


def test_a_force_that_does_not_know_the_child_is_told_nothing(register: Register) -> None:
    del register.linked[FORCE, register.children[FORCE][0]]
    register.absent("council", COUNCIL, *DAY)
    assert set(_told(register)) == {OTHER_FORCE}


def test_an_absence_without_authorisation_is_not_disclosed(register: Register) -> None:
    register.absent("away", COUNCIL, *DAY, kind="away")
    assert _told(register) == {}


def test_what_both_sides_hold_is_not_disclosed(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.absent("council", COUNCIL, *DAY)
    register.absent("police", FORCE, *DAY)
    assert _told(register) == {}


def test_what_cannot_be_compared_is_not_disclosed(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    for agency in ROLES:
        register.coverage[agency] = set()
    register.absent("council", COUNCIL, *DAY)
    register.absent("police", FORCE, "2025-04-10", "2025-04-11")
    assert set(register.classes().values()) == {"NOT_COMPARABLE"}
    assert _told(register) == {}


def test_a_duplicate_is_not_disclosed_beside_its_first_report(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.absent("first", FORCE, *DAY)
    register.absent("again", FORCE, *DAY, child=register.known_as(FORCE))
    (only,) = _told(register)[COUNCIL]
    assert only.query == query_number(COUNCIL, only.child, register.episodes[FORCE][0].handle)


def test_an_agency_with_two_records_of_the_child_is_told_once(register: Register) -> None:
    register.known_as(FORCE)
    register.absent("council", COUNCIL, *DAY)
    (only,) = _told(register)[FORCE]
    assert only.child == min(register.children[FORCE])


def test_short_breaks_do_not_make_a_council_a_receiver(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.in_care(HOST, "2025-03-01", legal_status="V4")
    register.absent("police", FORCE, *DAY)
    assert set(_told(register)) == {COUNCIL}


def test_the_responsible_council_is_told_once_of_an_absence_out_of_its_area(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01", area="out", host=HOST)
    register.absent("host", HOST, *DAY)
    register.absent("police", FORCE, *DAY)
    register.absent("other force", OTHER_FORCE, *DAY)
    child, episode = register.children[COUNCIL][0], register.episodes[FORCE][0].handle
    expected = MissingEpisode(
        child=child,
        reconciliation_class="OUT_OF_AREA_UNSEEN",
        month="2025-03",
        contact=FORCE,
        query=query_number(COUNCIL, child, episode),
    )
    assert _told(register) == {COUNCIL: [expected]}


def test_of_an_absence_that_only_the_host_council_holds_its_council_and_the_forces_are_told(
    register: Register,
) -> None:
    register.in_care(COUNCIL, "2025-03-01", area="out", host=HOST)
    register.coverage[FORCE] |= {(HOST, "2025-03")}
    register.absent("host", HOST, *DAY)
    told = _told(register)
    assert {agency: [one.reconciliation_class for one in found] for agency, found in told.items()} == {
        COUNCIL: ["OUT_OF_AREA_UNSEEN"],
        FORCE: ["COUNCIL_ONLY_M"],
        OTHER_FORCE: ["COUNCIL_ONLY_M"],
    }
    assert {one.contact for found in told.values() for one in found} == {HOST}


def test_of_a_conflict_between_host_council_and_police_the_responsible_council_still_learns(
    register: Register,
) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.absent("host", HOST, "2025-03-10", "2025-03-20")
    register.absent("police", FORCE, *DAY)
    (only,) = _told(register)[COUNCIL]
    assert (only.reconciliation_class, only.contact) == ("OUT_OF_AREA_UNSEEN", FORCE)


def test_a_message_has_five_fields_and_none_of_them_a_day() -> None:
    names = [field.encode_name for field in msgspec.structs.fields(MissingEpisode)]
    assert names == ["child", "reconciliation_class", "month", "contact", "query"]


def test_the_other_sides_details_change_nothing_that_is_told(register: Register) -> None:
    register.in_care(COUNCIL, "2025-03-01")
    register.absent("police", FORCE, "2025-03-10 20:00", "2025-03-12 09:00")
    before = register.reconciled().results[COUNCIL]
    (episode,) = register.episodes[FORCE]
    changed = msgspec.structs.replace(
        episode, end=None, risk_highest="high", flags=("cse",), host=HOST, missing_from="care"
    )
    register.episodes[FORCE] = [changed]
    after = reconcile(register.records(), register.linked, query_number=query_number).results[COUNCIL]
    assert after == before
