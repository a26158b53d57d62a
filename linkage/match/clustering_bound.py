"""No person is much larger than the largest one that good evidence alone makes.

Brothers and sisters under a plain filter, or namesakes who share a home, are joined one doubtful pair after
another, and a mean over all pairs notices late.  How often a person is in the data is known better than who
it is: records with good evidence show it.  A cluster more than twice as large as any of those is held to be
several persons, and doubt about its pairs is raised until it falls apart.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import MAX_WEIGHT

__all__ = ["GOOD_EVIDENCE", "MOST_TO_SURE", "bounded"]

GOOD_EVIDENCE: Final = float(np.log(9.0))
"""Taken off the log odds of every pair to see which persons are left: a pair must be nine times likelier."""

MOST_TO_SURE: Final = 2
"""A cluster has at most so many times the records of the largest one that good evidence makes."""

_STEP: Final = 0.5

Clustered = Callable[[NDArray[np.float64]], NDArray[np.int32]]


def bounded(
    clustered: Clustered, left: NDArray[np.int64], right: NDArray[np.int64], weights: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return each record's cluster (n,), none of them larger than good evidence of others' size allows.

    ``left``, ``right``, ``weights`` (m,): the pairs; ``clustered`` makes clusters of any weights for them, as
    :func:`linkage.match.clustering.cluster` does.  What only known links hold together stays.
    """
    labels = clustered(weights)
    if _sizes(labels).max(initial=0) <= MOST_TO_SURE:
        return labels
    most = MOST_TO_SURE * int(_sizes(clustered(weights - GOOD_EVIDENCE)).max())
    while True:
        doubted = (_sizes(labels) > most)[labels[left]] & (labels[left] == labels[right])
        doubted &= weights > -MAX_WEIGHT
        if not doubted.any():
            return labels
        weights = np.where(doubted, np.minimum(weights, MAX_WEIGHT) - _STEP, weights)
        labels = clustered(weights)


def _sizes(labels: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.bincount(labels, minlength=len(labels))
