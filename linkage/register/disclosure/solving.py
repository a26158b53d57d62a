"""Whole numbers that fit everything published: what an attacker cannot tell from the truth.

An audit by linear programming asks for the least and the greatest value of every suppressed cell (Fischetti
and Salazar, Management Science 47, 2001).  Two programs for each cell would take hours.  But every solution
bears witness for all cells at once: the values that a cell has in two of them are both possible.  So a few
programs, whose objectives pull the cells to and fro, settle nearly all; the few that are left are
asked one by one.  Solutions are found a block at a time: whatever lies outside of a block is held at its true
count, so what is possible in the block is possible in the whole.  A solution in whole numbers counts once
every sum was checked exactly; in large blocks the linear program's own solution counts too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csc_array, csr_array, vstack

from linkage.register.disclosure.history import Row, System

__all__ = ["MOST_WHOLE", "Base", "Floats", "Ints", "Problem", "Solver", "problem_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NEAR = 1e-6
_NODES = 200
_GAP = 0.05
MOST_WHOLE = 400
"""Up to so many columns solutions are in whole numbers."""


@dataclass(slots=True)
class Problem:
    """Rows over columns, and the bounds of both."""

    matrix: csr_array
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats

    def part(self, columns: Ints, base: "Base") -> "Problem":
        """Return the problem in some columns, all others held at what they are in ``base``."""
        by_column = base.by_column[:, columns]
        rows = np.unique(by_column.indices)
        inner = csr_array(by_column)[rows]
        fixed = base.sums[rows] - inner @ base.values[columns]
        return Problem(
            inner,
            self.row_low[rows] - fixed,
            self.row_high[rows] - fixed,
            self.low[columns],
            self.high[columns],
        )

    def holds(self, values: Floats) -> bool:
        """Say whether whole numbers satisfy every row and bound exactly."""
        sums = self.matrix @ values
        return bool(
            np.all(values >= self.low)
            and np.all(values <= self.high)
            and np.all(sums >= self.row_low)
            and np.all(sums <= self.row_high)
        )


class Base:
    """A solution of a problem, and what its rows come to."""

    def __init__(self, problem: Problem, values: Floats) -> None:
        self.values = values
        self.sums = problem.matrix @ values
        self.by_column = csc_array(problem.matrix)


def problem_of(system: System) -> Problem:
    """Return the system as a problem: a column for every figure."""
    return _problem(list(system.rows), len(system.value), system.low, system.high)


def _problem(rows: Sequence[Row], columns: int, low: Iterable[float], high: Iterable[float]) -> Problem:
    lengths = np.fromiter((len(one.figures) for one in rows), dtype=np.int64, count=len(rows))
    figures = np.fromiter((f for one in rows for f in one.figures), dtype=np.int64, count=int(lengths.sum()))
    signs = np.fromiter((s for one in rows for s in one.signs), dtype=np.float64, count=int(lengths.sum()))
    places = np.repeat(np.arange(len(rows)), lengths)
    return Problem(
        csr_array(coo_array((signs, (places, figures)), shape=(len(rows), columns))),
        np.array([one.low for one in rows], dtype=np.float64),
        np.array([one.high for one in rows], dtype=np.float64),
        np.array(list(low), dtype=np.float64),
        np.array(list(high), dtype=np.float64),
    )


@dataclass(slots=True)
class Solver:
    """Solves problems and counts how many."""

    solved: int = 0
    whole: int = 0
    divided: int = 0

    def extreme(self, problem: Problem, weights: Floats) -> Floats | None:
        """Return a solution with the least weight, or None if there is none."""
        # Here and not above: it takes longer to load than all else of a worker that has nothing to solve.
        from scipy.optimize import linprog

        self.solved += 1
        equal = problem.row_low == problem.row_high
        above, below = ~equal & np.isfinite(problem.row_high), ~equal & np.isfinite(problem.row_low)
        upper = _stacked(problem.matrix[above], -problem.matrix[below])
        limits = np.concatenate([problem.row_high[above], -problem.row_low[below]])
        found = linprog(
            weights,
            A_ub=upper if upper.shape[0] else None,
            b_ub=limits if upper.shape[0] else None,
            A_eq=problem.matrix[equal] if equal.any() else None,
            b_eq=problem.row_low[equal] if equal.any() else None,
            bounds=np.column_stack([problem.low, problem.high]),
            method="highs-ds",
        )
        if found.x is None:
            return None
        return np.asarray(found.x, dtype=np.float64)

    def witness(self, problem: Problem, weights: Floats) -> Floats | None:
        """Return a solution of little weight, in whole numbers where that can be had, or None.

        The search for whole numbers is limited by size and by nodes and not by time, so that it ends alike on
        every machine; where it is not made, or finds none in a large problem, the linear program's solution
        stands.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        relaxed = self.extreme(problem, weights)
        if relaxed is None:
            return None
        near = np.rint(relaxed)
        if np.all(np.abs(relaxed - near) < _NEAR) and problem.holds(near):
            return near
        if len(weights) > MOST_WHOLE:
            self.divided += 1
            return relaxed
        self.whole += 1
        found = milp(
            weights,
            integrality=np.ones(len(weights)),
            bounds=Bounds(problem.low, problem.high),
            constraints=LinearConstraint(problem.matrix, problem.row_low, problem.row_high),
            options={"node_limit": _NODES, "mip_rel_gap": _GAP},
        )
        if found.x is None:
            return None
        near = np.asarray(np.rint(found.x), dtype=np.float64)
        return near if problem.holds(near) else None


def _stacked(first: csr_array, second: csr_array) -> csr_array:
    return csr_array(vstack([first, second]))
