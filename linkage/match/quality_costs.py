"""What a linkage is expected to cost at the costs that its operator stated, and whether it may go by itself.

Pairs that nobody is asked about cost what their errors cost; possible links cost their reviews, after which
they are taken to be right.  One question settles all possible links of one cluster, or of the same two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.choices import Choice, Costs
from linkage.match.linkage import Known, Linkage
from linkage.match.logistic import probability
from linkage.match.quality import Quality
from linkage.match.quality_pairs import settled
from linkage.match.quality_review import review_possible_links
from linkage.match.weighing import is_plain
from linkage.profile import EncodingProfile

__all__ = ["LEAST_PRECISION", "Reckoning", "Refusal", "charged", "reckon", "refusals"]

LEAST_PRECISION: Final = 0.95
"""With an estimated precision below this a linkage should not go by itself."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The choices of a linkage over its weighed pairs, and what they are expected to cost.

    ``false``: links that are not one person; ``missed``: non-links that are; both expected.  ``cost``: of
    these and of the ``questions`` that settle the possible links.  ``unreviewed``: what it would cost if
    nobody were asked and all stayed as it was joined.  No review is charged where there is no possible link.
    """

    links: int
    possible: int
    none: int
    questions: int
    false: float
    missed: float
    cost: float
    unreviewed: float


def reckon(linkage: Linkage, *, known: Iterable[Known] = ()) -> Reckoning:
    """Reckon what a finished linkage is expected to cost by its own log odds.

    Pairs that are ``known``, as they were when it was made, cost nothing.
    """
    known = tuple(known)
    pairs, kept = linkage.pairs, settled(linkage, known)
    count = max(len(linkage.records), 1)
    place = np.searchsorted(kept.left * count + kept.right, pairs.left * count + pairs.right)
    chance = probability(kept.log_odds[place]) if len(kept.log_odds) else np.zeros(0)
    questions = review_possible_links(linkage, known=known).questions
    return charged(pairs.choice, pairs.link, chance, questions, linkage.costs)


def charged(
    choice: NDArray[np.int8],
    linked: NDArray[np.bool_],
    chance: NDArray[np.float64],
    questions: int,
    costs: Costs,
) -> Reckoning:
    """Charge choices (m,) by the ``chance`` (m,) of each pair to be one person: 0 or 1 where it is known."""
    link, none = choice == Choice.LINK, choice == Choice.NONE
    false, missed = float((1.0 - chance[link]).sum()), float(chance[none].sum())
    wrong, lost = float((1.0 - chance[linked]).sum()), float(chance[~linked].sum())
    asked = costs.review * questions if questions else 0.0
    return Reckoning(
        links=int(link.sum()),
        possible=len(choice) - int(link.sum()) - int(none.sum()),
        none=int(none.sum()),
        questions=questions,
        false=false,
        missed=missed,
        cost=false * costs.false_link + missed * costs.missed_link + asked,
        unreviewed=wrong * costs.false_link + lost * costs.missed_link,
    )


class Refusal(Enum):
    """Why a linkage should not go by itself, in a reader's words."""

    NO_VALLEY = "one plain filter, and no place between strangers and matches where pairs are few"
    PRECISION = "the estimated precision is too low"


def refusals(linkage: Linkage, profile: EncodingProfile, quality: Quality) -> tuple[Refusal, ...]:
    """Return why nobody should let this linkage go without looking at it; none is no promise.

    ``NO_VALLEY``: a plain profile's one similarity was weighed neither by decoys nor by a valley, so nothing
    at hand says where noise ends.  ``PRECISION``: that of all pairs which clusters imply is estimated below
    ``LEAST_PRECISION``.
    """
    blind = is_plain(profile) and linkage.method in ("experience", "thresholds")
    imprecise = quality.implied.precision.value < LEAST_PRECISION
    found = ((Refusal.NO_VALLEY, blind), (Refusal.PRECISION, imprecise))
    return tuple(refusal for refusal, holds in found if holds)
