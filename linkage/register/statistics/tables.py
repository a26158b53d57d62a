"""The register's tables T1 to T16 and T18, and what each counts (docs/statistics.md lists them).

T17 is private to each agency and is no table of the register's.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
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

__all__ = ["TABLES", "TableSpec", "count_tables", "found_areas"]

_INCIDENTS = ("incidents",)
_QUALITY = "T16"
_COLUMNS: Mapping[str, str] = {"region": "area"}
_CHILDREN = ("children",)


class TableSpec(NamedTuple):
    """One table: its dimensions by name, what is counted, and from which rows."""

    number: str
    title: str
    dimensions: tuple[str, ...]
    rows: str = "missing"
    measures: tuple[str, ...] = MEASURES


TABLES: tuple[TableSpec, ...] = (
    TableSpec("T1", "Missing and away, by area", ("area", "kind"), "any-kind"),
    TableSpec("T1b", "Missing and away, by police force", ("force", "kind"), "any-kind"),
    TableSpec("T2", "Missing, by age and sex", ("region", "age_band", "sex")),
    TableSpec("T3", "Missing, by ethnicity", ("region", "ethnicity")),
    TableSpec("T4", "Missing, by legal status", ("region", "legal_status")),
    TableSpec("T5", "Missing, by placement", ("region", "placement")),
    TableSpec("T5b", "Missing, by placement provider", ("region", "provider")),
    TableSpec("T6", "Missing, in and out of the responsible council's area", ("area", "in_out")),
    TableSpec(
        "T6b",
        "Missing, by responsible council and the area where the child was",
        ("area", "host_area"),
        "missing",
        ("children", "incidents"),
    ),
    TableSpec("T7", "Missing, by duration", ("region", "duration"), "missing", _INCIDENTS),
    TableSpec(
        "T7b", "Missing, by duration in calendar days", ("region", "dfe_duration"), "missing", _INCIDENTS
    ),
    TableSpec("T8", "Children, by times missing", ("region", "repeats"), "repeats", _CHILDREN),
    TableSpec(
        "T8b",
        "Children missing three times within 90 days",
        ("region", "three_in_90"),
        "three-in-90",
        _CHILDREN,
    ),
    TableSpec("T9", "Return interviews", ("area", "interview"), "interviewed", _INCIDENTS),
    TableSpec(
        "T9b", "Hours from return to interview", ("area", "interview_hours"), "interview-hours", _INCIDENTS
    ),
    TableSpec("T10", "Missing from home, care and supported accommodation", ("region", "setting", "uasc")),
    TableSpec(
        "T11",
        "Open at the end of the period",
        ("region", "open_days", "open_state"),
        "open",
        ("children", "incidents"),
    ),
    TableSpec(
        "T12",
        "Looked-after children, by placements and whether missing",
        ("region", "placements", "went_missing"),
        "looked-after",
        _CHILDREN,
    ),
    TableSpec(
        "T12b",
        "Missing from care, by change of placement around it",
        ("region", "placement_change"),
        "missing-from-care",
        ("children", "incidents"),
    ),
    TableSpec("T13", "Missing, by month", ("region", "time")),
    TableSpec("T13b", "Missing, by council and month", ("area", "time"), "missing", _INCIDENTS),
    TableSpec("T14", "Missing, by initial risk", ("region", "risk_initial"), "missing", _INCIDENTS),
    TableSpec("T14b", "Missing, by highest risk", ("region", "risk_highest"), "missing", _INCIDENTS),
    TableSpec("T14c", "Missing, by final risk", ("region", "risk_final"), "missing", _INCIDENTS),
    TableSpec("T15", "Reconciliation, by council", ("area", "reconciliation_class"), "any-kind", _INCIDENTS),
    TableSpec(
        "T15b", "Reconciliation, by police force", ("force", "reconciliation_class"), "any-kind", _INCIDENTS
    ),
    TableSpec(
        "T15c", "Reports by reconciliation class", ("area", "reconciliation_class"), "calls", ("calls",)
    ),
    TableSpec(
        "T15d",
        "Reports by reconciliation class, by police force",
        ("force", "reconciliation_class"),
        "calls",
        ("calls",),
    ),
    TableSpec(
        "T16", "Whose records hold the children, by council", ("area", "held_by"), "any-kind", _CHILDREN
    ),
    TableSpec("T16b", "Whose records hold the children, by sex", ("sex", "held_by"), "any-kind", _CHILDREN),
    TableSpec(
        "T16c",
        "Whose records hold the children, by ethnicity",
        ("ethnicity", "held_by"),
        "any-kind",
        _CHILDREN,
    ),
    TableSpec(
        "T16d", "Whose records hold the children, by age", ("age_band", "held_by"), "any-kind", _CHILDREN
    ),
    TableSpec("T18", "Reasons, by council", ("area", "reason"), "reasons", _INCIDENTS),
    TableSpec("T18b", "Reasons, by placement", ("placement", "reason"), "reasons", _INCIDENTS),
    TableSpec("T18c", "Harms, by council", ("area", "harm"), "harms", _INCIDENTS),
    TableSpec("T18d", "Harms, by placement", ("placement", "harm"), "harms", _INCIDENTS),
)


def count_tables(
    facts: Facts,
    directory: AreaDirectory,
    period: Period,
    *,
    area: str | None = None,
    numbers: Iterable[str] = (),
) -> list[CountTable]:
    """Count all tables of a period, or those of some numbers, for all areas or one.

    ``area``: a council, region, country or force; its absences are those for which its councils are
    responsible.  ``T9`` asks for T9b as well, and T16 goes with everything, for how well records are linked
    stands beside every figure.  Raises :class:`InputError` for an area or a number that is not known.
    """
    chosen = _chosen(numbers)
    selection = Selection(facts, period, _councils(area, facts, directory))
    found = found_areas(facts)
    divisions = _divisions(selection, directory, found)
    coverage = AreaMonths(facts.calendar, directory, period, found)
    rows = {name: SELECTIONS[name](selection) for name in dict.fromkeys(spec.rows for spec in chosen)}
    tables: list[CountTable] = []
    for spec in chosen:
        used = {_COLUMNS.get(name, name): divisions[name] for name in spec.dimensions}
        unavailable = _unavailable(used, coverage)
        tables += count_tables_of(spec.number, spec.title, rows[spec.rows], used, spec.measures, unavailable)
    return tables


def found_areas(facts: Facts) -> frozenset[str]:
    """Return the codes of all councils that any fact names."""
    named = {code for one in facts.absences for code in (one.responsible, one.host)}
    return frozenset(named | {one.agency for person in facts.persons for one in person.placements})


def _chosen(numbers: Iterable[str]) -> Sequence[TableSpec]:
    asked = list(numbers)
    known = {spec.number for spec in TABLES}
    for number in asked:
        if number not in known:
            raise InputError(f"there is no table {number}", hint=f"there are {', '.join(sorted(known))}")
    families = {*asked, _QUALITY}
    return [
        spec for spec in TABLES if not asked or spec.number in asked or spec.number.rstrip("bcd") in families
    ]


def _councils(area: str | None, facts: Facts, directory: AreaDirectory) -> frozenset[str] | None:
    """Return the councils of the area that was asked for."""
    if area is None:
        return None
    listed = directory.within(area)
    if listed:
        return listed
    if any(one.responsible == area for one in facts.absences):
        return frozenset({area})
    raise InputError(
        "area: not in the directory, and no absence is of that council",
        hint="give the code of a council, region, country or force; see `clew register areas show`",
    )


def _divisions(
    selection: Selection, directory: AreaDirectory, found: Iterable[str]
) -> Mapping[str, Division]:
    """Return every dimension by name; ``region`` is areas down to regions only."""
    title = "Responsible council"
    reporting = {one.force for one in selection.facts.absences}
    return {
        **FIXED,
        "area": areas("area", title, directory, found, "council"),
        "region": areas("area", title, directory, found, "region"),
        "host_area": areas("host_area", "Area where the child was", directory, found, "council"),
        "force": forces(directory, reporting),
        "time": times(selection.period),
    }


def _unavailable(divisions: Mapping[str, Division], coverage: AreaMonths) -> frozenset[Key]:
    """Return the cells of areas that neither side submitted in all the time that the cell is about."""
    dimensions = [division.dimension for division in divisions.values()]
    names = list(divisions)
    place = next((names.index(name) for name in ("area", "force") if name in names), None)
    if place is None:
        return frozenset()
    dark: dict[str | None, set[str]] = {}
    times_ = dimensions[names.index("time")].codes if "time" in names else (None,)
    for time in times_:
        dark[time] = {
            code for code in dimensions[place].codes if _is_dark(code, dimensions[place], coverage, time)
        }
    if not any(dark.values()):
        return frozenset()
    when = names.index("time") if "time" in names else None
    return frozenset(
        key
        for key in product(*(dimension.codes for dimension in dimensions))
        if key[place] in dark[None if when is None else key[when]]
    )


def _is_dark(code: str, dimension: Dimension, coverage: AreaMonths, time: str | None) -> bool:
    covered = coverage.covered(coverage.councils(code, dimension), time)
    return covered.months > 0 and covered.neither == covered.months
