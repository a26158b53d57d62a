"""Intervals of observed shares."""

import math
from dataclasses import dataclass

__all__ = ["Share", "share"]

_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole`` and the share it is.

    From ``low`` to ``high``: the interval that holds the share behind it 95 times in 100.  With nothing
    observed the share is 1, and the interval holds everything.
    """

    part: int
    whole: int
    value: float
    low: float
    high: float


def share(part: int, whole: int) -> Share:
    """Return a share with its interval by Wilson (Journal of the American Statistical Association 22, 1927).

    It takes observations as independent; pairs of one person are not quite that.
    Raises :class:`ValueError` unless 0 <= ``part`` <= ``whole``.
    """
    if not 0 <= part <= whole:
        raise ValueError("share: a part of the whole is needed")
    if whole == 0:
        return Share(0, 0, 1.0, 0.0, 1.0)
    observed, squared = part / whole, _Z**2 / whole
    middle = (observed + squared / 2) / (1 + squared)
    half = math.sqrt(observed * (1 - observed) * squared + squared**2 / 4) / (1 + squared)
    low = 0.0 if part == 0 else max(middle - half, 0.0)
    high = 1.0 if part == whole else min(middle + half, 1.0)
    return Share(part, whole, observed, low, high)
