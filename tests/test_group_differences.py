"""A difference between groups is claimed where there is one, and by chance no oftener than is said."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.differences import FEWEST, Comparison, GroupColumn, Outcome, compare_groups
from linkage.shares import difference_interval, wilson_interval
from tests.oracles.differences_oracle import exact_chances


def _outcome(failed: Sequence[float], whole: Sequence[float] | None = None, block: object = None) -> Outcome:
    count = len(failed)
    counted = np.ones(count) if whole is None else np.array(whole, dtype=np.float64)
    blocks = np.arange(count) if block is None else np.asarray(block, dtype=np.int64)
    return Outcome("recall", counted, np.array(failed, dtype=np.float64), blocks)


def _columns(kind: str, labels: NDArray[np.int64]) -> list[GroupColumn]:
    return [GroupColumn(kind, f"{one}", labels == one) for one in sorted(set(labels.tolist()))]


def _world(seed: int, worse: float = 0.0, count: int = 900) -> Comparison:
    """Compare six hundred or so persons of whom one in thirty fails, those of one ethnicity oftener."""
    lot = np.random.default_rng(seed)
    whole = lot.choice([1.0, 3.0, 6.0, 10.0], count, p=[0.8, 0.15, 0.04, 0.01])
    labels = {kind: lot.integers(0, groups, count) for kind, groups in (("ethnicity", 6), ("age", 4))}
    labels["sex"] = lot.integers(0, 2, count)
    chance = 0.03 + worse * (labels["ethnicity"] == 0)
    failed = np.where(lot.random(count) < chance, np.ceil(whole * lot.random(count)), 0)
    columns = [one for kind, own in labels.items() for one in _columns(kind, own)]
    return compare_groups([_outcome(failed.tolist(), whole.tolist())], columns, draws=999)


def test_where_nothing_differs_something_is_claimed_in_one_of_twenty(soak: bool) -> None:
    seeds = 1000 if soak else 60
    claims = sum(bool(_world(seed).claimed) for seed in range(seeds))
    # Of a chance of .05 more than this many would come in one of ten thousand such tests.
    assert claims <= (77 if soak else 11)


def test_where_a_group_fares_worse_it_is_found_and_no_other_kind_is_blamed() -> None:
    found = [_world(seed, worse=0.15) for seed in range(8)]
    for one in found:
        claimed = {(each.kind, each.name): each.difference for each in one.claimed}
        difference = claimed["ethnicity", "0"]
        assert difference is not None
        assert difference.high < 0
        assert difference.low < -0.15  # it fares as much worse
    assert sum(any(each.kind != "ethnicity" for each in one.claimed) for one in found) <= 2


@pytest.mark.parametrize("failing", [2, 3])
def test_chances_are_those_of_every_way_to_deal(failing: int) -> None:
    count = 2 * FEWEST + 4
    for where in ([0, 1, 20, 21], [0, 12, 13, 14]):
        first = np.array([one in where for one in range(count)]) | (np.arange(count) > 14)
        third = np.arange(count) % 11 < 4
        columns = [GroupColumn("kind", "one", first), GroupColumn("kind", "other", third)]
        failed = [1.0] * failing + [0.0] * (count - failing)
        found = compare_groups([_outcome(failed)], columns, draws=20_000)
        groups = [first.tolist(), third.tolist()]
        # Twenty thousand draws do not tell what stands out nearly as much from what does.
        least, most = (exact_chances(failing, groups, slack=slack) for slack in (-0.03, 0.03))
        assert min(least) - 0.015 <= found.kinds[0].chance <= min(most) + 0.015
        for one, low, high in zip(found.groups, least, most, strict=True):
            assert one.chance is not None
            assert max(low, min(least)) - 0.015 <= one.chance <= max(high, min(most)) + 0.015
            assert high - low < 0.3


def test_what_fails_together_under_one_label_counts_once() -> None:
    """Twins in one false link bear one ethnicity; counted apart they would make differences out of chance."""
    claimed = {True: 0, False: 0}
    for seed in range(60):
        lot = np.random.default_rng(seed)
        home = np.repeat(np.arange(240), 2)
        labels = lot.integers(0, 3, 240)[home]
        failed = (lot.random(240) < 0.06)[home].astype(np.float64)
        for together in claimed:
            block = home if together else np.arange(480)
            found = compare_groups(
                [_outcome(failed.tolist(), block=block)], _columns("ethnicity", labels), draws=499
            )
            claimed[together] += bool(found.claimed)
    assert claimed[True] <= 11
    assert claimed[False] > claimed[True]


def test_units_of_different_size_are_no_difference_of_their_groups() -> None:
    """Persons of many records fail oftener; a group of such persons is compared with others like them."""
    claims = 0
    for seed in range(40):
        lot = np.random.default_rng(seed)
        large = lot.random(600) < np.where(np.arange(600) < 300, 0.6, 0.1)
        failed = lot.random(600) < np.where(large, 0.2, 0.02)
        whole = np.where(large, 3.0, 1.0)
        inside = np.arange(600) < 300
        columns = [GroupColumn("kind", "many", inside), GroupColumn("kind", "few", ~inside)]
        found = compare_groups([_outcome(failed.tolist(), whole.tolist())], columns, draws=499)
        claims += bool(found.claimed)
    assert claims <= 8


def test_groups_that_are_too_small_have_no_test_and_cost_the_others_nothing() -> None:
    lot = np.random.default_rng(3)
    labels, failed = lot.integers(0, 2, 100), (lot.random(100) < 0.1).astype(np.float64)
    few = np.arange(100) < FEWEST - 1
    small = [GroupColumn("small", "few", few), GroupColumn("small", "most", ~few)]
    alone = compare_groups([_outcome(failed.tolist())], _columns("sex", labels))
    both = compare_groups([_outcome(failed.tolist())], [*_columns("sex", labels), *small])
    assert both.groups[:2] == alone.groups
    assert [one.chance for one in both.groups[2:]] == [None, None]
    assert [one.kind for one in both.kinds] == ["sex"]
    exactly = np.arange(100) < FEWEST
    assert compare_groups([_outcome(failed.tolist())], [GroupColumn("k", "n", exactly)]).kinds


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
def test_looking_at_more_kinds_makes_no_difference_surer(seed: int, kinds: int) -> None:
    lot = np.random.default_rng(seed)
    failed = (lot.random(60) < 0.2).astype(np.float64)
    columns = [one for kind in range(kinds + 1) for one in _columns(f"{kind}", lot.integers(0, 2, 60))]
    first = [one for one in columns if one.kind == "0"]
    few = compare_groups([_outcome(failed.tolist())], first, draws=199)
    many = compare_groups([_outcome(failed.tolist())], columns, draws=199)
    for one, other in zip(few.groups, many.groups, strict=False):
        assert (one.chance is None) == (other.chance is None)
        assert (one.chance or 0.0) <= (other.chance or 0.0)
        assert one.share == other.share
    for one in many.groups:
        test = next((each for each in many.kinds if each.kind == one.kind), None)
        assert test is None or one.chance is None or one.chance >= test.adjusted >= test.chance


def test_the_same_data_give_the_same_answer_and_nothing_failed_is_no_difference() -> None:
    assert _world(5, worse=0.1) == _world(5, worse=0.1)
    labels = np.arange(80) % 2
    for failed in ([0.0] * 80, [1.0] * 80):
        found = compare_groups([_outcome(failed)], _columns("sex", labels))
        assert found.claimed == ()
        assert {one.chance for one in found.groups} == {1.0}
    assert compare_groups([_outcome([])], []).groups == ()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="other units"):
        compare_groups([_outcome([0.0, 1.0])], [GroupColumn("k", "n", np.ones(3, dtype=np.bool_))])
    with pytest.raises(ValueError, match="more of a unit failed"):
        compare_groups([_outcome([2.0])], [])
    for part, whole, effect in ((2, 1, 1.0), (-1, 1, 1.0), (1, 1, 0.5)):
        with pytest.raises(ValueError, match="part of the whole"):
            wilson_interval(part, whole, effect=effect)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.floats(1, 9))
def test_intervals_hold_their_values_and_widen_with_dependence(
    part: int, more: int, other: int, rest: int, effect: float
) -> None:
    own, wide = (wilson_interval(part, part + more, effect=one) for one in (1.0, effect))
    assert own.low <= own.value <= own.high
    assert wide.low <= own.low + 1e-9
    assert wide.high >= own.high - 1e-9
    found = difference_interval(own, wilson_interval(other, other + rest))
    assert -1 <= found.low <= found.value <= found.high <= 1
