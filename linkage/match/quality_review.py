"""What people should look at: how many pairs are in doubt, and which of them first.

An answer is worth what it saves: the chance that the linkage is wrong about a pair, times the pairs that
hang on it, times what such an error costs.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.choices import Choice
from linkage.match.linkage import Known, Linkage
from linkage.match.logistic import probability
from linkage.match.quality_pairs import SURE, Kept, settled

__all__ = ["Review", "plan_review", "review_possible_links"]


@dataclass(frozen=True, slots=True, eq=False)
class Review:
    """Pairs in doubt, those first whose answers are worth most.

    Shapes (m,): ``left`` and ``right`` int64, numbers of records; ``probability`` and ``value`` float64;
    ``linked`` bool, both ended as one person; ``first`` bool, no earlier pair asks about the same cluster or
    the same two clusters.  The pairs that are ``first`` come before all others.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    probability: NDArray[np.float64]
    linked: NDArray[np.bool_]
    value: NDArray[np.float64]
    first: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.left)

    @property
    def questions(self) -> int:
        """How many of the pairs are questions of their own; an answer to one of them answers the rest."""
        return int(self.first.sum())


def plan_review(
    linkage: Linkage,
    *,
    low: float = 0.1,
    high: float = 0.9,
    false_link: float = 1.0,
    missed_link: float = 1.0,
    known: Iterable[Known] = (),
) -> Review:
    """Return the kept pairs with ``low`` < probability < ``high``, in order of the value of an answer.

    ``false_link`` and ``missed_link``: what one pair wrongly joined, or wrongly left apart, costs.  A linked
    pair stakes the pairs of one record with the rest of its cluster; a pair apart stakes all pairs between
    the two clusters.  Pairs that are ``known`` are asked of nobody.  Ties go to the smallest records.
    Raises :class:`ValueError` for a band that is none, or a negative cost.
    """
    if not 0.0 <= low < high <= 1.0 or min(false_link, missed_link) < 0.0:
        raise ValueError("plan_review: 0 <= low < high <= 1 and costs of 0 or more are needed")
    kept = settled(linkage, known)
    chance = probability(kept.log_odds)
    return _ordered(linkage, _some(kept, (chance > low) & (chance < high)), false_link, missed_link)


def review_possible_links(linkage: Linkage, *, known: Iterable[Known] = ()) -> Review:
    """Return the possible links of a linkage, in order of the value of an answer at the linkage's costs.

    Order, value and ``known`` are as for :func:`plan_review`.
    """
    pairs, costs = linkage.pairs, linkage.costs
    kept, count = settled(linkage, known), max(len(linkage.records), 1)
    possible = pairs.choice == Choice.POSSIBLE
    keys = pairs.left[possible] * count + pairs.right[possible]
    asked = np.isin(kept.left * count + kept.right, keys) & (np.abs(kept.log_odds) != SURE)
    return _ordered(linkage, _some(kept, asked), costs.false_link, costs.missed_link)


def _some(kept: Kept, which: NDArray[np.bool_]) -> Kept:
    return Kept(kept.left[which], kept.right[which], kept.log_odds[which])


def _ordered(linkage: Linkage, asked: Kept, false_link: float, missed_link: float) -> Review:
    left, right, chance = asked.left, asked.right, probability(asked.log_odds)
    a, b = linkage.clusters[left], linkage.clusters[right]
    sizes = np.bincount(linkage.clusters, minlength=1)
    linked = a == b
    joined = (1.0 - chance) * false_link * (sizes[a] - 1)
    value = np.where(linked, joined, chance * missed_link * sizes[a] * sizes[b])
    order = np.lexsort((right, left, -value))
    about = np.minimum(a, b) * max(len(linkage.records), 1) + np.maximum(a, b)
    first = np.zeros(len(left), dtype=np.bool_)
    first[order[np.unique(about[order], return_index=True)[1]]] = True
    order = order[np.argsort(~first[order], kind="stable")]
    return Review(left[order], right[order], chance[order], linked[order], value[order], first[order])
