"""What is kept of a finished linkage so that single persons can be explained later, without all its pairs.

It holds no record and no encoding: how pairs were weighed, what some nameless pairs that stand for all say
view by view, and how every view is spread.  What rivals and other records said of a pair is not in it: log
odds by it are the pair's own.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import ClassVar, Literal

import numpy as np
from msgspec import Struct

from linkage.match.decision import Judge
from linkage.match.explanation import Explainer, PairExplanation, evidence_by_view
from linkage.match.explanation_rows import BestRows
from linkage.match.explanation_shares import Background, contributions
from linkage.match.explanation_standing import Distribution, Standing
from linkage.match.explanation_weights import Judged, Linear
from linkage.match.incremental_places import places_of
from linkage.match.linkage import Known, Source
from linkage.match.logistic import probability
from linkage.match.review_cases import WEAKEST, Around, Edge
from linkage.match.rows import RecordId, gather
from linkage.match.similarity import Similarities
from linkage.match.weighing import Method
from linkage.profile import EncodingProfile

__all__ = ["KeptExplanation", "KeptSpread", "KeptWeighing", "PersonExplainer", "kept_explanation"]

_Rows = tuple[tuple[float, ...], ...]


class KeptWeighing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pairs within sources, or across, were weighed, and the pairs that stand for all of them.

    ``shares``: of the kinds of pairs, where experience judged; ``linear`` and ``constant``: where log odds
    are linear; ``dice``, ``active``, ``missing``: (pairs, views); ``counts``: what each pair counts for.
    """

    judged: bool
    shares: tuple[float, ...] | None
    linear: tuple[float, ...]
    constant: float
    start: float
    dice: _Rows
    active: tuple[tuple[bool, ...], ...]
    missing: tuple[tuple[bool, ...], ...]
    counts: tuple[float, ...]

    def model(self, judge: Judge) -> Judged | Linear:
        """Return what weighs pairs."""
        if not self.judged:
            return Linear(np.array(self.linear, dtype=np.float64), self.constant)
        return Judged(judge, None if self.shares is None else np.array(self.shares, dtype=np.float64))

    def background(self) -> Background:
        """Return the pairs that stand for what is not known of a pair."""
        found = Similarities(
            np.array(self.dice, dtype=np.float64),
            np.array(self.active, dtype=np.bool_),
            np.array(self.missing, dtype=np.bool_),
        )
        return Background(found, np.array(self.counts, dtype=np.float64), self.start)


class KeptSpread(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one view is spread among some pairs; see :class:`Standing` and :class:`Distribution`."""

    speaks: float
    mean: float | None
    low: float | None
    median: float | None
    high: float | None
    silent: float
    shares: tuple[float, ...]

    def standing(self, similarity: float | None) -> Standing:
        """Place a similarity among these pairs: of those in its own class half agree less."""
        below = None if similarity is None or not self._any else self._below(similarity)
        return Standing(self.speaks, self.mean, self.low, self.median, self.high, below)

    @property
    def _any(self) -> bool:
        return self.silent + sum(self.shares) > 0.0

    def _below(self, similarity: float) -> float:
        if similarity == 0.0:
            return self.silent / 2.0
        own = min(int(similarity * len(self.shares)), len(self.shares) - 1)
        return min(self.silent + sum(self.shares[:own]) + self.shares[own] / 2.0, 1.0)


class KeptExplanation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is kept; ``matches`` and ``strangers``: every view's spread, in the profile's order."""

    VERSION: ClassVar[int] = 1
    version: Literal[1] = 1
    method: Method
    population: int | None
    within: KeptWeighing
    across: KeptWeighing
    matches: tuple[KeptSpread, ...]
    strangers: tuple[KeptSpread, ...]


def kept_explanation(explainer: Explainer) -> KeptExplanation:
    """Return what is kept of a finished linkage."""
    spreads = explainer.spreads()
    return KeptExplanation(
        method=explainer.method,
        population=explainer.population,
        within=_weighing(*explainer.weights.of(within=True)),
        across=_weighing(*explainer.weights.of(within=False)),
        matches=tuple(_spread(*matches) for matches, _ in spreads),
        strangers=tuple(_spread(*strangers) for _, strangers in spreads),
    )


def _weighing(model: Judged | Linear, background: Background) -> KeptWeighing:
    judged = isinstance(model, Judged)
    shares = model.shares if isinstance(model, Judged) else None
    found = background.found
    return KeptWeighing(
        judged=judged,
        shares=None if shares is None else tuple(shares.tolist()),
        linear=() if isinstance(model, Judged) else tuple(model.weights.tolist()),
        constant=0.0 if isinstance(model, Judged) else model.constant,
        start=background.start,
        dice=tuple(map(tuple, found.dice.tolist())),
        active=tuple(map(tuple, found.active.tolist())),
        missing=tuple(map(tuple, found.missing.tolist())),
        counts=tuple(background.weights.tolist()),
    )


def _spread(one: Standing, among: Distribution) -> KeptSpread:
    return KeptSpread(
        speaks=one.speaks,
        mean=one.mean,
        low=one.low,
        median=one.median,
        high=one.high,
        silent=among.silent,
        shares=among.shares,
    )


class PersonExplainer:
    """Explains the pairs of one person's records, from their encodings and what a linkage kept.

    ``sources``: the encodings of these records alone; ``known``: what somebody has said of pairs of them.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        profile: EncodingProfile,
        kept: KeptExplanation,
        *,
        known: Iterable[Known] = (),
    ) -> None:
        self._profile, self._kept = profile, kept
        self._rows = BestRows(gather(sources, profile), profile)
        judge = Judge(profile, kept.population)
        self._of = {
            True: (kept.within.model(judge), kept.within.background()),
            False: (kept.across.model(judge), kept.across.background()),
        }
        self._said = {frozenset((one.left, one.right)): one.same for one in known}

    @property
    def records(self) -> tuple[RecordId, ...]:
        """The person's records, sorted."""
        return self._rows.rows.ids

    def pair(self, a: RecordId, b: RecordId) -> PairExplanation:
        """Explain two of the records by what they themselves say.  Raises :class:`InputError` for others."""
        left, right = np.sort(places_of(self.records, (a, b)))
        described = self._rows.described(np.array([left]), np.array([right]))
        model, background = self._of[bool(described.within[0])]
        parts, by_views = contributions(model, described.found, background)
        numbers = float(described.numbers[0])
        log_odds = by_views + numbers
        return PairExplanation(
            left=self.records[left],
            right=self.records[right],
            known=self._said.get(frozenset((a, b))),
            method=self._kept.method,
            kept=bool(self._rows.brought_by_views(described.pairs)[0] or numbers),
            linked=True,
            choice=None,
            reasons=(),
            log_odds=log_odds,
            probability=float(probability(np.array(log_odds))),
            start=background.start,
            views=evidence_by_view(self._profile.views, self._rows.rows, described, parts, self._standing),
            numbers=numbers,
            others=0.0,
        )

    def _standing(self, number: int, similarity: float | None) -> tuple[Standing, Standing]:
        kept = self._kept
        return kept.matches[number].standing(similarity), kept.strangers[number].standing(similarity)

    def around(self) -> tuple[Around, tuple[tuple[int, int], ...]]:
        """Return all records with the pairs that are alike, and the fewest pairs that hold them together.

        The latter are the strongest ones (a maximum spanning tree), the weakest of them first; a record that
        agrees with no other beyond noise hangs on the one that fits it least badly.  Drawn are these, and
        pairs with log odds above nothing; marked as weakest are the lowest of the former, half of them and
        :data:`WEAKEST` at most.
        """
        pairs = list(combinations(range(len(self.records)), 2))
        odds = dict(zip(pairs, self._log_odds(pairs), strict=True))
        tree = _strongest(len(self.records), odds)
        weakest = set(tree[: min(WEAKEST, len(tree) // 2)])
        edges = tuple(
            Edge(left, right, odds[left, right], True, (left, right) in weakest)  # noqa: FBT003
            for left, right in pairs
            if odds[left, right] > 0 or (left, right) in tree
        )
        return Around(self.records, (0,) * len(self.records), edges), tuple(tree)

    def _log_odds(self, pairs: Sequence[tuple[int, int]]) -> list[float]:
        if not pairs:
            return []
        ends = np.array(pairs, dtype=np.int64)
        described = self._rows.described(ends[:, 0], ends[:, 1])
        odds = np.zeros(len(pairs))
        for inside in (True, False):
            which = described.within == inside
            if which.any():
                odds[which] = self._of[inside][0](described.found.take(which))
        return [float(one) for one in odds + described.numbers]


def _strongest(count: int, odds: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """Return the pairs of a maximum spanning tree, the weakest first."""
    group = list(range(count))
    tree = []
    for left, right in sorted(odds, key=lambda pair: (-odds[pair], pair)):
        if group[left] != group[right]:
            old, new = group[right], group[left]
            group = [new if one == old else one for one in group]
            tree.append((left, right))
    return tree[::-1]
