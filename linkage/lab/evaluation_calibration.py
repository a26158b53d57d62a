"""Whether probabilities mean what they say: of pairs given 80 %, 80 in 100 should be one person."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.lab.evaluation_counts import numbered
from linkage.lab.evaluation_intervals import Share, share
from linkage.lab.evaluation_linked import Label, LinkedTables
from linkage.match.logistic import probability

__all__ = ["BINS", "FEW_BINS", "Bin", "Reliability", "WeighedPairs", "reliability", "weighed_pairs"]

BINS, FEW_BINS = 20, 10
"""Into how many bins pairs go, and into how many where they are few."""


@dataclass(frozen=True, slots=True, eq=False)
class WeighedPairs:
    """The pairs that a linkage weighed and the truth knows, in mode ``link`` those across sources.

    Shapes (m,): ``log_odds`` float64; ``linked`` and ``same`` bool: both ended as, and are, one person;
    ``choice`` int8: link, possible link or non-link.
    """

    log_odds: NDArray[np.float64]
    linked: NDArray[np.bool_]
    same: NDArray[np.bool_]
    choice: NDArray[np.int8]

    @property
    def probability(self) -> NDArray[np.float64]:
        """The stated probability of each pair."""
        return probability(self.log_odds)

    def between(self, low: float, high: float) -> "WeighedPairs":
        """Return the pairs with a probability strictly between two."""
        inside = (self.probability > low) & (self.probability < high)
        return WeighedPairs(
            self.log_odds[inside], self.linked[inside], self.same[inside], self.choice[inside]
        )


@dataclass(frozen=True, slots=True)
class Bin:
    """Pairs of about one probability, from ``low`` to ``high``.

    ``stated``: their mean probability; ``true``: those that are one person.
    """

    low: float
    high: float
    stated: float
    true: Share


@dataclass(frozen=True, slots=True)
class Reliability:
    """How stated probabilities compare with the truth, over ``pairs`` pairs.

    ``error`` is the expected calibration error: pairs are sorted by probability and put into bins of equal
    numbers (pairs of one probability into one bin); of every bin the difference between the mean stated
    probability and the share of pairs that are one person is taken, without its sign, and averaged over
    pairs.  ``brier`` is the mean square of probability less truth (0 or 1).  ``bins``: the least probable
    first.
    """

    pairs: int
    error: float
    brier: float
    bins: tuple[Bin, ...]


def weighed_pairs(linked: LinkedTables, truth: Mapping[Label, str]) -> WeighedPairs:
    """Hold the weighed pairs of a finished linkage against the truth."""
    pairs = linked.linkage.pairs
    person = numbered([truth.get(label) for label in linked.labels])
    source = numbered([label[0] for label in linked.labels])
    counts = (person[pairs.left] >= 0) & (person[pairs.right] >= 0)
    if linked.mode == "link":
        counts &= source[pairs.left] != source[pairs.right]
    left, right = pairs.left[counts], pairs.right[counts]
    same = person[left] == person[right]
    return WeighedPairs(pairs.score[counts], pairs.link[counts], same, pairs.choice[counts])


def reliability(probability: NDArray[np.float64], same: NDArray[np.bool_], bins: int = BINS) -> Reliability:
    """Compare probabilities (m,) with the truth (m,); no pairs at all are no error."""
    count = len(probability)
    if not count:
        return Reliability(0, 0.0, 0.0, ())
    _, inverse, sizes = np.unique(probability, return_inverse=True, return_counts=True)
    middles = np.cumsum(sizes) - (sizes + 1) / 2  # the mean rank of each distinct probability, from 0
    place = np.minimum((middles + 0.5) * bins / count, bins - 1).astype(np.int64)[inverse]
    true = same.astype(np.int64)
    numbers = np.bincount(place, minlength=bins)
    stated = np.bincount(place, weights=probability, minlength=bins)
    right = np.bincount(place, weights=true, minlength=bins).astype(np.int64)
    filled = np.flatnonzero(numbers)
    ends = [(probability[place == one].min(), probability[place == one].max()) for one in filled]
    return Reliability(
        pairs=count,
        error=float(np.abs(stated - right).sum() / count),
        brier=float(np.mean((probability - true) ** 2)),
        bins=tuple(
            Bin(
                float(low),
                float(high),
                float(stated[one] / numbers[one]),
                share(int(right[one]), int(numbers[one])),
            )
            for one, (low, high) in zip(filled.tolist(), ends, strict=True)
        ),
    )
