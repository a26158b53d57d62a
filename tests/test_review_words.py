"""What reviewers read of a pair agrees with its figures, and marks nothing that marks everything."""

from typing import Literal

import pytest

from api.console_app.review_words import shown, views_shown
from api.store.review import ReviewPair
from api.store.review_evidence import Evidence, Neighbour, Seen, SeenEdge, SeenView

_NOTHING = Seen(speaks=0.6, low=None, median=None, high=None, below=None)


def _view(weight: float, state: Literal["speaks", "silent", "missing"] = "missing") -> SeenView:
    return SeenView(
        view="names",
        rests_on=("surname-initial",),
        state=state,
        similarity=None,
        deviations=None,
        weight=weight,
        matches=_NOTHING,
        strangers=_NOTHING,
    )


def _evidence(*, views: tuple[SeenView, ...] = (), edges: tuple[SeenEdge, ...] = ()) -> Evidence:
    return Evidence(
        method="experience",
        linked=True,
        reasons=("NARROW",),
        log_odds=0.0,
        probability=0.5,
        start=0.0,
        numbers=0.0,
        others=0.0,
        views=views,
        records=tuple(Neighbour(agency=code, person=0) for code in ("E09", "P01", "E10", "E09")),
        edges=edges,
    )


def _edges(*weakest: bool) -> tuple[SeenEdge, ...]:
    return tuple(
        SeenEdge(left=place, right=place + 1, log_odds=1.0, linked=True, weakest=one)
        for place, one in enumerate(weakest)
    )


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (0.4, "On the whole it speaks against a link in other pairs; this one is spared that."),
        (-0.4, "On the whole it speaks for a link in other pairs; this one lacks that."),
        (0.04, ""),
    ],
)
def test_a_view_that_is_missing_says_where_its_weight_is_from(weight: float, said: str) -> None:
    (view,) = views_shown(_evidence(views=(_view(weight),)), [])
    assert view.said == f"missing in one of the records, so nothing is compared. {said}".strip()


@pytest.mark.parametrize(("weakest", "marked"), [((True, True, True), 0), ((True, True, False), 2)])
def test_where_every_pair_would_be_marked_as_the_weakest_none_is(
    weakest: tuple[bool, ...], marked: int
) -> None:
    seen = _evidence(edges=_edges(*weakest))
    records, state = (("E09", "a"), ("P01", "b")), (1, True, 1.0, None, None, None, None)
    found = shown(ReviewPair(1, *records, *state), seen, [])
    assert sum(one.weakest for one in found.seen.edges) == marked
    assert ("marked as the weakest" in found.graph_said) == bool(marked)
