"""One row for every absence and for every child: what all tables are counted from.

Made from the same classification as reconciliation, so that what agencies are told and what is published
are about the same absences.  Rules for reports that differ: docs/statistics.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from linkage.register.areas import AreaDirectory
from linkage.register.classes import Absence, Classified, PersonAbsences, classify
from linkage.register.coverage import CoverageCalendar
from linkage.register.persons import SHORT_BREAKS, Holdings, gather_persons
from linkage.register.snapshots import AgencyRecords, standing_records
from linkage.register.spans import Point, Span, Tolerance, month_of
from linkage.register.statistics.care import Placement, Spell, placements, spell_on, spells_by_child
from linkage.register.statistics.durations import dfe_band, duration_band
from linkage.register.statistics.interviews import NO_COUNCIL, Interviewed, settle_interview
from linkage.register.statistics.settling import (
    attach_duplicates,
    best_known,
    highest_risk,
    settled_end,
    settled_start,
)
from linkage.wire.codes import Role
from linkage.wire.records import Child, Episode, ReturnInterview

__all__ = [
    "CARE_NOT_KNOWN",
    "NOT_LOOKED_AFTER",
    "NOT_STATED",
    "AbsenceFact",
    "Facts",
    "PersonFact",
    "ReportFact",
    "gather_facts",
]

NOT_STATED = "not-stated"
NOT_LOOKED_AFTER = "not-looked-after"
CARE_NOT_KNOWN = "care-not-known"
_NEAR_DAYS = 7


class ReportFact(NamedTuple):
    """One agency's report of an absence: a call."""

    agency: str
    role: Role
    reconciliation_class: str


@dataclass(frozen=True, slots=True)
class PersonFact:
    """One child, by what does not change from absence to absence."""

    sex: str
    ethnicity: str
    uasc: str
    held_by: str
    placements: tuple[Placement, ...]


class AbsenceFact(NamedTuple):
    """One absence, in the codes that tables divide by."""

    person: int
    start: Point
    end: Point | None
    state: str
    month: str
    kind: str
    responsible: str
    host: str
    force: str
    in_out: str
    age_band: str
    legal_status: str
    placement: str
    provider: str
    setting: str
    duration: str
    dfe_duration: str
    risk_initial: str
    risk_highest: str
    risk_final: str
    reconciliation_class: str
    placement_change: str
    interview: Interviewed | None
    reports: tuple[ReportFact, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that tables are counted from."""

    persons: tuple[PersonFact, ...]
    absences: tuple[AbsenceFact, ...]
    calendar: CoverageCalendar


def gather_facts(
    records: Sequence[AgencyRecords],
    person_of: Mapping[tuple[str, str], str],
    directory: AreaDirectory,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 (frozen)
) -> Facts:
    """Classify every absence as reconciliation does, and settle what is true of each.

    Arguments and errors are those of :func:`linkage.register.reconcile.reconcile`.
    """
    standing = standing_records(records)
    roles = {agency: entry.role for agency, entry in standing.items()}
    calendar = CoverageCalendar(standing)
    settler = _Settler(standing, directory, tolerance)
    persons: list[PersonFact] = []
    absences: list[AbsenceFact] = []
    for holdings in gather_persons(standing, person_of, calendar, tolerance):
        if not any(holdings.children.values()):
            continue
        found = classify(holdings, roles, calendar, tolerance)
        spells = settler.spells(holdings)
        moves = placements(spells)
        absences.extend(settler.absences(found, len(persons), spells, moves))
        persons.append(settler.person(holdings, moves))
    return Facts(tuple(persons), tuple(absences), calendar)


class _Settler:
    """Settles absences of one child after another; holds what must be looked up by handle."""

    def __init__(
        self, records: Mapping[str, AgencyRecords], directory: AreaDirectory, tolerance: Tolerance
    ) -> None:
        self._directory = directory
        self._tolerance = tolerance
        self._spells = spells_by_child(records)
        self._children: dict[tuple[str, str], Child] = {
            (agency, child.handle): child
            for agency, entry in records.items()
            for child in entry.payload.children
        }
        self._interviews: dict[tuple[str, str], ReturnInterview] = {
            (agency, one.episode): one
            for agency, entry in records.items()
            if entry.role == "council"
            for one in entry.payload.interviews
        }

    def spells(self, holdings: Holdings) -> list[Spell]:
        """Return the care spells of one child, of all its records."""
        return [spell for key in holdings.children["council"] for spell in self._spells.get(key, ())]

    def person(self, holdings: Holdings, moves: tuple[Placement, ...]) -> PersonFact:
        """Settle what does not change."""
        council = [self._children[key] for key in holdings.children["council"]]
        police = [self._children[key] for key in holdings.children["police"]]
        return PersonFact(
            sex=best_known((c.sex for c in council), (c.sex for c in police), unknown="U"),
            ethnicity=best_known((c.ethnicity for c in council), (c.ethnicity for c in police)),
            uasc="yes" if any("uasc" in child.flags for child in (*council, *police)) else "no",
            held_by="both" if council and police else "councils-only" if council else "police-only",
            placements=moves,
        )

    def absences(
        self, found: PersonAbsences, person: int, spells: Sequence[Spell], moves: Sequence[Placement]
    ) -> Iterator[AbsenceFact]:
        """Settle one child's absences."""
        firsts = [report for absence in found.absences for report in absence.reports]
        repeats = attach_duplicates(firsts, found.duplicates)
        for absence in found.absences:
            reports = sorted(absence.reports, key=lambda one: one.span.order)
            again = [
                one for report in reports for one in repeats.get((report.span.agency, report.span.handle), ())
            ]
            yield self._absence(absence, reports, again, person, spells, moves)

    def _absence(
        self,
        absence: Absence,
        firsts: Sequence[Classified],
        repeats: Sequence[Classified],
        person: int,
        spells: Sequence[Spell],
        moves: Sequence[Placement],
    ) -> AbsenceFact:
        reports = [*firsts, *repeats]
        spans = [report.span for report in firsts]
        start = settled_start(spans, self._tolerance)
        end, state = settled_end(spans, self._tolerance)
        if end is not None:
            end = _not_before(start, end)
        council = [report.span for report in reports if report.role == "council"]
        police = [report.span for report in reports if report.role == "police"]
        care = spell_on(spells, start.day)
        setting = _setting(care, council, police, absence.reconciliation_class)
        responsible = self._responsible(care, council, police)
        host = _host(care, council, police, responsible)
        if responsible == NOT_STATED and setting == "home":
            responsible = host  # where a child's home is, the child lives
        episodes = [span.episode for span in council], [span.episode for span in police]
        risks = episodes[1]
        without = _without_care(care, episodes[0], setting, absence.reconciliation_class)
        return AbsenceFact(
            person=person,
            start=start,
            end=end,
            state=state,
            month=_month(start, spans),
            kind="missing" if any(report.span.episode.kind == "missing" for report in reports) else "away",
            responsible=responsible,
            host=host,
            force=self._force(firsts, host, responsible),
            in_out=_in_out(care, responsible, host),
            age_band=best_known(*[[one.age_band for one in side] for side in episodes]),
            legal_status=without or _of_care(care, [one.legal_status for one in episodes[0]], "legal_status"),
            placement=without or _of_care(care, [one.placement for one in episodes[0]], "placement"),
            provider=without or _of_care(care, [one.provider for one in episodes[0]], "provider"),
            setting=setting,
            duration=duration_band(start, end),
            dfe_duration=dfe_band(start, end),
            risk_initial=risks[0].risk_initial if risks else "no-police-report",
            risk_highest=highest_risk(one.risk_highest for one in risks) if risks else "no-police-report",
            risk_final=_latest(police).episode.risk_final if police else "no-police-report",
            reconciliation_class=absence.reconciliation_class,
            placement_change=without or _placement_change(care, moves, start.day, end),
            interview=None if end is None else self._interview(council, end),
            reports=tuple(ReportFact(one.span.agency, one.role, one.reconciliation_class) for one in reports),
        )

    def _interview(self, council: Sequence[Span], returned: Point) -> Interviewed:
        if not council:
            return NO_COUNCIL
        found = (self._interviews.get((span.agency, span.handle)) for span in council)
        return settle_interview([one for one in found if one is not None], returned)

    def _responsible(self, care: Spell | None, council: Sequence[Span], police: Sequence[Span]) -> str:
        """Return who looked after the child that day; else whom councils, else forces, name."""
        if care is not None:
            return care.agency
        own = [span.episode.responsible or span.agency for span in council]
        named = [span.episode.responsible or NOT_STATED for span in police]
        return best_known(own, named, unknown=NOT_STATED)

    def _force(self, firsts: Sequence[Classified], host: str, responsible: str) -> str:
        """Return the force that reported first, of several the one of the area; else the area's force."""
        reported = [report.span.agency for report in firsts if report.role == "police"]
        of_area = self._directory.force_of(host) or self._directory.force_of(responsible)
        if reported:
            return of_area if of_area in reported else reported[0]
        return of_area or NOT_STATED


def _not_before(start: Point, end: Point) -> Point:
    """Return an end that does not lie before the start, which another source may have given."""
    if start.minute is not None and end.minute is not None:
        return end if end.minute >= start.minute else start
    return Point(max(start.day, end.day), end.minute if end.day >= start.day else None)


def _month(start: Point, spans: Sequence[Span]) -> str:
    """Return the month of the settled start; it is the start of at least one report."""
    return next(month_of(span.episode.start) for span in spans if span.start == start)


def _latest(spans: Sequence[Span]) -> Span:
    return max(spans, key=lambda span: span.order)


def _host(care: Spell | None, council: Sequence[Span], police: Sequence[Span], responsible: str) -> str:
    """Return where the child was: councils' word, then the placement's area, then the forces' word."""
    own = [span.episode.host or NOT_STATED for span in council]
    if care is not None:
        placed = care.record.host or (responsible if care.record.area == "in" else NOT_STATED)
        own = own if any(one != NOT_STATED for one in own) else [placed]
    return best_known(own, [span.episode.host or NOT_STATED for span in police], unknown=NOT_STATED)


def _in_out(care: Spell | None, responsible: str, host: str) -> str:
    if NOT_STATED not in (responsible, host):
        return "in" if responsible == host else "out"
    return "unknown" if care is None else care.record.area


def _of_care(care: Spell | None, told: Sequence[str], name: str) -> str:
    """Return a fact of the care spell, else what councils wrote."""
    value: str = "unknown" if care is None else getattr(care.record, name)
    return best_known(told, ()) if value == "unknown" else value


def _without_care(
    care: Spell | None, told: Sequence[Episode], setting: str, reconciliation_class: str
) -> str | None:
    """Return None for a child who was looked after, as a spell or a council's report says; else what to say.

    It cannot be known if anybody says care all the same, or if no council could have said.
    """
    if care is not None or any(_tells_of_care(one) for one in told):
        return None
    if setting in {"care", "supported-accommodation"} or reconciliation_class == "NOT_COMPARABLE":
        return CARE_NOT_KNOWN
    return NOT_LOOKED_AFTER


def _tells_of_care(episode: Episode) -> bool:
    if episode.legal_status in SHORT_BREAKS:
        return False
    return {episode.legal_status, episode.placement, episode.provider} != {"unknown"}


def _setting(
    care: Spell | None, council: Sequence[Span], police: Sequence[Span], reconciliation_class: str
) -> str:
    """Return where the child was missing from, as the placement says it, else councils, else forces."""
    if care is not None:
        return "supported-accommodation" if care.record.placement == "K3" else "care"
    told = best_known(
        (span.episode.missing_from for span in council), (span.episode.missing_from for span in police)
    )
    return "home" if told == "unknown" and reconciliation_class == "POLICE_ONLY_NOT_CLA" else told


def _placement_change(care: Spell | None, moves: Sequence[Placement], start: int, end: Point | None) -> str:
    """Tell whether the placement changed within seven days before the start, or up to seven after the end."""
    if care is None:
        return "no-spell"
    if end is None:
        return "open"
    changes = [move.first for move in moves if move.moved]
    before = any(start - _NEAR_DAYS <= day <= start for day in changes)
    after = any(start < day <= end.day + _NEAR_DAYS for day in changes)
    return {(False, False): "none", (True, False): "before", (False, True): "after"}.get(
        (before, after), "both"
    )
