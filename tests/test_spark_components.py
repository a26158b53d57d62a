"""Components and clusters made on a cluster are those that an oracle, and one process, make of the pairs."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.spark.engine import SparkEngine
from linkage.errors import InputError
from linkage.match.clustering import cluster
from tests.oracles import components_oracle
from tests.support import spark

Edges = list[tuple[int, int]]

_EDGE = st.tuples(st.integers(0, 60), st.integers(0, 60)).filter(lambda edge: edge[0] != edge[1])
_NONE = np.zeros((0, 2), dtype=np.int64)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkEngine]:
    spark.require()
    folder = tmp_path_factory.mktemp("spark")
    staging = folder / "staging"
    staging.mkdir()
    with spark.home(folder), spark.engine("local[2]", staging, partitions=3) as opened:
        yield opened


def _found(engine: SparkEngine, count: int, edges: Edges) -> list[int]:
    pairs = np.array(edges, dtype=np.int64).reshape(-1, 2)
    left, right = pairs.T.copy()
    linked = np.ones(len(pairs), dtype=np.bool_)
    return engine._components(count, left, right, linked, _NONE).tolist()


def _every_kind(draws: np.random.Generator, longest: int) -> tuple[int, Edges]:
    """Return graphs of many shapes side by side, their records shuffled: one run for all of them."""
    shapes: list[Edges] = [
        [(i, i + 1) for i in range(longest)],
        [(0, i) for i in range(1, 100)],
        [(i, j) for i in range(12) for j in range(i)],
        [((i - 1) // 2, i) for i in range(1, longest)],
        [(i, (i + 1) % longest) for i in range(longest)],
    ]
    for _ in range(150):
        size = int(draws.integers(2, 30))
        count = int(draws.integers(1, 2 * size))
        pairs = draws.integers(0, size, (count, 2))
        shapes.append([(a, b) for a, b in pairs.tolist() if a != b])
    edges: Edges = []
    count = 0
    for shape in shapes:
        edges += [(a + count, b + count) for a, b in shape]
        count += 1 + max((max(pair) for pair in shape), default=0)
    places = draws.permutation(count + 10)  # ten are alone
    return count + 10, [(int(places[a]), int(places[b])) for a, b in edges]


def test_graphs_of_every_kind_fall_into_the_oracles_components(engine: SparkEngine, soak: bool) -> None:
    # Rounds, of some seconds each, grow with the longest way.
    count, edges = _every_kind(np.random.default_rng(4), 200 if soak else 24)
    assert _found(engine, count, edges) == components_oracle.components(count, edges)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_EDGE, max_size=90))
def test_any_graph_falls_into_the_oracles_components(engine: SparkEngine, edges: Edges) -> None:
    assert _found(engine, 61, edges) == components_oracle.components(61, edges)


@pytest.mark.parametrize("seed", [1])
def test_clusters_are_those_of_one_process_whatever_is_known_or_declared(
    engine: SparkEngine, seed: int, soak: bool
) -> None:
    draws = np.random.default_rng(seed)
    count, drawn = (900, 1300) if soak else (900, 300)
    keys = np.unique(draws.integers(0, count, drawn) * count + draws.integers(0, count, drawn))
    near = np.arange(count - 1) * (count + 1) + 1  # each record and the next
    keys = np.union1d(keys, near[draws.random(count - 1) < 0.6])
    left, right = keys // count, keys % count
    left, right = np.minimum(left, right)[left != right], np.maximum(left, right)[left != right]
    left, right = np.unique(np.stack([left, right], axis=1), axis=0).T.copy()
    weights = draws.normal(-1.0, 3.0, len(left))
    apart = np.where(draws.random(count) < 0.2, draws.integers(0, 3, count), -1).astype(np.int32)
    same = [(5, 700), (700, 890)]
    apart[[5, 700, 890]] = -1
    different = [(int(a), int(b)) for a, b in draws.integers(0, count, (40, 2)).tolist() if a != b]
    different = [pair for pair in different if not set(pair) & {5, 700, 890}]
    stated = {"apart": apart, "same": same, "different": different}
    for lowered in (weights, weights - 0.5):  # the second time components are known already
        expected = cluster(count, left, right, lowered, **stated)
        found = engine.clusters(count, left, right, lowered, **stated)
        assert found.dtype == expected.dtype
        assert (found == expected).all()
    with pytest.raises(InputError, match="known links"):
        engine.clusters(count, left, right, weights, apart=apart, same=same, different=[(890, 5)])


def test_records_without_a_link_stay_alone(engine: SparkEngine) -> None:
    nobody = np.zeros(0, dtype=np.int64)
    apart = np.full(4, -1, dtype=np.int32)
    found = engine.clusters(4, nobody, nobody, np.zeros(0), apart=apart, same=(), different=())
    assert found.tolist() == [0, 1, 2, 3]


def test_nothing_is_left_of_any_of_it(engine: SparkEngine) -> None:
    assert list(Path(engine._folder).iterdir()) == []
