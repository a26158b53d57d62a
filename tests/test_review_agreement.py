"""How far reviewers agree beyond chance, and what their verdicts come to."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.review_outcomes import outcome
from api.store.review import Verdict
from linkage.errors import InputError
from linkage.register.review_agreement import agreement, pooled_agreement

SAYS: tuple[Verdict, ...] = ("link", "not-a-link", "cannot-tell")
pairs = st.lists(st.tuples(st.sampled_from(SAYS), st.sampled_from(SAYS)), min_size=1, max_size=60)


def kappa_by_hand(given: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Chance as it is defined: every verdict of the one set beside every verdict of the other."""
    alike = sum(one == other for one, other in given) / len(given)
    chance = sum(one == other for one, _ in given for _, other in given) / len(given) ** 2
    return alike, chance


def interval_by_hand(alike: float, count: int) -> tuple[float, float]:
    """The shares that a test at 1 in 20 would not tell from the one seen, found by halving."""

    def beyond(share: float) -> bool:
        return (alike - share) ** 2 > 1.959963984540054**2 * share * (1 - share) / count

    def end(outer: float) -> float:
        inner = alike
        if not beyond(outer):
            return outer
        for _ in range(200):
            middle = (inner + outer) / 2
            if beyond(middle):
                outer = middle
            else:
                inner = middle
        return inner

    return end(0.0), end(1.0)


@given(pairs)
def test_kappa_and_its_interval_are_what_they_are_defined_to_be(given: list[tuple[str, str]]) -> None:
    found = agreement(given)
    alike, chance = kappa_by_hand(given)
    assert found.pairs == len(given)
    assert found.agreed == pytest.approx(alike)
    if chance > 1 - 1e-12:
        assert (found.kappa, found.low, found.high) == (None, None, None)
        return
    ends = (alike, *interval_by_hand(alike, len(given)))
    expected = [(share - chance) / (1 - chance) for share in ends]
    assert [found.kappa, found.low, found.high] == pytest.approx(expected, abs=1e-6)
    assert found.low is not None
    assert found.kappa is not None
    assert found.high is not None
    assert found.low - 1e-9 <= found.kappa <= found.high + 1e-9


@given(pairs)
def test_who_is_called_the_first_makes_no_difference(given: list[tuple[str, str]]) -> None:
    turned = [(other, one) for one, other in given]
    for one, other in ((agreement(given), agreement(turned)), (pooled_agreement([given, turned]),) * 2):
        assert one.kappa is None or one.kappa == pytest.approx(other.kappa)


@given(st.lists(pairs, min_size=1, max_size=4))
def test_pooled_each_two_are_judged_by_their_own_chance(groups: list[list[tuple[str, str]]]) -> None:
    found = pooled_agreement(groups)
    count = sum(map(len, groups))
    by_hand = [kappa_by_hand(group) for group in groups]
    alike, chance = (
        math.fsum(one[which] * len(group) for one, group in zip(by_hand, groups, strict=True)) / count
        for which in (0, 1)
    )
    assert found.agreed == pytest.approx(alike)
    if found.kappa is not None:
        assert found.kappa == pytest.approx((alike - chance) / (1 - chance), abs=1e-9)


def test_known_figures_and_what_says_nothing() -> None:
    # Cohen's kappa of 20 and 15 agreements, 5 and 10 disagreements: .4, as textbooks have it.
    table = {("link", "link"): 20, ("link", "not-a-link"): 5, ("not-a-link", "link"): 10}
    table["not-a-link", "not-a-link"] = 15
    found = agreement([pair for pair, count in table.items() for _ in range(count)])
    assert found.kappa == pytest.approx(0.4)
    assert agreement([]).agreed is None
    assert agreement([("link", "link")] * 9).kappa is None
    ten = agreement([("link", "link")] * 5 + [("not-a-link", "not-a-link")] * 5)
    assert ten.kappa == 1.0
    assert ten.low is not None
    assert ten.low < 0.6  # ten out of ten are not certain


def test_two_alike_settle_it_and_a_third_decides_between_two_that_differ() -> None:
    assert outcome([]) is None
    for one in SAYS:
        assert outcome([one]) is None
        assert outcome([one, one]) == one
        for other in set(SAYS) - {one}:
            assert outcome([one, other]) is None
            for third in SAYS:
                assert outcome([one, other, third]) == third
        with pytest.raises(InputError, match="more verdicts"):
            outcome([one, one, one])
    with pytest.raises(InputError, match="more verdicts"):
        outcome(["link", "not-a-link", "link", "link"])
