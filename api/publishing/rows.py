"""The rows of a table, as every writer prints them: one for each cell, symbols and never blanks."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from api.publishing.places import GEOGRAPHY, TIME, force_columns, geography, time_columns
from linkage.register.counts import Key
from linkage.register.statistics.published import (
    Beside,
    LinkedShares,
    TableGroup,
    mean_per_child,
    median_hours,
    percent_of,
)

__all__ = ["QUALITY", "Printed", "numbered", "printed"]

QUALITY = (
    "coverage_percent",
    "held_by_both_percent",
    "linkage_precision_low",
    "linkage_precision_high",
)
_PLACES = frozenset({"area", "force", "time"})


@dataclass(frozen=True, slots=True)
class Printed:
    """A table's columns, and its rows in the same order; ``filters`` and ``figures`` name some columns."""

    columns: tuple[str, ...]
    filters: tuple[str, ...]
    figures: tuple[str, ...]
    rows: list[tuple[str, ...]]


def printed(group: TableGroup, beside: Beside, linked: LinkedShares) -> Printed:
    """Lay out a table of released cells, with what says how far they can be trusted."""
    filters = tuple(one.name for one in group.dimensions if one.name not in _PLACES)
    figures = _figures(group)
    columns = (*TIME, *GEOGRAPHY, *filters, *figures, *QUALITY)
    rows = []
    for key in group.keys:
        if all(table.cells[key].text == "z" for table in group.measures.values()):
            continue  # what cannot be, such as another area's cell in a table of one
        cells = _where(group, key, beside) | _filters(group, key)
        cells |= {name: figure(key) for name, figure in figures.items()}
        cells |= _quality(group, key, beside, linked)
        rows.append(tuple(cells[name] for name in columns))
    return Printed(columns, filters, tuple(figures), rows)


def _codes(group: TableGroup, key: Key) -> dict[str, str]:
    return {one.name: code for one, code in zip(group.dimensions, key, strict=True)}


def _where(group: TableGroup, key: Key, beside: Beside) -> dict[str, str]:
    codes = _codes(group, key)
    period = time_columns(codes.get("time", beside.period.code), beside.period)
    if "force" in codes:
        dimension = next(one for one in group.dimensions if one.name == "force")
        code = codes["force"]
        place = force_columns(code, dimension.labels.get(code, code), total=code == dimension.total)
    else:
        place = geography(codes.get("area", _whole(beside)), beside.directory)
    return {**dict(zip(TIME, period, strict=True)), **place}


def _whole(beside: Beside) -> str:
    countries = beside.directory.countries()
    return countries[0] if len(countries) == 1 else ""


def _filters(group: TableGroup, key: Key) -> dict[str, str]:
    return {
        one.name: "Total" if code == one.total else one.labels.get(code, code)
        for one, code in zip(group.dimensions, key, strict=True)
        if one.name not in _PLACES
    }


def _figures(group: TableGroup) -> Mapping[str, Callable[[Key], str]]:
    """Return the columns of figures: counts, then what is derived from them."""
    found: dict[str, Callable[[Key], str]] = {}
    for name in group.measures:
        found[name] = _count(group, name)
    for name in group.measures:
        children = name.replace("incidents", "children")
        if children != name and children in group.measures:
            found[f"{name}_per_child"] = _mean(group, name, children)
    if group.has_percentages:
        for name in group.measures:
            found[f"{name}_percent"] = _share(group, name, group.whole)
    if group.has_groups:
        for name in group.measures:
            found[f"{name}_percent_of_group"] = _share(group, name, group.group)
    if any(one.name == "interview_hours" for one in group.dimensions):
        found["median_hours"] = lambda key: _median(group, key)
    return found


def _count(group: TableGroup, measure: str) -> Callable[[Key], str]:
    cells = group.measures[measure].cells
    return lambda key: cells[key].text


def _mean(group: TableGroup, incidents: str, children: str) -> Callable[[Key], str]:
    upper, lower = group.measures[incidents].cells, group.measures[children].cells
    return lambda key: mean_per_child(upper[key], lower[key])


def _share(group: TableGroup, measure: str, of: Callable[[Key], Key]) -> Callable[[Key], str]:
    cells = group.measures[measure].cells
    return lambda key: percent_of(cells[key], cells[of(key)])


def _median(group: TableGroup, key: Key) -> str:
    """Return the median of the row's area; only the row of all completed interviews has one."""
    if key[-1] != "completed":
        return "z"
    cells = group.measures["incidents"].cells
    return median_hours({code: cells[(*key[:-1], code)] for code in group.dimensions[-1].codes})


def _quality(group: TableGroup, key: Key, beside: Beside, linked: LinkedShares) -> dict[str, str]:
    """Return coverage of the row's area and time, and how precise the links are said to be."""
    codes = _codes(group, key)
    place = next((one for one in group.dimensions if one.name in {"area", "force"}), None)
    coverage = beside.coverage
    councils = coverage.everywhere() if place is None else coverage.councils(codes[place.name], place)
    share = beside.coverage.covered(councils, codes.get("time")).percent
    low, high = beside.quality.low, beside.quality.high
    return {
        "coverage_percent": "x" if share is None else f"{share:.0f}",
        "held_by_both_percent": linked.of(codes, {one.name: one.total for one in group.dimensions}),
        "linkage_precision_low": "x" if low is None else f"{100 * low:.1f}",
        "linkage_precision_high": "x" if high is None else f"{100 * high:.1f}",
    }


def numbered(rows: Printed) -> Iterator[tuple[str | float, ...]]:
    """Yield the rows with numbers where figures are numbers, for a workbook."""
    first = len(rows.columns) - len(rows.figures) - len(QUALITY)
    for row in rows.rows:
        yield (*row[:first], *(_number(text) for text in row[first:]))


def _number(text: str) -> str | float:
    try:
        return float(text)
    except ValueError:
        return text
