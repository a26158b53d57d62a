"""What a cycle found, as counts for the register's operator.

These are exact and small: they are for the operator's screen and leave the linkage unit only through
disclosure control.  Reports (what agencies wrote), absences and children are counted apart.
"""

from collections.abc import Iterable, Sequence
from typing import get_args

from msgspec import Struct

from linkage.register.classes import PRECEDENCE, Absence, Classified, PersonAbsences
from linkage.wire.codes import Role
from linkage.wire.results import ReconciliationClass

__all__ = ["Figures", "MissingFigures", "count_figures"]


class MissingFigures(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Children missing with whereabouts not known (kind ``missing``), as far as some agencies hold them.

    ``child_records`` and ``reports`` are the agencies' own books added up, repeats and all; ``children``
    (persons) and ``episodes`` (absences) count each once, duplicates not at all.
    """

    child_records: int
    children: int
    reports: int
    episodes: int


class Figures(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Counts of one cycle.

    ``findings_by_class`` counts every agency's every episode; ``episodes_by_class`` counts an absence once,
    however many agencies hold it, and under ``DUPLICATE_WITHIN_AGENCY`` the repeated reports.  Both have an
    entry for every class.  ``open_episodes``: absences that at least one agency holds as not ended.
    """

    children_in_register: int
    findings_by_class: dict[ReconciliationClass, int]
    episodes_by_class: dict[ReconciliationClass, int]
    missing_by_councils: MissingFigures
    missing_by_police: MissingFigures
    missing_by_register: MissingFigures
    open_episodes: int


def count_figures(persons: Sequence[PersonAbsences], *, children: int) -> Figures:
    """Count what was classified; ``children`` is the number of persons with a child record."""
    absences = [absence for person in persons for absence in person.absences]
    duplicates = [report for person in persons for report in person.duplicates]
    findings = [report for person in persons for report in person.findings()]
    return Figures(
        children_in_register=children,
        findings_by_class=_by_class(findings),
        episodes_by_class=_by_class([*absences, *duplicates]),
        missing_by_councils=_missing(persons, {"council"}),
        missing_by_police=_missing(persons, {"police"}),
        missing_by_register=_missing(persons, set(get_args(Role))),
        open_episodes=sum(any(report.span.open for report in absence.reports) for absence in absences),
    )


def _by_class(items: Iterable[Classified | Absence]) -> dict[ReconciliationClass, int]:
    counts = dict.fromkeys(PRECEDENCE, 0)
    for item in items:
        counts[item.reconciliation_class] += 1
    return counts


def _missing(persons: Iterable[PersonAbsences], sides: set[Role]) -> MissingFigures:
    records: set[tuple[str, str]] = set()
    children = reports = episodes = 0
    for person in persons:
        told = [report.span for report in person.findings() if _counts(report, sides)]
        records.update((span.agency, span.episode.child) for span in told)
        reports += len(told)
        missing = sum(
            any(_counts(report, sides) for report in absence.reports) for absence in person.absences
        )
        episodes += missing
        children += missing > 0
    return MissingFigures(child_records=len(records), children=children, reports=reports, episodes=episodes)


def _counts(report: Classified, sides: set[Role]) -> bool:
    return report.role in sides and report.span.episode.kind == "missing"
