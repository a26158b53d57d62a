"""Where a pair's similarity in a view stands among those of matches and of strangers at hand."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.similarity import Similarities

__all__ = ["BINS", "Distribution", "Standing", "ViewAmong"]

BINS = 20
"""Into so many classes of equal width similarities are counted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A view among some pairs that have it on both sides, each counted by its probability to be of them.

    ``speaks``: in what share of them the view agrees beyond noise.  Of these, the Dice estimates: ``mean``,
    and ``low``, ``median`` and ``high``, below which a tenth, half and nine tenths are; None where none
    speaks. ``below``: the share of all of them that agree less than the pair in question, half of those that
    agree as much; None where the view is missing there, or everywhere.
    """

    speaks: float
    mean: float | None
    low: float | None
    median: float | None
    high: float | None
    below: float | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a view is spread among some pairs that have it on both sides; shares of all of them.

    ``silent``: it agrees no more than noise; ``shares``: the Dice estimates of the rest in :data:`BINS`
    classes from 0 to 1.  They sum to 1, or to 0 where no pair has the view.
    """

    silent: float
    shares: tuple[float, ...]


class ViewAmong:
    """One view among pairs (m,) with weights (m,): how likely each is to be of the kind in question."""

    def __init__(self, found: Similarities, view: int, weights: NDArray[np.float64]) -> None:
        there = ~found.missing[:, view]
        self._all = float(weights[there].sum())
        speaks = found.active[:, view] & there
        dice, counts = found.dice[speaks, view], weights[speaks]
        order = np.argsort(dice, kind="stable")
        dice, counts = dice[order], counts[order]
        self._dice, self._upto = dice, np.cumsum(counts)
        self._speaking = float(self._upto[-1]) if len(dice) else 0.0
        self._mean = float((dice * counts).sum() / self._speaking) if self._speaking > 0.0 else 0.0
        self._counted = np.histogram(dice, bins=BINS, range=(0.0, 1.0), weights=counts)[0]

    def standing(self, similarity: float | None) -> Standing:
        """Place a similarity; 0.0 where the view is silent, None where it is missing."""
        speaking = self._speaking
        if self._all <= 0.0 or speaking <= 0.0:
            share = speaking / self._all if self._all > 0.0 else 0.0
            below = None if similarity is None or self._all <= 0.0 else 0.5 if similarity == 0.0 else 1.0
            return Standing(share, None, None, None, None, below)
        low, median, high = (self._quantile(share * speaking) for share in (0.1, 0.5, 0.9))
        below = self._below(similarity, speaking)
        return Standing(min(speaking / self._all, 1.0), self._mean, low, median, high, below)

    def distribution(self) -> Distribution:
        """Return how the view is spread among these pairs."""
        if self._all <= 0.0:
            return Distribution(0.0, (0.0,) * BINS)
        shares = self._counted / self._all
        return Distribution(max(1.0 - float(shares.sum()), 0.0), tuple(shares.tolist()))

    def _quantile(self, count: float) -> float:
        return float(self._dice[min(int(np.searchsorted(self._upto, count)), len(self._dice) - 1)])

    def _below(self, similarity: float | None, speaking: float) -> float | None:
        if similarity is None:
            return None
        silent = max(self._all - speaking, 0.0)
        if similarity == 0.0:
            return silent / self._all / 2.0
        ends = [int(np.searchsorted(self._dice, similarity, side)) for side in ("left", "right")]
        less, upto = (float(self._upto[end - 1]) if end else 0.0 for end in ends)
        return min((silent + (less + upto) / 2.0) / self._all, 1.0)
