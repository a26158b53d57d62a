"""Learning from answers: what reviewers and agencies said refines the calibration, and nothing else.

Answers change no decision by themselves.  They give a *new* calibration of log odds, to be adopted at the
next linkage or not, with figures of before and after.  It is a straight line with a positive slope (Platt,
Advances in Large Margin Classifiers, 1999), so that the order of pairs stays what it was, and holds to the
identity unless many answers speak against it.  Pairs are not asked about at random: an answer counts by the
inverse of the chance that its pair was asked about (Horvitz and Thompson, 1952).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.logistic import probability

__all__ = ["Answer", "AnswerFigures", "Calibration", "Refinement", "refine"]

_SHIFT_ERROR, _SLOPE_ERROR = 0.5, 0.15
"""How far from the identity a calibration is expected to be, before any answer: standard deviations."""

_LEAST_SLOPE = 0.2
_FOLDS = 5
_ROUNDS, _SETTLED = 100, 1e-10


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody who looked says of a pair.

    ``log_odds``: as they were before any refinement; ``chance``: how probable it was that this pair would be
    asked about.
    """

    log_odds: float
    same: bool
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone correction of log odds: ``shift`` + ``slope`` · log odds.

    ``covariance``: of shift and slope (their variances and the covariance between).
    """

    shift: float = 0.0
    slope: float = 1.0
    covariance: tuple[float, float, float] = (_SHIFT_ERROR**2, _SLOPE_ERROR**2, 0.0)

    def apply(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return corrected log odds; their order is that of those given."""
        return np.asarray(self.shift + self.slope * log_odds)

    def standard_error(self, log_odds: float = 0.0) -> float:
        """Return how uncertain corrected log odds still are, at given ones."""
        of_shift, of_slope, both = self.covariance
        return math.sqrt(max(of_shift + 2 * log_odds * both + log_odds**2 * of_slope, 0.0))


@dataclass(frozen=True, slots=True)
class AnswerFigures:
    """How log odds agree with answers, each weighted: mean log loss, Brier score, expected and true share."""

    log_loss: float
    brier: float
    expected: float
    observed: float


@dataclass(frozen=True, slots=True)
class Refinement:
    """A calibration to be adopted at the next linkage, or not.

    ``effective``: how many answers of equal weight tell as much as these.  ``before``: figures under the
    identity; ``after``: under the new calibration; ``held_out``: each fifth of the answers under what the
    other four fifths teach, which is what the next answers will show.
    """

    calibration: Calibration
    answers: int
    effective: float
    before: AnswerFigures
    after: AnswerFigures
    held_out: AnswerFigures


@dataclass(frozen=True, slots=True, eq=False)
class _Said:
    log_odds: NDArray[np.float64]
    same: NDArray[np.float64]
    weight: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_]) -> "_Said":
        return _Said(self.log_odds[which], self.same[which], self.weight[which])


def refine(answers: Sequence[Answer]) -> Refinement:
    """Learn a calibration from all answers so far, whatever their order.

    Raises :class:`InputError` for a chance outside (0, 1] or log odds that are no number.
    """
    said = _said(answers)
    calibration = _fit(said)
    fold = np.arange(len(said.same)) % _FOLDS
    held_out = said.log_odds.copy()
    for number in range(_FOLDS):
        held_out[fold == number] = _fit(said.take(fold != number)).apply(said.log_odds[fold == number])
    return Refinement(
        calibration=calibration,
        answers=len(said.same),
        effective=_effective(said.weight),
        before=_figures(said, said.log_odds),
        after=_figures(said, calibration.apply(said.log_odds)),
        held_out=_figures(said, held_out),
    )


def _said(answers: Sequence[Answer]) -> _Said:
    if not all(0.0 < one.chance <= 1.0 and math.isfinite(one.log_odds) for one in answers):
        raise InputError(
            "answers: one has no chance between 0 and 1 of being asked for, or log odds that are no number",
            hint="record with every answer how probable it was that its pair would be asked about",
        )
    ordered = sorted(answers, key=lambda one: (one.log_odds, one.same, one.chance))
    columns = ((one.log_odds, one.same, 1.0 / one.chance) for one in ordered)
    log_odds, same, weight = np.array(list(columns), dtype=np.float64).reshape(-1, 3).T
    return _Said(log_odds, same, weight)


def _effective(weight: NDArray[np.float64]) -> float:
    """Return how many equal answers tell as much (Kish, Survey Sampling, 1965)."""
    return float(weight.sum() ** 2 / (weight**2).sum()) if len(weight) else 0.0


def _figures(said: _Said, log_odds: NDArray[np.float64]) -> AnswerFigures:
    if not len(said.same):
        return AnswerFigures(0.0, 0.0, 0.0, 0.0)
    chance, weight = probability(log_odds), said.weight / said.weight.sum()
    loss = np.logaddexp(0.0, np.where(said.same > 0, -log_odds, log_odds))
    return AnswerFigures(
        log_loss=float((weight * loss).sum()),
        brier=float((weight * (chance - said.same) ** 2).sum()),
        expected=float((weight * chance).sum()),
        observed=float((weight * said.same).sum()),
    )


def _fit(said: _Said) -> Calibration:
    """Find the most probable shift and slope, by Newton's method on a concave function."""
    design = np.stack([np.ones(len(said.same)), said.log_odds], axis=1)
    weight = said.weight * (_effective(said.weight) / max(float(said.weight.sum()), 1e-300))
    prior = np.array([_SHIFT_ERROR**-2, _SLOPE_ERROR**-2])
    found = _climb(design, said.same, weight, prior, free=np.array([True, True]))
    if found[1] < _LEAST_SLOPE:
        found = _climb(design, said.same, weight, prior, free=np.array([True, False]))
    spread = np.linalg.inv(_bend(design, weight, prior, found))
    return Calibration(
        float(found[0]), float(found[1]), (float(spread[0, 0]), float(spread[1, 1]), float(spread[0, 1]))
    )


def _climb(
    design: NDArray[np.float64],
    same: NDArray[np.float64],
    weight: NDArray[np.float64],
    prior: NDArray[np.float64],
    *,
    free: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Climb to the top from the identity; a slope that is not ``free`` stays at the least there is."""
    identity = np.array([0.0, 1.0])
    place = np.where(free, identity, _LEAST_SLOPE)

    def height(at: NDArray[np.float64]) -> float:
        log_odds = design @ at
        loss = np.logaddexp(0.0, np.where(same > 0, -log_odds, log_odds))
        return -float((weight * loss).sum() + (prior * (at - identity) ** 2).sum() / 2)

    for _ in range(_ROUNDS):
        uphill = design.T @ (weight * (same - probability(design @ place))) - prior * (place - identity)
        step = np.zeros(2)
        step[free] = np.linalg.solve(_bend(design, weight, prior, place)[np.ix_(free, free)], uphill[free])
        while height(place + step) < height(place) and np.abs(step).max() > _SETTLED:
            step = step / 2
        place = place + step
        if np.abs(step).max() <= _SETTLED:
            break
    return place


def _bend(
    design: NDArray[np.float64],
    weight: NDArray[np.float64],
    prior: NDArray[np.float64],
    place: NDArray[np.float64],
) -> NDArray[np.float64]:
    chance = probability(design @ place)
    return np.asarray(design.T @ (design * (weight * chance * (1.0 - chance))[:, None]) + np.diag(prior))
