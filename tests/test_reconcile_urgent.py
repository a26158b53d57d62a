"""Looking for conflicts among those still missing finds what looking at everybody would."""

from collections.abc import Mapping, Sequence

from hypothesis import given

from linkage.register.classes import classify
from linkage.register.coverage import CoverageCalendar
from linkage.register.persons import gather_persons
from linkage.register.reconcile import AgencyRecords, Tolerance, reconcile
from linkage.register.snapshots import standing_records
from linkage.register.urgent import UrgentConflict, _conflicts, urgent_conflicts
from tests.support.reconcile_worlds import query_number, worlds


def _of_everybody(
    records: Sequence[AgencyRecords], person_of: Mapping[tuple[str, str], str], tolerance: Tolerance
) -> list[UrgentConflict]:
    standing = standing_records(records)
    roles = {agency: entry.role for agency, entry in standing.items()}
    calendar = CoverageCalendar(standing)
    return sorted(
        conflict
        for holdings in gather_persons(standing, person_of, calendar, tolerance)
        for absence in classify(holdings, roles, calendar, tolerance).absences
        for conflict in _conflicts(absence, query_number)
    )


@given(worlds())
def test_the_same_conflicts_are_found(world: tuple[list[AgencyRecords], dict[tuple[str, str], str]]) -> None:
    records, person_of = world
    found = urgent_conflicts(records, person_of, query_number=query_number, tolerance=Tolerance())
    assert found == _of_everybody(records, person_of, Tolerance())
    told = reconcile(records, person_of, query_number=query_number).results
    classes = {
        (agency, one.episode): one.reconciliation_class
        for agency, each in told.items()
        for one in each.findings
    }
    assert {classes[one.agency, one.episode] for one in found} <= {"OPEN_CLOSED_CONFLICT"}
