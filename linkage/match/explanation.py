"""Why two records were, or were not, taken for one person: view by view, as data for a console.

Nothing here decides anything, and nothing identifies anybody: records are named by source and handle.  What
a view says is set beside what it says in other pairs of the set, and its weight of evidence beside those of
the others (:mod:`linkage.match.explanation_shares`): with the start, the numbers and what other pairs say,
the weights sum to the pair's log odds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match.choices import Choice, Reason
from linkage.match.clustering_weakest import weakest_links
from linkage.match.decision import evenly_chosen
from linkage.match.declaration import believed
from linkage.match.explanation_rows import BestRows, Described, chance_deviations
from linkage.match.explanation_shares import contributions
from linkage.match.explanation_standing import Distribution, Standing, ViewAmong
from linkage.match.explanation_weights import Weights
from linkage.match.incremental import Clusters, Statements
from linkage.match.incremental_places import places_of
from linkage.match.linkage import Known, Linkage, Source
from linkage.match.logistic import probability
from linkage.match.rows import RecordId, Rows, gather
from linkage.match.weighing import Method
from linkage.profile import EncodingProfile, View

__all__ = ["Explainer", "PairExplanation", "PersonExplanation", "State", "ViewEvidence", "evidence_by_view"]

State = Literal["speaks", "silent", "missing"]


@dataclass(frozen=True, slots=True)
class ViewEvidence:
    """What one view says of a pair.

    ``state``: it agrees beyond noise, or no more than noise, or is missing on either side.  ``similarity``:
    the Dice estimate, 0 where silent, None where missing.  ``deviations``: by how many standard deviations
    the filters agree more than two unrelated ones would.  ``weight``: its part of the pair's log odds.
    ``matches`` and ``strangers``: the view among all weighed pairs, as far as they are and are not one
    person.
    """

    view: str
    state: State
    similarity: float | None
    deviations: float | None
    weight: float
    matches: Standing
    strangers: Standing


@dataclass(frozen=True, slots=True)
class PairExplanation:
    """Two records, and the log odds that they are one person, piece by piece.

    ``log_odds`` = ``start`` + the weights of the ``views`` + ``numbers`` + ``others``.  ``start``: the share
    of one person's pairs among weighed ones, apart for pairs within a source and across.  ``numbers``: what
    exact tokens say.  ``others``: what other pairs of the two records, and other records, say: rivals
    (``decoys``), the level of records that are alike to all (``valley``); 0 elsewhere, but for a pair that
    its numbers alone brought.  ``kept``: the comparison kept the pair; else the log odds are what it would
    have got, it has no choice, and clusters count it as absent.  ``linked``: both ended as one person.
    ``known``: what somebody has said of the two, that they are the same person or not; None where nobody has.
    """

    left: RecordId
    right: RecordId
    known: bool | None
    method: Method
    kept: bool
    linked: bool
    choice: str | None
    reasons: tuple[str, ...]
    log_odds: float
    probability: float
    start: float
    views: tuple[ViewEvidence, ...]
    numbers: float
    others: float


@dataclass(frozen=True, slots=True)
class PersonExplanation:
    """What holds a person together least (:mod:`linkage.match.clustering_weakest`).

    ``part``: the smaller side of the weakest cut, empty where there is none, and ``log_odds`` the mean of the
    pairs across it, less the cut of the linkage's costs.  ``exhaustive``: every cut was tried.  ``weakest``:
    the pairs within the person with the lowest log odds, lowest first.
    """

    records: tuple[RecordId, ...]
    choice: str
    part: tuple[RecordId, ...]
    log_odds: float | None
    exhaustive: bool
    weakest: tuple[PairExplanation, ...]


class Explainer:
    """Explains pairs and persons of one finished linkage, from the encodings that it was made of.

    ``sources``, ``profile``, ``known`` and ``population`` as they were given to
    :func:`linkage.match.linkage.link`.  The kept pairs are looked at once, when this is made; of very many
    an even choice stands for all, the one from which weights of evidence were found.
    Raises :class:`InputError` where the sources hold other records than the linkage.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        profile: EncodingProfile,
        linkage: Linkage,
        *,
        known: Iterable[Known] = (),
        population: int | None = None,
    ) -> None:
        self._profile, self._linkage = profile, linkage
        self.population = population
        self._known = tuple(known)
        self._said = {frozenset((one.left, one.right)): one.same for one in self._known}
        rows = gather(believed(sources, linkage.declarations), profile)
        if rows.ids != linkage.records:
            raise InputError(
                "explanation: the sources hold other records than the linkage",
                hint="give the encodings that were linked",
            )
        self._rows = BestRows(rows, profile)
        chosen, counts = _standing_for_all(rows, linkage)
        pairs = linkage.pairs
        kept = self._rows.described(pairs.left[chosen], pairs.right[chosen])
        odds = (pairs.score if linkage.own is None else linkage.own)[chosen]
        weighed = kept
        if profile.exact:  # no weights were found by what numbers alone brought
            seen = self._rows.brought_by_views(kept.pairs)
            weighed, odds = kept.take(seen), odds[seen]
        self.weights = Weights(profile, linkage.method, weighed, odds, population)
        likely = probability(pairs.score[chosen])
        self._among = [
            tuple(ViewAmong(kept.found, view, counts * share) for share in (likely, 1.0 - likely))
            for view in range(len(profile.views))
        ]

    def pair(self, a: RecordId, b: RecordId) -> PairExplanation:
        """Explain any two records.  Raises :class:`InputError` if one is unknown, or both are one."""
        if a == b:
            raise InputError("explanation: a record is no pair with itself", hint="name two records")
        left, right = np.sort(places_of(self._linkage.records, (a, b)))
        linkage, pairs = self._linkage, self._linkage.pairs
        first, last = np.searchsorted(pairs.left, [left, left + 1])
        place = int(first + np.searchsorted(pairs.right[first:last], right))
        kept = place < last and pairs.right[place] == right
        described = self._rows.described(np.array([left]), np.array([right]))
        model, background = self.weights.of(within=bool(described.within[0]))
        parts, by_views = contributions(model, described.found, background)
        numbers = float(described.numbers[0])
        log_odds = float(pairs.score[place]) if kept else by_views + numbers
        reasons = Reason(int(pairs.reasons[place])) if kept else Reason(0)
        return PairExplanation(
            left=linkage.records[left],
            right=linkage.records[right],
            known=self._said.get(frozenset((a, b))),
            method=linkage.method,
            kept=bool(kept),
            linked=bool(linkage.clusters[left] == linkage.clusters[right]),
            choice=Choice(int(pairs.choice[place])).name if kept else None,
            reasons=tuple(reason.name or "" for reason in reasons),
            log_odds=log_odds,
            probability=float(probability(np.array(log_odds))),
            start=background.start,
            views=evidence_by_view(self._profile.views, self._rows.rows, described, parts, self._standing),
            numbers=numbers,
            others=log_odds - by_views - numbers,
        )

    def _standing(self, number: int, similarity: float | None) -> tuple[Standing, Standing]:
        matches, strangers = (among.standing(similarity) for among in self._among[number])
        return matches, strangers

    @property
    def method(self) -> Method:
        """How weights of evidence were found."""
        return self._linkage.method

    def spreads(self) -> list[tuple[tuple[Standing, Distribution], tuple[Standing, Distribution]]]:
        """Return of every view how it stands and is spread among pairs of one person, and of strangers."""
        found = []
        for among in self._among:
            matches, strangers = ((one.standing(None), one.distribution()) for one in among)
            found.append((matches, strangers))
        return found

    def distributions(self) -> list[tuple[Distribution, Distribution]]:
        """Return how each view is spread among the pairs of one person, and among those of strangers."""
        return [(matches.distribution(), strangers.distribution()) for matches, strangers in self._among]

    def person(self, record: RecordId, *, most: int = 3) -> PersonExplanation:
        """Explain the person of a record by its weakest cut and its ``most`` weakest pairs.

        Raises :class:`InputError` if the record is unknown.
        """
        linkage = self._linkage
        weakest = weakest_links(self._clusters(), record, most=most)
        cut = weakest.cut
        cluster = linkage.clusters[places_of(linkage.records, [record])[0]]
        return PersonExplanation(
            records=weakest.records,
            choice=Choice(int(linkage.cluster_choices()[cluster])).name,
            part=() if cut is None else cut.part,
            log_odds=None if cut is None else cut.log_odds,
            exhaustive=weakest.exhaustive,
            weakest=tuple(self.pair(pair.left, pair.right) for pair in weakest.pairs),
        )

    def _clusters(self) -> Clusters:
        linkage, there = self._linkage, frozenset(self._linkage.records)
        said = [pair for pair in self._known if pair.left in there and pair.right in there]
        statements = Statements.of(
            ((pair.left, pair.right) for pair in said if pair.same),
            ((pair.left, pair.right) for pair in said if not pair.same),
        )
        pairs = linkage.pairs
        first = np.unique(linkage.clusters, return_index=True)[1]
        return Clusters(
            linkage.records,
            pairs.left.view(),
            pairs.right.view(),
            pairs.score - linkage.costs.cut,
            statements,
            first[linkage.clusters],
        )


def _standing_for_all(rows: Rows, linkage: Linkage) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs (any,) that stand for all, and for how many each: apart within a source and across."""
    source, pairs = rows.record_sources(), linkage.pairs
    within = source[pairs.left] == source[pairs.right]
    counts = np.zeros(len(within))
    for group in (np.flatnonzero(within), np.flatnonzero(~within)):
        some = group[evenly_chosen(len(group))]
        counts[some] = len(group) / max(len(some), 1)
    chosen = np.flatnonzero(counts)
    return chosen, counts[chosen]


def evidence_by_view(
    views: Sequence[View],
    rows: Rows,
    described: Described,
    weights: NDArray[np.float64],
    standing: Callable[[int, float | None], tuple[Standing, Standing]],
) -> tuple[ViewEvidence, ...]:
    """Return what each view says of the first pair described.

    ``standing``: where a similarity in a view of this number stands among matches and among strangers.
    """
    found, deviations = described.found, chance_deviations(rows, described.pairs)
    evidence = []
    for number, view in enumerate(views):
        missing, speaks = bool(found.missing[0, number]), bool(found.active[0, number])
        similarity = None if missing else float(found.dice[0, number]) if speaks else 0.0
        matches, strangers = standing(number, similarity)
        evidence.append(
            ViewEvidence(
                view=view.name,
                state="missing" if missing else "speaks" if speaks else "silent",
                similarity=similarity,
                deviations=None if missing else float(deviations[0, number]),
                weight=float(weights[number]),
                matches=matches,
                strangers=strangers,
            )
        )
    return tuple(evidence)
