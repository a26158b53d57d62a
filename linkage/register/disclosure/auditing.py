"""How much is open of every suppressed cell, shown by solutions that fit everything published."""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from linkage.register.disclosure.history import System
from linkage.register.disclosure.solving import MOST_WHOLE, Base, Floats, Ints, Problem, Solver, problem_of

__all__ = ["Audit", "audit_of"]

_BLOCK = 2500
_STRETCH = 8000
_WORTH = 0.05
_FEW = 4
_POOR_TURNS = 3
_TINY = 1e-6
_BLOCKS = (MOST_WHOLE, _BLOCK)


@dataclass(slots=True)
class Audit:
    """For every target the least and the greatest value that some solution gives it."""

    system: System
    problem: Problem
    truth: Base
    solver: Solver = field(default_factory=Solver)
    low: dict[int, float] = field(default_factory=dict)
    high: dict[int, float] = field(default_factory=dict)

    def see(self, columns: Ints, values: Floats) -> None:
        """Take in a solution of some columns."""
        for column, value in zip(columns.tolist(), values.tolist(), strict=True):
            if column in self.system.targets:
                self.low[column] = min(self.low.get(column, value), value)
                self.high[column] = max(self.high.get(column, value), value)

    def is_open(self, figure: int) -> bool:
        """Say whether enough is open of a target."""
        target = self.system.targets[figure]
        low, high = self.low[figure] - _TINY, self.high[figure] + _TINY
        if high - low < target.width:
            return False
        return (target.down is None or low <= target.down) and (target.up is None or high >= target.up)

    def narrow(self) -> list[int]:
        """Return the targets of which it is not shown that enough is open."""
        return [one for one in sorted(self.system.targets) if not self.is_open(one)]

    def suppress(self, figure: int) -> None:
        """Suppress a cell for the sake of others: what was possible stays so, and more becomes so."""
        self.system.suppress(figure)
        self.problem.low[figure], self.problem.high[figure] = 0, _end(self.system, figure)
        self.see(np.array([figure]), self.truth.values[[figure]])

    def look(self) -> None:
        """Open many targets at once: half of them are pulled up, half of them down, then the other way.

        No target is pulled further than it needs, so that it leaves room to the others.  First stretch by
        stretch, which is quick; then all at once, for stretches tear what is tied over several releases, as
        long as that opens more than asking for targets one by one would.
        """
        free = np.flatnonzero(self.problem.high > self.problem.low)
        turns = itertools.count(step=2)
        for stretch, worth in ((_STRETCH, _WORTH), (len(free), 0.0)):
            narrow, poor = len(self.narrow()), 0
            while narrow and poor < _POOR_TURNS:
                turn, before = next(turns), narrow
                self._pull(_stretches(free, turn, stretch), turn)
                self._pull(_stretches(free, turn + 1, stretch), turn + 1)
                narrow = len(self.narrow())
                poor = poor + 1 if before - narrow < max(_FEW, worth * before) else 0

    def _pull(self, stretches: Iterable[Ints], turn: int) -> None:
        for columns in stretches:
            weights = self._weights(columns, turn)
            if weights.any():
                self._solve(columns, weights, capped=True)

    def settle(self, figure: int) -> bool:
        """Look for solutions for one target, ever further around it; say whether it is open."""
        for limit in (*_BLOCKS, None):
            columns = self.around(figure, limit)
            for sign in (1.0, -1.0):
                if not self.is_open(figure):
                    self._solve(columns, np.where(columns == figure, sign, 0.0))
            if self.is_open(figure):
                return True
            if limit is None or len(columns) < limit:
                break
        return False

    def around(self, figure: int, limit: int | None) -> Ints:
        """Return the free columns nearest to one, by rows that they share; at most so many."""
        by_column, by_row, problem = self.truth.by_column, self.problem.matrix, self.problem
        seen, rows_seen, edge = {figure}, set[int](), [figure]
        while edge and (limit is None or len(seen) < limit):
            rows = {
                row
                for one in edge
                for row in by_column.indices[by_column.indptr[one] : by_column.indptr[one + 1]].tolist()
            } - rows_seen
            rows_seen |= rows
            edge = []
            for row in sorted(rows):
                for one in by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]].tolist():
                    can_move = problem.high[one] > problem.low[one] or one in self.system.fresh
                    if one not in seen and can_move and (limit is None or len(seen) < limit):
                        seen.add(one)
                        edge.append(one)
        return np.array(sorted(seen), dtype=np.int64)

    def _weights(self, columns: Ints, turn: int) -> Floats:
        """Pull every target that is not open, by a fixed mix of signs, then by its opposite."""
        weights = np.zeros(len(columns))
        for place, figure in enumerate(columns.tolist()):
            if figure in self.system.targets and not self.is_open(figure):
                mixed = (figure * 2654435761 + turn // 2 * 7919) >> 9
                weights[place] = 1.0 if (mixed ^ turn) & 1 else -1.0
        return weights

    def _solve(self, columns: Ints, weights: Floats, *, capped: bool = False) -> None:
        part = self.problem.part(columns, self.truth)
        if capped:
            self._cap(part, columns)
        values = self.solver.witness(part, weights)
        if values is not None:
            self.see(columns, values)

    def _cap(self, part: Problem, columns: Ints) -> None:
        for place, figure in enumerate(columns.tolist()):
            target = self.system.targets.get(figure)
            if target is not None and target.up is None and not self.is_open(figure):
                part.high[place] = min(part.high[place], math.ceil(self.low[figure] + target.width))
                part.low[place] = max(part.low[place], math.floor(self.high[figure] - target.width))


def _stretches(free: Ints, turn: int, size: int) -> list[Ints]:
    """Cut columns into stretches, in odd turns elsewhere than in even ones; tables lie in order of time."""
    if len(free) <= size:
        return [free]
    first = size // 2 if turn % 2 else size
    return np.split(free, range(first, len(free), size))


def audit_of(system: System) -> Audit:
    """Return the audit of a system, in which each target has its true value and no other yet."""
    problem = problem_of(system)
    ends = np.array([_end(system, one) for one in range(len(system.value))], dtype=np.float64)
    problem.high = np.minimum(problem.high, ends)
    audit = Audit(system, problem, Base(problem, np.array(system.value, dtype=np.float64)))
    audit.see(np.arange(len(system.value)), audit.truth.values)
    return audit


def _end(system: System, figure: int) -> float:
    """Return an end for what has none, so that every program has a solution: it opens less, never more."""
    return 4.0 * system.value[figure] + 20.0 * system.policy.base
