"""The larger the population that a handful of records is drawn from, the less it means that two agree."""

import hashlib
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.lab.evaluation import encode_tables
from linkage.lab.learning import people_world, worlds
from linkage.lab.people import Population
from linkage.match.decision import Judge, estimate_shares
from linkage.match.experience import Experience
from linkage.match.linkage import Linkage, Source, link
from linkage.match.population import LEARNED_POPULATION, at_population
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile

PROFILE = shipped_profile("person-1")
EXPECTED = np.array([0.9, 0.05, 0.03, 0.02])
EXPERIENCE = Experience(("one person", "one home", "chance", "noise"), EXPECTED, np.zeros((4, 1)))
WEIGHT = 20.0
BY_CHANCE = np.array([False, False, True, True])
DENSITIES = st.lists(st.tuples(*[st.floats(-20, 20)] * 4), max_size=40)


def unlearned(profile: EncodingProfile) -> EncodingProfile:
    return msgspec.structs.replace(profile, name="made-up", length=2 * profile.length)


def _shares(densities: NDArray[np.float64], population: int) -> NDArray[np.float64]:
    estimated = estimate_shares(densities, EXPERIENCE)
    return at_population(estimated, densities, BY_CHANCE, (EXPECTED, WEIGHT), population)


def _log_odds(densities: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    scores = densities + np.log(shares)
    return np.asarray(scores[:, 0] - np.logaddexp.reduce(scores[:, 1:], axis=1))


@given(DENSITIES, st.lists(st.integers(1, 10**9), min_size=2, max_size=5))
def test_a_larger_population_never_raises_the_log_odds_of_any_pair(
    pairs: list[tuple[float, ...]], populations: list[int]
) -> None:
    densities = np.array(pairs).reshape(-1, 4)
    odds = [_log_odds(densities, _shares(densities, one)) for one in sorted(populations)]
    for smaller, larger in pairwise(odds):
        assert (larger <= smaller + 1e-9).all()


@given(DENSITIES)
def test_at_the_population_that_was_learned_from_nothing_changes(pairs: list[tuple[float, ...]]) -> None:
    densities = np.array(pairs).reshape(-1, 4)
    estimated = estimate_shares(densities, EXPERIENCE)
    assert _shares(densities, LEARNED_POPULATION) == pytest.approx(estimated, abs=1e-5)


@given(DENSITIES, st.integers(1, 10**8))
def test_the_share_is_a_maximum_of_the_likelihood_with_as_many_expected_by_chance(
    pairs: list[tuple[float, ...]], population: int
) -> None:
    densities = np.array(pairs).reshape(-1, 4)
    shares = _shares(densities, population)
    assert shares.sum() == pytest.approx(1)
    ratio = population / LEARNED_POPULATION
    people = EXPECTED[:2].sum() / (EXPECTED[:2].sum() + EXPECTED[2:].sum() * ratio)

    def objective(candidate: NDArray[np.float64]) -> float:
        explained = np.logaddexp.reduce(densities + np.log(candidate), axis=1).sum()
        chance = candidate[2:].sum()
        return float(explained + WEIGHT * (people * np.log1p(-chance) + (1 - people) * np.log(chance)))

    for times in (0.9, 1.1):
        moved = shares * np.array([1, 1, times, times])
        assert objective(moved / moved.sum()) <= objective(shares) + 1e-6


def test_with_hardly_a_pair_the_odds_fall_as_the_population_grows() -> None:
    lone = np.array([[0.0, -30.0, 0.0, 0.0]])  # it may be one person, or two by chance
    odds = [float(_log_odds(lone, _shares(lone, size))[0]) for size in (10**5, 10**6, 10**7)]
    assert np.diff(odds) == pytest.approx([-np.log(10)] * 2, abs=0.1)


def test_with_many_pairs_the_data_decide() -> None:
    random = np.random.default_rng(1)
    kind = random.choice(4, 5000, p=[0.6, 0.1, 0.2, 0.1])
    densities = random.normal(0, 1, (5000, 4))
    densities[np.arange(5000), kind] += 6
    usual, larger = (_log_odds(densities, _shares(densities, size)) for size in (LEARNED_POPULATION, 10**8))
    assert (usual - larger).max() < 0.05


@pytest.mark.parametrize("wrong", [0, -1, 10**12])
def test_a_population_that_cannot_be_is_refused(wrong: int) -> None:
    with pytest.raises(InputError, match="population"):
        link([], PROFILE, population=wrong)


def test_the_population_learned_from_is_that_of_the_made_up_worlds(soak: bool) -> None:
    if not soak:
        pytest.skip("a quarter of a minute's work: run with --soak")
    people = [len(set(world.person.values())) for world in worlds(PROFILE, 1)]
    assert np.mean(people) == pytest.approx(LEARNED_POPULATION, rel=0.1)


def _linked(homes: int, population: int | None, *, sources: int = 2, free: bool = False) -> Linkage:
    copies = (1.0,) if free else (0.8, 0.2)
    world = people_world(Population(homes, sources=sources, copies=copies, damage=2.0), seed=3)
    encoded = encode_tables(world.tables, PROFILE, hashlib.sha256(b"population").digest())
    parts = [Source(table.source.name, table.source.encodings, free) for table in encoded]
    return link(parts, PROFILE, population=population)


def test_a_few_records_of_a_large_town_link_on_more_evidence_than_a_village_has() -> None:
    found = [_linked(20, size) for size in (500, None, 100_000, 10**8)]
    scores = [one.pairs.score for one in found]
    source = np.array([record.source for record in found[0].records])
    across = source[found[0].pairs.left] != source[found[0].pairs.right]
    for smaller, larger in pairwise(scores):
        assert (larger <= smaller + 1e-9).all()
        assert (larger < smaller)[across].all()
        assert (larger == smaller)[~across].all()
    assert (scores[0] - scores[-1]).max() > 1


def test_a_set_of_thousands_hardly_notices() -> None:
    few, many = ((_linked(homes, None), _linked(homes, 10**6)) for homes in (20, 700))
    lost = [(usual.pairs.score - larger.pairs.score).max() for usual, larger in (few, many)]
    assert lost[1] < 0.5 * lost[0]
    assert (many[0].pairs.link == many[1].pairs.link).mean() > 0.99


def test_ways_that_learn_from_the_data_at_hand_do_not_ask() -> None:
    usual, larger = (_linked(400, size, free=True) for size in (None, 10**8))
    assert usual.method == larger.method
    assert usual.method == "decoys"
    assert (usual.pairs.score == larger.pairs.score).all()


def test_a_profile_that_nobody_learned_from_has_no_shares_to_move() -> None:
    made_up = unlearned(PROFILE)
    densities = np.random.default_rng(2).normal(0, 3, (50, 2))
    within = np.zeros(50, dtype=np.bool_)
    weights = [Judge(made_up, size).weigh(densities, within) for size in (None, 10**8)]
    assert (weights[0] == weights[1]).all()
