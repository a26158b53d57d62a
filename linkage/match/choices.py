"""Link, possible link or non-link: the choice of least expected cost (Fellegi and Sunter, 1969).

The operator states what a false link, a missed link and one clerical review cost.  For a pair that is one
person with probability p, linking costs (1 − p) · false link, not linking p · missed link, and asking the
cost of a review; the least of them is chosen (Verykios, Moustakides and Elfeky, VLDB Journal 12, 2003).  So
there are two bounds: below the lower nobody need look, above the upper neither, and between them somebody
should.  Where a review costs more than it can save the two are one, p = false / (false + missed).

Until somebody has looked, a possible link that is more likely one person than not counts as one.  That is a
state and no decision: the cut of clusters lies at p = 1/2, or at the bound that is nearer to it.

A pair does not stand alone, and what becomes of the records around it can put a link in doubt that its own
log odds do not.  Each such :class:`Reason` has a rule below.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from math import isfinite, isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.clustering_doubts import (
    NARROW_MEAN,
    REFUSED_MEAN,
    narrow_merges,
    refused_merges,
    strongest_rivals,
)
from linkage.match.incremental import Clusters
from linkage.match.incremental_places import places_of
from linkage.match.rows import RecordId

__all__ = [
    "DEFAULT_COSTS",
    "Choice",
    "Costs",
    "Reason",
    "choose",
    "choose_among",
    "expected_costs",
    "own_reasons",
    "with_reasons",
]


class Choice(IntEnum):
    """What a pair of records is taken for."""

    NONE = 0
    POSSIBLE = 1
    LINK = 2


class Reason(IntFlag):
    """Why a pair is a possible link and no link or non-link; several can hold.

    ``UNCERTAIN``: its own log odds lie between the bounds.  ``RIVAL``: it is a link, but beside another good
    pair of one of its records, with another person's, it would lie between them.  ``NARROW``: it holds
    together the two parts of a cluster that were merged last, and hardly.  ``REFUSED``: only a source
    declared free of duplicates keeps two clusters apart that all else would join.  ``OVERRULED``: its log
    odds say link, those of the pairs around it said no.  ``UNSUPPORTED``: its log odds say non-link, others
    joined its records.
    """

    UNCERTAIN = 1
    RIVAL = 2
    NARROW = 4
    REFUSED = 8
    OVERRULED = 16
    UNSUPPORTED = 32


@dataclass(frozen=True, slots=True)
class Costs:
    """What an error or a review costs, per pair of records; only their ratios count.

    The defaults ask about pairs between .1 and .95: a false link, which shows an agency another child's
    history, is taken to be worse than a missed one.  ``review`` may be infinite: nobody reviews.
    Raises :class:`InputError` for a cost that is none.
    """

    false_link: float = 2.0
    missed_link: float = 1.0
    review: float = 0.1

    def __post_init__(self) -> None:
        errors = (self.false_link, self.missed_link)
        if not all(isfinite(cost) and cost > 0.0 for cost in errors):
            raise InputError(
                "costs: those of a false and of a missed link must be numbers above 0",
                hint="only ratios count: state a missed link as 1 and a false one as what it is worth",
            )
        if isnan(self.review) or self.review < 0.0:
            raise InputError("costs: that of a review must be 0 or more", hint="state it in missed links")

    @property
    def reviews(self) -> bool:
        """Whether there is any pair of which a review saves more than it costs."""
        return self.review * (self.false_link + self.missed_link) < self.false_link * self.missed_link

    @property
    def even(self) -> float:
        """The probability at which linking costs as much as not linking."""
        return self.false_link / (self.false_link + self.missed_link)

    @property
    def low(self) -> float:
        """The probability up to which a pair is a non-link."""
        return self.review / self.missed_link if self.reviews else self.even

    @property
    def high(self) -> float:
        """The probability from which on a pair is a link."""
        return 1.0 - self.review / self.false_link if self.reviews else self.even

    @property
    def bounds(self) -> tuple[float, float]:
        """``low`` and ``high`` as log odds."""
        return _log_odds(self.low), _log_odds(self.high)

    @property
    def cut(self) -> float:
        """The log odds beyond which two records are joined for the time being."""
        low, high = self.bounds
        return min(max(0.0, low), high)


DEFAULT_COSTS: Final = Costs()

_DIGITS: Final = 6
"""Log odds differ in their last digits between processors: nothing is decided by those."""


def _log_odds(probability: float) -> float:
    with np.errstate(divide="ignore"):
        return float(np.log(probability) - np.log1p(-probability))


def choose(log_odds: NDArray[np.float64], costs: Costs = DEFAULT_COSTS) -> NDArray[np.int8]:
    """Return the :class:`Choice` (m,) of least expected cost for pairs by themselves.

    On a bound, where two choices cost the same, the pair is left apart, or asked about.
    """
    low, high = costs.bounds
    rounded = np.round(log_odds, _DIGITS)
    return (rounded > low).astype(np.int8) + (rounded > high).astype(np.int8)


def expected_costs(probability: NDArray[np.float64], costs: Costs = DEFAULT_COSTS) -> NDArray[np.float64]:
    """Return what each choice would cost (m, choices), in the order of :class:`Choice`."""
    return np.stack(
        [
            probability * costs.missed_link,
            np.full(len(probability), costs.review),
            (1.0 - probability) * costs.false_link,
        ],
        axis=1,
    )


def choose_among(
    clusters: Clusters, costs: Costs, said: NDArray[np.int8], *, rivals_counted: bool = False
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """Return the choice (m,) for every pair of finished clusters, and the reasons of the possible ones.

    ``clusters`` were made of log odds less ``costs.cut``.  ``said`` (m,): 1 for pairs that somebody knows to
    be one person, -1 for those that must stay apart, 0 elsewhere; what is known is no matter of costs.
    ``rivals_counted``: log odds are those of pairs beside their rivals, which are not weighed once more.
    Where no review is worth its cost, what was joined is a link and the rest are none.
    """
    joined = clusters.labels[clusters.left] == clusters.labels[clusters.right]
    reasons = own_reasons(clusters.weights + costs.cut, joined, costs)
    if costs.reviews:
        if not rivals_counted:
            reasons |= _rivals(clusters, joined, said, costs)
        reasons |= _narrow(clusters, joined, costs)
        reasons |= _refused(clusters, joined, costs)
    reasons[said != 0] = 0
    return with_reasons(joined, reasons), reasons


def with_reasons(joined: NDArray[np.bool_], reasons: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Return the :class:`Choice` (m,): what became of a pair, but for those with a reason to ask."""
    settled = np.where(joined, Choice.LINK, Choice.NONE)
    return np.where(reasons == 0, settled, Choice.POSSIBLE).astype(np.int8)


def own_reasons(
    log_odds: NDArray[np.float64], joined: NDArray[np.bool_], costs: Costs = DEFAULT_COSTS
) -> NDArray[np.uint8]:
    """Return the reasons (m,) that lie in a pair's own log odds and in whether it was joined."""
    if not costs.reviews:
        return np.zeros(len(joined), dtype=np.uint8)
    own = choose(log_odds, costs)
    found = np.where(own == Choice.POSSIBLE, Reason.UNCERTAIN, 0)
    found = np.where(~joined & (own == Choice.LINK), Reason.OVERRULED, found)
    return np.where(joined & (own == Choice.NONE), Reason.UNSUPPORTED, found).astype(np.uint8)


def _rivals(
    clusters: Clusters, joined: NDArray[np.bool_], said: NDArray[np.int8], costs: Costs
) -> NDArray[np.uint8]:
    """Mark links that a rival puts in doubt: p = o / (1 + o + odds of the strongest rival) within the bounds.

    A record cannot be one person with two others that are not.  A rival that is a non-link by itself is none.
    """
    low, high = costs.bounds
    own = np.round(clusters.weights + costs.cut, _DIGITS)
    rival = strongest_rivals(clusters, ~joined & (said >= 0) & (own > low))[0] + costs.cut
    beside = own - np.logaddexp(0.0, np.maximum(rival[clusters.left], rival[clusters.right]))
    doubtful = joined & (np.round(beside, _DIGITS) <= high) & (own > high)
    return np.where(doubtful, Reason.RIVAL, 0).astype(np.uint8)


def _narrow(clusters: Clusters, joined: NDArray[np.bool_], costs: Costs) -> NDArray[np.uint8]:
    """Mark the pairs between the two parts of a cluster whose last merge was narrow and within the bounds."""
    most = min(NARROW_MEAN, costs.bounds[1] - costs.cut)
    parts = [merge.part for merge in narrow_merges(clusters, most=most)]
    side = _sides(clusters, parts)
    a, b = side[clusters.left], side[clusters.right]
    between = joined & (a != b)
    return np.where(between, Reason.NARROW, 0).astype(np.uint8)


def _refused(clusters: Clusters, joined: NDArray[np.bool_], costs: Costs) -> NDArray[np.uint8]:
    """Mark the pairs between two clusters that only a declaration keeps apart."""
    if not clusters.statements.duplicate_free:
        return np.zeros(len(joined), dtype=np.uint8)
    refused = refused_merges(clusters, least=max(REFUSED_MEAN, costs.bounds[0] - costs.cut))
    firsts = [(merge.left[0], merge.right[0]) for merge in refused]
    ends = places_of(clusters.records, (record for pair in firsts for record in pair)).reshape(-1, 2)
    count = len(clusters.records)
    keys = _keys(clusters.labels[ends[:, 0]], clusters.labels[ends[:, 1]], count)
    between = _keys(clusters.labels[clusters.left], clusters.labels[clusters.right], count)
    return np.where(~joined & np.isin(between, keys), Reason.REFUSED, 0).astype(np.uint8)


def _sides(clusters: Clusters, parts: list[tuple[RecordId, ...]]) -> NDArray[np.bool_]:
    side = np.zeros(len(clusters.records), dtype=np.bool_)
    side[places_of(clusters.records, (record for part in parts for record in part))] = True
    return side


def _keys(a: NDArray[np.int64], b: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.minimum(a, b) * count + np.maximum(a, b)
