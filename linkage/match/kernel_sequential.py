"""A sequential test: whether the first words of two filters leave a chance that the pair is kept.

Of two filters of L bits that differ in h places, the number of differing places among the first n follows the
hypergeometric law if every set of h places is as likely as any other.  That is so because positions are drawn
under the epoch's key, token by token, and so is the wiring of diffusion (docs/spec/encoding-1.md): which
places come first is chance to whoever compares.  It is an assumption about keys, not about names.

A pair is dropped if its first n bits differ in more than c(H) places, where H is the largest distance with
which the pair would be kept, and c(H) the smallest number that a pair of distance H exceeds with a
probability of at most ``miss``.  Pairs that differ in fewer places exceed it more rarely.  So a pair that one
view alone would keep is lost with a probability of at most ``miss``; one that several views keep, only if it
is lost in all of them; and a pair that is not at the limit, much more rarely.

All of it is decided in whole numbers and depends on no order of rows: every machine drops the same pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXACT", "PrefixTest", "choose_test", "prefix_limit"]

_WORD = 64

# What comparing takes, in the time of one word for a group of 64 pairs; measured once, and only a guide: a
# wrong guess costs time, never a pair.
LOOK, PASSED, WHOLE_GROUP = 0.8, 2.4, 1.2
"""To look at the distances of a group; to finish one pair that passed; to go on with a whole group."""


@dataclass(frozen=True, slots=True, eq=False)
class PrefixTest:
    """``words`` to look at first, and ``limits`` (L + 1,): by the largest distance that counts, theirs.

    No ``words``: each tile chooses, and nothing is ever missed.
    """

    words: int
    limits: NDArray[np.int64]


EXACT = PrefixTest(0, np.zeros(0, dtype=np.int64))


@lru_cache(maxsize=1 << 16)
def prefix_limit(length: int, bits: int, distance: int, miss: float) -> int:
    """Return the smallest c that the distance of the first ``bits`` exceeds with a probability <= ``miss``.

    ``distance``: in how many of ``length`` places the whole filters differ; the places are equally likely.
    Exact, in whole numbers.
    """
    numerator, denominator = miss.as_integer_ratio()
    allowed = comb(length, bits) * numerator
    count = min(bits, distance)
    term = comb(distance, count) * comb(length - distance, bits - count)
    tail = term * denominator
    while tail <= allowed:
        # Each term of the tail from the one above it: both binomial coefficients lose or gain a factor.
        term = term * count * (length - distance - bits + count)
        term //= (distance - count + 1) * (bits - count + 1)
        count -= 1
        tail += term * denominator
    return count


def choose_test(length: int, weights: Sequence[int], limit: int, miss: float) -> PrefixTest:
    """Return the test of one view, or :data:`EXACT` where none would save time.

    ``weights``: bits set in each row; ``limit``: a pair speaks if 2L·h + ua·ub is below it; ``miss`` above 0
    and below 1.
    """
    counts = np.asarray(weights, dtype=np.int64)
    words = length // _WORD
    if words < 2 or len(counts) < 2:
        return EXACT
    mean = int(counts.sum()) // len(counts)
    typical = _largest_distance(length, limit, length - 2 * mean, length - 2 * mean)
    chosen, best = 0, 0.98 * (words + LOOK)
    for prefix in range(1, words):
        passes = _chance_passes(
            length, mean, prefix * _WORD, prefix_limit(length, prefix * _WORD, typical, miss)
        )
        cost = prefix + LOOK + 64 * passes * PASSED
        if cost < best:
            chosen, best = prefix, cost
    if chosen == 0:
        return EXACT
    return PrefixTest(chosen, _limits(length, counts, limit, chosen * _WORD, miss))


def _largest_distance(length: int, limit: int, ua: int, ub: int) -> int:
    return min(max((limit - ua * ub - 1) // (2 * length), 0), length)


def _limits(length: int, weights: NDArray[np.int64], limit: int, bits: int, miss: float) -> NDArray[np.int64]:
    """Return limits by distance for all distances that two rows of such weights can be allowed."""
    ends = [length - 2 * int(weights.max()), length - 2 * int(weights.min())]
    reached = [_largest_distance(length, limit, ua, ub) for ua in ends for ub in ends]
    limits = np.full(length + 1, bits, dtype=np.int64)
    for distance in range(min(reached), max(reached) + 1):
        limits[distance] = prefix_limit(length, bits, distance, miss)
    return limits


def _chance_passes(length: int, weight: int, bits: int, limit: int) -> float:
    """Return the share of unrelated pairs whose first ``bits`` differ in at most ``limit`` places.

    Unrelated rows of ``weight`` bits differ in each place with the probability 2·w·(L − w) / L².
    """
    differs = 2.0 * weight * (length - weight) / (length * length)
    odds = differs / (1.0 - differs)
    # Binomial terms in proportion to the middle one, multiplied and divided only: the same floats on every
    # platform.
    middle = min(int(bits * differs), bits)
    terms = [0.0] * (bits + 1)
    terms[middle] = 1.0
    for count in range(middle, 0, -1):
        terms[count - 1] = terms[count] * count / ((bits - count + 1) * odds) if odds else 0.0
    for count in range(middle, bits):
        terms[count + 1] = terms[count] * (bits - count) * odds / (count + 1)
    return sum(terms[: limit + 1]) / sum(terms)
