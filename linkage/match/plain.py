"""One plain filter of everything, weighed with all that its one similarity can tell.

Each pair is described by how its records stand among their neighbours (:mod:`linkage.match.neighbours`);
made-up worlds taught what that looks like for one person, for one home and by chance.  Where pairs within
sources are hardly ever one person, they say how far that holds of the data at hand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.decision import estimate_shares
from linkage.match.experience import HOME, PERSON, Experience
from linkage.match.logistic import probability
from linkage.match.neighbours import chance_corrected, surroundings
from linkage.match.plain_data import SHARES, WEIGHTS
from linkage.match.pooled_decoys import FEWEST_DECOYS, held_twice, pooled_log_odds, within_to_between
from linkage.match.valley import PAIRS_PER_RECORD

__all__ = ["PLAIN_KINDS", "PlainPairs", "agreeing", "describe_plain", "plain_experience", "plain_features"]

PLAIN_KINDS: Final = (PERSON, HOME, "chance")

_LEAST_AGREEMENT: Final = 0.15
_MOST_PAIRS: Final = 24
"""Of pairs that agree beyond chance the most similar are weighed, as many as this for each record."""

_PAIRS_AT_A_TIME: Final = 1 << 17
_MOST_HELD_TWICE: Final = 0.35
"""Beyond as many matches within sources, where between them there is one to each, they are no decoys."""
_AS_MIXED: Final = 0.67
"""Where sources share fewer homes than that part of what their sizes say, noise within and between differ."""
_CERTAIN: Final = 8.0

_ALIKE, _NEARLY_THE_SAME = 0.8, 0.9
_ENOUGH_ALIKE: Final = 100
_FEWEST_NEARLY_THE_SAME: Final = 0.06
_HALVINGS, _LARGEST_SHIFT, _DIGITS = 50, 40.0, 6


@dataclass(frozen=True, slots=True, eq=False)
class PlainPairs:
    """Pairs of records that agree beyond chance, described.

    ``kept`` (m,): which of the pairs they are; ``dice``, ``within`` (m,); ``features`` (m, 13);
    ``densities`` (m, 3): how well one person, one home and chance explain each, as logarithms.
    """

    kept: NDArray[np.intp]
    dice: NDArray[np.float64]
    within: NDArray[np.bool_]
    features: NDArray[np.float64]
    densities: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_]) -> "PlainPairs":
        """Return some of the pairs."""
        return PlainPairs(
            self.kept[which],
            self.dice[which],
            self.within[which],
            self.features[which],
            self.densities[which],
        )

    def held_back(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return log odds (m,) as they are, or lower where nobody seems to be there twice.

        However careless clerks are, some records of one person are nearly the same: in made-up worlds 3 %
        of a person's pairs at the worst, and of all pairs that are alike a tenth and more.  Of siblings'
        alike pairs a thirtieth is.  Where the hill on top lacks such pairs it is one of homes, and no more
        pairs are expected to be one person than are nearly the same.
        """
        agreement = self.features[:, 0]
        alike, same = int((agreement > _ALIKE).sum()), int((agreement > _NEARLY_THE_SAME).sum())
        if alike < _ENOUGH_ALIKE or same >= _FEWEST_NEARLY_THE_SAME * alike:
            return log_odds
        low, high = 0.0, _LARGEST_SHIFT
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if float(probability(log_odds - middle).sum()) > same:
                low = middle
            else:
                high = middle
        return np.round(log_odds - round(high, _DIGITS), _DIGITS)

    def homes_between(self) -> float:
        """Return how many pairs of one home there are between sources to each within one, if any are.

        Agencies of different areas share fewer homes than their sizes say.
        """
        scores = self.densities + np.log(plain_experience().shares)
        home = np.exp(scores[:, 1] - np.logaddexp.reduce(scores, axis=1))
        inside, between = float(home[self.within].sum()), float(home[~self.within].sum())
        return round(between / inside, _DIGITS) if inside > _ENOUGH_ALIKE else float("inf")

    def nearest(self, records: int) -> "PlainPairs":
        """Return the most similar pairs, eight per record: the bulk below says not where noise ends."""
        most = PAIRS_PER_RECORD * records
        if len(self.dice) <= most:
            return self
        return self.take(self.dice >= np.partition(self.dice, -most)[-most])

    def by_decoys(
        self, free: NDArray[np.bool_], sizes: NDArray[np.int64]
    ) -> tuple["PlainPairs", NDArray[np.float64]] | None:
        """Weigh the nearest pairs by those within sources; None if these are of another kind, or too few.

        ``free`` (m,): both records are of one source that is declared free of duplicates; ``sizes``
        (sources,): records of each.
        """
        if len(sizes) < 2:
            return None
        near = np.zeros(len(free), dtype=np.bool_)
        near[np.searchsorted(self.kept, self.nearest(int(sizes.sum())).kept)] = True
        pairs, free = self.take(near), free[near]
        weight = within_to_between(sizes)
        if pairs.homes_between() < _AS_MIXED * weight:
            return None
        if int(pairs.within.sum()) < FEWEST_DECOYS or pairs.within.all():
            return None
        experience = plain_experience()
        learned = _log_odds(pairs.densities, experience.shares)
        twice = np.zeros(len(free))
        open_to = pairs.within & ~free
        if open_to.any():
            found = held_twice((learned[~free], pairs.dice[~free]), pairs.within[~free])
            if found is None or found[1] * weight > _MOST_HELD_TWICE:
                return None
            twice[open_to] = found[0] * weight
        between = pairs.densities[~pairs.within]
        guess = _log_odds(pairs.densities, estimate_shares(between, experience))
        features = _calibrating(learned, pairs.features)
        return pairs, pooled_log_odds(features, guess, pairs.within, twice, weight)


def plain_experience() -> Experience:
    """Return what made-up worlds taught of pairs among their neighbours."""
    return Experience(PLAIN_KINDS, np.array(SHARES), np.array(WEIGHTS))


def describe_plain(
    dice: NDArray[np.float64],
    weights: NDArray[np.float64],
    length: int,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    within: NDArray[np.bool_],
) -> PlainPairs:
    """Describe those pairs (m,) of records that agree beyond chance, as :func:`agreeing` does.

    ``within`` (m,): both records are of one source.
    """
    kept, found = agreeing(dice, weights, length, left, right)
    experience = plain_experience()
    pieces = [found[start : start + _PAIRS_AT_A_TIME] for start in range(0, len(found), _PAIRS_AT_A_TIME)]
    densities = [experience.explained(plain_features(piece)) for piece in pieces]
    nothing = np.zeros((0, len(SHARES)))
    return PlainPairs(kept, dice[kept], within[kept], found, np.concatenate([nothing, *densities]))


def agreeing(
    dice: NDArray[np.float64],
    weights: NDArray[np.float64],
    length: int,
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which of the pairs (m,) agree beyond chance, and their surroundings.

    ``dice``, ``left``, ``right`` (m,); ``weights`` (records,): bits set, of ``length``.
    """
    agreement, contained = chance_corrected(dice, weights[left], weights[right], length)
    least, most = _LEAST_AGREEMENT, _MOST_PAIRS * len(weights)
    if len(agreement) > most:
        least = max(least, float(np.partition(agreement, -most)[-most]))
    kept = np.flatnonzero(agreement >= least)
    return kept, surroundings(agreement[kept], contained[kept], weights, left[kept], right[kept])


def plain_features(found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return surroundings (m, 13), their squares, their products with the agreement, and its cube."""
    agreement = found[:, :1]
    return np.concatenate([found, found**2, found[:, 1:] * agreement, agreement**3], axis=1)


def _log_odds(densities: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    scores = densities + np.log(shares)
    return np.asarray(scores[:, 0] - np.logaddexp.reduce(scores[:, 1:], axis=1))


def _calibrating(learned: NDArray[np.float64], found: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what decoys calibrate: what was learned, and all of a pair's surroundings anew."""
    clipped = np.clip(learned, -_CERTAIN, _CERTAIN)[:, None]
    agreement = found[:, :1]
    return np.concatenate([clipped, clipped**2, clipped**3, found, agreement**2, agreement**3], axis=1)
