"""What made log odds of what views say, for each way of weighing, so that it can be asked again.

Experience and thresholds are asked themselves.  Decoys and the valley have fitted their weights to pairs
that are there no more: a least-squares fit gives them back from the pairs that are.  It is exact for several
views weighed by decoys, whose log odds are linear in what is fitted; elsewhere, what it does not reach is
what other pairs say.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.decision import Judge
from linkage.match.explanation_rows import Described
from linkage.match.explanation_shares import Background, Model, mean_log_odds
from linkage.match.similarity import Similarities
from linkage.match.weighing import Method
from linkage.profile import EncodingProfile

__all__ = ["Judged", "Linear", "Weights"]

_OTHERS: Final = 64
"""Pairs that stand for matches, and as many for strangers."""
_FITTED: Final = 100_000
_FEWEST: Final = 50
_STEEPEST: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Log odds by experience or thresholds, where kinds of pairs are as frequent as ``shares`` say."""

    judge: Judge
    shares: NDArray[np.float64] | None

    def __call__(self, found: Similarities) -> NDArray[np.float64]:
        """Return the log odds (m,) of pairs."""
        return self.judge.by_shares(self.shares)(self.judge.describe(found))


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """Log odds that are linear in what is read from a pair's views; without weights always the constant."""

    weights: NDArray[np.float64]
    constant: float

    def __call__(self, found: Similarities) -> NDArray[np.float64]:
        """Return the log odds (m,) of pairs."""
        if not len(self.weights):
            return np.full(len(found), self.constant)
        return np.asarray(_design(found) @ self.weights + self.constant)


class Weights:
    """The weights that made a linkage's log odds: apart for pairs within sources and across.

    ``kept``: all pairs that were weighed together; ``odds`` (m,): their log odds before rivals counted.
    """

    def __init__(
        self,
        profile: EncodingProfile,
        method: Method,
        kept: Described,
        odds: NDArray[np.float64],
        population: int | None = None,
    ) -> None:
        judge = Judge(profile, population)
        judged = method in ("experience", "thresholds")
        evidence = kept.evidence(judge) if judged else np.zeros((len(kept.within), 0))
        fitted = Linear(np.zeros(0), 0.0) if judged else _fitted(kept, odds)
        self._of: dict[bool, tuple[Judged | Linear, Background]] = {}
        shares = judge.shares_among(evidence, kept.within) if judged else None
        for within in (True, False):
            which = kept.within == within
            model = fitted if shares is None else Judged(judge, shares[within])
            if int(which.sum()) < _FEWEST:
                which = np.ones(len(which), dtype=np.bool_)
            self._of[within] = model, _background(model, kept.found.take(which))

    def of(self, *, within: bool) -> tuple[Judged | Linear, Background]:
        """Return what weighed pairs within sources, or across, by their views alone, and other such pairs."""
        return self._of[within]


def _fitted(kept: Described, odds: NDArray[np.float64]) -> Linear:
    """Fit the log odds, less what numbers say, to what the views say."""
    step = max(1, len(odds) // _FITTED)
    target = np.clip((odds - kept.numbers)[::step], -_STEEPEST, _STEEPEST)
    if not len(target):
        return Linear(np.zeros(0), 0.0)
    design = _design(kept.found.take(np.arange(0, len(odds), step)))
    middle, spread = design.mean(axis=0), design.std(axis=0)
    spread[spread < 1e-9] = np.inf  # what never varies tells nothing
    weights = np.linalg.lstsq((design - middle) / spread, target - target.mean(), rcond=1e-10)[0]
    return Linear(weights / spread, float(target.mean() - (middle / spread) @ weights))


def _design(found: Similarities) -> NDArray[np.float64]:
    """Return all that the other ways read from a pair's own views (:mod:`linkage.match.decoys`)."""
    dice = found.dice
    loudest = -np.sort(-dice, axis=1)[:, :3]
    best, spoken = loudest[:, :1], found.active.sum(axis=1)[:, None]
    numbers = [loudest, best**2, best**3, spoken, dice.sum(axis=1)[:, None]]
    return np.concatenate([dice, dice**2, found.active, found.missing, *numbers], axis=1)


def _background(model: Model, found: Similarities) -> Background:
    """Choose pairs that stand for all: some for matches, some for strangers, evenly by probability."""
    odds = model(found)
    if not len(odds):
        nothing = Similarities(*(np.zeros((1, found.dice.shape[1]), kind) for kind in (float, bool, bool)))
        return Background(nothing, np.ones(1), float(model(nothing)[0]))
    start = float(mean_log_odds(odds, np.full(len(odds), 1.0 / len(odds))))
    order = np.argsort(odds, kind="stable")
    chances = (np.arange(_OTHERS) + 0.5) / _OTHERS
    chosen = []
    for sign in (1.0, -1.0):
        mass = np.cumsum(np.exp(-np.logaddexp(0.0, -sign * odds[order])))
        chosen.append(order[np.minimum(np.searchsorted(mass, chances * mass[-1]), len(order) - 1)])
    share = 1.0 / (1.0 + np.exp(-start))
    weights = np.repeat([share / _OTHERS, (1.0 - share) / _OTHERS], _OTHERS)
    return Background(found.take(np.concatenate(chosen)), weights, start)
