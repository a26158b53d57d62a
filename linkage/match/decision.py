"""From similarities to weights of evidence, without labels.

The shipped experience says how well each kind of pair (one person, one home, chance on this ground or that)
explains what the views say.  How frequent the kinds are is estimated from the data at hand by expectation
maximisation over the shares alone (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002).  With the
densities fixed, the likelihood is concave in the shares: there is one best answer, which no start and no
order can miss, and the fit cannot drift to another kind of pair, as fitting the densities too would.  A set
without families thus links on less evidence than a town full of twins.
"""

from collections.abc import Callable
from copy import copy
from functools import partial

import numpy as np
from numpy.typing import NDArray

from linkage.match.experience import Experience, shipped_experience
from linkage.match.population import at_population
from linkage.match.similarity import Similarities
from linkage.profile import EncodingProfile

__all__ = ["Judge", "estimate_shares"]

_EXPECTED_PAIRS = 20.0
"""The shares that the experience was learned under count as much as this many pairs: in a set with a handful
of pairs they decide."""

_SMALLEST_SHARE = 1e-6
_ROUNDS, _SETTLED = 1000, 1e-8
_MOST_PAIRS = 1 << 18
"""Shares are estimated from at most this many pairs, evenly chosen: more would not move them."""

_MOST_HOMES = 0.05
"""Pairs of one home to pairs of one person, beyond which households are no accident of the estimate."""

_MARGIN_SLOPE = 30.0
"""Log odds per unit of Dice beyond a view's threshold, for profiles without experience."""


class Judge:
    """Weighs pairs under one profile: first all pairs are described, then weighed together.

    A profile without experience falls back on its thresholds: a pair links if some view's Dice estimate
    exceeds the view's.  ``population``: how many people the sources are drawn from, where that is known.
    """

    def __init__(self, profile: EncodingProfile, population: int | None = None) -> None:
        self._population = population
        self._experience = shipped_experience(profile)
        self._persons = np.array([True, False]) if self._experience is None else self._experience.persons
        self._thresholds = np.array(
            [profile.decision.thresholds.get(view.name, 1.0) for view in profile.views], dtype=np.float64
        )

    @property
    def experienced(self) -> bool:
        """Whether anything was learned of the profile's pairs."""
        return self._experience is not None

    def sees_homes(self, densities: NDArray[np.float64]) -> bool:
        """Say whether pairs (m, kinds) of two people of one home are among those of the set.

        Where nothing was learned of the profile nobody can say, and none are taken to be there.
        """
        if self._experience is None:
            return False
        shares = estimate_shares(densities, self._experience)
        homes = float(shares[self._experience.homes].sum())
        return homes > _MOST_HOMES * float(shares[self._persons].sum())

    def describe(self, found: Similarities) -> NDArray[np.float64]:
        """Return (m, kinds): how well each kind of pair explains what the views say, as logarithms."""
        if self._experience is not None:
            return self._experience.densities(found)
        margins = np.where(found.active, found.dice - self._thresholds, -1.0)
        return np.stack([_MARGIN_SLOPE * margins.max(axis=1), np.zeros(len(found))], axis=1)

    def with_numbers(
        self, densities: NDArray[np.float64], numbers: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return densities (m, kinds) with what exact numbers say (m,) added to those of one person."""
        return np.asarray(densities + np.outer(numbers, self._persons))

    def rank(self, densities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Order pairs before anything is known of the set, to find the best of several variants."""
        return self._log_odds(densities, None if self._experience is None else self._experience.shares)

    def weigh(self, densities: NDArray[np.float64], within: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return each pair's log odds (m,) of being one person, given all the pairs of the set.

        ``within`` (m,): both records are of one source.  How frequent the kinds of pairs are is estimated
        apart for those: a source holds a person twice far more rarely than two sources share one.
        """
        weights = np.empty(len(densities))
        for which, inside in ((within, True), (~within, False)):
            weights[which] = self.taught_by(densities[which], within=inside)(densities[which])
        return weights

    def taught_by(
        self, densities: NDArray[np.float64], *, within: bool
    ) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """Return what weighs pairs (any, kinds) by how frequent kinds are among those with ``densities``.

        ``within``: all of them are within sources; else none is.
        """
        if self._experience is None:
            return partial(self._log_odds, shares=None)
        shares, expected = estimate_shares(densities, self._experience), self._experience.shares
        if self._population is not None and not within:
            by_chance = ~(self._experience.persons | self._experience.homes)
            prior = expected, _EXPECTED_PAIRS
            shares = at_population(shares, _chosen(densities), by_chance, prior, self._population)
        return partial(self._log_odds, shares=shares)

    def knowing(self, experience: Experience) -> "Judge":
        """Return the same judge with another experience, of pairs described in another way."""
        other = copy(self)
        other._experience, other._persons = experience, experience.persons
        return other

    def _log_odds(
        self, densities: NDArray[np.float64], shares: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        scores = densities if shares is None else densities + np.log(shares)
        person, other = (scores[:, which] for which in (self._persons, ~self._persons))
        return np.asarray(np.logaddexp.reduce(person, axis=1) - np.logaddexp.reduce(other, axis=1))


def estimate_shares(densities: NDArray[np.float64], experience: Experience) -> NDArray[np.float64]:
    """Estimate how frequent each kind of pair is from all pairs (m, kinds); the shares sum to 1."""
    chosen = _chosen(densities)
    likelihoods = np.exp(chosen - chosen.max(axis=1, keepdims=True))
    shares = experience.shares
    for _ in range(_ROUNDS):
        explained = likelihoods * shares
        explained /= explained.sum(axis=1, keepdims=True)
        updated = explained.sum(axis=0) + _EXPECTED_PAIRS * experience.shares
        updated = np.maximum(updated / (len(chosen) + _EXPECTED_PAIRS), _SMALLEST_SHARE)
        settled = np.abs(updated - shares).max() < _SETTLED
        shares = updated / updated.sum()
        if settled:
            break
    return np.asarray(shares)


def _chosen(densities: NDArray[np.float64]) -> NDArray[np.float64]:
    return densities[:: max(1, -(-len(densities) // _MOST_PAIRS))]
