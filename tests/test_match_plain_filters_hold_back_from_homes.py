"""Under one plain filter the children of a home are not linked, whether sources are declared clean or not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from linkage.lab.evaluation import encode_tables, link_tables, score
from linkage.lab.evaluation_linked import LinkedTables, Table
from linkage.lab.learning import LabelledWorld, people_world
from linkage.lab.people import Population
from linkage.match.logistic import probability
from linkage.match.plain import PlainPairs
from linkage.match.pooled_decoys import held_twice, pooled_log_odds, within_to_between
from linkage.shipped_profiles import shipped_profile

PLAIN = shipped_profile("clk-plain")
KEY = bytes(range(32))

Drawn = tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_]]


def _linked(world: LabelledWorld, *, declared: bool = False) -> LinkedTables:
    tables = [Table(one.name, one.rec_ids, one.identifiers, declared) for one in world.tables]
    return link_tables(encode_tables(tables, PLAIN, KEY), "multi", PLAIN)


def _stated(linked: LinkedTables) -> float:
    pairs = linked.linkage.pairs
    return float(probability(pairs.score[pairs.link]).mean())


@pytest.mark.parametrize(("sources", "declared"), [(2, False), (3, True)])
def test_clean_sources_of_homes_say_what_siblings_are_like(sources: int, declared: bool) -> None:
    world = people_world(Population(800 // sources, sources=sources, damage=0.5, twins=0.1), 11)
    linked = _linked(world, declared=declared)
    assert linked.linkage.method == "decoys"
    found = score(linked, world.person).pairs
    assert found.precision > 0.88
    assert found.f1 > 0.8
    assert abs(_stated(linked) - found.precision) < 0.08


def test_sources_that_hold_people_twice_are_weighed_by_their_surroundings() -> None:
    world = people_world(Population(150, sources=4, coverage=0.6, copies=(0.5, 0.3, 0.2), twins=0.1), 12)
    linked = _linked(world)
    assert linked.linkage.method == "surroundings"
    found = score(linked, world.person).pairs
    assert found.precision > 0.85
    assert found.f1 > 0.7
    turned = link_tables(encode_tables(world.tables, PLAIN, KEY)[::-1], "multi", PLAIN)
    assert np.array_equal(turned.linkage.pairs.score, linked.linkage.pairs.score)
    assert turned.clusters == linked.clusters


def test_records_of_a_declared_source_are_never_returned_as_pairs() -> None:
    world = people_world(Population(200, sources=3, twins=0.1), 13)
    linkage = _linked(world, declared=True).linkage
    source = np.array([record.source for record in linkage.records])
    assert (source[linkage.pairs.left] != source[linkage.pairs.right]).all()


@pytest.mark.parametrize("declared", [False, True])
def test_homes_in_sources_that_share_nobody_are_not_linked(declared: bool) -> None:
    """On top is a hill of siblings; that nothing is nearly the same gives it away."""
    world = people_world(Population(400, sources=1, coverage=1.0, damage=0.7, twins=0.1), 1)
    (table,) = world.tables
    parts = [
        Table(name, table.rec_ids[start::2], table.identifiers[start::2], declared)
        for start, name in enumerate("AB")
    ]
    linkage = link_tables(encode_tables(parts, PLAIN, KEY), "multi", PLAIN).linkage
    assert linkage.pairs.link.sum() < 0.02 * len(linkage.records)


def _mixture(between: int, within: int, duplicates: int, seed: int) -> Drawn:
    """Return one similarity of pairs between and within sources, who is within, who is one person."""
    random = np.random.default_rng(seed)
    true = np.arange(10_000) < between
    inside = np.arange(10_000) < duplicates
    drawn = [
        np.where(one, random.normal(3, 1, 10_000), random.normal(-1, 1, 10_000)) for one in (true, inside)
    ]
    chosen = np.arange(10_000) < within
    return (
        np.concatenate([drawn[0], drawn[1][chosen]]),
        np.concatenate([np.zeros(10_000, bool), np.ones(int(chosen.sum()), bool)]),
        np.concatenate([true, inside[chosen]]),
    )


@pytest.mark.parametrize("duplicates", [0, 100, 300])
def test_how_many_are_held_twice_is_seen_where_nothing_but_matches_is_left(duplicates: int) -> None:
    value, within, _ = _mixture(1500, 10_000, duplicates, 3)
    found = held_twice((value,), within)
    assert found is not None
    estimate, most = found
    assert abs(estimate - duplicates / 1500) < 0.06
    assert most >= estimate


@pytest.mark.parametrize("duplicates", [0, 300])
@pytest.mark.parametrize("within", [5000, 10_000])
def test_duplicates_within_a_source_do_not_bend_the_weights(within: int, duplicates: int) -> None:
    value, inside, true = _mixture(1500, within, duplicates, 4)
    weight = 10_000 / within
    twice = np.where(inside, duplicates / 1500 * weight, 0.0)
    features = np.stack([value, value**2], axis=1)
    log_odds = pooled_log_odds(features, 4 * (value - 1.2), inside, twice, weight)
    likely = probability(log_odds)
    for which in (inside, ~inside):
        assert abs(likely[which].sum() - true[which].sum()) < 0.1 * true[which].sum() + 25
    assert ((log_odds > 0) == true)[~inside].mean() > 0.98


def test_too_few_likely_pairs_say_nothing_of_duplicates() -> None:
    assert held_twice((np.arange(50.0),), np.zeros(50, bool)) is None


def test_pairs_between_sources_to_each_within() -> None:
    assert within_to_between(np.array([10, 10])) == pytest.approx(200 / 180)
    assert within_to_between(np.array([5, 5, 5])) == pytest.approx((225 - 75) / (75 - 15))
    assert within_to_between(np.array([7])) == 0.0


def test_sources_of_different_areas_are_no_decoys_of_each_other() -> None:
    """Every home is in one source: what is within is another kind of noise than what is between."""
    count = 400
    densities = np.tile([-9.0, -9.0, 0.0], (2 * count, 1))
    densities[: count // 2] = [-4.0, 9.0, -4.0]
    within = np.arange(2 * count) < count
    dice = np.linspace(0.9, 0.3, 2 * count)
    features = np.random.default_rng(1).random((2 * count, 13))
    pairs = PlainPairs(np.arange(2 * count), dice, within, features, densities)
    assert pairs.homes_between() < 0.1
    assert pairs.by_decoys(within, np.array([150, 150])) is None
    mixed = PlainPairs(pairs.kept, dice, np.arange(2 * count) % 2 == 0, features, densities)
    assert mixed.homes_between() == pytest.approx(1.0, abs=0.05)
    assert mixed.by_decoys(mixed.within, np.array([150, 150])) is not None
