"""Absences of which one side says that the child is still missing: all that may be told between cycles."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import structs

from linkage.register.classes import Absence, Classified, classify
from linkage.register.coverage import CoverageCalendar
from linkage.register.persons import gather_persons
from linkage.register.reconcile import QueryNumber
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.register.spans import Tolerance

__all__ = ["UrgentConflict", "urgent_conflicts"]


class UrgentConflict(NamedTuple):
    """An agency's own episode, and an agency of the other side that says the opposite about it.

    ``child`` is the agency's own record, ``other`` the contact's; neither is told to anybody.
    """

    agency: str
    episode: str
    contact: str
    query: str
    child: str
    other: str


def urgent_conflicts(
    records: Sequence[AgencyRecords],
    person_of: Mapping[tuple[str, str], str],
    *,
    query_number: QueryNumber,
    tolerance: Tolerance,
) -> list[UrgentConflict]:
    """Return both sides of every open/closed conflict, in order.

    Persons without an open episode are not looked at.  Whoever is of the class is told by
    :func:`linkage.register.reconcile.reconcile` as well, when the cycle comes.
    """
    standing = standing_records(records)
    roles = {agency: entry.role for agency, entry in standing.items()}
    calendar = CoverageCalendar(standing)
    found: list[UrgentConflict] = []
    for holdings in gather_persons(_still_missing(standing, person_of), person_of, calendar, tolerance):
        person = classify(holdings, roles, calendar, tolerance)
        for absence in person.absences:
            found.extend(_conflicts(absence, query_number))
    return sorted(found)


def _still_missing(
    standing: Mapping[str, AgencyRecords], person_of: Mapping[tuple[str, str], str]
) -> Mapping[str, AgencyRecords]:
    """Return all records of the persons of whom any agency holds an open episode: few of all there are."""

    def whose(agency: str, child: str) -> str | tuple[str, str]:
        return person_of.get((agency, child)) or (agency, child)

    missing = {
        whose(agency, one.child)
        for agency, entry in standing.items()
        for one in entry.payload.episodes
        if one.end is None
    }
    return {
        agency: AgencyRecords(
            agency,
            entry.role,
            structs.replace(
                entry.payload,
                children=tuple(c for c in entry.payload.children if whose(agency, c.handle) in missing),
                episodes=tuple(e for e in entry.payload.episodes if whose(agency, e.child) in missing),
                care_spells=tuple(s for s in entry.payload.care_spells if whose(agency, s.child) in missing),
            ),
        )
        for agency, entry in standing.items()
    }


def _conflicts(absence: Absence, query_number: QueryNumber) -> Iterator[UrgentConflict]:
    for report in absence.reports:
        if report.reconciliation_class == "OPEN_CLOSED_CONFLICT":
            others = [one for one in absence.reports if _contradicts(report, one)]
            if others:
                other = min(others, key=lambda one: (one.span.agency, one.span.order)).span
                own = report.span
                query = query_number(own.agency, own.episode.child, other.handle)
                yield UrgentConflict(
                    own.agency, own.handle, other.agency, query, own.episode.child, other.episode.child
                )


def _contradicts(left: Classified, right: Classified) -> bool:
    return left.role != right.role and left.span.open != right.span.open
