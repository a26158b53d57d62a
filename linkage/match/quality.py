"""How good a linkage is, when nobody knows the truth: what its own calibrated log odds let us expect.

The expected number of wrong links is the sum of their chances to be wrong, and that of missed links the sum
of the chances of the pairs left apart.  Intervals say where the true figures of *this* linkage lie.  They
hold two kinds of doubt: chance, where the pairs of one cluster (or between the same two clusters) are taken
to be wrong all together or not at all, which no dependence among them can exceed; and the calibration's own
error, one shift of all log odds.

What no comparison kept is invisible here: a true pair that agrees in no view beyond noise is in no figure,
unless the comparison states what share of them it keeps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.linkage import Known, Linkage
from linkage.match.logistic import probability
from linkage.match.quality_pairs import Stakes, implied_pairs, missed_pairs, settled
from linkage.match.weighing import Method

__all__ = [
    "CALIBRATION_ERROR",
    "CALIBRATION_ERRORS",
    "Estimate",
    "PairQuality",
    "Precision",
    "Quality",
    "calibration_error_of",
    "estimate_quality",
]

CALIBRATION_ERROR: Final = 0.25
"""Standard error of the log odds as a whole, where nothing more is known of the way that they were found."""

CALIBRATION_ERRORS: Final[Mapping[Method, float]] = {
    "experience": 0.5,
    "vectors": 0.5,
    "surroundings": 0.75,
    "valley": 1.0,
}
"""Of ways that were measured to err by more: strangers among the matches are what they cannot see."""

_DRAWS = 800
_CELLS_AT_A_TIME = 1 << 18
_BEYOND_DOUBT = 5.0
"""Pairs with log odds beyond this either way are drawn all together: there are many, and few of them err."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected value, and an interval that holds the true one with the stated level."""

    value: float
    low: float
    high: float

    def holds(self, true: float) -> bool:
        """Tell whether a true value lies in the interval."""
        return self.low <= true <= self.high


@dataclass(frozen=True, slots=True)
class PairQuality:
    """What is to be expected of some ``pairs`` that a linkage claims to be one person each.

    ``false``: pairs that are not; ``missed``: pairs of one person that were weighed and left apart.
    """

    pairs: int
    precision: Estimate
    recall: Estimate
    false: Estimate
    missed: Estimate


@dataclass(frozen=True, slots=True)
class Quality:
    """A linkage by its own account.

    ``links``: the kept pairs that ended together; ``implied``: all pairs that its clusters imply.  ``level``
    is that of the intervals, ``calibration_error`` the standard error of log odds that they allow for.
    """

    links: PairQuality
    implied: PairQuality
    level: float
    calibration_error: float


def estimate_quality(
    linkage: Linkage,
    *,
    known: Iterable[Known] = (),
    calibration_error: float | None = None,
    kept_share: float = 1.0,
    level: float = 0.95,
) -> Quality:
    """Estimate precision and recall of a finished linkage from its own log odds.

    ``known``: pairs of which somebody knows; they are beyond doubt.  ``kept_share``: the share of true pairs
    that the comparison keeps, where it states one; recall is that much lower.  ``calibration_error``: the
    standard error of all log odds together; that of the linkage's method if it is not given.  The intervals
    are drawn by a generator seeded with the data: the same linkage always gives the same ones.
    Raises :class:`ValueError` for a level or a share outside (0, 1), or a negative error.
    """
    if calibration_error is None:
        calibration_error = calibration_error_of(linkage)
    if not 0.0 < level < 1.0 or not 0.0 <= calibration_error < np.inf or not 0.0 < kept_share <= 1.0:
        raise ValueError("estimate_quality: level and share lie between 0 and 1, the error is 0 or more")
    kept = settled(linkage, known)
    shifts = _shifts(calibration_error)
    seeds = _seeds(linkage)
    generator = np.random.default_rng([*seeds, 0])  # as :class:`Precision` begins: a group of all is the same
    missed = missed_pairs(linkage, kept)
    lost = _drawn(missed, shifts, np.random.default_rng([*seeds, 1]))
    unseen = 1.0 / kept_share - 1.0
    claimed = implied_pairs(linkage, kept)
    parts = [(each, _drawn(each, shifts, generator)) for each in (claimed.only_kept(), claimed)]
    links, implied = (_quality(*part, missed, lost, unseen, generator, level) for part in parts)
    return Quality(links, implied, level, calibration_error)


def calibration_error_of(linkage: Linkage) -> float:
    """Return the standard error that a linkage's log odds are taken to have, by the way they were found."""
    return CALIBRATION_ERRORS.get(linkage.method, CALIBRATION_ERROR)


class Precision:
    """Tells what share of some pairs that a linkage claims is right, as :func:`estimate_quality` does."""

    def __init__(self, linkage: Linkage, *, level: float = 0.95) -> None:
        self._shifts, self._level = _shifts(calibration_error_of(linkage)), level
        self._seeds = _seeds(linkage)

    def of(self, claimed: Stakes) -> Estimate:
        """Return it for some pairs.  Of no pair at all it is 1, and certain."""
        true = _drawn(claimed, self._shifts, np.random.default_rng([*self._seeds, 0]))
        pairs = claimed.pairs
        drawn = _shares(true, np.full(len(true), float(pairs)))
        return _estimate(_share(_expected(claimed), pairs), drawn, self._level)


def _shifts(calibration_error: float) -> NDArray[np.float64]:
    chances = (np.arange(_DRAWS) + 0.5) / _DRAWS
    return calibration_error * np.array([NormalDist().inv_cdf(chance) for chance in chances.tolist()])


def _seeds(linkage: Linkage) -> tuple[int, int, int]:
    total = int(np.rint(np.clip(linkage.pairs.score, -64.0, 64.0) * 1024).astype(np.int64).sum())
    return len(linkage.records), len(linkage.pairs), abs(total)


def _quality(
    claimed: Stakes,
    true: NDArray[np.float64],
    missed: Stakes,
    lost: NDArray[np.float64],
    unseen: float,
    generator: np.random.Generator,
    level: float,
) -> PairQuality:
    """Weigh what is expected with what was drawn; ``unseen``: true pairs never kept, for each that was."""
    right, left_out, pairs = _expected(claimed), _expected(missed), claimed.pairs
    never = (right + left_out) * unseen
    all_missed = lost + generator.poisson((true + lost) * unseen)
    return PairQuality(
        pairs=pairs,
        precision=_estimate(_share(right, pairs), _shares(true, np.full(len(true), float(pairs))), level),
        recall=_estimate(_share(right, right + left_out + never), _shares(true, true + all_missed), level),
        false=_estimate(max(pairs - right, 0.0), pairs - true, level),
        missed=_estimate(left_out + never, all_missed, level),
    )


def _expected(stakes: Stakes) -> float:
    return float((stakes.count * probability(stakes.log_odds)).sum())


def _drawn(
    stakes: Stakes, shifts: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Draw how many of the pairs are one person, once for each shift of their log odds.

    All pairs of a group share one chance, so that they differ only where their log odds do.
    """
    doubtful = np.abs(stakes.log_odds) <= _BEYOND_DOUBT
    odds, count = stakes.log_odds[doubtful], stakes.count[doubtful].astype(np.float64)
    group = np.unique(stakes.group[doubtful], return_inverse=True)[1]
    groups = int(group.max(initial=-1)) + 1
    drawn = np.empty(len(shifts))
    step = max(1, _CELLS_AT_A_TIME // max(len(odds), 1))
    for start in range(0, len(shifts), step):
        some = shifts[start : start + step, None]
        bar = -_logit(generator.random((len(some), groups)))
        drawn[start : start + step] = (odds + some > bar[:, group]) @ count
    sure, unlikely = stakes.log_odds > _BEYOND_DOUBT, stakes.log_odds < -_BEYOND_DOUBT
    certain = float(stakes.count[sure].sum())
    wrong = _rare(stakes, sure, -1.0, shifts, generator)
    found = _rare(stakes, unlikely, 1.0, shifts, generator)
    return np.asarray(drawn + certain - wrong + found)


def _rare(
    stakes: Stakes,
    which: NDArray[np.bool_],
    sign: float,
    shifts: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.float64]:
    """Draw how many of many unlikely things happen, each chance being that of ``sign`` times its log odds.

    A Poisson number, spread as far as groups that happen as a whole would spread it.
    """
    count = stakes.count[which].astype(np.float64)
    chance = probability(sign * stakes.log_odds[which])
    expected = float((count * chance).sum())
    if expected == 0.0:
        return np.zeros(len(shifts))
    spread = float((np.bincount(stakes.group[which], weights=count * np.sqrt(chance)) ** 2).sum()) / expected
    drawn = spread * generator.poisson(expected / spread * np.exp(sign * shifts))
    return np.asarray(np.minimum(drawn, count.sum()))


def _logit(chance: NDArray[np.float64]) -> NDArray[np.float64]:
    inner = np.clip(chance, 1e-300, 1.0 - 1e-16)
    return np.asarray(np.log(inner) - np.log1p(-inner))


def _share(part: float, whole: float) -> float:
    return min(part / whole, 1.0) if whole > 0 else 1.0


def _shares(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.ones(len(part)), where=whole > 0)


def _estimate(value: float, drawn: NDArray[np.float64], level: float) -> Estimate:
    tail = (1.0 - level) / 2
    low = float(np.quantile(drawn, tail, method="lower"))
    high = float(np.quantile(drawn, 1.0 - tail, method="higher"))
    return Estimate(value, min(low, value), max(high, value))
