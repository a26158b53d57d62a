"""No person has more than twice the records of the largest one that good evidence makes."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.lab.evaluation import encode_tables, link_tables, score
from linkage.lab.learning import POPULATIONS, people_world
from linkage.match.clustering import cluster
from linkage.match.clustering_bound import GOOD_EVIDENCE, MOST_TO_SURE, bounded
from linkage.match.linkage import Choice
from linkage.shipped_profiles import shipped_profile

Graph = tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _graph(count: int, weights: dict[tuple[int, int], float]) -> Graph:
    pairs = np.array(sorted(weights), dtype=np.int64).reshape(-1, 2)
    return count, pairs[:, 0], pairs[:, 1], np.array([weights[pair] for pair in sorted(weights)])


def _bounded(graph: Graph, same: tuple[tuple[int, int], ...] = ()) -> NDArray[np.int32]:
    count, left, right, weights = graph
    return bounded(lambda some: cluster(count, left, right, some, same=same), left, right, weights)


def _largest(labels: NDArray[np.int32]) -> int:
    return int(np.bincount(labels, minlength=1).max())


def _home(first: int, size: int, weight: float) -> dict[tuple[int, int], float]:
    return {(a, b): weight for a in range(first, first + size) for b in range(a + 1, first + size)}


@st.composite
def _graphs(draw: st.DrawFn) -> Graph:
    count = draw(st.integers(0, 14))
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    quarters = st.integers(-24, 36).map(lambda value: value / 4)
    return _graph(count, {pair: draw(quarters) for pair in pairs if draw(st.integers(0, 3))})


@settings(max_examples=200)
@given(_graphs())
def test_no_cluster_is_larger_than_the_bound_and_smaller_ones_are_left_alone(graph: Graph) -> None:
    count, left, right, weights = graph
    free, held = cluster(*graph), _bounded(graph)
    most = MOST_TO_SURE * _largest(cluster(count, left, right, weights - GOOD_EVIDENCE))
    assert _largest(held) <= most
    if _largest(free) <= most:
        assert (held == free).all()


@given(_graphs(), st.randoms(use_true_random=False))
def test_the_bound_does_not_ask_for_the_order_of_pairs(graph: Graph, random: object) -> None:
    count, left, right, weights = graph
    order = np.random.default_rng(random.getrandbits(32)).permutation(len(left))  # type: ignore[attr-defined]
    assert (_bounded((count, right[order], left[order], weights[order])) == _bounded(graph)).all()


def test_a_doubtful_chain_of_siblings_falls_apart_and_persons_stay() -> None:
    persons = {**_home(0, 3, 5.0), **_home(3, 3, 5.0)}
    doubtful = _graph(14, {**persons, **_home(6, 8, 0.5)})
    assert _largest(cluster(*doubtful)) == 8
    labels = _bounded(doubtful)
    assert _largest(labels) <= 6
    assert labels[:6].tolist() == [0, 0, 0, 3, 3, 3]


def test_good_evidence_makes_a_person_of_any_size() -> None:
    assert _largest(_bounded(_graph(40, _home(0, 40, 3.0)))) == 40


def test_what_is_known_is_not_bounded() -> None:
    known = tuple((0, other) for other in range(1, 9))
    assert _largest(_bounded(_graph(9, {(0, 1): -6.0}), same=known)) == 9


@pytest.mark.parametrize("seed", [1, 3])
def test_careless_clerks_and_large_families_under_a_plain_filter(seed: int) -> None:
    profile = shipped_profile("clk-plain")
    world = people_world(POPULATIONS["rough"], 5000)
    key = sha256(f"clew/evaluate/throw-away-key/{seed}".encode()).digest()
    linked = link_tables(encode_tables(world.tables, profile, key), "multi", profile)
    scores = score(linked, world.person)
    assert scores.largest_true == 4
    assert scores.largest_found <= 2 * scores.largest_true
    pairs = linked.linkage.pairs
    apart = ~pairs.link & (pairs.score > linked.linkage.costs.cut)
    assert (pairs.choice[apart] == Choice.POSSIBLE).mean() > 0.9
