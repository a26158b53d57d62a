"""Whole numbers that fit everything published: what an attacker cannot tell from the truth.

An audit by linear programming asks for the least and the greatest value of every suppressed cell (Fischetti
and Salazar, Management Science 47, 2001).  Two programs for each cell would take hours.  But every solution
bears witness for all cells at once: the values that a cell has in two of them are both possible.  So a few
programs, whose objectives pull the cells to and fro, settle nearly all; the few that are left are
asked one by one.  A solution counts only if it is in whole numbers and every sum is checked exactly, so what
is settled is settled for an attacker who knows that children are not divided.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, vstack
from scipy.sparse.csgraph import connected_components

from linkage.register.disclosure.history import Row, System

__all__ = ["Floats", "Problem", "Solver", "components", "problem_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NEAR = 1e-6
_NODES = 200


@dataclass(slots=True)
class Problem:
    """Rows over columns, and the bounds of both."""

    matrix: csr_array
    row_low: Floats
    row_high: Floats
    low: Floats
    high: Floats

    def part(self, columns: Ints, base: Floats) -> "Problem":
        """Return the problem in some columns, all others held at what they are in ``base``."""
        by_column = self.matrix[:, columns]
        rows = np.unique(by_column.nonzero()[0])
        inner = csr_array(by_column[rows])
        fixed = self.matrix[rows] @ base - inner @ base[columns]
        return Problem(
            inner, self.row_low[rows] - fixed, self.row_high[rows] - fixed, self.low[columns], self.high[columns]
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


def components(problem: Problem) -> list[Ints]:
    """Return the columns that hang together by rows; a column that is fixed ties nothing."""
    free = np.flatnonzero(problem.high > problem.low)
    inner = csr_array(problem.matrix[:, free])
    _, labels = connected_components(_bipartite(inner), directed=False)
    _, labels = np.unique(labels[inner.shape[0] :], return_inverse=True)
    order = np.argsort(labels, kind="stable")
    cuts = np.searchsorted(labels[order], np.arange(1, int(labels.max(initial=-1)) + 1))
    return [free[one] for one in np.split(order, cuts)]


def _bipartite(matrix: csr_array) -> csr_array:
    rows, columns = matrix.shape
    entries = coo_array(matrix)
    places = (entries.row, entries.col + rows)
    return csr_array(coo_array((np.ones(entries.nnz), places), shape=(rows + columns, rows + columns)))


@dataclass(slots=True)
class Solver:
    """Solves problems and counts how many."""

    solved: int = 0
    whole: int = 0

    def extreme(self, problem: Problem, weights: Floats) -> Floats | None:
        """Return a solution with the least weight, or None if there is none."""
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

    def whole_extreme(self, problem: Problem, weights: Floats) -> Floats | None:
        """Return whole numbers of little weight that fit, or None if none were found.

        The search is limited by its nodes and not by time, so that it ends alike on every machine.
        """
        relaxed = self.extreme(problem, weights)
        if relaxed is None:
            return None
        near = np.rint(relaxed)
        if np.all(np.abs(relaxed - near) < _NEAR) and problem.holds(near):
            return near
        self.whole += 1
        found = milp(
            weights,
            integrality=np.ones(len(weights)),
            bounds=Bounds(problem.low, problem.high),
            constraints=LinearConstraint(problem.matrix, problem.row_low, problem.row_high),
            options={"node_limit": _NODES, "mip_rel_gap": 0.02},
        )
        if found.x is None:
            return None
        near = np.rint(found.x)
        return near if problem.holds(near) else None


def _stacked(first: csr_array, second: csr_array) -> csr_array:
    return csr_array(vstack([first, second]))
