"""Any number of sources calibrate a plain filter, declared free of duplicates or nearly so in fact.

Households, twins and namesakes are as frequent within sources as between them; records of one person are not,
where agencies hold most people once.  Pairs within sources are then *mostly* noise, and by how much is seen
where nothing but matches is left: among the likeliest pairs of all, the fewest that any tail has within
sources to each between them (the proportion of a contaminated sample: Blanchard, Lee and Scott, JMLR 11,
2010).

The model is a mixture of matches and noise whose densities are the same within and between; only how
frequent matches are differs.  It is fitted by expectation maximisation, from what experience says.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.logistic import fit_logistic, probability, standardised

__all__ = ["FEWEST_DECOYS", "held_twice", "pooled_log_odds", "within_to_between"]

FEWEST_DECOYS: Final = 200
"""Fewer pairs within the sources do not say what noise looks like."""

_FEWEST_MATCHES: Final = 60
_DEVIATIONS: Final = 2.0

_RIDGE: Final = 3.0
_ROUNDS, _FIRST_STEPS, _STEPS, _SETTLED = 200, 12, 3, 1e-3
_LOG_2: Final = float(np.log(2.0))
_NEVER: Final = 1e-6
_DIGITS: Final = 6


def within_to_between(sizes: NDArray[np.int64]) -> float:
    """Return how many pairs there are between sources of these sizes to each within one."""
    records, squares = int(sizes.sum()), int((sizes * sizes).sum())
    return (records * records - squares) / max(squares - records, 1)


def held_twice(
    orders: tuple[NDArray[np.float64], ...], within: NDArray[np.bool_]
) -> tuple[float, float] | None:
    """Estimate how many matches there are within sources to each between them, and at most; None if unknown.

    ``orders``: log odds or similarities (m,) of pairs that matches come out on top of; the one that tells
    fewest counts, for too few duplicates only hold back.  ``within`` (m,): both records are of one source.
    """
    found = [_fewest(order, within) for order in orders]
    known = [one for one in found if one is not None]
    return min(known, key=lambda one: one[1]) if known else None


def _fewest(order: NDArray[np.float64], within: NDArray[np.bool_]) -> tuple[float, float] | None:
    inside = within[np.argsort(-order, kind="stable")]
    decoys, between = np.cumsum(inside), np.cumsum(~inside)
    enough = between >= _FEWEST_MATCHES
    if not enough.any():
        return None
    decoys, between = decoys[enough], between[enough]
    most = (decoys + _DEVIATIONS * np.sqrt(decoys + 1.0)) / between
    place = int(np.round(most, _DIGITS).argmin())
    return float(decoys[place] / between[place]), float(most[place])


def pooled_log_odds(
    features: NDArray[np.float64],
    guess: NDArray[np.float64],
    within: NDArray[np.bool_],
    twice: NDArray[np.float64],
    weight: float,
) -> NDArray[np.float64]:
    """Return the log odds (m,) that pairs are one person.

    ``features`` (m, k); ``guess`` (m,): log odds to begin with, of pairs between sources.  ``within`` (m,):
    both are of one source; ``weight``: pairs of people between sources to each within one; ``twice`` (m,):
    odds of a match within a source to those between sources, 0 where it is declared free of duplicates.
    """
    design = standardised(features)
    counts = np.where(within, weight, 1.0)
    shift = np.where(within, np.log(np.maximum(twice, _NEVER)), 0.0)
    # All noise is counted within and between, all matches between and as far as there are any within.
    constant = _LOG_2 - float(np.log1p(twice[within].mean()))
    both, target = np.concatenate([design, design]), np.repeat([1.0, 0.0], len(design))
    likely = np.minimum(probability(guess), probability(guess + shift))
    weights, steps = np.zeros(design.shape[1]), _FIRST_STEPS
    for _ in range(_ROUNDS):
        often = np.concatenate([counts * likely, counts * (1.0 - likely)])
        weights = fit_logistic(both, target, often, ridge=_RIDGE, start=weights, steps=steps)
        updated = probability(design @ weights + constant + shift)
        settled = np.abs(updated - likely).sum() < _SETTLED * max(1.0, float(likely.sum()))
        likely, steps = updated, _STEPS
        if settled:
            break
    return np.round(design @ weights + constant + shift, _DIGITS)
