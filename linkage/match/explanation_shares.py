"""What every view contributes to a pair's log odds, so that the contributions sum to them.

Views are not independent and no model of them is a sum.  A view's contribution is what it adds to the views
that are known already, averaged over all orders in which views could become known (Shapley, 1953).  While a
view is not known it is as in other pairs of the set: the probability of one person is averaged over those
(Lundberg and Lee, NeurIPS 30, 2017), so that the start, with no view known, is the share of pairs of one
person, and a silent view counts against a pair as far as views of one person's records usually speak.

Two views that say the same everywhere contribute the same, and one that the model does not heed contributes
0.
"""

from collections.abc import Callable
from functools import lru_cache
from math import factorial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.similarity import Similarities

__all__ = ["MOST_VIEWS", "Background", "Model", "contributions", "mean_log_odds"]

MOST_VIEWS: Final = 10
"""Of more views, not every order is tried: the profile's own, and the same backwards."""

_CELLS_AT_A_TIME: Final = 1 << 21

Model = Callable[[Similarities], NDArray[np.float64]]
"""The log odds (m,) of pairs by what their views say."""


class Background:
    """Other pairs (b,) that stand for what is not known of a pair, their weights (b,) summing to 1.

    ``start``: log odds with nothing known.
    """

    def __init__(self, found: Similarities, weights: NDArray[np.float64], start: float) -> None:
        self.found, self.weights, self.start = found, weights, start


def contributions(
    model: Model, pair: Similarities, background: Background
) -> tuple[NDArray[np.float64], float]:
    """Return each view's contribution (views,) to the log odds of one pair, and these log odds.

    The contributions and ``background.start`` sum to the log odds.
    """
    views = pair.dice.shape[1]
    masks, weights = _every_order(views) if views <= MOST_VIEWS else _two_orders(views)
    values = np.empty(len(masks))
    inner = masks.any(axis=1) & ~masks.all(axis=1)
    values[inner] = _values(model, pair, background, masks[inner])
    values[~masks.any(axis=1)] = background.start
    total = float(model(pair)[0])
    values[masks.all(axis=1)] = total
    return weights @ values, total


@lru_cache(maxsize=8)
def _every_order(views: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return all sets of known views (2^views, views), and what each counts for every view (views, sets)."""
    numbers = np.arange(1 << views)
    masks = (numbers[:, None] >> np.arange(views)) & 1 == 1
    sizes = masks.sum(axis=1)
    whole = factorial(views)
    joins = np.array([factorial(size) * factorial(views - size - 1) / whole for size in range(views)] + [0.0])
    leaves = np.array([0.0, *joins[:-1]])
    weights = np.where(masks.T, leaves[sizes], -joins[sizes])
    return masks, weights


@lru_cache(maxsize=8)
def _two_orders(views: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    forwards = np.tri(views + 1, views, -1, dtype=np.bool_)
    weights = np.zeros((views, 2 * (views + 1)))
    for view in range(views):
        weights[view, [view + 1, view]] = 0.5, -0.5
        backwards = 2 * views + 1 - view  # where the last views - view views are known
        weights[view, [backwards, backwards - 1]] = 0.5, -0.5
    return np.concatenate([forwards, forwards[:, ::-1]]), weights


def _values(
    model: Model, pair: Similarities, background: Background, masks: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the log odds (sets,) of the mean probability where only the views of each set are known."""
    others, values = background.found, np.empty(len(masks))
    step = max(1, _CELLS_AT_A_TIME // max(others.dice.size, 1))
    for start in range(0, len(masks), step):
        known = masks[start : start + step, None, :]
        mixed = Similarities(
            *(
                np.where(known, getattr(pair, name)[None], getattr(others, name)[None]).reshape(
                    -1, pair.dice.shape[1]
                )
                for name in ("dice", "active", "missing")
            )
        )
        odds = model(mixed).reshape(len(known), len(others))
        values[start : start + step] = mean_log_odds(odds, background.weights)
    return values


def mean_log_odds(log_odds: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the log odds (s,) of the weighted mean (b,) of the probabilities of ``log_odds`` (s, b)."""
    with np.errstate(divide="ignore"):
        shares = np.log(weights)
    likely = np.logaddexp.reduce(shares - np.logaddexp(0.0, -log_odds), axis=-1)
    unlikely = np.logaddexp.reduce(shares - np.logaddexp(0.0, log_odds), axis=-1)
    return np.asarray(likely - unlikely)
