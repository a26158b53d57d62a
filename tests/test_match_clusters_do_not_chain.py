"""Clusters are those of exact average link: no chains, no forbidden joins, no dependence on order."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.match.clustering import ABSENT_WEIGHT, cluster, one_to_one
from tests.oracles import match_oracle

Weights = dict[tuple[int, int], float]


def _cluster(count: int, weights: Weights, **options: object) -> list[int]:
    pairs = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    values = np.array([weights[pair] for pair in sorted(weights)], dtype=np.float64)
    return cluster(count, pairs[:, 0], pairs[:, 1], values, **options).tolist()  # type: ignore[arg-type]


@st.composite
def _graphs(draw: st.DrawFn) -> tuple[int, Weights]:
    count = draw(st.integers(0, 9))
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    quarters = st.integers(-24, 24).map(lambda value: value / 4)
    chosen = [(pair, draw(quarters)) for pair in pairs if draw(st.booleans())]
    return count, dict(chosen)


@given(_graphs(), st.data())
def test_clusters_are_those_of_the_oracle(graph: tuple[int, Weights], data: st.DataObject) -> None:
    count, weights = graph
    apart = data.draw(st.lists(st.integers(-1, 3), min_size=count, max_size=count))
    everywhere = [(a, b) for a in range(count) for b in range(a + 1, count)]
    different = data.draw(st.lists(st.sampled_from(everywhere), max_size=3)) if everywhere else []
    expected = match_oracle.average_link(
        count,
        {pair: Fraction(value) for pair, value in weights.items()},
        Fraction(ABSENT_WEIGHT),
        apart,
        [],
        different,
    )
    found = _cluster(count, weights, apart=np.array(apart, np.int32), different=different)
    assert found == expected


@given(_graphs(), st.data())
def test_known_links_come_first_and_bind(graph: tuple[int, Weights], data: st.DataObject) -> None:
    count, weights = graph
    everywhere = [(a, b) for a in range(count) for b in range(a + 1, count)]
    same = data.draw(st.lists(st.sampled_from(everywhere), max_size=3)) if everywhere else []
    exact = {pair: Fraction(value) for pair, value in weights.items()}
    expected = match_oracle.average_link(count, exact, Fraction(ABSENT_WEIGHT), [-1] * count, same, [])
    found = _cluster(count, weights, same=same)
    assert found == expected
    assert all(found[a] == found[b] for a, b in same)


@given(_graphs(), st.randoms(use_true_random=False))
def test_renaming_the_pairs_order_changes_nothing(graph: tuple[int, Weights], shuffler: object) -> None:
    count, weights = graph
    order = list(weights)
    shuffler.shuffle(order)  # type: ignore[attr-defined]
    flipped = [(b, a) if index % 2 else (a, b) for index, (a, b) in enumerate(order)]
    pairs = np.array(flipped, dtype=np.int64).reshape(-1, 2)
    values = np.array([weights[pair] for pair in order], dtype=np.float64)
    assert cluster(count, pairs[:, 0], pairs[:, 1], values).tolist() == _cluster(count, weights)


def test_a_chain_of_good_links_does_not_make_one_person() -> None:
    chain = {(record, record + 1): 2.0 for record in range(9)}
    found = _cluster(10, chain)
    sizes = [found.count(label) for label in set(found)]
    assert max(sizes) == 2


def test_one_weak_link_between_two_persons_does_not_join_them() -> None:
    weights = {(a, b): 5.0 for a in range(4) for b in range(a + 1, 4)}
    weights |= {(a + 4, b + 4): 5.0 for a in range(4) for b in range(a + 1, 4)}
    weights[(3, 4)] = 4.5
    weights[(0, 5)] = 0.5
    assert len(set(_cluster(8, weights))) > 1
    assert max(np.bincount(_cluster(8, weights))) <= 4


def test_one_missing_pair_does_not_split_a_well_linked_person() -> None:
    weights = {(a, b): 4.0 for a in range(4) for b in range(a + 1, 4)}
    del weights[(0, 3)]
    assert _cluster(4, weights) == [0, 0, 0, 0]


def test_records_of_a_duplicate_free_source_are_never_joined_not_even_over_a_third() -> None:
    weights = {(0, 1): 6.0, (0, 2): 6.0, (1, 2): 6.0}
    found = _cluster(3, weights, apart=np.array([7, 7, -1], np.int32))
    assert found[0] != found[1]


def test_contradicting_known_links_are_refused() -> None:
    with pytest.raises(InputError, match="known links"):
        _cluster(3, {}, same=[(0, 1), (1, 2)], different=[(0, 2)])
    with pytest.raises(InputError, match="known links"):
        _cluster(2, {}, same=[(0, 1)], apart=np.array([0, 0], np.int32))


def test_equal_links_go_to_the_smallest_records() -> None:
    assert _cluster(3, {(0, 1): 2.0, (1, 2): 2.0, (0, 2): -6.0}) == [0, 0, 2]


def test_one_to_one_takes_the_best_pair_first_and_every_record_once() -> None:
    left, right = np.array([0, 0, 1, 1, 2]), np.array([10, 11, 10, 11, 12])
    weights = np.array([3.0, 1.0, 2.0, -1.0, 0.0])
    assert one_to_one(left, right, weights).tolist() == [True, False, False, False, False]
    assert one_to_one(left, right, weights, different=[(0, 10)]).tolist() == [False, True, True, False, False]
    assert one_to_one(left, right, weights, same=[(0, 12)]).tolist() == [False, False, True, False, False]
    tied = one_to_one(np.array([1, 0]), np.array([9, 9]), np.array([2.0, 2.0]))
    assert tied.tolist() == [False, True]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 6), st.integers(10, 16)), st.integers(-8, 8).map(float), max_size=30
    )
)
def test_one_to_one_never_uses_a_record_twice_and_leaves_no_free_link(weights: Weights) -> None:
    pairs = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    values = np.array([weights[pair] for pair in sorted(weights)], dtype=np.float64)
    chosen = one_to_one(pairs[:, 0], pairs[:, 1], values)
    used = pairs[chosen].ravel().tolist()
    assert len(used) == len(set(used))
    for (a, b), value in zip(pairs.tolist(), values.tolist(), strict=True):
        assert value <= 0 or a in used or b in used
