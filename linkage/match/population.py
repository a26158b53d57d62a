"""What the size of the population says of two records that agree, before anything is known of the records.

Two sources of a and b records, drawn from N people, share about a·b/N of them; a share c of all a·b pairs
agrees by chance.  To one pair of one person there are c·N pairs by chance, whatever a and b: the odds that
two agreeing records are one person fall as 1/N (Newcombe, Kennedy, Axford and James, Science 130, 1959).
Pairs of two people of one home grow as those of one person do; their ratio says nothing of N.

Within one source it is the source that is drawn from, and all of it is at hand: such pairs are not touched.

Experience was learned where some thousands of people were compared.  Its shares of kinds are what is expected
before the data speak, and the data outvote it from a few dozen pairs on.  So an operator who links a handful
of records out of a large population should say so; with thousands of records it changes nothing, for then
chance has shown itself.  The other ways to weigh pairs learn all from the data at hand and do not ask.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError

__all__ = ["LEARNED_POPULATION", "at_population", "check_population"]

LEARNED_POPULATION: Final = 3600
"""People in the worlds that experience was learned from, on average (a test counts them)."""

_MOST: Final = 10**11
_STEEPEST, _HALVINGS = 60.0, 60


def check_population(population: int | None) -> None:
    """Raise :class:`InputError` for a size that no population has; None, for not known, is fine."""
    if population is not None and not 1 <= population <= _MOST:
        raise InputError(
            "population: not a number of people",
            hint="state how many people the sources are drawn from, or leave it out",
        )


def at_population(
    shares: NDArray[np.float64],
    densities: NDArray[np.float64],
    by_chance: NDArray[np.bool_],
    prior: tuple[NDArray[np.float64], float],
    population: int,
) -> NDArray[np.float64]:
    """Return shares of kinds (kinds,) for records drawn from a population of a stated size.

    ``shares`` were estimated from pairs with ``densities`` (m, kinds) and from ``prior``: shares (kinds,)
    that counted as so many pairs.  ``by_chance`` (kinds,): which kinds are of two strangers.  Only the share
    of pairs by chance among all moves, to the maximum of the same likelihood with as many expected as the
    population makes; the kinds within either group keep their ratios.  The likelihood is concave in that one
    share and its maximum falls with the population, so the log odds of no pair are ever higher in a larger
    one; at the size that was learned from, nothing changes.
    """
    top = densities.max(axis=1, keepdims=True, initial=-np.inf)
    explained = np.exp(densities - np.where(np.isfinite(top), top, 0.0)) * shares
    (expected, weight), people = prior, ~by_chance
    estimated = float(shares[people].sum())
    likely = explained[:, people].sum(axis=1) / estimated
    unlikely = explained[:, by_chance].sum(axis=1) / (1.0 - estimated)
    before = float(expected[people].sum()) / float(expected.sum())
    stated = before / (before + (1.0 - before) * population / LEARNED_POPULATION)
    share = _share(likely, unlikely, weight, stated)
    moved = shares * np.where(people, share / estimated, (1.0 - share) / (1.0 - estimated))
    return np.asarray(moved / moved.sum())


def _share(
    likely: NDArray[np.float64], unlikely: NDArray[np.float64], weight: float, expected: float
) -> float:
    """Return the share of pairs that are not by chance, by halving an interval of its log odds.

    The same places are tried whatever is expected, and more expected never makes the slope less: the result
    is monotone to the last bit.
    """
    low, high = -_STEEPEST, _STEEPEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        share = 1.0 / (1.0 + np.exp(-middle))
        there = likely * share
        known = float((there / (there + unlikely * (1.0 - share))).sum())
        if known + weight * expected > share * (len(likely) + weight):
            low = middle
        else:
            high = middle
    return float(1.0 / (1.0 + np.exp(-low)))
