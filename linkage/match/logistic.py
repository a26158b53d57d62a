"""Logistic regression with weights and a ridge, by Newton's method."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["fit_logistic", "probability", "standardised"]

_LARGEST_STEP: Final = 5.0
_SETTLED: Final = 1e-6
_STEEPEST: Final = 700.0
"""Beyond these log odds a float could no longer hold the odds."""


def probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn natural log odds into probabilities."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(log_odds, -_STEEPEST, _STEEPEST))))


def standardised(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return features (m, k) with mean 0 and spread 1, and a last column of ones: (m, k + 1)."""
    spread = features.std(axis=0) + 1e-9
    centred = (features - features.mean(axis=0)) / spread
    return np.concatenate([centred, np.ones((len(features), 1))], axis=1)


def fit_logistic(
    design: NDArray[np.float64],
    target: NDArray[np.float64],
    counts: NDArray[np.float64],
    *,
    ridge: float,
    start: NDArray[np.float64] | None = None,
    steps: int = 50,
) -> NDArray[np.float64]:
    """Return the weights (k,) of a logistic regression; the last column is the constant, without a ridge.

    ``design`` (m, k); ``target`` (m,) between 0 and 1; ``counts`` (m,): how often each row counts.  Newton's
    method ends after ``steps`` or when it has settled.
    """
    weights = np.zeros(design.shape[1]) if start is None else start.copy()
    penalty = np.full(len(weights), ridge)
    penalty[-1] = 1e-6
    for _ in range(steps):
        expected = probability(design @ weights)
        gradient = design.T @ (counts * (expected - target)) + penalty * weights
        curvature = (design * (counts * expected * (1.0 - expected))[:, None]).T @ design
        step = np.linalg.solve(curvature + np.diag(penalty + 1e-9), gradient)
        weights = weights - np.clip(step, -_LARGEST_STEP, _LARGEST_STEP)
        if np.abs(step).max() < _SETTLED:
            break
    return weights
