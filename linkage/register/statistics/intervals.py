"""How far counts may be from what they are expected to be by chance alone; exact sums, no approximations.

Poisson: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936).  Negative binomial:
the usual form with a mean and a variance above it.  Both agree with SciPy's in tests.
"""

from collections.abc import Callable
from math import exp, lgamma, log, log1p, sqrt

__all__ = ["chi_square_tenth", "negative_binomial_tail", "pettitt_chance", "poisson_interval", "poisson_tail"]

_STEPS = 80
_TENTH = -1.2815515655446004


def poisson_tail(count: int, mean: float) -> float:
    """Return the probability of ``count`` or more where ``mean`` is expected."""
    if count <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    return _tail(count, lambda n: n * log(mean) - mean - lgamma(n + 1), mean)


def negative_binomial_tail(count: int, mean: float, variance: float) -> float:
    """Return the probability of ``count`` or more; with a variance no larger than the mean, Poisson's."""
    if variance <= mean or mean <= 0:
        return poisson_tail(count, mean)
    if count <= 0:
        return 1.0
    size = mean * mean / (variance - mean)
    stays = size * -log1p(mean / size)
    moves = -log1p(size / mean)

    def log_probability(n: int) -> float:
        return lgamma(n + size) - lgamma(size) - lgamma(n + 1) + stays + n * moves

    return _tail(count, log_probability, mean)


def _tail(count: int, log_probability: Callable[[int], float], mean: float) -> float:
    """Sum the tail above the mean directly: as one less the rest, small ones would be lost."""
    if count <= mean:
        return max(0.0, min(1.0, 1.0 - sum(exp(log_probability(n)) for n in range(count))))
    total, n = 0.0, count
    while True:
        term = exp(log_probability(n))
        total += term
        n += 1
        if term <= total * 1e-16:
            return min(1.0, total)


def poisson_interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of the mean behind a count."""
    chance = (1 - confidence) / 2
    highest = count + 10 * (count + 10) ** 0.5 + 20
    low = 0.0 if count == 0 else _root(lambda mean: poisson_tail(count, mean) - chance, 0.0, highest)
    if count == 0:
        return low, -log(chance)
    return low, _root(lambda mean: poisson_tail(count + 1, mean) - (1 - chance), 0.0, highest)


def _root(rises: Callable[[float], float], low: float, high: float) -> float:
    """Return where a rising function crosses nothing, by halving."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if rises(middle) > 0 else (middle, high)
    return (low + high) / 2


def pettitt_chance(largest: int, length: int) -> float:
    """Return Pettitt's approximate probability of a statistic that large without any break."""
    return min(1.0, 2 * exp(-6 * largest * largest / (length**3 + length**2)))


def chi_square_tenth(freedom: int) -> float:
    """Return what chi-square falls below once in ten times.

    By E. B. Wilson and M. M. Hilferty, The distribution of chi-square, PNAS 17 (1931): within 1 % from 6
    degrees of freedom on.
    """
    ninth = 2 / (9 * freedom)
    return float(freedom * (1 - ninth + _TENTH * sqrt(ninth)) ** 3)
