"""When to rotate the epoch key, from the number of public appeals that make encodings known.

Whoever has the encodings and recognises some children in them (a *known pair* each) can tell some of the
others.  How many, was measured of the profile at a few numbers of pairs; every public appeal for a child of
the register is taken for one more pair.  A rotation makes all of them worthless.

Assumed, and said wherever the advice is shown: every appeal gives one pair, none is found out otherwise, and
appeals come as they came (a Poisson process).  Two things are looked at, how many are named and how often an
attacker's surest guesses are right, and the one that ends first decides: where it leaves its green limit, on
lines between measured numbers of pairs, or at the largest number that it has a figure for.  That the other
one was measured farther says nothing of it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from linkage.register.statistics.intervals import poisson_interval

__all__ = [
    "Advice",
    "Capacity",
    "CurveName",
    "Curves",
    "KnownPoint",
    "Rate",
    "advise",
    "appeal_rate",
    "capacity",
    "month_of",
]

_FEWEST_MONTHS: Final = 3
"""Fewer months of records say less than what an operator estimates of a year."""
_FAR: Final = 12 * 50
"""So many months ahead is not worth a name."""


@dataclass(frozen=True, slots=True)
class KnownPoint:
    """What an attack with so many known pairs reached, the interval, and from where on it is not green."""

    pairs: int
    value: float
    low: float
    high: float
    green: float


CurveName = Literal["share", "surest"]
Curves = Mapping[CurveName, Sequence[KnownPoint]]
"""By number of pairs: the share of others that is named, and that of the surest guesses that is right."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How many known pairs an epoch bears; beyond them a limit is passed, or there is no figure.

    ``curve``: of what.
    """

    pairs: float
    why: Literal["limit", "measured"]
    curve: CurveName


@dataclass(frozen=True, slots=True)
class Rate:
    """Appeals in a month, and the interval that holds the rate (95 %); ``basis``: where it is from."""

    value: float
    low: float
    high: float
    basis: Literal["recorded", "estimated"]


@dataclass(frozen=True, slots=True)
class Advice:
    """When to rotate at the latest, ``YYYY-MM``; None: not within fifty years.

    ``pairs``: known pairs by now; ``capacity`` by the upper end of what was measured, ``margin`` of it left.
    ``earliest`` and ``latest``: the month by the ends of both intervals, of the attack and of the rate.
    """

    by: str | None
    earliest: str | None
    latest: str | None
    pairs: float
    capacity: Capacity
    margin: float
    rate: Rate


def capacity(curves: Curves, end: Literal["value", "low", "high"]) -> Capacity:
    """Return how many pairs it takes until the first of some curves leaves its green limit, or ends.

    Raises ``ValueError`` where nothing was measured.
    """
    found = [
        _of_curve(name, sorted(one, key=lambda point: point.pairs), end)
        for name, one in curves.items()
        if one
    ]
    if not found:
        raise ValueError("no attack with known pairs was measured")
    return min(found, key=lambda one: one.pairs)


def _of_curve(
    name: CurveName, points: Sequence[KnownPoint], end: Literal["value", "low", "high"]
) -> Capacity:
    pairs, over = 0.0, -points[0].green
    for one in points:
        here = float(getattr(one, end)) - one.green
        if here > 0:
            return Capacity(pairs + (one.pairs - pairs) * -over / (here - over), "limit", name)
        pairs, over = float(one.pairs), here
    return Capacity(pairs, "measured", name)


def appeal_rate(months: Mapping[str, int], a_year: int | None) -> Rate | None:
    """Return how many appeals come in a month, from counts by month or from an estimate; None without any.

    Months between the first and the last that are not there count as none.  The interval is Garwood's.
    """
    numbers = [_number(one) for one in months]
    length = max(numbers) - min(numbers) + 1 if numbers else 0
    if a_year is not None and length < _FEWEST_MONTHS:
        return _rate(a_year, 12, "estimated")
    return _rate(sum(months.values()), length, "recorded") if length else None


def _rate(count: int, months: int, basis: Literal["recorded", "estimated"]) -> Rate:
    low, high = poisson_interval(count)
    return Rate(count / months, low / months, high / months, basis)


def advise(
    curves: Curves,
    months: Mapping[str, int],
    a_year: int | None,
    *,
    opened: str,
    now: str,
) -> Advice | None:
    """Return when to rotate an epoch that opened in one month, seen from another; None without any count.

    Months of the epoch of which nothing is recorded count as months like the others.
    """
    rate = appeal_rate(months, a_year)
    if rate is None:
        return None
    first, today = _number(opened), _number(now)
    recorded = {_number(name): count for name, count in months.items()}
    appeals = sum(count for number, count in recorded.items() if first <= number <= today)
    silent = today - first + 1
    if recorded:
        silent -= max(min(max(recorded), today) - max(min(recorded), first) + 1, 0)
    bears = {end: capacity(curves, end) for end in ("value", "low", "high")}

    def pairs(each: float) -> float:
        return appeals + max(silent, 0) * each

    def when(most: Capacity, each: float) -> str | None:
        left = most.pairs - pairs(each)
        if left <= 0:
            return month_of(today)
        ahead = left / each if each > 0 else math.inf
        return None if ahead > _FAR else month_of(today + math.floor(ahead))

    known = pairs(rate.value)
    return Advice(
        by=when(bears["high"], rate.value),
        earliest=when(bears["high"], rate.high),
        latest=when(bears["low"], rate.low),
        pairs=known,
        capacity=bears["high"],
        margin=max(bears["high"].pairs - known, 0.0),
        rate=rate,
    )


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_of(number: int) -> str:
    """Return a month as text from how manieth it is."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
