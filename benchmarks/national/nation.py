"""A made-up nation, a cohort of children at a time: the laboratory's world in pieces that fit into memory.

A cohort is a world of the simulator (:mod:`linkage.lab.world`) with some thousand children of its own, in the
*nation's* councils and forces: what agencies hold is the sum of what they hold of every cohort.  No child,
household or absence is in two cohorts.  Cohorts differ from one world of the same size in two ways: siblings
are always of one cohort (as in one world), and each cohort founds children's homes of its own, so that more
of them are there than children would fill.

The simulator lets children go missing more often than is asked for here, and its absences are thinned at
random to the number asked for: who goes missing often still does.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from linkage.errors import InputError
from linkage.lab.agencies import Agency, Country, make_country
from linkage.lab.burdens import Burdener
from linkage.lab.care import draw_care
from linkage.lab.council_extract import council_extract, known_to_councils
from linkage.lab.draws import Draws
from linkage.lab.extracts import Extract, Table, Trace
from linkage.lab.households import draw_children
from linkage.lab.missing import Absence, draw_absences
from linkage.lab.police_extract import police_extract
from linkage.lab.rates import Rates
from linkage.lab.recording import Report, write_reports

__all__ = ["Cohort", "Nation", "Scale"]

_LAST_DAY = dt.date(2026, 3, 31)
_FORCES, _AGENCIES = 43, 196
"""Police forces among the agencies of England and Wales that a register of missing children has."""
_MOST_AT_HOME = 0.3
"""Of children: those whom only police can know, each missing once at least."""
_AT_HOME_FOR_AN_ABSENCE = 1 / 3
_OWN_REFERENCES = frozenset({"child_id", "child_ref", "episode_id", "report_ref"})


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a nation: children of all years together, absences in a year, agencies, months simulated."""

    children: int
    episodes_a_year: int
    agencies: int
    months: int
    seed: int = 1
    cohort: int = 5000

    def __post_init__(self) -> None:
        least = {"children": 1, "episodes_a_year": 1, "agencies": 2, "months": 1, "cohort": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(f"the {name.replace('_', ' ')}: too few", hint=f"give {low} or more")
        if self.months > 120:
            raise InputError("too many months", hint="give 120 or fewer")

    @property
    def forces(self) -> int:
        """Police forces among the agencies; the others are councils."""
        return max(1, round(self.agencies * _FORCES / _AGENCIES))

    @property
    def years(self) -> int:
        """Whole years that the months are of."""
        return -(-self.months // 12)

    @property
    def period(self) -> tuple[dt.date, dt.date]:
        """First and last day of those years."""
        return dt.date(_LAST_DAY.year - self.years, 4, 1), _LAST_DAY

    @property
    def episodes(self) -> int:
        """Absences of all years."""
        return self.episodes_a_year * self.years

    @property
    def cohorts(self) -> int:
        """How many cohorts there are."""
        return -(-self.children // self.cohort)


@dataclass(frozen=True, slots=True)
class Cohort:
    """What agencies hold of some children, and who they are.

    ``entity_of``: agency and reference of a child to the child's number in the nation, from 0.
    """

    number: int
    children: int
    absences: int
    extracts: tuple[Extract, ...]
    entity_of: dict[tuple[str, str], int]


class Nation:
    """The nation of a scale; the same scale gives the same nation, cohort by cohort, in any order."""

    def __init__(self, scale: Scale) -> None:
        self.scale = scale
        # Children at home are there for an absence of their own: few absences, few of them.
        at_home = min(_MOST_AT_HOME, _AT_HOME_FOR_AN_ABSENCE * scale.episodes / scale.children)
        self.rates = replace(Rates(), looked_after=1 - at_home)

    @cached_property
    def country(self) -> Country:
        """Councils, forces and the months that they do not submit."""
        scale = self.scale
        councils = scale.agencies - scale.forces
        draws = Draws(scale.seed, "country")
        return make_country(councils, scale.forces, scale.period, self.rates, draws)

    @property
    def agencies(self) -> tuple[Agency, ...]:
        """All agencies, councils first."""
        return (*self.country.councils, *self.country.forces)

    def cohorts(self, first: int = 0) -> Iterator[Cohort]:
        """Yield cohorts from a number on; no more than one is held at a time."""
        for number in range(first, self.scale.cohorts):
            yield self.cohort(number)

    def cohort(self, number: int) -> Cohort:
        """Make one cohort."""
        scale, country, rates = self.scale, self.country, self.rates
        before, after = (min(scale.children, n * scale.cohort) for n in (number, number + 1))
        seed = (scale.seed << 32) + number + 1
        people = draw_children(after - before, country, scale.period, rates, Draws(seed, "households"))
        care = draw_care(people, country, scale.period, rates, Draws(seed, "care"))
        drawn = draw_absences(people, care, country, scale.period, rates, seed)
        quota = scale.episodes * after // scale.children - scale.episodes * before // scale.children
        absences = _thinned(drawn, quota, country, Draws(seed, "thinning"))
        councils = len(country.councils)
        known = known_to_councils(people, care, councils, rates, Draws(seed, "known"))
        hosting = {
            council.code: {each.child.entity for each in known[n] if not each.own}
            for n, council in enumerate(country.councils)
        }
        reports = _by_agency(write_reports(absences, country, care, scale.period, hosting, rates, seed))
        trace = Trace()

        def unburdened(agency: Agency) -> Burdener:
            return Burdener((), country, scale.period[0], Draws(seed, f"burdens {agency.code}"))

        last = scale.period[1]
        extracts = [
            council_extract(
                one, known[n], reports.get(one.code, ()), country, last, rates, seed, trace, unburdened(one)
            )
            for n, one in enumerate(country.councils)
        ]
        extracts += [
            police_extract(one, reports.get(one.code, ()), country, rates, seed, trace, unburdened(one))
            for one in country.forces
        ]
        numbers = {child.entity: before + place for place, child in enumerate(people)}
        entity_of = {
            (agency, _of_cohort(reference, number)): numbers[entity]
            for (agency, reference), entity in trace.entity_of.items()
        }
        renamed = tuple(_renamed(one, number) for one in extracts)
        return Cohort(number, len(people), len(absences), renamed, entity_of)


def _by_agency(reports: Sequence[Report]) -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {}
    for report in reports:
        found.setdefault(report.agency.code, []).append(report)
    return found


def _thinned(drawn: Sequence[Absence], quota: int, country: Country, draws: Draws) -> tuple[Absence, ...]:
    """Keep so many absences: of a child at home one that police submit, of all others whichever it hits."""
    needed: dict[str, int] = {}
    for place, one in enumerate(drawn):
        if not one.child.looked_after and one.child.entity not in needed and _submitted(one, country):
            needed[one.child.entity] = place
    kept = set(needed.values())
    if not len(kept) <= quota <= len(drawn):
        raise InputError(
            f"{quota:,} absences cannot be had: the children of this cohort have "
            f"{len(kept):,} at least and {len(drawn):,} at most",
            hint="change --episodes-a-year or --children",
        )
    others = draws.shuffled(place for place in range(len(drawn)) if place not in kept)
    kept.update(others[: quota - len(kept)])
    return tuple(drawn[place] for place in sorted(kept))


def _submitted(one: Absence, country: Country) -> bool:
    area, month = one.place.area, f"{one.start:%Y-%m}"
    return country.submits(country.force_of(area), area, month)


def _of_cohort(reference: str, number: int) -> str:
    """An agency's reference of a cohort's record, unlike any of another cohort's."""
    return f"{reference}-{number:04d}"


def _renamed(extract: Extract, number: int) -> Extract:
    """Return an extract whose references are the nation's and not the cohort's."""
    tables = {}
    for name, table in extract.tables.items():
        places = [place for place, column in enumerate(table.columns) if column in _OWN_REFERENCES]
        rows = []
        for row in table.rows:
            cells = list(row)
            for place in places:
                cells[place] = _of_cohort(cells[place], number)
            rows.append(tuple(cells))
        tables[name] = Table(table.columns, rows)
    return Extract(extract.agency, tables, extract.coverage)
