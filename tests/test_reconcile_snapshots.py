"""An agency's snapshots of several periods are one set of records, and mix-ups are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.register.reconcile import AgencyRecords, reconcile
from linkage.register.snapshots import standing_records
from linkage.wire.canonical import canonical
from linkage.wire.codes import Role
from linkage.wire.records import Child, Coverage, Episode, Payload
from tests.support.reconcile_worlds import handle, moment, query_number

CHILD = Child(handle=handle(1), version=1)


def _snapshot(month: str, *episodes: Episode, agency: str = "E01", role: Role = "council") -> AgencyRecords:
    coverage = (Coverage(area="E01", month=month),)
    payload = Payload(agency=agency, children=(CHILD,), episodes=episodes, coverage=coverage)
    return AgencyRecords(agency, role, payload)


def _episode(number: int, *, version: int = 1, end: str | None = None) -> Episode:
    start, finish = moment("2025-03-30"), None if end is None else moment(end)
    return Episode(
        handle=handle(number), child=CHILD.handle, version=version, kind="missing", start=start, end=finish
    )


POLICE = _snapshot("2025-03", _episode(9, end="2025-04-02"), agency="P01", role="police")
LINKED = {("E01", CHILD.handle): "p", ("P01", CHILD.handle): "p"}


def _classes(*records: AgencyRecords) -> dict[str, str]:
    results = reconcile(records, LINKED, query_number=query_number).results
    return {found.episode: found.reconciliation_class for found in results["E01"].findings}


def test_the_newer_version_of_an_episode_that_runs_from_one_period_into_the_next_stands() -> None:
    still_open = _snapshot("2025-03", _episode(2))
    closed = _snapshot("2025-04", _episode(2, version=2, end="2025-04-02"))
    for records in ([still_open, closed], [closed, still_open]):
        assert _classes(*records, POLICE) == {handle(2): "MATCHED"}


def test_of_two_records_with_one_version_the_choice_does_not_depend_on_order() -> None:
    one, two = _snapshot("2025-03", _episode(2)), _snapshot("2025-04", _episode(2, end="2025-04-02"))
    assert _classes(one, two, POLICE) == _classes(two, one, POLICE)


def test_coverage_of_all_periods_counts() -> None:
    police = [_snapshot(month, agency="P01", role="police") for month in ("2025-02", "2025-03")]
    assert _classes(_snapshot("2025-03", _episode(2)), *police) == {handle(2): "COUNCIL_ONLY_M"}
    assert _classes(_snapshot("2025-03", _episode(2)), police[0]) == {handle(2): "NOT_COMPARABLE"}


def test_an_open_episode_runs_to_the_end_of_the_latest_snapshot_whatever_their_order() -> None:
    start, end = moment("2025-05-20"), moment("2025-05-21")
    later = Episode(
        handle=handle(9),
        child=CHILD.handle,
        version=1,
        kind="missing",
        start=start,
        end=end,
        responsible="E01",
    )
    police = _snapshot("2025-05", later, agency="P01", role="police")
    early, late = _snapshot("2025-03", _episode(2)), _snapshot("2025-05")
    for records in ([early, late], [late, early]):
        assert _classes(*records, police) == {handle(2): "OPEN_CLOSED_CONFLICT"}


def test_an_agency_with_two_roles_is_refused() -> None:
    with pytest.raises(InputError):
        _classes(_snapshot("2025-03"), _snapshot("2025-04", role="police"))


def test_a_payload_under_another_agencys_code_is_refused() -> None:
    with pytest.raises(InputError):
        AgencyRecords("E02", "council", Payload(agency="E01"))


def test_nothing_gives_nothing() -> None:
    result = reconcile([], {}, query_number=query_number)
    assert result.results == {}
    assert result.figures.children_in_register == 0


def test_an_agency_without_records_gets_an_empty_answer() -> None:
    result = reconcile([_snapshot("2025-03")], {}, query_number=query_number)
    assert result.results["E01"].findings == ()
    assert result.results["E01"].missing == ()


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.sampled_from((None, "2025-04-01", "2025-04-02"))),
        max_size=8,
    )
)
def test_the_highest_version_stands_and_of_two_alike_the_larger_as_it_is_written(
    said: list[tuple[int, int, str | None]],
) -> None:
    episodes = [_episode(number, version=version, end=end) for number, version, end in said]
    standing = standing_records([_snapshot("2025-03", one) for one in episodes] or [_snapshot("2025-03")])
    expected = {
        number: max(
            (one for one in episodes if one.handle == handle(number)),
            key=lambda one: (one.version, canonical(one)),
        )
        for number, _, _ in said
    }
    assert {one.handle: one for one in standing["E01"].payload.episodes} == {
        handle(number): one for number, one in expected.items()
    }
