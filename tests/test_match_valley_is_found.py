"""A plain filter's similarities are cut in the valley between strangers and matches, and nowhere else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from linkage.lab.evaluation import encode_tables, link_tables, score
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match.logistic import probability
from linkage.match.valley import find_valley, valley_log_odds
from linkage.shipped_profiles import shipped_profile

PLAIN = shipped_profile("clk-plain")


def _histogram(strangers: int, matches: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    random = np.random.default_rng(seed)
    noise = 0.4 + random.exponential(0.03, strangers)
    signal = np.clip(random.normal(0.86, 0.07, matches), 0, 1)
    return np.concatenate([noise, signal]), np.arange(strangers + matches) >= strangers


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("matches", [300, 3000])
def test_the_valley_lies_where_noise_and_matches_are_as_likely(seed: int, matches: int) -> None:
    similarity, true = _histogram(40_000, matches, seed)
    valley = find_valley(similarity, 6000)
    assert valley is not None
    likely = probability(valley.log_odds(similarity))
    assert (likely[true] > 0.5).mean() > 0.97
    assert (likely[~true] > 0.5).sum() < 0.03 * matches
    assert abs(likely.sum() - matches) < 0.03 * matches


def test_without_matches_or_between_hills_that_touch_there_is_none() -> None:
    noise, _ = _histogram(40_000, 0, 1)
    assert find_valley(noise, 6000) is None
    random = np.random.default_rng(2)
    touching = np.concatenate([random.normal(0.5, 0.06, 20_000), random.normal(0.6, 0.06, 20_000)])
    assert find_valley(touching, 6000) is None
    assert find_valley(np.zeros(0), 10) is None
    assert find_valley(np.full(50, 0.5), 10) is None


def test_a_record_that_is_like_everybody_is_put_in_its_place() -> None:
    """Half of the records are near everybody: without their level taken off, strangers pass for matches."""
    random = np.random.default_rng(3)
    count = 400
    common = np.arange(count) < count // 2
    left, right = np.triu_indices(count, 1)
    base = 0.3 + 0.2 * (common[left].astype(float) + common[right]) / 2
    true = (right == left + 1) & (left % 4 == 0)
    similarity = base + random.normal(0, 0.02, len(left)) + np.where(true, 0.25, 0.0)
    log_odds = valley_log_odds(similarity, left.astype(np.int64), right.astype(np.int64), count)
    assert log_odds is not None
    assert ((log_odds > 0) & true).sum() >= 0.95 * true.sum()
    assert ((log_odds > 0) & ~true).sum() <= 0.05 * true.sum()


def test_a_plain_filter_of_people_without_homes_is_linked_by_its_valley() -> None:
    population = Population(900, sources=1, copies=(0.5, 0.3, 0.2), families=False, damage=0.5)
    world = people_world(population, 4)
    encoded = encode_tables(world.tables, PLAIN, bytes(range(32)))
    linked = link_tables(encoded, "dedupe", PLAIN)
    assert linked.linkage.method == "valley"
    assert score(linked, world.person).pairs.f1 > 0.93


def test_households_are_not_linked_by_a_valley() -> None:
    """The children of one home agree on most of what a plain filter holds, and fill the valley."""
    world = people_world(Population(300, sources=3, twins=0.2), 4)
    encoded = encode_tables(world.tables, PLAIN, bytes(range(32)))
    linked = link_tables(encoded, "multi", PLAIN)
    assert linked.linkage.method != "valley"
    assert score(linked, world.person).pairs.precision > 0.9
