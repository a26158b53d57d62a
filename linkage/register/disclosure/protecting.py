"""Which more cells must be suppressed so that none that is suppressed can be worked out.

For a cell of which too little is open, a linear program bends the bounds of published cells, at a cost for
each, until the cell reaches a value further off; those that it bends are suppressed.  This is the heuristic
of tau-ARGUS and CONFID (Robertson, 1993; Fischetti and Salazar, 2001), over rounded cells: few need to bend.
"""

import math

import numpy as np
from scipy.sparse import csr_array, hstack

from linkage.register.disclosure.auditing import Audit, audit_of
from linkage.register.disclosure.history import System
from linkage.register.disclosure.solving import Ints, Problem

__all__ = ["UnprotectedError", "protect", "values_to_reach"]

_BLOCK = 2500
_TINY = 1e-6


class UnprotectedError(Exception):
    """Some figures cannot be protected, whatever else is suppressed."""

    def __init__(self, figures: frozenset[int]) -> None:
        super().__init__(len(figures))
        self.figures = figures


def protect(system: System) -> Audit:
    """Suppress what must be until every target is open; raises :class:`UnprotectedError` if it cannot be."""
    audit = audit_of(system)
    audit.look()
    waiting = audit.narrow()
    stuck: set[int] = set()
    while waiting:
        figure = waiting.pop(0)
        while not audit.is_open(figure) and not audit.settle(figure):
            chosen = _choice(audit, figure)
            if not chosen:
                stuck.add(figure)
                break
            for one in chosen:
                audit.suppress(one)
            waiting += chosen
    if stuck:
        raise UnprotectedError(frozenset(stuck))
    return audit


def _choice(audit: Audit, figure: int) -> list[int]:
    """Return the cells to suppress so that a target reaches a further value, at the least cost found."""
    for limit in (_BLOCK, None):
        columns = audit.around(figure, limit)
        found = [
            bent for value in values_to_reach(audit, figure) if (bent := _bend(audit, columns, figure, value))
        ]
        if found:
            return min(found)[1]
        if len(columns) < _BLOCK:
            break
    return []


def values_to_reach(audit: Audit, figure: int) -> list[int]:
    """Return the values of which the target must reach one more, so that it comes nearer to being open.

    What a linear program found may lie between whole numbers: from 0 to 3.5, say, of which four must be open.
    Then 4 is to be reached, for 0 was already.
    """
    target = audit.system.targets[figure]
    low, high = audit.low[figure], audit.high[figure]
    if target.down is not None and low > target.down + _TINY:
        return [target.down]
    if target.up is not None and high < target.up - _TINY:
        return [target.up]
    wanted = [math.ceil(low - _TINY) + target.width, math.floor(high + _TINY) - target.width]
    return [one for one in wanted if audit.problem.low[figure] <= one <= audit.problem.high[figure]]


def _bend(audit: Audit, columns: Ints, figure: int, value: int) -> tuple[float, list[int]] | None:
    """Return the cost of bringing a target to a value, and which cells that takes; None if nothing does."""
    part = audit.problem.part(columns, audit.truth)
    places = [place for place, one in enumerate(columns.tolist()) if one in audit.system.fresh]
    if not places:
        return None
    at = int(np.flatnonzero(columns == figure)[0])
    part.low[at] = part.high[at] = value
    bending = csr_array(part.matrix[:, places])
    shown = [audit.system.fresh[int(columns[place])] for place in places]
    costs = np.array([math.log2(4 + one) for one in shown])
    none, whole = np.zeros(len(places)), part.low[places]
    elastic = Problem(
        csr_array(hstack([part.matrix, bending, -bending])),
        part.row_low,
        part.row_high,
        np.concatenate([part.low, none, none]),
        np.concatenate([part.high, np.full(len(places), np.inf), whole]),
    )
    weights = np.concatenate([np.zeros(len(columns)), costs, costs])
    solution = audit.solver.extreme(elastic, weights)
    if solution is None:
        return None
    up, down = np.split(solution[len(columns) :], 2)
    moved = up + down > _TINY
    chosen = [int(columns[place]) for place, one in zip(places, moved.tolist(), strict=True) if one]
    return float(weights @ solution), chosen
