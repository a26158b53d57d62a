"""Shares as they may stand beside rounded counts: made from what is printed, so that they tell no more.

A share of a count that is printed as 20 may be 14 of 15 and of no other: then its decimals give the count
away.  So may the ends of an interval, where they are so many of so many.
"""

from collections.abc import Sequence
from math import ceil, floor

from api.evidence.values import Counts, Value
from linkage.register.disclosure.rounding import rounded

__all__ = ["expected_shares"]

_SETTLED = 1e-9


def expected_shares(counts: Counts, shares: Sequence[float | None], of: int) -> list[Value]:
    """Return a share of ``of`` and its two ends, as a linkage expects them, in whole per cent.

    Those of it that are expected to be wrong are taken of the rounded count; ends are rounded outwards.
    ``c`` where it is of few; None where nothing is known.
    """
    if 0 < of <= counts.threshold:
        return [None if one is None else "c" for one in shares]
    whole = rounded(of, counts.base)
    if not whole:
        return [None for _ in shares]
    right = [None if one is None else max(100 * (1 - (1 - one) * of / whole), 0.0) for one in shares]
    share, low, high = right
    return [
        None if share is None else floor(share + 0.5 + _SETTLED) / 100,
        None if low is None else floor(low + _SETTLED) / 100,
        None if high is None else ceil(high - _SETTLED) / 100,
    ]
