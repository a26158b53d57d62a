"""The reconciliation class of every episode of one person (docs/reconciliation.md)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from linkage.register.comparing import Compared, compare_matching, in_order
from linkage.register.coverage import CoverageCalendar
from linkage.register.matching import Matching, match_reports, split_duplicates
from linkage.register.persons import Holdings
from linkage.register.spans import Span, Tolerance, month_of
from linkage.register.unseen import unseen_by
from linkage.wire.codes import Role
from linkage.wire.results import Difference, ReconciliationClass

__all__ = ["PRECEDENCE", "Absence", "Classified", "PersonAbsences", "classify"]

PRECEDENCE: tuple[ReconciliationClass, ...] = (
    "OPEN_CLOSED_CONFLICT",
    "SPLIT_MERGE",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
    "TYPE_CONFLICT",
    "OUT_OF_AREA_UNSEEN",
    "MATCHED",
    "COUNCIL_ONLY_M",
    "POLICE_ONLY_CLA",
    "POLICE_ONLY_NOT_CLA",
    "POLICE_ONLY_UNLINKED",
    "COUNCIL_ONLY_A",
    "NOT_COMPARABLE",
    "DUPLICATE_WITHIN_AGENCY",
)
"""From what most needs somebody to act to what needs nobody: the first of several classes stands."""

_RANK = {name: rank for rank, name in enumerate(PRECEDENCE)}

Key = tuple[str, str]


class Classified(NamedTuple):
    """One episode of one agency, and its class.

    ``differs``: in what the other side's differs.  ``unseen_by``: responsible councils that lack the absence.
    ``sides``: the class that comparing councils with police gives, which is another for
    ``OUT_OF_AREA_UNSEEN`` only.
    """

    span: Span
    role: Role
    reconciliation_class: ReconciliationClass
    differs: tuple[Difference, ...] = ()
    unseen_by: tuple[str, ...] = ()
    sides: ReconciliationClass = "NOT_COMPARABLE"


class Absence(NamedTuple):
    """All first reports of one absence."""

    reports: tuple[Classified, ...]

    @property
    def reconciliation_class(self) -> ReconciliationClass:
        """The class under which the absence is counted once."""
        return min((report.reconciliation_class for report in self.reports), key=_RANK.__getitem__)


class PersonAbsences(NamedTuple):
    """One person's absences, and the reports that only repeat them."""

    absences: tuple[Absence, ...]
    duplicates: tuple[Classified, ...]

    def findings(self) -> Iterator[Classified]:
        """Yield every episode of every agency once."""
        for absence in self.absences:
            yield from absence.reports
        yield from self.duplicates


def classify(
    holdings: Holdings, roles: Mapping[str, Role], calendar: CoverageCalendar, tolerance: Tolerance
) -> PersonAbsences:
    """Classify every episode that any agency holds of one person."""
    firsts: dict[str, list[Span]] = {}
    duplicates: list[Classified] = []
    for agency in sorted(holdings.spans):
        firsts[agency], repeats = split_duplicates(holdings.spans[agency], tolerance)
        duplicates.extend(_repeated(span, roles[agency]) for span in repeats)
    matchings = list(_matchings(firsts, tolerance))
    matched = _matched(matchings, roles, tolerance)
    spans = {_key(span): span for agency in firsts for span in firsts[agency]}
    found = {
        key: _by_sides(span, roles[span.agency], matched.get(key), holdings, roles, calendar)
        for key, span in spans.items()
    }
    absences = (_seen(group, holdings, calendar) for group in _absences(found, matchings))
    return PersonAbsences(tuple(absences), tuple(duplicates))


def _repeated(span: Span, role: Role) -> Classified:
    return Classified(span, role, "DUPLICATE_WITHIN_AGENCY", sides="DUPLICATE_WITHIN_AGENCY")


def _key(span: Span) -> Key:
    return (span.agency, span.handle)


def _matchings(firsts: Mapping[str, list[Span]], tolerance: Tolerance) -> Iterator[tuple[str, str, Matching]]:
    """Match every two agencies; those of one side too, for two councils may hold one absence."""
    for left, right in combinations(sorted(firsts), 2):
        yield left, right, match_reports(firsts[left], firsts[right], tolerance)


def _matched(
    matchings: Iterable[tuple[str, str, Matching]], roles: Mapping[str, Role], tolerance: Tolerance
) -> dict[Key, Compared]:
    """Return what councils' and forces' counterparts give every episode that has any.

    Of several the first class in :data:`PRECEDENCE` stands, and whatever differs from any of them is named.
    """
    found: dict[Key, Compared] = {}
    for left, right, matching in matchings:
        if roles[left] == roles[right]:
            continue
        for span, compared in compare_matching(matching, tolerance):
            other = found.get(_key(span), compared)
            found[_key(span)] = Compared(
                _first(compared.reconciliation_class, other.reconciliation_class),
                in_order(compared.differs + other.differs),
            )
    return found


def _first(*names: ReconciliationClass) -> ReconciliationClass:
    return min(names, key=_RANK.__getitem__)


def _by_sides(
    span: Span,
    role: Role,
    compared: Compared | None,
    holdings: Holdings,
    roles: Mapping[str, Role],
    calendar: CoverageCalendar,
) -> Classified:
    if compared is None:
        name = _alone(span, holdings, roles, calendar)
        return Classified(span, role, name, sides=name)
    name, differs = compared
    return Classified(span, role, name, differs, sides=name)


def _seen(reports: list[Classified], holdings: Holdings, calendar: CoverageCalendar) -> Absence:
    """Give the reports of one absence the councils that should hold it and do not."""
    holders = {report.span.agency for report in reports if report.role == "council"}
    told = []
    for report in reports:
        unseen = unseen_by(report.span, report.role, holders, holdings, calendar)
        name = _first(report.sides, "OUT_OF_AREA_UNSEEN") if unseen else report.sides
        told.append(report._replace(reconciliation_class=name, unseen_by=unseen))
    return Absence(tuple(told))


def _alone(
    span: Span, holdings: Holdings, roles: Mapping[str, Role], calendar: CoverageCalendar
) -> ReconciliationClass:
    if roles[span.agency] == "council":
        if not calendar.covered(
            "police", span.episode.responsible or span.agency, month_of(span.episode.start)
        ):
            return "NOT_COMPARABLE"
        return "COUNCIL_ONLY_M" if span.episode.kind == "missing" else "COUNCIL_ONLY_A"
    if not _councils_submitted(span, holdings, calendar):
        return "NOT_COMPARABLE"
    if not holdings.children["council"]:
        return "POLICE_ONLY_UNLINKED"
    return "POLICE_ONLY_CLA" if holdings.in_care(span.start.day) else "POLICE_ONLY_NOT_CLA"


def _councils_submitted(span: Span, holdings: Holdings, calendar: CoverageCalendar) -> bool:
    """Tell whether some council should hold a police episode, had it been recorded.

    A police episode without an area is looked for where the person's councils are; failing that, in all the
    areas that the force submitted for the month, for the episode began in one of them.
    """
    month = month_of(span.episode.start)
    area = span.episode.responsible or span.episode.host
    if area is not None:
        return calendar.covered("council", area, month)
    if any(calendar.areas(council, month) for council, _ in holdings.children["council"]):
        return True
    areas = calendar.areas(span.agency, month)
    return bool(areas) and all(calendar.covered("council", area, month) for area in areas)


def _absences(
    found: Mapping[Key, Classified], matchings: Iterable[tuple[str, str, Matching]]
) -> Iterator[list[Classified]]:
    """Group first reports into absences: whatever belongs together, directly or through another, is one."""
    parent = {key: key for key in found}

    def root(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for _, _, matching in matchings:
        for pair in matching.links():
            parent[root(_key(pair.left))] = root(_key(pair.right))
    groups: dict[Key, list[Classified]] = {}
    for key, classified in found.items():
        groups.setdefault(root(key), []).append(classified)
    yield from groups.values()
