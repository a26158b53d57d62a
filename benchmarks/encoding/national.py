"""Recall at the noise threshold that a nation's unrelated pairs force.

Among N unrelated pairs under V views, about N·V·Q(z) agree beyond z standard deviations of the noise, Q being
the upper tail of the normal distribution.  To keep that below one pair, 10^10 pairs force z = 6.6 and 10^12
z = 7.3 under six views.  Recall is the share of true pairs with a view that agrees beyond z.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from benchmarks.encoding.plain_text import PlainWorld
from benchmarks.encoding.quality import tables_of
from linkage.lab.evaluation import encode_tables, labels_of
from linkage.match.rows import gather
from linkage.profile import EncodingProfile

__all__ = ["forced_threshold", "loudest_views", "recall_beyond"]


def forced_threshold(unrelated: float, views: int) -> float:
    """Return the z beyond which less than one of the unrelated pairs is expected to agree by chance."""
    return float(norm.isf(1.0 / (unrelated * views)))


def loudest_views(profile: EncodingProfile, world: PlainWorld, key: bytes) -> NDArray[np.float64]:
    """Return, for every true pair of records, the agreement of its loudest view in standard deviations."""
    encoded = encode_tables(tables_of(world), profile, key)
    rows = gather([table.source for table in encoded], profile)
    person = world.entity[world.places(labels_of(encoded, rows.ids))][rows.record]
    members: dict[int, list[int]] = {}
    for number, one in enumerate(person.tolist()):
        members.setdefault(one, []).append(number)
    pairs = [(a, b) for group in members.values() for a in group for b in group if a < b]
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    found = np.zeros(_true_pairs(world))
    found[: len(left)] = _loudest(rows.words, rows.weights, rows.present, left, right, rows.length)
    return found


def recall_beyond(loudest: NDArray[np.float64], z: float) -> float:
    """Return the share of true pairs with a view beyond z."""
    return float((loudest > z).mean())


def _true_pairs(world: PlainWorld) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(world.entity.tolist()).values())


def _loudest(
    words: NDArray[np.uint64],
    weights: NDArray[np.int32],
    present: NDArray[np.bool_],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    length: int,
) -> NDArray[np.float64]:
    best = np.zeros(len(left))
    for view in range(len(words)):
        distance = np.bitwise_count(words[view, left] ^ words[view, right]).sum(axis=1, dtype=np.int64)
        expected = (1 - 2 * weights[view, left] / length) * (1 - 2 * weights[view, right] / length)
        beyond = (1 - 2 * distance / length - expected) * np.sqrt(length)
        best = np.maximum(best, np.where(present[view, left] & present[view, right], beyond, 0.0))
    return best
