"""How far two reviewers agree who decide alone about the same pairs.

Told by Cohen's kappa (Educational and Psychological Measurement 20, 1960): agreement beyond what two
people would reach by chance who give each verdict as often as these do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

__all__ = ["Agreement", "agreement", "pooled_agreement"]

_Z = 1.959963984540054
"""Of an interval that holds the truth 19 times in 20."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two reviewers agree on ``pairs`` pairs.

    ``agreed``: share of pairs with two verdicts alike; ``kappa`` and its interval ``low`` to ``high``: None
    where chance alone would agree on all pairs, so that nothing can be said.
    """

    pairs: int
    agreed: float | None
    kappa: float | None
    low: float | None
    high: float | None


def agreement(verdicts: Iterable[tuple[str, str]]) -> Agreement:
    """Return how far two reviewers agree, each pair given as the one's verdict and the other's.

    The interval takes Wilson's for the share of agreement and holds chance as it is: unlike the usual
    standard error it does not call ten agreements out of ten certain.
    """
    return pooled_agreement([verdicts])


def pooled_agreement(groups: Iterable[Iterable[tuple[str, str]]]) -> Agreement:
    """Return the agreement over several pairs of reviewers, each judged by chance of its own.

    The share of agreement and that by chance are means over all pairs (De Vries and others, Health Services
    Research 43, 2008), so that it does not matter who of two is called the first.
    """
    count, alike, chance = 0, 0, 0.0
    for group in groups:
        given = list(group)
        count += len(given)
        alike += sum(one == other for one, other in given)
        chance += _chance(given)
    if not count:
        return Agreement(0, None, None, None, None)
    by_chance = chance / count
    agreed = alike / count
    if by_chance > 1.0 - 1e-12:
        return Agreement(count, agreed, None, None, None)
    kappa, low, high = ((share - by_chance) / (1.0 - by_chance) for share in (agreed, *_wilson(alike, count)))
    return Agreement(count, agreed, kappa, low, high)


def _chance(given: Sequence[tuple[str, str]]) -> float:
    """Return on how many pairs chance alone would be expected to agree."""
    ones: Mapping[str, int] = Counter(one for one, _ in given)
    others: Mapping[str, int] = Counter(other for _, other in given)
    return sum(ones[each] * others[each] for each in ones) / len(given) if given else 0.0


def _wilson(alike: int, count: int) -> tuple[float, float]:
    """Return Wilson's interval of a share (Journal of the American Statistical Association 22, 1927)."""
    share, square = alike / count, _Z * _Z
    middle = (share + square / (2 * count)) / (1 + square / count)
    half = _Z * sqrt(share * (1 - share) / count + square / (4 * count * count)) / (1 + square / count)
    return max(middle - half, 0.0), min(middle + half, 1.0)
