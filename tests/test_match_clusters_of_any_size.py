"""Components of any size are clustered alike, exactly, and without chains however adverse the weights."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.match import clustering
from linkage.match.clustering import WHOLE, cluster, warm_up
from linkage.match.clustering_components import connected_components
from linkage.match.clustering_merging import Merging
from linkage.match.clustering_small import LARGEST_SMALL, merge_small
from linkage.match.incremental import Clusters
from tests.oracles import cluster_oracle
from tests.support.simulated_pairs import simulate

Graph = tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _graph(seed: int, count: int, edges: int) -> Graph:
    draws = np.random.default_rng(seed)
    a, b = draws.integers(0, count, (2, edges))
    numbers = np.unique(np.minimum(a, b) * count + np.maximum(a, b))
    left, right = np.divmod(numbers, count)
    own = left != right
    # Quarters, so that there are many ties.
    return count, left[own], right[own], draws.integers(-24, 25, int(own.sum())) / 4


@pytest.mark.parametrize("seed", range(20))
def test_large_and_small_components_are_clustered_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = _graph(seed, 400, [150, 400, 1500, 5000][seed % 4])
    draws = np.random.default_rng(seed)
    apart = draws.integers(-1, 40, 400).astype(np.int32)
    different = draws.integers(0, 400, (20, 2)).tolist()
    found = cluster(*graph, apart=apart, different=different)
    for largest in (2, 7, 40):
        monkeypatch.setattr(clustering, "LARGEST_SMALL", largest)
        assert (cluster(*graph, apart=apart, different=different) == found).all()


@pytest.mark.parametrize("largest", [0, LARGEST_SMALL])
def test_known_links_bind_in_components_of_any_size(largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clustering, "LARGEST_SMALL", largest)
    count, *pairs = _graph(3, 60, 200)
    found = cluster(count, *pairs, same=[(1, 7), (7, 20), (5, 5)])
    assert found[1] == found[7] == found[20]
    for options in ({"different": [(20, 1)]}, {"apart": np.where(np.isin(np.arange(60), (1, 20)), 0, -1)}):
        with pytest.raises(InputError, match="known links"):
            cluster(count, *pairs, same=[(1, 7), (7, 20)], **options)  # type: ignore[arg-type]


def test_a_component_too_large_for_a_table_is_clustered_as_the_oracle_does() -> None:
    count = LARGEST_SMALL + 12
    draws = np.random.default_rng(1)
    left = np.concatenate([np.arange(count - 1), np.arange(count - 2)])
    right = np.concatenate([np.arange(1, count), np.arange(2, count)])
    weights = np.concatenate([draws.integers(1, 24, count - 1), draws.integers(-8, 24, count - 2)]) / 4
    assert len(set(connected_components(count, left[weights > 0], right[weights > 0]).tolist())) == 1
    found = cluster(count, left, right, weights)
    groups = cluster_oracle.persons(
        [("A", f"{number:03}") for number in range(count)],
        {
            frozenset((("A", f"{a:03}"), ("A", f"{b:03}"))): weight
            for a, b, weight in zip(left.tolist(), right.tolist(), weights.tolist(), strict=True)
        },
    )
    assert {frozenset(np.flatnonzero(found == label).tolist()) for label in set(found.tolist())} == {
        frozenset(int(handle) for _, handle in group) for group in groups
    }


@given(st.integers(0, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_components_are_what_edges_reach(count: int, edges: list[tuple[int, int]]) -> None:
    edges = [(a, b) for a, b in edges if a < count and b < count]
    expected = list(range(count))
    for _ in range(count):
        for a, b in edges:
            expected[a] = expected[b] = min(expected[a], expected[b])
    both = np.array(edges, dtype=np.int64).reshape(-1, 2)
    assert connected_components(count, both[:, 0], both[:, 1]).tolist() == expected


def test_a_long_chain_is_one_component_whatever_the_names() -> None:
    names = np.random.default_rng(0).permutation(50_000)
    for chain in (np.arange(50_000), np.arange(50_000)[::-1].copy(), names):
        assert not connected_components(50_000, chain[:-1], chain[1:]).any()


def test_means_that_differ_by_less_than_a_float_can_tell_are_told_apart() -> None:
    # One record, two clusters: its mean with the second is larger by a 2^53rd part, and as a float the same.
    first, second = 40_009, 40_013
    scale = 5 << 20
    low = next(e for e in range(scale * first, scale * first + second) if (e * second + 1) % first == 0)
    high = (low * second + 1) // first
    assert Fraction(low, first) < Fraction(high, second)
    assert low / first == high / second
    count = first + second + 1
    merging = Merging([-1] * count, (), threshold=3 * WHOLE)
    for start, end in ((0, first), (first, first + second)):
        for record in range(start + 1, end):
            merging.join_known(start, record)
    merging.add_pairs([(0, count - 1), (first, count - 1)], [low, high])
    merging.run()
    assert merging.labels()[-1] == first


def test_a_weight_that_is_nothing_in_whole_numbers_links_nobody() -> None:
    a, b = np.array([0]), np.array([1])
    assert cluster(2, a, b, np.array([1e-9])).tolist() == [0, 1]
    assert cluster(2, a, b, np.array([1e-6])).tolist() == [0, 0]
    assert cluster(2, a, b, np.array([np.inf])).tolist() == [0, 0]


def test_pairs_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        cluster(2, np.array([0, 1]), np.array([1, 0]), np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="itself"):
        cluster(2, np.array([1]), np.array([1]), np.array([1.0]))
    with pytest.raises(ValueError, match="not a number"):
        cluster(2, np.array([0]), np.array([1]), np.array([np.nan]))


def test_a_must_not_link_between_components_changes_nothing() -> None:
    left, right, weights = np.array([0, 0, 3, 3]), np.array([1, 2, 4, 5]), np.array([5.0, 4.0, 5.0, 4.0])
    plain = cluster(6, left, right, weights)
    assert (cluster(6, left, right, weights, different=[(0, 5), (2, 3)]) == plain).all()


def test_warming_up_compiles_the_one_form_that_is_used() -> None:
    warm_up()
    forms = len(merge_small.signatures)  # type: ignore[attr-defined]
    _, *pairs = _graph(2, 50, 150)
    cluster(50, *pairs, same=[(1, 2)], different=[(3, 4)], apart=np.full(50, -1, np.int32))
    assert len(merge_small.signatures) == forms  # type: ignore[attr-defined]


def test_clustering_may_begin_from_clusters() -> None:
    left, right, weights = np.array([1, 0]), np.array([2, 1]), np.array([5.0, 1.0])
    assert cluster(3, left, right, weights).tolist() == [0, 1, 1]
    assert cluster(3, left, right, weights, start=np.array([1, 1, 2])).tolist() == [0, 0, 0]


ADVERSE = {
    "families that look alike": {"family": -0.5, "twins": 0.0},
    "twins that look like one person": {"twins": 3.0},
    "chains of noise": {"noise": 1500},
    "weak evidence": {"mean": 1.0, "spread": 3.0, "noise": 600},
    "many noisy duplicates in a source": {"repeats": 0.7, "mean": 1.5, "people": 30, "noise": 300},
}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", ADVERSE)
def test_no_cluster_is_over_twice_the_largest_person(name: str, seed: int) -> None:
    world = simulate(seed, **ADVERSE[name])  # type: ignore[arg-type]
    found = Clusters.at_once(world.person, world.pairs(set(), set(world.person)))
    positive = found.weights > 0
    components = connected_components(len(found.records), found.left[positive], found.right[positive])
    largest = max(Counter(world.person.values()).values())
    assert max(map(len, found.groups())) <= 2 * largest
    assert np.bincount(components).max() > 5 * largest


def test_the_same_inputs_give_the_same_bits() -> None:
    graph = _graph(9, 3000, 9000)
    first = cluster(*graph)
    assert first.tobytes() == cluster(*graph).tobytes()
    order = np.random.default_rng(1).permutation(len(graph[1]))
    count, left, right, weights = graph
    assert cluster(count, right[order], left[order], weights[order]).tobytes() == first.tobytes()
