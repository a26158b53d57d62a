"""The interval of a figure over seeds, or of one seed's share."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from linkage.lab.audit_results import Value
from linkage.lab.evaluation_intervals import share

__all__ = ["interval"]

_CONFIDENCE = 0.975


def interval(values: Sequence[Value]) -> tuple[float, float, float]:
    """Return mean, low and high (95 %) of one measure's values, one a seed, all of which have a value.

    Over seeds by Student; a share is never given a narrower interval than all its guesses together have by
    Wilson, for five times nobody of fifty is not known to be nobody.  One seed of what is no share has no
    interval: low and high are the value.  No figure lies beyond 0 and 1, and so does no interval.
    """
    found = np.array([value.value for value in values], dtype=np.float64)
    mean = min(max(float(found.mean()), 0.0), 1.0)  # a mean of ones may be a last digit more
    low = high = mean
    if len(found) > 1:
        half = float(t.ppf(_CONFIDENCE, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found)))
        low, high = mean - half, mean + half
    if all(value.trials is not None for value in values):
        guesses = sum(value.trials or 0 for value in values)
        counted = share(round(mean * guesses), guesses)
        low, high = min(low, counted.low), max(high, counted.high)
    return mean, max(0.0, min(low, mean)), min(1.0, max(high, mean))
