"""From similarities to weights of evidence, without labels.

The shipped experience says how well each kind of pair (one person, one home, chance on this ground or that)
explains what the views say.  How frequent the kinds are is estimated from the data at hand by expectation
maximisation over the shares alone (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002).  With the
densities fixed, the likelihood is concave in the shares: there is one best answer, which no start and no
order can miss, and the fit cannot drift to another kind of pair, as fitting the densities too would.  A set
without families thus links on less evidence than a town full of twins.
"""

from collections.abc import Callable, Sequence
from copy import copy
from functools import partial

import numpy as np
from numpy.typing import NDArray

from linkage.match.experience import Experience, shipped_experience
from linkage.match.population import at_population
from linkage.match.similarity import Similarities
from linkage.profile import EncodingProfile

__all__ = ["Judge", "estimate_shares", "estimate_shares_apart", "evenly_chosen"]

_EXPECTED_PAIRS = 20.0
"""The shares that the experience was learned under count as much as this many pairs: in a set with a handful
of pairs they decide."""

_SMALLEST_SHARE = 1e-6
_NEVER = 1e-300
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

    @property
    def looks_at_every_view(self) -> bool:
        """Whether what was learned of the profile's pairs tells every view apart."""
        return self._experience is not None and self._experience.every_view

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
        taught = self.taught_by(densities, within)
        weights = np.empty(len(densities))
        for which, inside in ((within, True), (~within, False)):
            weights[which] = taught[inside](densities[which])
        return weights

    def taught_by(
        self, densities: NDArray[np.float64], within: NDArray[np.bool_]
    ) -> dict[bool, Callable[[NDArray[np.float64]], NDArray[np.float64]]]:
        """Return what weighs pairs (any, kinds) by how frequent kinds are among those with ``densities``.

        One for pairs within sources, True, and one for those across; ``within`` as for :meth:`weigh`.
        """
        shares = self.shares_among(densities, within)
        return {inside: self.by_shares(shares[inside]) for inside in (True, False)}

    def by_shares(
        self, shares: NDArray[np.float64] | None
    ) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
        """Return what weighs pairs (any, kinds) where kinds are as frequent as ``shares`` (kinds,) say."""
        return partial(self._log_odds, shares=shares)

    def shares_among(
        self, densities: NDArray[np.float64], within: NDArray[np.bool_]
    ) -> dict[bool, NDArray[np.float64] | None]:
        """Return how frequent kinds are among pairs within sources, and across; None without experience."""
        if self._experience is None:
            return {True: None, False: None}
        inside, across = estimate_shares_apart((densities[within], densities[~within]), self._experience)
        if self._population is not None:
            by_chance = ~(self._experience.persons | self._experience.homes)
            prior = self._experience.shares, _EXPECTED_PAIRS
            pairs = _chosen(densities[~within])
            across = at_population(across, pairs, by_chance, prior, self._population)
        return {True: inside, False: across}

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
    return estimate_shares_apart((densities,), experience)[0]


def estimate_shares_apart(
    groups: Sequence[NDArray[np.float64]], experience: Experience
) -> list[NDArray[np.float64]]:
    """Estimate how frequent each kind of pair is in several groups of pairs of one set of data.

    An experience of several surroundings is estimated for each of them alone, for the data come from one.
    Each counts by how well it explains all groups; a few dozen pairs tell which it is.
    """
    parts = experience.surroundings
    shares = [np.zeros(len(experience.shares)) for _ in groups]
    fits = np.zeros(len(parts))
    for number, which in enumerate(parts):
        for densities, share in zip(groups, shares, strict=True):
            share[which], fit = _settled(_chosen(densities)[:, which], experience.shares[which])
            fits[number] += fit
    likely = np.exp(fits - fits.max())
    counts = sum(which * one for which, one in zip(parts, likely / likely.sum(), strict=True))
    return [np.maximum(share * counts, _NEVER) for share in shares]


def _settled(
    densities: NDArray[np.float64], expected: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the shares of the kinds of one surroundings, and the logarithm of how well they fit."""
    prior = expected / expected.sum()
    top = densities.max(axis=1, keepdims=True)
    likelihoods = np.exp(densities - top)
    shares = prior
    for _ in range(_ROUNDS):
        explained = likelihoods * shares
        explained /= explained.sum(axis=1, keepdims=True)
        updated = explained.sum(axis=0) + _EXPECTED_PAIRS * prior
        updated = np.maximum(updated / (len(densities) + _EXPECTED_PAIRS), _SMALLEST_SHARE)
        settled = np.abs(updated - shares).max() < _SETTLED
        shares = updated / updated.sum()
        if settled:
            break
    fit = float((np.log(likelihoods @ shares) + top[:, 0]).sum() + _EXPECTED_PAIRS * (prior @ np.log(shares)))
    return shares, fit


def evenly_chosen(count: int) -> NDArray[np.intp]:
    """Return which of so many pairs shares are estimated from: all, or as many as would not move them."""
    return np.arange(0, count, max(1, -(-count // _MOST_PAIRS)))


def _chosen(densities: NDArray[np.float64]) -> NDArray[np.float64]:
    return densities[evenly_chosen(len(densities))]
