"""The register's tables T1 to T16 and T18, and what each counts (docs/statistics.md lists them).

T17 is private to each agency and is no table of the register's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from linkage.errors import InputError
from linkage.register.areas import AreaDirectory
from linkage.register.counts import CountTable, Dimension, Key
from linkage.register.statistics.counting import MEASURES, count_tables_of
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.divisions import FIXED
from linkage.register.statistics.facts import Facts
from linkage.register.statistics.periods import Period
from linkage.register.statistics.selecting import SELECTIONS, Selection
from linkage.register.statistics.trees import Division, areas, forces, times
from linkage.register.statistics.within import Within

__all__ = ["AT_MOST", "TABLES", "TableSpec", "count_tables", "found_areas"]

_INCIDENTS = ("incidents",)
_CHILDREN = ("children",)
_BOTH = ("children", "incidents")
_COLUMNS: Mapping[str, str] = {"region": "area", "period": "time"}
_QUALITY = "T16"


class TableSpec(NamedTuple):
    """One table: its dimensions by name, what is counted, from which rows; ``only``: which cells it has."""

    number: str
    title: str
    dimensions: tuple[str, ...]
    rows: str = "missing"
    measures: tuple[str, ...] = MEASURES
    only: Callable[[Mapping[str, str], Dimension], bool] | None = None


def _elsewhere(codes: Mapping[str, str], host: Dimension) -> bool:
    """Tell whether a cell says where children were only if they were out of their council's area.

    Where they were in it is the council itself: said twice, it could be hidden once and shown once.
    """
    return codes["in_out"] == "out" or codes["host_area"] == host.total


def _specs(
    rows: str, measures: tuple[str, ...], *listed: tuple[str, str, tuple[str, ...]]
) -> Iterator[TableSpec]:
    """Yield tables that are counted from the same rows; all are of the period."""
    for number, title, dimensions in listed:
        yield TableSpec(number, title, ("period", *dimensions), rows, measures)


TABLES: tuple[TableSpec, ...] = (
    *_specs(
        "missing",
        MEASURES,
        ("T1", "Missing, by area", ("area",)),
        ("T1b", "Missing, by police force", ("force",)),
    ),
    *_specs(
        "away",
        ("children_away", "incidents_away", "calls_away"),
        ("T1c", "Away with whereabouts known, by area", ("area",)),
        ("T1d", "Away with whereabouts known, by police force", ("force",)),
    ),
    *_specs(
        "missing",
        MEASURES,
        ("T2", "Missing, by age and sex", ("region", "age_band", "sex")),
        ("T3", "Missing, by ethnicity", ("region", "ethnicity")),
        ("T4", "Missing, by legal status", ("region", "legal_status")),
        ("T5", "Missing, by placement", ("region", "placement")),
        ("T5b", "Missing, by placement provider", ("region", "provider")),
    ),
    TableSpec(
        "T6",
        "Missing, in and out of the responsible council's area, and where",
        ("period", "area", "in_out", "host_area"),
        "missing",
        _BOTH,
        _elsewhere,
    ),
    *_specs(
        "missing",
        _INCIDENTS,
        ("T7", "Missing, by duration", ("region", "duration")),
        ("T7b", "Missing, by duration in calendar days", ("region", "dfe_duration")),
    ),
    *_specs("repeats", _CHILDREN, ("T8", "Children, by times missing", ("region", "repeats"))),
    *_specs(
        "three-in-90",
        _CHILDREN,
        ("T8b", "Children missing three times within 90 days", ("region", "three_in_90")),
    ),
    *_specs(
        "missing",
        _INCIDENTS,
        ("T9", "Return interviews", ("area", "interview")),
        ("T9b", "Hours from return to interview", ("area", "interview_hours")),
    ),
    *_specs(
        "missing",
        MEASURES,
        ("T10", "Missing from home, care and supported accommodation", ("region", "setting", "uasc")),
    ),
    *_specs(
        "open",
        ("children_open", "incidents_open"),
        ("T11", "Open at the end of the period", ("region", "open_days", "open_state")),
    ),
    *_specs(
        "looked-after",
        ("children_in_care",),
        ("T12", "Looked-after children, by placements", ("region", "placements", "went_missing")),
    ),
    *_specs(
        "missing",
        _BOTH,
        ("T12b", "Missing, by change of placement around it", ("region", "placement_change")),
    ),
    TableSpec("T13", "Missing, by month", ("time", "region")),
    TableSpec("T13b", "Missing, by council and month", ("time", "area"), "missing", _INCIDENTS),
    *_specs(
        "missing",
        _INCIDENTS,
        ("T14", "Missing, by initial risk", ("region", "risk_initial")),
        ("T14b", "Missing, by highest risk", ("region", "risk_highest")),
        ("T14c", "Missing, by final risk", ("region", "risk_final")),
        ("T15", "Reconciliation, by council", ("area", "reconciliation_class")),
        ("T15b", "Reconciliation, by police force", ("force", "reconciliation_class")),
    ),
    *_specs(
        "away", ("incidents_away",), ("T15c", "Reconciliation of away", ("area", "reconciliation_class"))
    ),
    *_specs(
        "calls",
        ("calls",),
        ("T15d", "Reports by reconciliation class", ("area", "reconciliation_class")),
        ("T15e", "Reports by class and police force", ("force", "reconciliation_class")),
    ),
    *_specs(
        "missing",
        _CHILDREN,
        ("T16", "Whose records hold the children, by council", ("area", "held_by")),
        ("T16b", "Whose records hold the children, by sex", ("sex", "held_by")),
        ("T16c", "Whose records hold the children, by ethnicity", ("ethnicity", "held_by")),
        ("T16d", "Whose records hold the children, by age", ("age_band", "held_by")),
    ),
    *_specs(
        "reasons",
        _INCIDENTS,
        ("T18", "Reasons, by council", ("area", "reason")),
        ("T18b", "Reasons, by placement", ("placement", "reason")),
    ),
    *_specs(
        "harms",
        _INCIDENTS,
        ("T18c", "Harms, by council", ("area", "harm")),
        ("T18d", "Harms, by placement", ("placement", "harm")),
    ),
)

AT_MOST: tuple[tuple[str, str], ...] = tuple(
    dict.fromkeys(pair for table in TABLES for pair in pairwise(table.measures))
)
"""Measures of which the first never exceeds the second: children and incidents, those that are open too."""


def count_tables(
    facts: Facts,
    directory: AreaDirectory,
    period: Period,
    *,
    area: str | None = None,
    numbers: Iterable[str] = (),
) -> list[CountTable]:
    """Count all tables of a period, or those of some numbers, for all areas or one.

    ``area``: a council, region, country or force; tables by area or force have its cells alone, and others
    are those of all areas.  ``T9`` asks for T9b as well, and T16 goes with everything, for how well records
    are linked stands beside every figure.  Raises :class:`InputError` for an area or a number that is not
    known.

    Whatever is counted from other rows has a measure of its own, and every table has a dimension of time:
    two cells of one measure and the same codes, totals left out, are one quantity, in whatever table.
    """
    chosen = _chosen(numbers)
    found = found_areas(facts)
    within = Within(area, directory, found)
    selection = Selection(facts, period)
    divisions = _divisions(selection, directory, found, within)
    coverage = AreaMonths(facts.calendar, directory, period, found)
    rows = {name: SELECTIONS[name](selection) for name in dict.fromkeys(spec.rows for spec in chosen)}
    tables: list[CountTable] = []
    for spec in chosen:
        used = {_COLUMNS.get(name, name): divisions[name] for name in spec.dimensions}
        keys = _keys(used, spec, within)
        if keys:
            dark = _unavailable(used, keys, coverage)
            tables += count_tables_of(
                spec.number, spec.title, rows[spec.rows], used, spec.measures, keys, dark
            )
    return tables


def _keys(divisions: Mapping[str, Division], spec: TableSpec, within: Within) -> list[Key]:
    """Return the cells that a table has."""
    dimensions = {name: division.dimension for name, division in divisions.items()}
    codes = [within.codes(name, dimension) for name, dimension in dimensions.items()]
    keys = product(*codes)
    if spec.only is None:
        return list(keys)
    host = dimensions["host_area"]
    return [key for key in keys if spec.only(dict(zip(dimensions, key, strict=True)), host)]


def found_areas(facts: Facts) -> frozenset[str]:
    """Return the codes of all councils that any fact names."""
    named = {code for one in facts.absences for code in (one.responsible, one.host)}
    return frozenset(named | {one.agency for person in facts.persons for one in person.placements})


def _chosen(numbers: Iterable[str]) -> Sequence[TableSpec]:
    """Return the tables of some numbers with their kin, or all.

    Raises :class:`InputError` for a number that is not known.
    """
    asked = list(numbers)
    known = {spec.number for spec in TABLES}
    for number in asked:
        if number not in known:
            raise InputError(f"there is no table {number}", hint=f"there are {', '.join(sorted(known))}")
    families = {*asked, _QUALITY}
    return [
        spec for spec in TABLES if not asked or spec.number in asked or spec.number.rstrip("bcde") in families
    ]


def _divisions(
    selection: Selection, directory: AreaDirectory, found: Iterable[str], within: Within
) -> Mapping[str, Division]:
    """Return every dimension by name; ``region`` is areas down to regions, or to councils of one area."""
    title = "Responsible council"
    reporting = {one.force for one in selection.facts.absences}
    councils = areas("area", title, directory, found, "council")
    return {
        **FIXED,
        "area": councils,
        "region": areas("area", title, directory, found, "region") if within.everywhere else councils,
        "host_area": areas("host_area", "Area where the child was", directory, found, "council"),
        "force": forces(directory, reporting),
        "time": times(selection.period, months=True),
        "period": times(selection.period, months=False),
    }


def _unavailable(
    divisions: Mapping[str, Division], keys: Iterable[Key], coverage: AreaMonths
) -> frozenset[Key]:
    """Return the cells of areas that neither side submitted in all the time that the cell is about."""
    names = list(divisions)
    place = next((names.index(name) for name in ("area", "force") if name in names), None)
    if place is None:
        return frozenset()
    when, dimension = names.index("time"), divisions[names[place]].dimension
    dark: dict[tuple[str, str], bool] = {}
    found = []
    for key in keys:
        at = (key[place], key[when])
        if at not in dark:
            covered = coverage.covered(coverage.councils(at[0], dimension), at[1])
            dark[at] = 0 < covered.months == covered.neither
        if dark[at]:
            found.append(key)
    return frozenset(found)
