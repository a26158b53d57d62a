"""What the columns and the weights of encodings give away without any list of people."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded, ViewKnowledge
from linkage.leakage import FEWEST_ROWS, unique_share

__all__ = ["Columns", "column_measures"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The worst view's figure of each measure, but for uniqueness, which is of whole rows.

    ``frequency_sd``: standard deviation, over a view's columns, of the share of rows with the bit set.
    ``popcount_correlation``: of a row's bits set with the number of its tokens, each counted by its k.
    ``unique``: share of rows that no other row equals.  None: it cannot be told, for no view has rows enough,
    or one of two things that might go together never varies.
    """

    frequency_sd: float | None
    popcount_correlation: float | None
    unique: float


def column_measures(views: tuple[ViewKnowledge, ...], encoded: Encoded) -> Columns:
    """Measure everybody's encodings; a view that fewer than 100 people, or half of all, have is left out."""
    spreads, correlations = [], []
    for number, view in enumerate(views):
        rows = np.flatnonzero(encoded.present[:, number])
        if len(rows) >= min(FEWEST_ROWS, len(encoded) // 2):
            bits = encoded.ones(number, rows)
            spreads.append(float(bits.mean(axis=0).std()))
            correlations.append(_correlation(bits.sum(axis=1), view.weight(rows)))
    told = [one for one in correlations if one is not None]
    return Columns(max(spreads, default=None), max(told, default=None), unique_share(encoded.bits))


def _correlation(weights: NDArray[np.int64], expected: NDArray[np.float64]) -> float | None:
    if np.ptp(weights) == 0 or np.ptp(expected) == 0.0:
        return None  # what never varies goes with nothing, and a correlation would be no number
    return abs(float(np.corrcoef(weights, expected)[0, 1]))
