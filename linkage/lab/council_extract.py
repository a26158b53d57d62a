"""A council's export: children, care spells, episodes and return interviews, with dates as dd/mm/yyyy."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.lab.agencies import Agency, Country
from linkage.lab.burdens import Burdener
from linkage.lab.care import CareSpell
from linkage.lab.draws import Draws
from linkage.lab.extracts import Extract, Table, Trace, british_day, local_references, note, numbered, yes_no
from linkage.lab.households import Child
from linkage.lab.interviews import Interview, draw_interview
from linkage.lab.mess import Clerk, Recorded
from linkage.lab.rates import Rates
from linkage.lab.recording import Report

__all__ = [
    "CHILDREN",
    "EPISODES",
    "INTERVIEWS",
    "SPELLS",
    "KnownChild",
    "council_extract",
    "known_to_councils",
]

CHILDREN = (
    "child_id", "forename", "middle_name", "surname", "known_as", "date_of_birth", "sex", "ethnicity",
    "postcode", "address", "upn", "uasc", "responsible_council",
)  # fmt: skip
SPELLS = (
    "child_id", "start", "end", "legal_status", "placement_type", "placement_provider", "in_area",
    "host_council",
)  # fmt: skip
EPISODES = ("episode_id", "child_id", "type", "start", "end", "missing_from", "notes")
INTERVIEWS = (
    "episode_id", "offered", "offered_date", "outcome", "completed", "interviewer", "reasons", "harms",
)  # fmt: skip

_NO_UPN = 0.06


@dataclass(frozen=True, slots=True)
class KnownChild:
    """A child in a council's case system: ``own`` spells are those for which it is responsible."""

    child: Child
    spells: tuple[CareSpell, ...]
    own: tuple[CareSpell, ...]


def known_to_councils(
    children: Sequence[Child],
    care: dict[str, tuple[CareSpell, ...]],
    councils: int,
    rates: Rates,
    draws: Draws,
) -> list[list[KnownChild]]:
    """By council, the children that it looks after and some of those that others place in its area."""
    known: list[list[KnownChild]] = [[] for _ in range(councils)]
    for child in children:
        spells = care[child.entity]
        responsible = {spell.council for spell in spells}
        hosts = sorted({spell.host for spell in spells} - responsible)
        holders = sorted(responsible) + [host for host in hosts if draws.chance(rates.host_knows)]
        for council in holders:
            own = tuple(spell for spell in spells if spell.council == council)
            known[council].append(KnownChild(child, spells, own))
    return known


class _CouncilExport:
    def __init__(
        self,
        agency: Agency,
        country: Country,
        last: dt.date,
        rates: Rates,
        seed: int,
        trace: Trace,
        burdener: Burdener,
    ) -> None:
        self.agency = agency
        self.country = country
        self.last = last
        self.rates = rates
        self.trace = trace
        self.burdener = burdener
        self.draws = Draws(seed, f"extract {agency.code}")
        self.clerk = Clerk(country, rates, Draws(seed, f"records {agency.code}"))
        self.prefix = agency.name[:3].upper()
        self.children: list[tuple[str, ...]] = []
        self.spells: list[tuple[str, ...]] = []
        self.references: dict[str, list[str]] = {}

    def enter(self, known: Sequence[KnownChild]) -> None:
        """Write the children and their care spells, a few of them under two references."""
        records = [(k, self.draws.chance(self.rates.second_record) and bool(k.own)) for k in known]
        count = sum(2 if twice else 1 for _, twice in records)
        free = iter(local_references(self.prefix, count, self.draws))
        for each, twice in records:
            references = [next(free), next(free)] if twice else [next(free)]
            self.references[each.child.entity] = references
            for reference, spells in zip(references, _divided(each.own, len(references)), strict=True):
                self.enter_child(reference, each, spells)

    def enter_child(self, reference: str, known: KnownChild, spells: Sequence[CareSpell]) -> None:
        """Write one record of a child, and the care spells under it."""
        child = known.child
        record = self.clerk.record(child, self.agency, known.spells[0], known.spells[0].start)
        record = self.burdener.spoilt(record, child, self.agency)
        self.trace.entity_of[self.agency.code, reference] = child.entity
        self.trace.plant(child, record)
        responsible = self.agency.code if known.own else self.country.councils[known.spells[-1].council].code
        self.children.append(self.child_row(reference, child, record, responsible))
        self.spells += [self.spell_row(reference, spell) for spell in spells]

    def child_row(self, reference: str, child: Child, record: Recorded, responsible: str) -> tuple[str, ...]:
        """A row of the children table."""
        upn = "" if self.draws.chance(_NO_UPN) else child.upn
        return (
            reference, record.forename, record.middle, record.surname, record.alias, british_day(record.born),
            record.sex, record.ethnicity, record.postcode, record.address, upn, yes_no(child.uasc),
            responsible,
        )  # fmt: skip

    def spell_row(self, reference: str, spell: CareSpell) -> tuple[str, ...]:
        """A row of the care spells table."""
        return (
            reference, british_day(spell.start), british_day(spell.end), spell.legal_status, spell.placement,
            spell.provider, yes_no(spell.host == spell.council), self.country.councils[spell.host].code,
        )  # fmt: skip

    def episodes(self, reports: Sequence[Report]) -> tuple[Table, Table]:
        """The tables of episodes and of return interviews."""
        rows: list[tuple[str, ...]] = []
        interviews: list[tuple[str, ...]] = []
        for reference, report in numbered(f"{self.prefix}-M", reports, self.draws):
            self.trace.report_of[self.agency.code, reference] = report
            child = report.absence.child
            owner = self.draws.pick(self.references[child.entity])
            end = None if report.end is None else report.end.date()
            rows.append(
                (
                    reference, owner, report.kind, british_day(report.start.date()), british_day(end),
                    report.absence.place.kind, note(child.forename, self.draws, self.trace),
                )
            )  # fmt: skip
            interview = draw_interview(report, self.last, self.draws)
            if interview is not None:
                interviews.append(_interview_row(reference, interview))
        return Table(EPISODES, rows), Table(INTERVIEWS, interviews)


def _divided(spells: Sequence[CareSpell], records: int) -> list[Sequence[CareSpell]]:
    """Share spells out among one record or two; a single spell stands under both."""
    if records == 1:
        return [spells]
    half = len(spells) // 2
    return [spells[:half], spells[half:]] if half else [spells, spells]


def _interview_row(reference: str, interview: Interview) -> tuple[str, ...]:
    held = "" if interview.completed is None else f"{interview.completed:%d/%m/%Y %H:%M}"
    return (
        reference, yes_no(interview.offered), british_day(interview.offered_on), interview.outcome, held,
        interview.interviewer, ";".join(interview.reasons), ";".join(interview.harms),
    )  # fmt: skip


def council_extract(
    agency: Agency,
    known: Sequence[KnownChild],
    reports: Sequence[Report],
    country: Country,
    last: dt.date,
    rates: Rates,
    seed: int,
    trace: Trace,
    burdener: Burdener,
) -> Extract:
    """Export one council: every child it knows, and its reports; notes in ``trace`` what is what."""
    export = _CouncilExport(agency, country, last, rates, seed, trace, burdener)
    export.enter(known)
    episodes, interviews = export.episodes(reports)
    tables = {
        "children": Table(CHILDREN, sorted(export.children)),
        "care_spells": Table(SPELLS, sorted(export.spells, key=lambda row: row[0])),
        "episodes": episodes,
        "interviews": interviews,
    }
    return Extract(agency, tables, country.coverage(agency))
