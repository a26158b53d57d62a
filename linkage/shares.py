"""Intervals of observed shares and of differences between two, also of units that do not stand alone."""

import math
from dataclasses import dataclass

__all__ = ["Interval", "difference_interval", "wilson_interval"]

_Z = 1.959963984540054
"""Of a normal distribution 95 % lie within so many standard deviations."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value, and from where to where the one behind it lies 95 times in 100."""

    value: float
    low: float
    high: float


def wilson_interval(part: float, whole: float, *, effect: float = 1.0) -> Interval:
    """Return a share with its interval by Wilson (Journal of the American Statistical Association 22, 1927).

    ``effect``: by how much more the share varies than one of as many units that stand alone (the design
    effect; Kish, Survey Sampling, 1965).  Of nothing the share is 1, and the interval holds everything.
    Raises :class:`ValueError` unless 0 <= ``part`` <= ``whole`` and ``effect`` >= 1.
    """
    if not 0.0 <= part <= whole or effect < 1.0:
        raise ValueError("wilson_interval: a part of the whole, and an effect of 1 or more, are needed")
    if whole == 0:
        return Interval(1.0, 0.0, 1.0)
    share, squared = part / whole, _Z**2 * effect / whole
    middle = (share + squared / 2) / (1 + squared)
    half = math.sqrt(share * (1 - share) * squared + squared**2 / 4) / (1 + squared)
    low = 0.0 if part == 0 else max(middle - half, 0.0)
    high = 1.0 if part == whole else min(middle + half, 1.0)
    return Interval(share, low, high)


def difference_interval(one: Interval, other: Interval) -> Interval:
    """Return ``one`` less ``other``, two shares of different units, with its interval.

    Newcombe's hybrid of their own intervals (Statistics in Medicine 17, 1998, method 10).
    """
    difference = one.value - other.value
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Interval(difference, max(difference - below, -1.0), min(difference + above, 1.0))
