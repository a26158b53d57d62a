"""What the linking worker leaves of a linkage's possible links for reviewers to see."""

from collections.abc import Iterable, Mapping, Sequence

from api.linking_state import ForReview
from api.store.review import NewPair
from api.store.review_evidence import (
    Evidence,
    Neighbour,
    Seen,
    SeenEdge,
    SeenView,
    Spread,
    ViewSpread,
)
from linkage.match.explanation import ViewEvidence
from linkage.match.explanation_standing import Distribution, Standing
from linkage.match.linkage import Known, Linkage, Source
from linkage.match.review_cases import ReviewCase, review_cases
from linkage.profile import EncodingProfile

__all__ = ["MOST", "for_review"]

MOST = 300
"""So many possible links are explained after a linkage, at up to .15 s each."""

_LARGEST = 30
"""Of a larger person only so many records are drawn."""


def for_review(
    sources: Sequence[Source],
    profile: EncodingProfile,
    linkage: Linkage,
    *,
    known: Iterable[Known],
    population: int | None,
) -> ForReview:
    """Return the possible links that are worth most to look at, with what may be seen of them."""
    found = review_cases(sources, profile, linkage, most=MOST, known=known, population=population)
    views = [
        ViewSpread(view=one.view, matches=_spread(one.matches), strangers=_spread(one.strangers))
        for one in found.views
    ]
    rests_on = {one.name: one.salt for one in profile.views}
    return ForReview([_pair(case, rests_on) for case in found.cases], views)


def _pair(case: ReviewCase, rests_on: Mapping[str, tuple[str, ...]]) -> NewPair:
    why = case.why
    left, right = (why.left.source, why.left.handle), (why.right.source, why.right.handle)
    return NewPair(
        left=left,
        right=right,
        question=case.question,
        value=round(case.value, 4),
        evidence=_evidence(case, rests_on),
        around=[(one.source, one.handle) for one in case.around.records[:_LARGEST]],
    )


def _evidence(case: ReviewCase, rests_on: Mapping[str, tuple[str, ...]]) -> Evidence:
    why, around = case.why, case.around
    drawn = around.records[:_LARGEST]
    return Evidence(
        method=why.method,
        linked=why.linked,
        reasons=why.reasons,
        log_odds=round(why.log_odds, 2),
        probability=round(why.probability, 3),
        start=round(why.start, 2),
        numbers=round(why.numbers, 2),
        others=round(why.others, 2),
        views=tuple(_view(one, rests_on[one.view]) for one in why.views),
        records=tuple(
            Neighbour(agency=one.source, person=number)
            for one, number in zip(drawn, around.persons, strict=False)
        ),
        edges=tuple(
            SeenEdge(
                left=one.left,
                right=one.right,
                log_odds=round(one.log_odds, 2),
                linked=one.linked,
                weakest=one.weakest,
            )
            for one in around.edges
            if max(one.left, one.right) < len(drawn)
        ),
    )


def _view(one: ViewEvidence, rests_on: tuple[str, ...]) -> SeenView:
    return SeenView(
        view=one.view,
        rests_on=rests_on,
        state=one.state,
        similarity=_rounded(one.similarity),
        deviations=_rounded(one.deviations, 1),
        weight=round(one.weight, 2),
        matches=_seen(one.matches),
        strangers=_seen(one.strangers),
    )


def _seen(one: Standing) -> Seen:
    return Seen(
        speaks=round(one.speaks, 3),
        low=_rounded(one.low),
        median=_rounded(one.median),
        high=_rounded(one.high),
        below=_rounded(one.below, 3),
    )


def _spread(one: Distribution) -> Spread:
    return Spread(silent=round(one.silent, 4), shares=tuple(round(share, 4) for share in one.shares))


def _rounded(number: float | None, digits: int = 2) -> float | None:
    return None if number is None else round(number, digits)
