"""The reconciliation class of every episode of one person (docs/reconciliation.md)."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import NamedTuple

from linkage.register.coverage import CoverageCalendar
from linkage.register.matching import Pair, closest_pairs, split_duplicates
from linkage.register.persons import Holdings
from linkage.register.spans import Span, Tolerance, month_of
from linkage.wire.codes import Role
from linkage.wire.results import ReconciliationClass

__all__ = ["PRECEDENCE", "Absence", "Classified", "PersonAbsences", "classify"]

PRECEDENCE: tuple[ReconciliationClass, ...] = (
    "OPEN_CLOSED_CONFLICT",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
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
    """One episode of one agency, and its class."""

    span: Span
    role: Role
    reconciliation_class: ReconciliationClass


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
        duplicates.extend(Classified(span, roles[agency], "DUPLICATE_WITHIN_AGENCY") for span in repeats)
    pairs = list(_all_pairs(firsts, tolerance))
    matched = _matched_classes((pair for pair in pairs if _sides_differ(pair, roles)), tolerance)
    spans = [span for agency in firsts for span in firsts[agency]]
    found = {
        _key(span): Classified(
            span, roles[span.agency], matched.get(_key(span)) or _alone(span, holdings, roles, calendar)
        )
        for span in spans
    }
    return PersonAbsences(tuple(_absences(found, pairs)), tuple(duplicates))


def _key(span: Span) -> Key:
    return (span.agency, span.handle)


def _sides_differ(pair: Pair, roles: Mapping[str, Role]) -> bool:
    return roles[pair.left.agency] != roles[pair.right.agency]


def _all_pairs(firsts: Mapping[str, list[Span]], tolerance: Tolerance) -> Iterator[Pair]:
    """Pair every two agencies; those of one side too, for two councils may hold one absence."""
    for left, right in combinations(sorted(firsts), 2):
        yield from closest_pairs(firsts[left], firsts[right], tolerance)


def _matched_classes(pairs: Iterable[Pair], tolerance: Tolerance) -> dict[Key, ReconciliationClass]:
    found: dict[Key, ReconciliationClass] = {}
    for pair in pairs:
        name = _pair_class(pair, tolerance)
        for key in (_key(pair.left), _key(pair.right)):
            found[key] = min(name, found.get(key, name), key=_RANK.__getitem__)
    return found


def _pair_class(pair: Pair, tolerance: Tolerance) -> ReconciliationClass:
    left, right = pair
    if left.open != right.open:
        return "OPEN_CLOSED_CONFLICT"
    if not tolerance.agree(left.start, right.start):
        return "MATCHED_START_CONFLICT"
    if not left.open and not tolerance.agree(left.end, right.end):
        return "MATCHED_END_CONFLICT"
    return "MATCHED"


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


def _absences(found: Mapping[Key, Classified], pairs: Iterable[Pair]) -> Iterator[Absence]:
    """Group first reports into absences: whatever is paired, directly or through another, is one."""
    parent = {key: key for key in found}

    def root(key: Key) -> Key:
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for pair in pairs:
        parent[root(_key(pair.left))] = root(_key(pair.right))
    groups: dict[Key, list[Classified]] = {}
    for key, classified in found.items():
        groups.setdefault(root(key), []).append(classified)
    return (Absence(tuple(group)) for group in groups.values())
