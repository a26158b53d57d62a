"""What a reviewer is shown of a possible link: why it is one, and the records around it.

Cases come in the order of the value of information (:mod:`linkage.match.quality_review`): what an answer is
expected to save at the costs that the operator stated.  Records are named by source and handle; whoever
shows a case to people leaves the handles out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.explanation import Explainer, PairExplanation
from linkage.match.explanation_standing import Distribution
from linkage.match.linkage import Known, Linkage, Source
from linkage.match.pair_index import PairIndex
from linkage.match.quality_review import review_possible_links
from linkage.match.rows import RecordId
from linkage.profile import EncodingProfile

__all__ = [
    "Around",
    "Edge",
    "ReviewCase",
    "ReviewRound",
    "Surroundings",
    "ViewDistributions",
    "review_cases",
]

WEAKEST = 3
"""So many of a person's links are marked as its weakest."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A pair among some records, which are counted from 0, and its log odds.

    ``linked``: both are one person now; ``weakest``: of the pairs within a person it is one of the lowest.
    """

    left: int
    right: int
    log_odds: float
    linked: bool
    weakest: bool


@dataclass(frozen=True, slots=True)
class Around:
    """The persons that two records belong to: their records, the two first, and the pairs kept among them.

    ``persons``: of each record 0 if it is of the first one's person, 1 if it is of the other's.
    """

    records: tuple[RecordId, ...]
    persons: tuple[int, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """One possible link.  ``value``: what an answer is expected to save, in the units of the costs.

    ``question``: no case before it asks about the same person, or the same two.
    """

    value: float
    question: bool
    why: PairExplanation
    around: Around


@dataclass(frozen=True, slots=True)
class ViewDistributions:
    """How one view is spread among the linkage's pairs of one person, and among those of strangers."""

    view: str
    matches: Distribution
    strangers: Distribution


@dataclass(frozen=True, slots=True)
class ReviewRound:
    """The cases of one linkage, those first whose answers are worth most, and what to read them against."""

    cases: tuple[ReviewCase, ...]
    views: tuple[ViewDistributions, ...]


def review_cases(
    sources: Sequence[Source],
    profile: EncodingProfile,
    linkage: Linkage,
    *,
    most: int,
    known: Iterable[Known] = (),
    population: int | None = None,
    explainer: Explainer | None = None,
) -> ReviewRound:
    """Describe the ``most`` possible links whose answers are worth most, and the views of all pairs.

    ``sources``, ``profile``, ``known`` and ``population`` as they were given to
    :func:`linkage.match.linkage.link`; ``explainer``: one of this linkage, if there is one.
    Raises :class:`InputError` where the sources hold other records.
    """
    known = tuple(known)
    review = review_possible_links(linkage, known=known)
    if not len(linkage.pairs):
        return ReviewRound((), ())
    if explainer is None:
        explainer = Explainer(sources, profile, linkage, known=known, population=population)
    chosen = zip(
        review.left[:most].tolist(),
        review.right[:most].tolist(),
        review.value[:most].tolist(),
        review.first[:most].tolist(),
        strict=True,
    )
    surroundings = Surroundings(linkage)
    cases = tuple(
        ReviewCase(
            value=value,
            question=first,
            why=explainer.pair(linkage.records[left], linkage.records[right]),
            around=surroundings.of(left, right),
        )
        for left, right, value, first in chosen
    )
    views = tuple(
        ViewDistributions(view.name, *spread)
        for view, spread in zip(profile.views, explainer.distributions(), strict=True)
    )
    return ReviewRound(cases, views)


class Surroundings:
    """Finds what is around any two records of one linkage, of which all pairs are looked at once."""

    def __init__(self, linkage: Linkage) -> None:
        self._linkage = linkage
        self._index = PairIndex.of(linkage.pairs.left, linkage.pairs.right, len(linkage.records))
        self._order = np.argsort(linkage.clusters, kind="stable")
        self._first = np.searchsorted(
            linkage.clusters, np.arange(int(linkage.clusters.max()) + 2), sorter=self._order
        )

    def of(self, left: int, right: int) -> Around:
        """Return the records of the one or two persons that two records (by number) belong to."""
        linkage, pairs = self._linkage, self._linkage.pairs
        members = self._members(sorted({int(linkage.clusters[one]) for one in (left, right)}))
        others = [one for one in members.tolist() if one not in (left, right)]
        places = {one: place for place, one in enumerate([left, right, *others])}
        inside = [
            one
            for one in self._index.naming(members).tolist()
            if int(pairs.left[one]) in places and int(pairs.right[one]) in places
        ]
        linked = sorted((one for one in inside if pairs.link[one]), key=lambda one: float(pairs.score[one]))
        weakest = {one for label in (left, right) for one in _of(linkage, linked, label)[:WEAKEST]}
        edges = [
            Edge(
                places[int(pairs.left[one])],
                places[int(pairs.right[one])],
                float(pairs.score[one]),
                bool(pairs.link[one]),
                one in weakest,
            )
            for one in inside
        ]
        return Around(
            tuple(linkage.records[one] for one in places),
            tuple(int(linkage.clusters[one] != linkage.clusters[left]) for one in places),
            tuple(edges),
        )

    def _members(self, clusters: Sequence[int]) -> NDArray[np.int64]:
        """Return the records of clusters, sorted."""
        parts = [self._order[self._first[one] : self._first[one + 1]] for one in clusters]
        return np.sort(np.concatenate(parts))


def _of(linkage: Linkage, linked: Sequence[int], record: int) -> list[int]:
    """Return the linked pairs of a record's person, in the order given."""
    label = linkage.clusters[record]
    return [one for one in linked if linkage.clusters[linkage.pairs.left[one]] == label]
