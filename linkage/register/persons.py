"""What all agencies together hold of one person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from linkage.register.coverage import CoverageCalendar
from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import Span, Tolerance, child_spans, point
from linkage.wire.codes import Role
from linkage.wire.records import CareSpell, Episode

__all__ = ["CareInterval", "Holdings", "gather_persons"]

SHORT_BREAKS = frozenset({"V3", "V4"})
"""Legal statuses of short breaks: such children are not counted as looked after."""


@dataclass(frozen=True, slots=True)
class CareInterval:
    """Days (ordinals, both included) on which a council looked after a child; no ``last`` means still.

    ``out_of_area``: the council had placed the child in another council's area.
    """

    agency: str
    child: str
    first: int
    last: int | None
    out_of_area: bool = False

    def covers(self, day: int) -> bool:
        """Tell whether a calendar day lies in the interval."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(slots=True)
class Holdings:
    """One person's child records, by side, with episodes by agency and the days in care."""

    children: dict[Role, set[tuple[str, str]]] = field(
        default_factory=lambda: {"council": set(), "police": set()}
    )
    spans: dict[str, list[Span]] = field(default_factory=dict)
    care: list[CareInterval] = field(default_factory=list)

    def in_care(self, day: int) -> list[CareInterval]:
        """Return the care intervals that cover a calendar day."""
        return [interval for interval in self.care if interval.covers(day)]


def gather_persons(
    records: Mapping[str, AgencyRecords],
    person_of: Mapping[tuple[str, str], str],
    calendar: CoverageCalendar,
    tolerance: Tolerance,
) -> Iterable[Holdings]:
    """Group every agency's records by person; a child without a person is a person of its own."""
    persons: dict[tuple[str, ...], Holdings] = {}

    def holdings(agency: str, child: str) -> Holdings:
        # A child of its own gets a key of another shape, so that it can never meet a person's name.
        person = person_of.get((agency, child))
        key = (agency, child) if person is None else (person,)
        return persons.setdefault(key, Holdings())

    for agency, entry in records.items():
        for child in entry.payload.children:
            if child.dummy:  # nobody: whomever the encodings were linked with goes on without it
                continue
            holdings(agency, child.handle).children[entry.role].add((agency, child.handle))
        end = calendar.snapshot_end(agency)
        for handle, episodes in _by_child(entry.payload.episodes).items():
            spans = child_spans(agency, episodes, snapshot_end=end, tolerance=tolerance)
            holdings(agency, handle).spans.setdefault(agency, []).extend(spans)
        if entry.role == "council":
            for spell in entry.payload.care_spells:
                if spell.legal_status not in SHORT_BREAKS:
                    holdings(agency, spell.child).care.append(_care_interval(agency, spell))
    return persons.values()


def _by_child(episodes: Iterable[Episode]) -> dict[str, list[Episode]]:
    grouped: dict[str, list[Episode]] = {}
    for episode in episodes:
        grouped.setdefault(episode.child, []).append(episode)
    return grouped


def _care_interval(agency: str, spell: CareSpell) -> CareInterval:
    last = None if spell.end is None else point(spell.end).day
    elsewhere = spell.area == "out" or spell.host not in {None, agency}
    return CareInterval(agency, spell.child, point(spell.start).day, last, elsewhere)
