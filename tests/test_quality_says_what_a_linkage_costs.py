"""A linkage says what errors and reviews are expected to cost, and when it should not go by itself."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.match.choices import Choice, Costs, choose
from linkage.match.linkage import Known, Linkage, Pairs
from linkage.match.logistic import probability
from linkage.match.quality import Estimate, PairQuality, Quality
from linkage.match.quality_costs import Refusal, charged, reckon, refusals
from linkage.match.quality_review import plan_review, review_possible_links
from linkage.match.weighing import Method
from linkage.shipped_profiles import shipped_profile
from tests.support.scored_worlds import scored_world

COSTS = st.builds(Costs, st.floats(0.1, 50), st.floats(0.1, 50), st.one_of(st.floats(0, 5), st.just(inf)))


def _at(linkage: Linkage, costs: Costs) -> Linkage:
    """The same clusters, each pair chosen by itself at these costs."""
    pairs = linkage.pairs
    settled = np.where(pairs.link, Choice.LINK, Choice.NONE).astype(np.int8)
    own = choose(pairs.score, costs)
    choice = np.where(costs.reviews & (own != settled), np.int8(Choice.POSSIBLE), settled)
    chosen = Pairs(pairs.left, pairs.right, pairs.score, pairs.link, choice, pairs.reasons)
    return Linkage(linkage.records, chosen, linkage.clusters, linkage.method, costs)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 50), COSTS)
def test_what_is_expected_is_summed_pair_by_pair(seed: int, costs: Costs) -> None:
    linkage = _at(scored_world(seed, persons=25, clarity=3.0).linkage, costs)
    found = reckon(linkage)
    false = missed = left_as_joined = 0.0
    for score, linked, choice in zip(
        linkage.pairs.score, linkage.pairs.link, linkage.pairs.choice, strict=True
    ):
        chance = float(probability(score))
        false += (1 - chance) * (choice == Choice.LINK)
        missed += chance * (choice == Choice.NONE)
        left_as_joined += (1 - chance) * costs.false_link if linked else chance * costs.missed_link
    assert (found.false, found.missed) == pytest.approx((false, missed))
    asked = costs.review * found.questions if found.possible else 0.0
    assert found.cost == pytest.approx(false * costs.false_link + missed * costs.missed_link + asked)
    assert found.unreviewed == pytest.approx(left_as_joined)
    assert found.links + found.possible + found.none == len(linkage.pairs)
    assert found.questions <= found.possible


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 50), COSTS, COSTS)
def test_no_other_choices_by_pairs_themselves_are_expected_to_cost_less(
    seed: int, costs: Costs, others: Costs
) -> None:
    score = scored_world(seed, persons=25, clarity=3.0).linkage.pairs.score
    chance = probability(score)

    def price(choice: np.ndarray) -> float:
        possible = int((choice == Choice.POSSIBLE).sum())
        return charged(choice, choice == Choice.LINK, chance, possible, costs).cost

    assert price(choose(score, costs)) <= price(choose(score, others)) + 1e-4


def test_possible_links_are_asked_about_the_dearest_first_and_known_ones_not() -> None:
    linkage = scored_world(3, persons=40, clarity=3.0).linkage
    asked = review_possible_links(linkage)
    possible = np.flatnonzero(linkage.pairs.choice == Choice.POSSIBLE)
    assert sorted(zip(asked.left.tolist(), asked.right.tolist(), strict=True)) == [
        (int(linkage.pairs.left[one]), int(linkage.pairs.right[one])) for one in possible
    ]
    costs = linkage.costs
    band = plan_review(
        linkage, low=1e-12, high=1 - 1e-12, false_link=costs.false_link, missed_link=costs.missed_link
    )
    value = dict(zip(zip(band.left.tolist(), band.right.tolist(), strict=True), band.value, strict=True))
    for a, b, one in zip(asked.left.tolist(), asked.right.tolist(), asked.value, strict=True):
        assert value[a, b] == pytest.approx(one)
    known = Known(linkage.records[asked.left[0]], linkage.records[asked.right[0]], same=True)
    again = review_possible_links(linkage, known=[known])
    assert len(again) == len(asked) - 1
    assert reckon(linkage, known=[known]).questions == again.questions


def _quality(precision: float) -> Quality:
    one = Estimate(precision, precision, precision)
    pairs = PairQuality(10, one, one, one, one)
    return Quality(pairs, pairs, 0.95, 0.25)


@pytest.mark.parametrize(
    ("profile", "method", "precision", "expected"),
    [
        ("clk-plain", "valley", 0.99, ()),
        ("clk-plain", "decoys", 0.99, ()),
        ("clk-plain", "experience", 0.99, (Refusal.NO_VALLEY,)),
        ("clk-plain", "thresholds", 0.9, (Refusal.NO_VALLEY, Refusal.PRECISION)),
        ("child-1", "experience", 0.99, ()),
        ("child-1", "experience", 0.94, (Refusal.PRECISION,)),
    ],
)
def test_a_linkage_that_cannot_know_its_errors_or_makes_many_should_not_go_by_itself(
    profile: str, method: Method, precision: float, expected: tuple[Refusal, ...]
) -> None:
    found = scored_world(1, persons=5).linkage
    linkage = Linkage(found.records, found.pairs, found.clusters, method)
    assert refusals(linkage, shipped_profile(profile), _quality(precision)) == expected
