"""Reconciliation: what each agency may be told about its own episodes, once persons are linked.

Pure and independent of the order of anything handed in.  Classes, rules and what no agency is ever told:
docs/reconciliation.md.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from linkage.register.classes import Absence, Classified, classify
from linkage.register.coverage import CoverageCalendar
from linkage.register.figures import Figures, count_figures
from linkage.register.interviews import Interviews
from linkage.register.persons import Holdings, gather_persons
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.register.spans import Tolerance, month_of
from linkage.wire.results import Finding, MissingEpisode, OverdueInterview, ReconciliationClass

__all__ = ["AgencyRecords", "AgencyResults", "QueryNumber", "Reconciliation", "Tolerance", "reconcile"]

QueryNumber = Callable[[str, str, str], str]
"""Receiving agency, its own child handle, the other agency's episode handle → query number."""


@dataclass(frozen=True, slots=True)
class AgencyResults:
    """What one agency is told: a class for each of its episodes, what it lacks, and interviews overdue."""

    findings: tuple[Finding, ...]
    missing: tuple[MissingEpisode, ...]
    overdue: tuple[OverdueInterview, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One cycle's results, for every agency that was handed in, and the register's counts.

    ``persons`` and ``standing`` are what they were made of, in whatever order that was handed in.
    """

    results: Mapping[str, AgencyResults]
    figures: Figures
    persons: tuple[Holdings, ...] = field(default=(), compare=False)
    standing: Mapping[str, AgencyRecords] = field(default_factory=dict, compare=False)


def reconcile(
    records: Sequence[AgencyRecords],
    person_of: Mapping[tuple[str, str], str],
    *,
    query_number: QueryNumber,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 (frozen)
    as_of: Mapping[str, dt.datetime] | None = None,
) -> Reconciliation:
    """Compare councils' and police episodes of each person and classify every one of them.

    ``person_of`` maps (agency, child handle) to a person; a child without an entry is a person of its own.
    ``as_of``: when each agency's latest snapshot was made, for interviews that were overdue by then.
    ``query_number`` must be a pure function.  An agency may be handed in several times, once per period.
    Raises :class:`linkage.errors.InputError` for an agency with two roles or a payload under another code.
    """
    standing = standing_records(records)
    roles = {agency: entry.role for agency, entry in standing.items()}
    calendar = CoverageCalendar(standing)
    people = list(gather_persons(standing, person_of, calendar, tolerance))
    classified = [classify(holdings, roles, calendar, tolerance) for holdings in people]
    findings: dict[str, list[Finding]] = {agency: [] for agency in standing}
    missing: dict[str, list[MissingEpisode]] = {agency: [] for agency in standing}
    overdue: dict[str, list[OverdueInterview]] = {agency: [] for agency in standing}
    interviews = Interviews(standing, as_of or {})
    for holdings, person in zip(people, classified, strict=True):
        for found in person.findings():
            findings[found.span.agency].append(_finding(found))
        for absence in person.absences:
            for council, episode in interviews.overdue(absence.reports):
                overdue[council].append(OverdueInterview(episode=episode))
            for receiver, told, found in _disclosed(absence, holdings, query_number):
                missing[receiver].append(told)
                if roles[receiver] == "council" and interviews.is_late(found, receiver):
                    overdue[receiver].append(OverdueInterview(query=told.query))
    results = {agency: _in_order(findings[agency], missing[agency], overdue[agency]) for agency in standing}
    children = sum(any(holdings.children.values()) for holdings in people)
    return Reconciliation(results, count_figures(classified, children=children), tuple(people), standing)


def _finding(found: Classified) -> Finding:
    return Finding(
        episode=found.span.handle, reconciliation_class=found.reconciliation_class, differs=found.differs
    )


def _in_order(
    findings: list[Finding], missing: list[MissingEpisode], overdue: list[OverdueInterview]
) -> AgencyResults:
    """Sort by what the agency itself knows, so that order says nothing about anybody else's handles."""
    return AgencyResults(
        tuple(sorted(findings, key=lambda found: found.episode)),
        tuple(sorted(missing, key=lambda told: (told.child, told.month, told.contact, told.query))),
        tuple(sorted(overdue, key=lambda one: (one.episode or "", one.query or ""))),
    )


def _disclosed(
    absence: Absence, holdings: Holdings, query_number: QueryNumber
) -> Iterator[tuple[str, MissingEpisode, Classified]]:
    """Yield what other agencies are told of an absence that they lack, and of which report.

    A council out of whose area it was is told once, of the force's episode if there is one; others are told
    of every episode that nobody on their side holds.
    """
    unseen: dict[str, Classified] = {}
    for found in sorted(
        absence.reports, key=lambda one: (one.role != "police", one.span.agency, one.span.order)
    ):
        for council in found.unseen_by:
            unseen.setdefault(council, found)
    for council, found in sorted(unseen.items()):
        own = {(one.agency, one.child) for one in holdings.in_care(found.span.start.day)}
        child = dict(sorted(own, reverse=True))[council]
        yield council, _told(found, "OUT_OF_AREA_UNSEEN", council, child, query_number), found
    for found in absence.reports:
        for receiver, child in sorted(_receivers(found, holdings).items()):
            if receiver not in unseen:
                yield receiver, _told(found, found.sides, receiver, child, query_number), found


def _told(
    found: Classified, name: ReconciliationClass, receiver: str, child: str, query_number: QueryNumber
) -> MissingEpisode:
    return MissingEpisode(
        child=child,
        reconciliation_class=name,
        month=month_of(found.span.episode.start),
        contact=found.span.agency,
        query=query_number(receiver, child, found.span.handle),
    )


def _receivers(found: Classified, holdings: Holdings) -> dict[str, str]:
    """Return the agencies that may be told, each with its own (if several, smallest) handle of the child."""
    if found.sides == "POLICE_ONLY_CLA":
        own = {(care.agency, care.child) for care in holdings.in_care(found.span.start.day)}
    elif found.sides == "COUNCIL_ONLY_M":
        own = holdings.children["police"]
    else:
        return {}
    return dict(sorted(own, reverse=True))
