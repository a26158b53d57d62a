"""People are asked about pairs in doubt, in the order of what an answer saves."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.match.linkage import Known, Linkage, Pairs, RecordId
from linkage.match.logistic import probability
from linkage.match.quality_review import plan_review
from tests.support.scored_worlds import scored_world


def by_hand(
    linkage: Linkage, low: float, high: float, costs: tuple[float, float]
) -> dict[tuple[int, int], float]:
    """The value of every pair in the band, pair by pair."""
    pairs, clusters = linkage.pairs, linkage.clusters.tolist()
    values = {}
    for a, b, score in zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True):
        chance = float(probability(np.array(score)))
        if low < chance < high:
            sizes = clusters.count(clusters[a]), clusters.count(clusters[b])
            values[a, b] = (
                (1 - chance) * costs[0] * (sizes[0] - 1)
                if clusters[a] == clusters[b]
                else chance * costs[1] * sizes[0] * sizes[1]
            )
    return values


@settings(max_examples=25)
@given(st.integers(0, 50), st.floats(0, 0.5), st.floats(0.51, 1), st.floats(0, 9), st.floats(0, 9))
def test_every_pair_of_the_band_once_with_its_value(
    seed: int, low: float, high: float, false_link: float, missed_link: float
) -> None:
    linkage = scored_world(seed, persons=25, clarity=3.0).linkage
    review = plan_review(linkage, low=low, high=high, false_link=false_link, missed_link=missed_link)
    expected = by_hand(linkage, low, high, (false_link, missed_link))
    found = dict(
        zip(zip(review.left.tolist(), review.right.tolist(), strict=True), review.value, strict=True)
    )
    assert found == pytest.approx(expected)
    for part in (review.value[review.first], review.value[~review.first]):
        assert (np.diff(part) <= 0).all()
    assert review.questions == review.first[: review.questions].sum()


def test_one_question_for_each_cluster_or_pair_of_clusters() -> None:
    ids = tuple(RecordId("A", f"{number:032x}") for number in range(5))
    ends = np.array([[0, 0, 1, 2], [1, 2, 2, 3]])
    pairs = Pairs(*ends, np.array([9.0, 0.2, 0.4, -1.0]), np.array([True, False, False, False]))
    linkage = Linkage(ids, pairs, np.array([0, 0, 1, 2, 3]))
    review = plan_review(linkage)
    assert list(zip(review.left, review.right, review.first, strict=True)) == [
        (1, 2, True),
        (2, 3, True),
        (0, 2, False),
    ]
    assert review.questions == 2


def test_nobody_is_asked_what_is_known() -> None:
    linkage = scored_world(2, persons=30, clarity=3.0).linkage
    asked = plan_review(linkage)
    a, b = int(asked.left[0]), int(asked.right[0])
    known = Known(linkage.records[a], linkage.records[b], same=False)
    again = plan_review(linkage, known=[known])
    assert len(again) == len(asked) - 1
    assert (a, b) not in zip(again.left.tolist(), again.right.tolist(), strict=True)


@pytest.mark.parametrize(
    "wrong", [{"low": 0.9, "high": 0.1}, {"low": -1.0}, {"high": 1.1}, {"false_link": -1.0}]
)
def test_a_band_that_is_none_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="plan_review"):
        plan_review(scored_world(0, persons=3).linkage, **wrong)  # type: ignore[arg-type]
