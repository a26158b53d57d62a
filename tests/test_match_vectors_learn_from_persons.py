"""Where nobody shares a home, all views together learn from the persons that the data already show."""

import numpy as np
import pytest
from numpy.typing import NDArray

from linkage.lab.evaluation import encode_tables, link_tables, score
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match.logistic import probability
from linkage.match.similarity import Similarities
from linkage.match.vectors import FEWEST_STRANGERS, vector_features, vector_log_odds
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))


class _Made:
    """Persons of three records, and pairs of strangers: log odds know of one view, and not of the other."""

    def __init__(
        self, *, seed: int = 1, persons: int = 1500, strangers: int = 1500, clear: float = 1.5
    ) -> None:
        random = np.random.default_rng(seed)
        self.count = 3 * persons
        own = 3 * np.repeat(np.arange(persons), 3)
        pairs = {
            tuple(sorted(random.choice(self.count, 2, replace=False).tolist())) for _ in range(strangers)
        }
        apart = np.array(sorted(pair for pair in pairs if pair[0] // 3 != pair[1] // 3))
        self.left = np.concatenate([own + np.tile([0, 0, 1], persons), apart[:, 0]]).astype(np.int64)
        self.right = np.concatenate([own + np.tile([1, 2, 2], persons), apart[:, 1]]).astype(np.int64)
        self.same = np.arange(len(self.left)) < len(own)
        known = random.normal(np.where(self.same, clear, -clear), 1.0) * 2.0 * clear
        unknown = np.clip(random.normal(np.where(self.same, 0.8, 0.5), 0.05), 0.0, 1.0)
        dice = np.stack([np.clip(0.5 + known / 40.0, 0.0, 1.0), unknown], axis=1)
        nothing = np.zeros(dice.shape, dtype=np.bool_)
        self.found = Similarities(dice, ~nothing, nothing)
        self.log_odds = known

    def weighed(self) -> NDArray[np.float64] | None:
        apart = np.full(self.count, -1, dtype=np.int32)
        return vector_log_odds(self.log_odds, self.found, self.left, self.right, apart)

    def errors(self, log_odds: NDArray[np.float64]) -> int:
        return int(((log_odds > 0) != self.same).sum())


@pytest.mark.parametrize("seed", range(3))
def test_a_view_that_log_odds_do_not_know_of_is_learned_from_persons(seed: int) -> None:
    made = _Made(seed=seed)
    weighed = made.weighed()
    assert weighed is not None
    assert made.errors(weighed) < 0.5 * made.errors(made.log_odds)


@pytest.mark.parametrize("clear", [1.2, 1.5, 2.0])
def test_as_many_matches_are_expected_as_before(clear: float) -> None:
    made = _Made(clear=clear)
    weighed = made.weighed()
    assert weighed is not None
    assert probability(weighed).sum() == pytest.approx(probability(made.log_odds).sum(), rel=1e-4)


def test_any_order_of_pairs_gives_the_same() -> None:
    made = _Made()
    weighed = made.weighed()
    assert weighed is not None
    order = np.random.default_rng(5).permutation(len(made.left))
    again = vector_log_odds(
        made.log_odds[order],
        made.found.take(order),
        made.left[order],
        made.right[order],
        np.full(made.count, -1, dtype=np.int32),
    )
    assert again is not None
    assert np.abs(again - weighed[order]).max() <= 1e-5


def test_without_strangers_nothing_is_learned() -> None:
    assert _Made(strangers=FEWEST_STRANGERS // 2).weighed() is None
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.bool_)
    found = Similarities(np.zeros((0, 2)), nothing, nothing)
    assert vector_log_odds(np.zeros(0), found, none, none, np.zeros(0, dtype=np.int32)) is None


def test_persons_cut_in_two_are_no_strangers() -> None:
    """Pairs across the cut would teach that one person's records look like strangers'."""
    made = _Made()
    made.log_odds = np.where(
        made.same, np.abs(made.log_odds) * np.where(made.left % 3 == 0, 1.0, 0.0) - 0.3, -0.5
    )
    assert made.weighed() is None


def test_features_are_of_every_view() -> None:
    dice = np.array([[0.5, 0.0, 0.9, 0.0], [0.0, 0.0, 0.0, 0.0]])
    missing = np.array([[False, True, False, False], [True, True, True, True]])
    features = vector_features(Similarities(dice, dice > 0, missing))
    assert features.shape == (2, 4 * 4 + 7)
    assert features[0, -7:].tolist() == pytest.approx([0.9, 0.5, 0.0, 0.81, 0.729, 2.0, 1.4])
    assert features[1].tolist() == [0.0] * 12 + [1.0] * 4 + [0.0] * 7


def _method(population: Population, profile_name: str) -> tuple[str, float]:
    profile = shipped_profile(profile_name)
    world = people_world(population, 4)
    linked = link_tables(encode_tables(world.tables, profile, KEY), "multi", profile)
    return linked.linkage.method, score(linked, world.person).pairs.f1


def test_people_without_homes_are_linked_by_vectors() -> None:
    population = Population(900, sources=5, damage=2.0, families=False, coarse_postcodes=True, with_sex=False)
    method, f1 = _method(population, "person-1-open")
    assert method == "vectors"
    assert f1 > 0.95


def test_households_are_weighed_by_experience_alone() -> None:
    """Siblings whom experience joins would teach that siblings are one person."""
    assert _method(Population(250, sources=3, twins=0.2), "person-1")[0] == "experience"
