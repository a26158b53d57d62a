"""Counting rows into every cell of a table, margins included.

For every combination of levels of the dimensions' trees, each row falls into one cell at most; rows are put
in order of cell and child, so that children, incidents, calls and the largest child of a cell come out of
one pass.  ``tests/oracles/statistics_oracle.py`` counts the same with loops over every cell.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

from linkage.register.counts import Cell, CountTable, Dimension, Key
from linkage.register.statistics.trees import Division

__all__ = ["MEASURES", "Rows", "count_rows", "count_tables_of"]

MEASURES = ("children", "incidents", "calls")

Integers = npt.NDArray[np.int64]
_NOTHING = Cell(0, 0)


@dataclass(frozen=True, slots=True)
class Rows:
    """What is counted: a child, an incident (``unit``) and its calls (``weight``), and a code in each column.

    Rows that repeat an incident, because it has several codes in one column, count once in every cell.
    """

    persons: Sequence[int]
    units: Sequence[int]
    weights: Sequence[int]
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    _arrays: dict[object, Integers] = field(default_factory=dict, repr=False, compare=False)

    def leaves(self, name: str, division: Division) -> Integers:
        """Return each row's place among a dimension's codes; kept, for tables share rows and dimensions."""
        key = (name, division.dimension.codes)
        if key not in self._arrays:
            self._arrays[key] = _leaves(self.columns[name], division)
        return self._arrays[key]

    def numbers(self, name: Literal["persons", "units", "weights"]) -> Integers:
        """Return one of the columns of numbers."""
        if name not in self._arrays:
            self._arrays[name] = np.asarray(getattr(self, name), dtype=np.int64)
        return self._arrays[name]


def count_tables_of(
    number: str,
    title: str,
    rows: Rows,
    divisions: Mapping[str, Division],
    measures: Sequence[str],
    keys: Sequence[Key],
    unavailable: frozenset[Key] = frozenset(),
) -> list[CountTable]:
    """Count rows into the cells ``keys`` of one table for each measure.

    ``divisions`` go by the names of the rows' columns.  A measure is one of :data:`MEASURES`, or one of them
    with words that say of what (``incidents_away``).
    """
    found = count_rows(rows, divisions)
    tables = []
    for measure in measures:
        kind = measure.partition("_")[0]
        dimensions = tuple(division.of(kind) for division in divisions.values())
        counted = found[kind]
        cells = {key: counted.get(key, _NOTHING) for key in keys}
        tables.append(
            CountTable(
                number=number,
                title=title,
                measure=measure,
                dimensions=dimensions,
                cells=cells,
                unavailable=frozenset(key for key in unavailable if cells[key] == _NOTHING),
            )
        )
    return tables


def count_rows(rows: Rows, divisions: Mapping[str, Division]) -> dict[str, dict[Key, Cell]]:
    """Count rows into the cells that are not empty, by measure."""
    dimensions = [division.dimension for division in divisions.values()]
    leaves = [rows.leaves(name, division) for name, division in divisions.items()]
    chains = [_chains(dimension) for dimension in dimensions]
    persons = rows.numbers("persons")
    units = rows.numbers("units")
    weights = rows.numbers("weights")
    found: dict[str, dict[Key, Cell]] = {measure: {} for measure in MEASURES}
    if not len(persons):
        return found
    repeats = len(np.unique(units)) < len(units)
    shape = tuple(len(dimension.codes) for dimension in dimensions)
    for levels in product(*(range(chain.shape[0]) for chain in chains)):
        places = [chain[level][leaf] for chain, level, leaf in zip(chains, levels, leaves, strict=True)]
        here = np.logical_and.reduce([place >= 0 for place in places]).nonzero()[0]
        cells = np.ravel_multi_index([place[here] for place in places], shape).astype(np.int64)
        _add(found, dimensions, shape, cells, persons[here], units[here] if repeats else None, weights[here])
    return found


def _leaves(codes: Sequence[str], division: Division) -> Integers:
    """Return each row's place among a dimension's codes."""
    known = {code: place for place, code in enumerate(division.dimension.codes)}
    places = known | {value: known[code] for value, code in division.place.items()}
    if division.other is not None:
        rest = known[division.other]
        return np.fromiter((places.get(code, rest) for code in codes), dtype=np.int64, count=len(codes))
    return np.fromiter((places[code] for code in codes), dtype=np.int64, count=len(codes))


def _chains(dimension: Dimension) -> Integers:
    """Return, by level from the total down and by code, the code's ancestor at that level or -1."""
    places = {code: place for place, code in enumerate(dimension.codes)}
    chains = []
    for code in dimension.codes:
        chain = [code]
        while chain[0] != dimension.total:
            chain.insert(0, dimension.parents[chain[0]])
        chains.append([places[one] for one in chain])
    deepest = max(map(len, chains))
    return np.array([chain + [-1] * (deepest - len(chain)) for chain in chains], dtype=np.int64).T


def _add(
    found: dict[str, dict[Key, Cell]],
    dimensions: Sequence[Dimension],
    shape: tuple[int, ...],
    cells: Integers,
    persons: Integers,
    units: Integers | None,
    weights: Integers,
) -> None:
    """Add the cells of one combination of levels; ``units`` only where rows may repeat an incident."""
    if not len(cells):
        return
    if units is not None:
        once = np.unique(cells * (int(units.max()) + 1) + units, return_index=True)[1]
        cells, persons, weights = cells[once], persons[once], weights[once]
    keys, inverse = np.unique(cells * (int(persons.max()) + 1) + persons, return_inverse=True)
    inverse = inverse.reshape(-1)
    incidents = np.bincount(inverse, minlength=len(keys))
    calls = np.bincount(inverse, weights=weights, minlength=len(keys)).astype(np.int64)
    owners = keys // (int(persons.max()) + 1)
    counted, first = np.unique(owners, return_index=True)
    names = [
        tuple(dimension.codes[place] for dimension, place in zip(dimensions, places, strict=True))
        for places in zip(*(axis.tolist() for axis in np.unravel_index(counted, shape)), strict=True)
    ]
    for measure, amounts in (
        ("children", np.ones(len(keys), dtype=np.int64)),
        ("incidents", incidents),
        ("calls", calls),
    ):
        sums, most = np.add.reduceat(amounts, first).tolist(), np.maximum.reduceat(amounts, first).tolist()
        cells_of = found[measure]
        for name, value, largest in zip(names, sums, most, strict=True):
            cells_of[name] = Cell(value, largest)
