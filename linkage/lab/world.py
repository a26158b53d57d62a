"""A made-up country of children in and out of care, its agencies, and the truth about all of them.

The truth is known by construction: each step of the simulation writes down what it did, and no step
reconciles or links anything.  The rules behind the reconciliation classes:

- An episode is compared with the other side's only (councils against police).  Starts and ends agree within
  a day where either side knows the day only, and within six hours where both know the time.
- ``OPEN_CLOSED_CONFLICT`` goes before ``MATCHED_START_CONFLICT``, that before ``MATCHED_END_CONFLICT``, that
  before ``TYPE_CONFLICT`` (a council's A against missing, its M against no apparent risk).
- ``SPLIT_MERGE``: one side holds an absence as two, with days between; nothing else was done to such a one.
- ``OUT_OF_AREA_UNSEEN``: the council that looked after the child on the day of the start submitted that month
  and lacks the absence, and it had placed the child elsewhere, or a council that did not look after the child
  holds it.  This goes after the conflicts and before everything else, but a council's A stays its own.
- ``DUPLICATE_WITHIN_AGENCY`` is a second report by one agency of an absence that it already holds: the one
  that starts later.  The first keeps its own class.
- An unmatched episode is ``NOT_COMPARABLE`` where the other side did not submit the month of its start for
  its area: a council's own area; for police the responsible council's, else the area where the child went
  missing.  This goes before all other unmatched classes.
- ``POLICE_ONLY_CLA``: the child was looked after on the day of the start, first and last day included;
  ``POLICE_ONLY_NOT_CLA``: not that day; ``POLICE_ONLY_UNLINKED``: the child is in no council's extract.
- ``COUNCIL_ONLY_M`` and ``COUNCIL_ONLY_A`` follow the type that the council recorded.

Two absences of one child lie at least ten days apart.  Records stretch them by two to six days, towards a
neighbour only while eight days are left, and always so that both sides' intervals overlap.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from linkage.errors import InputError
from linkage.lab.agencies import Agency, Country, make_country
from linkage.lab.burdens import Burden, Burdener, facts_of
from linkage.lab.care import draw_care
from linkage.lab.council_extract import council_extract, known_to_councils
from linkage.lab.draws import Draws
from linkage.lab.extracts import Extract, Table, Trace
from linkage.lab.households import Child, draw_children
from linkage.lab.identifiers import COMPACT_DATE, collect_identifiers
from linkage.lab.linkage_tables import person_table
from linkage.lab.missing import Absence, draw_absences
from linkage.lab.police_extract import police_extract
from linkage.lab.rates import NOISE_LEVELS, Rates
from linkage.lab.recording import Report, write_reports

__all__ = [
    "NOISE_LEVELS",
    "Agency",
    "Burden",
    "Extract",
    "Figures",
    "Rates",
    "Table",
    "Truth",
    "World",
    "linkage_tables",
    "simulate",
    "simulate_at",
]

MOST_CHILDREN = 2_000_000
MOST_YEARS = 10
_LAST_DAY = dt.date(2026, 3, 31)


@dataclass(frozen=True, slots=True)
class Figures:
    """Children who went missing in the period and how often, type M only.

    ``children`` and ``events`` count what happened; the other two what at least one extract tells of, which
    is the most that a perfect register could know.
    """

    children: int
    events: int
    recorded_children: int
    recorded_events: int


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so, whatever agencies recorded; keys are (agency code, local reference)."""

    entity_of: dict[tuple[str, str], str]
    """Local child reference to entity."""
    episode_class: dict[tuple[str, str], str]
    """Local episode reference to the reconciliation class that perfect linkage gives."""
    event_of: dict[tuple[str, str], str]
    """Local episode reference to the true absence."""
    household_of: dict[str, str]
    """Entity to household, for every entity in an extract."""
    figures: Figures
    canaries: tuple[str, ...]
    """Made-up words that stand in extracts and may stand nowhere else."""
    identifiers_by_kind: dict[str, tuple[str, ...]]
    facts_of: dict[str, dict[str, str]] = field(default_factory=dict)
    """Entity to what is said of the child in a report by group, for every entity in an extract."""

    def identifiers(self, *, compact_dates: bool = True) -> tuple[str, ...]:
        """Every identifier in the extracts, for leak searches, sorted and without repeats.

        Without ``compact_dates`` dates of birth as eight digits are left out: a megabyte of hexadecimal text
        holds one of two thousand children's about one time in four.
        """
        kinds = (
            texts for kind, texts in self.identifiers_by_kind.items() if compact_dates or kind != COMPACT_DATE
        )
        return tuple(sorted({text for texts in kinds for text in texts}))


@dataclass(frozen=True, slots=True)
class World:
    """What the agencies hold, and the truth about it."""

    seed: int
    period: tuple[dt.date, dt.date]
    extracts: tuple[Extract, ...]
    truth: Truth


def simulate(
    children: int,
    seed: int,
    *,
    councils: int = 2,
    forces: int = 1,
    noise: str = "usual",
    years: int = 1,
    burdens: Sequence[Burden] = (),
) -> World:
    """Simulate a country in which ``children`` children are in at least one agency's extract.

    ``noise`` is ``none`` (agencies record everything, and rightly), ``usual`` or ``heavy`` (errors doubled);
    the children and their care are the same at every level, and so is what truly happened, but for children
    whom only police can know and whose months police would not have submitted.  Records of children who bear
    ``burdens`` are worse than others', whatever the noise.  The period ends on 31 March 2026 and begins on 1
    April, ``years`` before.  The same arguments give the same world in every process
    and on every platform.

    Raises :class:`InputError` for an argument out of range.
    """
    return simulate_at(
        Rates().at(noise), children, seed, councils=councils, forces=forces, years=years, burdens=burdens
    )


def simulate_at(
    rates: Rates,
    children: int,
    seed: int,
    *,
    councils: int = 2,
    forces: int = 1,
    years: int = 1,
    burdens: Sequence[Burden] = (),
) -> World:
    """Simulate at rates of one's own; otherwise :func:`simulate`."""
    _check(children, seed, years)
    period = dt.date(_LAST_DAY.year - years, 4, 1), _LAST_DAY
    country = make_country(councils, forces, period, rates, Draws(seed, "country"))
    people = draw_children(children, country, period, rates, Draws(seed, "households"))
    care = draw_care(people, country, period, rates, Draws(seed, "care"))
    absences = draw_absences(people, care, country, period, rates, seed)
    known = known_to_councils(people, care, councils, rates, Draws(seed, "known"))
    hosting = {
        council.code: {each.child.entity for each in known[n] if not each.own}
        for n, council in enumerate(country.councils)
    }
    reports = write_reports(absences, country, care, period, hosting, rates, seed)

    trace = Trace()
    by_agency = _by_agency(reports, country)

    def burdener(agency: Agency) -> Burdener:
        return Burdener(burdens, country, period[0], Draws(seed, f"burdens {agency.code}"))

    extracts = [
        council_extract(
            council,
            known[n],
            by_agency[council.code],
            country,
            period[1],
            rates,
            seed,
            trace,
            burdener(council),
        )
        for n, council in enumerate(country.councils)
    ]
    extracts += [
        police_extract(force, by_agency[force.code], country, rates, seed, trace, burdener(force))
        for force in country.forces
    ]
    truth = _truth(people, absences, extracts, trace, country, period[0])
    return World(seed, period, tuple(extracts), truth)


def linkage_tables(world: World) -> dict[str, Table]:
    """The persons in every agency's extract, by agency code, and ``truth``: what ``clew evaluate`` reads.

    Columns: rec_id, given_name, middle_name, surname, date_of_birth (ISO or blank), sex, postcode; and of
    the truth: source, rec_id, entity_id.
    """
    tables = {extract.agency.code: person_table(extract) for extract in world.extracts}
    entities = world.truth.entity_of
    rows: list[tuple[str, ...]] = [
        (source, row[0], entities[source, row[0]]) for source, table in tables.items() for row in table.rows
    ]
    return {**tables, "truth": Table(("source", "rec_id", "entity_id"), rows)}


def _check(children: int, seed: int, years: int) -> None:
    for what, value, low, high in (
        ("number of children", children, 1, MOST_CHILDREN),
        ("seed", seed, 0, 2**63 - 1),
        ("number of years", years, 1, MOST_YEARS),
    ):
        if not low <= value <= high:
            raise InputError(f"simulator: the {what} is out of range", hint=f"give {low} to {high}")


def _by_agency(reports: tuple[Report, ...], country: Country) -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {a.code: [] for a in (*country.councils, *country.forces)}
    for report in reports:
        found[report.agency.code].append(report)
    return found


def _truth(
    people: tuple[Child, ...],
    absences: tuple[Absence, ...],
    extracts: list[Extract],
    trace: Trace,
    country: Country,
    first: dt.date,
) -> Truth:
    seen = set(trace.entity_of.values())
    return Truth(
        entity_of=trace.entity_of,
        episode_class={key: report.truth for key, report in trace.report_of.items()},
        event_of={key: report.absence.event for key, report in trace.report_of.items()},
        household_of={child.entity: child.household for child in people if child.entity in seen},
        figures=_figures(absences, trace),
        canaries=tuple(trace.canaries),
        identifiers_by_kind=collect_identifiers(extracts, trace.canaries),
        facts_of={child.entity: facts_of(child, country, first) for child in people if child.entity in seen},
    )


def _figures(absences: tuple[Absence, ...], trace: Trace) -> Figures:
    missing = [absence for absence in absences if absence.kind == "M"]
    events = {report.absence.event for report in trace.report_of.values() if report.kind == "M"}
    recorded = [absence for absence in missing if absence.event in events]
    return Figures(
        children=len({absence.child.entity for absence in missing}),
        events=len(missing),
        recorded_children=len({absence.child.entity for absence in recorded}),
        recorded_events=len(recorded),
    )
