"""How much is open of every suppressed cell, shown by solutions that fit everything published."""

from dataclasses import dataclass, field

import numpy as np

from linkage.register.disclosure.history import System
from linkage.register.disclosure.solving import MOST_WHOLE, Base, Floats, Ints, Problem, Solver, problem_of

__all__ = ["Audit", "audit_of"]

_BLOCK = 2500
_TURNS = 4
_HARDEST = 8.0
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
        """Open what can be opened with what is near it, many targets at once: half pulled up, half down."""
        for figure in sorted(self.system.targets):
            for turn in range(_TURNS):
                if self.is_open(figure):
                    break
                columns = self.around(figure, _BLOCK)
                self._solve(columns, self._weights(columns, figure, turn))

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

    def _weights(self, columns: Ints, first: int, turn: int) -> Floats:
        """Pull every target that is not open: one of them hardest, the others by a fixed mix of signs."""
        weights = np.zeros(len(columns))
        for place, figure in enumerate(columns.tolist()):
            if figure == first:
                weights[place] = -_HARDEST if turn % 2 else _HARDEST
            elif figure in self.system.targets and not self.is_open(figure):
                weights[place] = 1.0 if ((figure * 2654435761 >> 9) ^ turn) & 1 else -1.0
        return weights

    def _solve(self, columns: Ints, weights: Floats) -> None:
        values = self.solver.witness(self.problem.part(columns, self.truth), weights)
        if values is not None:
            self.see(columns, values)


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
