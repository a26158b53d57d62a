"""An attacker who has nothing but the files of several releases, the rules, and a solver.

Shares nothing with the engine.  Sums and differences narrow every cell again and again; then linear programs
ask for the least and the greatest value of each, and whole-number programs of those that are nearly caught.
"""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from linkage.register.released import ReleasedTable

__all__ = ["Attack", "Rules", "attack", "release_files"]

Figure = tuple[int, str, frozenset[tuple[str, str]]]
"""A release, a measure, and the codes that narrow it."""


def release_files(tables: Iterable[ReleasedTable]) -> dict[str, str]:
    """Write tables as files: one of cells for each, and one of codes."""
    files = {}
    codes = io.StringIO()
    code_rows = csv.writer(codes)
    code_rows.writerow(("table", "measure", "dimension", "code", "parent", "additive"))
    for one in tables:
        stream = io.StringIO()
        rows = csv.writer(stream)
        rows.writerow((*(dimension.name for dimension in one.dimensions), "value"))
        rows.writerows((*key, cell.text) for key, cell in one.cells.items())
        files[f"{one.number}.csv"] = stream.getvalue()
        for dimension in one.dimensions:
            for code in dimension.codes:
                parent = dimension.parents.get(code, "")
                row = (one.number, one.measure, dimension.name, code, parent, str(dimension.additive))
                code_rows.writerow(row)
    return {**files, "codes.csv": codes.getvalue()}


@dataclass(frozen=True)
class Rules:
    """What is known of how counts are published.

    ``base``: 1 where they are published as they are.  ``same``: (dimension, code) that mean the same as
    another.  ``at_most``: measures of which the first is never more than the second.
    """

    base: int
    time: str = "time_period"
    same: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    at_most: Sequence[tuple[str, str]] = (("children", "incidents"),)


@dataclass
class Attack:
    """What the attacker believes of every figure, and what ties them."""

    low: dict[Figure, float] = field(default_factory=dict)
    high: dict[Figure, float] = field(default_factory=dict)
    hidden: set[Figure] = field(default_factory=set)
    rows: set[tuple[tuple[Figure, ...], tuple[int, ...], float, float]] = field(default_factory=set)

    def caught(self) -> dict[Figure, int]:
        """Return the hidden figures of which only one value is left."""
        return {one: int(self.low[one]) for one in self.hidden if self.low[one] == self.high[one]}

    def narrow(self, width: int) -> set[Figure]:
        """Return the hidden figures of which less is open than should be."""
        return {one for one in self.hidden if self.high[one] - self.low[one] < width}


def attack(
    releases: Sequence[Mapping[str, str]],
    *,
    rules: Rules,
    unchanged: bool = True,
    asked: int = 0,
    whole: bool = False,
) -> Attack | None:
    """Attack releases; None if what is assumed contradicts the files.

    ``unchanged``: assume that a figure that is published
    alike in two releases is the same; otherwise releases are attacked side by side.  ``asked``: of how many
    cells, those that sums leave least open first, programs are asked; ``whole``: in whole numbers too.
    """
    found = Attack()
    texts: dict[Figure, str] = {}
    for number, files in enumerate(releases):
        _read(found, texts, number, files, rules)
    _order(found, rules)
    if unchanged:
        _tie(found, texts)
    if not _propagate(found):
        return None
    return found if _solve(found, asked, whole=whole) else None


def _read(
    found: Attack, texts: dict[Figure, str], number: int, files: Mapping[str, str], rules: Rules
) -> None:
    trees: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    measures, additive = {}, {}
    for row in csv.DictReader(io.StringIO(files["codes.csv"])):
        trees[row["table"]][row["dimension"]][row["code"]] = row["parent"]
        measures[row["table"]] = row["measure"]
        additive[row["table"], row["dimension"]] = row["additive"] == "True"
    for table, dimensions in trees.items():
        cells = {}
        for row in csv.DictReader(io.StringIO(files[f"{table}.csv"])):
            codes = tuple(row[one] for one in dimensions)
            narrowing = frozenset(
                rules.same.get((name, code), (name, code))
                for name, code in zip(dimensions, codes, strict=True)
                if name == rules.time or dimensions[name][code]
            )
            cells[codes] = (number, measures[table], narrowing)
            _believe(found, texts, cells[codes], row["value"], rules)
        for place, name in enumerate(dimensions):
            _sums(found, cells, place, dimensions[name], additive=additive[table, name])


def _believe(found: Attack, texts: dict[Figure, str], figure: Figure, text: str, rules: Rules) -> None:
    # One figure may stand in several tables: suppressed in one, it may be seen in another.
    if text.isdigit() or figure not in texts:
        texts[figure] = text
    base, low, high = rules.base, 0.0, math.inf
    if text.isdigit():
        value, ways = int(text), sum(name != rules.time for name, _ in figure[2])
        threshold = 10 if ways > 1 else 5
        low = value if not value or base == 1 else max(value - base / 2, threshold + 1)
        high = value if not value or base == 1 else value + base / 2 - 1
    elif text == "z":
        high = 0
    elif text != "x":
        found.hidden.add(figure)
    found.low[figure] = max(low, found.low.get(figure, low))
    found.high[figure] = min(high, found.high.get(figure, high))


def _sums(
    found: Attack,
    cells: Mapping[tuple[str, ...], Figure],
    place: int,
    tree: Mapping[str, str],
    *,
    additive: bool,
) -> None:
    parts: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
    for codes, figure in cells.items():
        if tree[codes[place]]:
            parts[*codes[:place], tree[codes[place]], *codes[place + 1 :]].append(figure)
    for codes, figures in parts.items():
        if codes not in cells:
            continue  # a whole that is not printed, because it cannot be
        signs = (1, *(-1 for _ in figures))
        found.rows.add(((cells[codes], *figures), signs, 0 if additive else -math.inf, 0))
        if not additive:
            found.rows |= {((cells[codes], one), (1, -1), 0, math.inf) for one in figures}


def _order(found: Attack, rules: Rules) -> None:
    for number, measure, narrowing in list(found.low):
        for fewer, more in rules.at_most:
            other = (number, more, narrowing)
            if measure == fewer and other in found.low:
                found.rows.add((((number, measure, narrowing), other), (1, -1), -math.inf, 0))


def _tie(found: Attack, texts: Mapping[Figure, str]) -> None:
    latest: dict[tuple[str, frozenset[tuple[str, str]]], Figure] = {}
    for figure, text in sorted(texts.items(), key=lambda one: one[0][0]):
        before = latest.get(figure[1:])
        if before is not None and texts[before] == text:
            found.rows.add(((figure, before), (1, -1), 0, 0))
        latest[figure[1:]] = figure


def _propagate(found: Attack, turns: int = 30) -> bool:
    """Narrow every figure by what the others of its rows leave to it, until nothing moves."""
    for _ in range(turns):
        moved = False
        for figures, signs, low, high in found.rows:
            least = [
                s * (found.low[f] if s > 0 else found.high[f]) for f, s in zip(figures, signs, strict=True)
            ]
            most = [
                s * (found.high[f] if s > 0 else found.low[f]) for f, s in zip(figures, signs, strict=True)
            ]
            for at, (figure, sign) in enumerate(zip(figures, signs, strict=True)):
                ends = sorted(
                    sign * end
                    for end in (
                        low - sum(most[:at]) - sum(most[at + 1 :]),
                        high - sum(least[:at]) - sum(least[at + 1 :]),
                    )
                )
                if ends[0] > found.low[figure] or ends[1] < found.high[figure]:
                    found.low[figure] = max(found.low[figure], ends[0])
                    found.high[figure] = min(found.high[figure], ends[1])
                    moved = True
                    if found.low[figure] > found.high[figure]:
                        return False
        if not moved:
            break
    return True


def _solve(found: Attack, asked: int, *, whole: bool) -> bool:
    order = {figure: place for place, figure in enumerate(sorted(found.low, key=repr))}
    rows = list(found.rows)
    matrix = lil_array((len(rows), len(order)))
    for place, (figures, signs, _, _) in enumerate(rows):
        for figure, sign in zip(figures, signs, strict=True):
            matrix[place, order[figure]] += sign
    limits = LinearConstraint(matrix.tocsr(), [one[2] for one in rows], [one[3] for one in rows])
    bounds = Bounds([found.low[one] for one in order], [found.high[one] for one in order])
    nearest = sorted(found.hidden, key=lambda one: (found.high[one] - found.low[one], repr(one)))
    for figure in nearest[:asked]:
        for integral in (0, 1) if whole else (0,):
            ends = []
            for sign in (1.0, -1.0):
                weights = np.zeros(len(order))
                weights[order[figure]] = sign
                answer = milp(
                    weights, integrality=np.full(len(order), integral), bounds=bounds, constraints=limits
                )
                if answer.status == 2:
                    return False
                ends.append(-math.inf if answer.fun is None else answer.fun)
            low, high = math.ceil(ends[0] - 1e-6), math.floor(-ends[1] + 1e-6)
            found.low[figure], found.high[figure] = low, high
            if high - low > 6:
                break
    return True
