"""Two sources without duplicates calibrate themselves: pairs within a source are certain non-matches.

A pair within one source that is known to hold nobody twice is a *decoy*: the same households, twins and
namesakes as between the sources, and never one person.  What pairs between the sources look like beyond what
decoys look like is what matches look like; no label, no threshold and no made-up world is needed.  The model
is a mixture of matches and noise, where decoys are noise for certain, fitted by expectation maximisation;
since the noise is held fast by the decoys, the fit cannot drift into the class of namesakes.

A record has one partner at most, so that the odds of a pair also fall with those of its rivals.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.logistic import fit_logistic, probability, standardised
from linkage.match.similarity import Similarities
from linkage.match.vectors import vector_features

__all__ = ["FEWEST_DECOYS", "decoy_log_odds", "unrivalled"]

FEWEST_DECOYS: Final = 200
"""Fewer pairs within the sources do not say what noise looks like."""

_RIDGE: Final = 3.0
_ROUNDS, _STEPS, _SETTLED = 200, 2, 1e-3
_DIGITS: Final = 6
"""Sums of many terms differ in their last digits between processors: nothing is decided by those."""
_LOG_2: Final = float(np.log(2.0))

_COMPETITIONS: Final = 12
_CERTAIN: Final = 12.0
_NEARLY_ALL: Final = 0.999
_SMALLEST: Final = 1e-9


def decoy_log_odds(
    found: Similarities,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    within: NDArray[np.bool_],
    sizes: tuple[int, int],
) -> NDArray[np.float64]:
    """Return the log odds (m,) that pairs are one person, by themselves, whatever their rivals.

    ``left``, ``right`` (m,): records; ``within`` (m,): both are of one source, hence decoys, whose log odds
    say only how much they look like matches; ``sizes``: records of either source.
    """
    design = standardised(_features(found, left, right))
    first, second = sizes
    weight = 2.0 * first * second / (first**2 + second**2)  # as many non-matches within as between sources
    weights = _first_guess(design, within, weight)
    likely = np.where(within, 0.0, np.clip(1.0 - np.exp(-design @ weights), 1e-4, 1.0))
    for _ in range(_ROUNDS):
        weights = _fit(design, likely, within, weight, weights)
        updated = np.where(within, 0.0, probability(design @ weights + _LOG_2))
        settled = np.abs(updated - likely).sum() < _SETTLED * max(1.0, float(likely.sum()))
        likely = updated
        if settled:
            break
    return np.round(design @ weights + _LOG_2, _DIGITS)


def _first_guess(
    design: NDArray[np.float64], within: NDArray[np.bool_], weight: float
) -> NDArray[np.float64]:
    """Tell pairs between sources from decoys: their odds are one, and more where there are matches."""
    return fit_logistic(design, (~within).astype(np.float64), np.where(within, weight, 1.0), ridge=_RIDGE)


def _fit(
    design: NDArray[np.float64],
    likely: NDArray[np.float64],
    within: NDArray[np.bool_],
    weight: float,
    start: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Tell matches from noise: noise between the sources and decoys alike, which is twice the noise."""
    target = np.concatenate([np.ones(len(design)), np.zeros(len(design))])
    counts = np.concatenate([likely, np.where(within, weight, 1.0 - likely)])
    there = counts > 0
    both = np.concatenate([design, design])[there]
    return fit_logistic(both, target[there], counts[there], ridge=_RIDGE, start=start, steps=_STEPS)


def unrivalled(
    log_odds: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    sizes: tuple[int, int],
) -> NDArray[np.float64]:
    """Return log odds (m,) of pairs between two sources where each record has one partner at most.

    p = o / (1 + o + odds of the left record's rivals + odds of the right one's), where the odds
    o = exp(log odds) grow as records without a partner get fewer: they are divided by √((1 − M/a)(1 − M/b))
    for M matches among a and b records, which is settled in a few rounds.
    """
    odds = np.exp(np.clip(log_odds, -_CERTAIN, _CERTAIN))
    count = int(max(left.max(initial=-1), right.max(initial=-1))) + 1
    likely = probability(log_odds)
    for _ in range(_COMPETITIONS):
        matches = float(likely.sum())
        free = [1.0 - min(matches / size, _NEARLY_ALL) for size in sizes]
        scaled = odds / np.sqrt(free[0] * free[1])
        totals = np.bincount(left, scaled, count) + np.bincount(right, scaled, count)
        likely = scaled / (1.0 + totals[left] + totals[right] - scaled)
    return np.asarray(np.log(np.maximum(likely, _SMALLEST)) - np.log(np.maximum(1.0 - likely, _SMALLEST)))


def _features(found: Similarities, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return what tells matches from noise: all views' Dice estimates, or the one view's and its margins."""
    dice = found.dice
    if dice.shape[1] == 1:
        lead = _margins(dice[:, 0], left, right)
        return np.concatenate([dice, dice**2, dice**3, lead], axis=1)
    return vector_features(found)


def _margins(
    similarity: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return by how much each pair beats its records' best other pairs, of either source: (m, 2), less first.

    Pairs within a source count as rivals like all others: were they left out, a decoy's rivals would be of
    another kind than those of noise between the sources, and two siblings, one in each, would look like one
    person.  A record in no other pair competes with the lowest twentieth of all pairs.
    """
    floor = float(np.quantile(similarity, 0.05)) if len(similarity) else 0.0
    rivals = [_best_rival(records, similarity, left, right, floor) for records in (left, right)]
    return np.sort(similarity[:, None] - np.stack(rivals, axis=1), axis=1)


def _best_rival(
    records: NDArray[np.int64],
    similarity: NDArray[np.float64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    floor: float,
) -> NDArray[np.float64]:
    """Return the best similarity of each pair's record in another pair."""
    pair = np.tile(np.arange(len(left)), 2)
    record = np.concatenate([left, right])
    order = np.lexsort((pair, -similarity[pair], record))
    record, pair = record[order], pair[order]
    start = np.searchsorted(record, records)
    following = np.minimum(start + 1, max(len(record) - 1, 0))
    itself = pair[start] == np.arange(len(records))
    best = np.where(itself, pair[following], pair[start])
    alone = itself & ((following == start) | (record[following] != records))
    return np.maximum(np.where(alone, floor, similarity[best]), floor)
