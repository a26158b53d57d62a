"""Hotspots and breaks of trend, worked out from released figures and nothing else.

Whatever is published must be a function of what was released, or it would tell what disclosure control hid.
Rounding makes both tests more cautious: a count may be half the rounding less than it is printed, and is
taken to be.  What neither can tell: docs/statistics.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from linkage.register.counts import Dimension
from linkage.register.released import ReleasedTable
from linkage.register.statistics.covering import AreaMonths
from linkage.register.statistics.intervals import (
    chi_square_tenth,
    negative_binomial_tail,
    pettitt_chance,
    poisson_interval,
)

__all__ = ["Break", "Hotspot", "find_breaks", "find_hotspots", "pettitt"]

CHANCE = 0.05
FEWEST_OTHERS = 7
FEWEST_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One area and time with more than its other times lead one to expect; the interval is of the mean."""

    area: str
    time: str
    count: int
    low: float
    high: float
    expected: float
    chance: float


@dataclass(frozen=True, slots=True)
class Break:
    """An area's months before and from ``time`` on differ; the means are of released figures."""

    area: str
    time: str
    before: float
    after: float
    chance: float


def find_hotspots(table: ReleasedTable, coverage: AreaMonths, *, rounding: int) -> list[Hotspot]:
    """Look at every area's every month and quarter that was released and that both sides submitted whole.

    Each is compared with the mean of the area's other times of the same length, seven at least.  Their
    spread, where it is more than chance's, widens what is expected (a negative binomial of that mean and
    variance).  A
    chance is multiplied by the number of comparisons of the table (Bonferroni), so that of tables without
    any hotspot one in twenty shows one.
    """
    time, area = table.dimensions
    months = [code for code in time.codes if not time.parts(code)]
    quarters = [code for code in time.codes if code in {time.parents.get(month) for month in months}]
    series = [
        (one, _released(table, one, times, coverage, area))
        for one in area.codes
        for times in (months, quarters)
    ]
    compared = sum(len(found) for _, found in series if len(found) > FEWEST_OTHERS)
    hotspots = []
    for one, found in series:
        for place, (when, count) in enumerate(found):
            others = [value for other, (_, value) in enumerate(found) if other != place]
            if len(others) < FEWEST_OTHERS:
                continue
            mean, chance = _unexpected(count - rounding // 2, others)
            if chance * compared <= CHANCE:
                low = poisson_interval(max(0, count - rounding // 2))[0]
                high = poisson_interval(count + rounding // 2)[1]
                hotspots.append(Hotspot(one, when, count, low, high, mean, min(1.0, chance * compared)))
    return hotspots


def _released(
    table: ReleasedTable, one: str, times: Sequence[str], coverage: AreaMonths, area: Dimension
) -> list[tuple[str, int]]:
    """Return an area's released counts of times that both sides submitted whole."""
    councils = coverage.councils(one, area)
    found = []
    for time in times:
        cell = table.cells.get((time, one))
        covered = coverage.covered(councils, time)
        value = None if cell is None else cell.value
        if value is not None and covered.both == covered.months > 0:
            found.append((time, value))
    return found


def _unexpected(count: int, others: Sequence[int]) -> tuple[float, float]:
    """Return what is expected, and the chance of as much as was counted or more."""
    mean = sum(others) / len(others)
    freedom = len(others) - 1
    # A few times may lie close together by chance: their spread is taken at its upper nine tenths.
    spread = sum((value - mean) ** 2 for value in others) / chi_square_tenth(freedom)
    # The mean is itself of a few times only: what is still to come varies about it by so much more.
    variance = max(spread, mean) * (1 + 1 / len(others))
    return mean, negative_binomial_tail(count, mean, variance)


def find_breaks(table: ReleasedTable, coverage: AreaMonths) -> list[Break]:
    """Look for one break in every area's months that were released and that both sides submitted whole.

    By Pettitt's test, of ranks alone: A. N. Pettitt, A non-parametric approach to the change-point problem,
    Applied Statistics 28 (1979).  Chances are multiplied by the number of areas tested (Bonferroni).
    """
    time, area = table.dimensions
    months = [code for code in time.codes if not time.parts(code)]
    series = [(one, _released(table, one, months, coverage, area)) for one in area.codes]
    tested = [(one, found) for one, found in series if len(found) >= FEWEST_MONTHS]
    breaks = []
    for one, found in tested:
        counts = [count for _, count in found]
        place, largest = pettitt(counts)
        chance = pettitt_chance(largest, len(counts)) * len(tested)
        if chance <= CHANCE:
            before, after = counts[:place], counts[place:]
            means = sum(before) / len(before), sum(after) / len(after)
            breaks.append(Break(one, found[place][0], *means, chance))
    return breaks


def pettitt(counts: Iterable[int]) -> tuple[int, int]:
    """Return how many values lie before the likeliest break, and Pettitt's statistic of it."""
    values = list(counts)
    best, place, running = -1, 1, 0
    for split in range(1, len(values)):
        value = values[split - 1]
        running += sum((value > other) - (value < other) for other in values)
        if abs(running) > best:
            best, place = abs(running), split
    return place, best
