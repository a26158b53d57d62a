"""What all views say together, learned from the persons that the data at hand already show.

Experience reads the loudest view and which views speak; the similarities of the others would order pairs
better, but what they mean differs from one set of data to another, and made-up worlds do not teach it.  Where
nobody shares a home with anybody, clusters of the pairs as experience weighs them are nearly all persons.  A
logistic regression on the whole vector, held to experience's log odds by a ridge, learns from them which
pairs lie in one cluster; its log odds make better clusters, and so on for a few rounds.

Learning from one's own decisions drifts: pairs just missed count as strangers, and each round misses more.
Every round is therefore moved back until as many matches are expected as experience expects, and it is
only begun where strangers are there to learn from.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.clustering import cluster
from linkage.match.logistic import probability
from linkage.match.similarity import Similarities

__all__ = ["vector_features", "vector_log_odds"]

FEWEST_STRANGERS: Final = 200
"""Fewer pairs apart do not say what strangers look like."""

_MOST_DOUBT: Final = 0.25
"""If more of the pairs apart are expected to be one person, they are persons cut in two and no strangers."""

_LARGEST_MOVE: Final = 0.25
"""Clusters that imply so many more or fewer matches than expected are not what experience means."""

_RIDGE: Final = 20.0
_ROUNDS: Final = 6
_CERTAIN: Final = 8.0
"""Beyond these log odds a pair is certain, however much further experience goes."""

_STEPS, _SETTLED, _SHORTEST = 50, 1e-6, 1e-4
_HALVINGS: Final = 60
_FURTHEST: Final = 20.0
_DIGITS: Final = 6
"""Sums of many terms differ in their last digits between processors: nothing is decided by those."""

_MOST_PAIRS: Final = 1 << 18
"""Weights are fitted to at most this many pairs, evenly chosen, and as many are weighed at a time."""


def vector_features(found: Similarities) -> NDArray[np.float64]:
    """Return what several views say of pairs, as numbers (m, 4·views + 7).

    All Dice estimates and their squares, which views speak and which are missing, the three loudest
    estimates, powers of the loudest, how many views speak, and the sum of all estimates.
    """
    dice = found.dice
    loudest = -np.sort(-dice, axis=1)[:, :3]
    best = loudest[:, :1]
    numbers = [found.active.sum(axis=1)[:, None], dice.sum(axis=1)[:, None]]
    return np.concatenate(
        [dice, dice**2, found.active, found.missing, loudest, best**2, best**3, *numbers], axis=1
    )


def vector_log_odds(
    log_odds: NDArray[np.float64],
    found: Similarities,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    apart: NDArray[np.int32],
) -> NDArray[np.float64] | None:
    """Return log odds (m,) by all views; None where the data do not say what strangers look like.

    ``log_odds`` (m,): as experience weighs pairs of the records ``left`` and ``right`` (m,), of whom the
    views say what was ``found``; ``apart`` (records,): as :func:`linkage.match.clustering.cluster` has it.
    """
    together = _together(log_odds, left, right, apart)
    expected = probability(log_odds)
    if not _teaches(expected, together):
        return None
    held = np.clip(log_odds, -_CERTAIN, _CERTAIN)
    sample = np.arange(0, len(held), -(-len(held) // _MOST_PAIRS))
    features = vector_features(found.take(sample))
    middle, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    design = _standardised(features, middle, spread)
    weighed = log_odds
    for _ in range(_ROUNDS):
        weights = _fit(design, together[sample].astype(np.float64), held[sample])
        told = [_standardised(vector_features(part), middle, spread) @ weights for part in _parts(found)]
        weighed = np.round(_expecting(held + np.concatenate(told), float(expected.sum())), _DIGITS)
        before, together = together, _together(weighed, left, right, apart)
        if (before == together).all():
            break
    return weighed


def _together(
    log_odds: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    apart: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Tell of every pair (m,) whether both records are in one cluster."""
    clusters = cluster(len(apart), left, right, log_odds, apart=apart)
    return np.asarray(clusters[left] == clusters[right])


def _teaches(expected: NDArray[np.float64], together: NDArray[np.bool_]) -> bool:
    """Say whether clusters tell one person's pairs, as many as expected, from those of strangers."""
    strangers, matches = expected[~together], float(expected.sum())
    if len(strangers) < FEWEST_STRANGERS or strangers.mean() > _MOST_DOUBT:
        return False
    return bool(abs(together.sum() - matches) <= _LARGEST_MOVE * matches)


def _standardised(
    features: NDArray[np.float64], middle: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.concatenate([(features - middle) / spread, np.ones((len(features), 1))], axis=1)


def _parts(found: Similarities) -> Iterator[Similarities]:
    for start in range(0, len(found), _MOST_PAIRS):
        yield found.take(np.arange(start, min(start + _MOST_PAIRS, len(found))))


def _fit(
    design: NDArray[np.float64], target: NDArray[np.float64], held: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the weights of a logistic regression that adds to the log odds ``held``, the constant last.

    Newton's method, each step halved until it makes the fit better: labels that can be told apart without
    an error would drive whole steps to and fro.
    """
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[-1] = _SETTLED
    weights = np.zeros(design.shape[1])
    loss = _loss(design, target, held, penalty, weights)
    for _ in range(_STEPS):
        expected = probability(held + design @ weights)
        gradient = design.T @ (expected - target) + penalty * weights
        curvature = (design * (expected * (1.0 - expected))[:, None]).T @ design + np.diag(penalty)
        step, share = np.linalg.solve(curvature, gradient), 1.0
        before, loss = loss, _loss(design, target, held, penalty, weights - step)
        while loss > before and share > _SHORTEST:
            share /= 2.0
            loss = _loss(design, target, held, penalty, weights - share * step)
        if loss > before:
            break
        weights = weights - share * step
        if before - loss <= _SETTLED * before:
            break
    return weights


def _loss(
    design: NDArray[np.float64],
    target: NDArray[np.float64],
    held: NDArray[np.float64],
    penalty: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> float:
    log_odds = held + design @ weights
    return float((np.logaddexp(0.0, log_odds) - target * log_odds).sum() + penalty @ weights**2 / 2.0)


def _expecting(log_odds: NDArray[np.float64], matches: float) -> NDArray[np.float64]:
    """Move all log odds by as much as makes the probabilities sum to ``matches``."""
    low, high = -_FURTHEST, _FURTHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        if probability(log_odds + middle).sum() > matches:
            high = middle
        else:
            low = middle
    return log_odds + (low + high) / 2.0
