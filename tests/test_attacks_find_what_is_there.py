"""The attacks succeed where they must, so that their failure elsewhere says something."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.identifiers import Identifiers
from linkage.lab.attacks.columns import column_measures
from linkage.lab.attacks.graph import graph_attack
from linkage.lab.attacks.knowledge import Encoded, encode_people, knowledge
from linkage.lab.attacks.known_pairs import METHODS, Guesses, Method, guess, known_pair_attack
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.profile import EncodingProfile, Feature, View
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))
COUNT = 400


@pytest.fixture(scope="module")
def people() -> tuple[Identifiers, ...]:
    world = people_world(Population(500, sources=1, coverage=1.0, copies=(1.0,), damage=0.0), 7)
    return world.tables[0].identifiers[:COUNT]


def attack(name: str, people: tuple[Identifiers, ...], known: int, **options: object) -> Guesses:
    profile = shipped_profile(name)
    views, encoded = knowledge(profile, people), encode_people(profile, people, KEY)
    rng = np.random.default_rng(1)
    taught = rng.choice(len(people), known, replace=False)
    return known_pair_attack(views, encoded, taught, rng=rng, **options)  # type: ignore[arg-type]


def test_a_hundred_known_people_open_a_plain_filter(people: tuple[Identifiers, ...]) -> None:
    guesses = attack("clk-plain", people, 100)
    assert guesses.reidentified > 0.97
    assert guesses.most_confident == 1.0


def test_the_usual_attack_succeeds_on_a_plain_filter_too(people: tuple[Identifiers, ...]) -> None:
    assert attack("clk-plain", people, 150, method="ridge").reidentified > 0.8


@pytest.mark.parametrize("method", METHODS)
def test_no_regression_beats_the_attack_that_knows_the_construction(
    people: tuple[Identifiers, ...], method: Method
) -> None:
    strongest = attack("child-1", people, 200).reidentified
    assert attack("child-1", people, 200, method=method).reidentified < strongest + 0.02


def test_a_hundred_known_people_tell_little_of_salted_and_diffused_views(
    people: tuple[Identifiers, ...],
) -> None:
    assert attack("child-1", people, 100).reidentified < 0.05


def test_encodings_of_other_people_are_guessed_no_better_than_by_chance(
    people: tuple[Identifiers, ...],
) -> None:
    profile = shipped_profile("clk-plain")
    rng = np.random.default_rng(2)
    shuffled = tuple(people[place] for place in rng.permutation(len(people)).tolist())
    views, encoded = knowledge(profile, people), encode_people(profile, shuffled, KEY)
    guesses = known_pair_attack(views, encoded, rng.choice(len(people), 100, replace=False), rng=rng)
    assert guesses.reidentified < 0.05


def test_a_payload_of_ones_own_gives_everybody_away(people: tuple[Identifiers, ...]) -> None:
    alone = np.arange(len(people), dtype=np.int64)
    assert attack("child-1", people, 20, side=alone).reidentified == 1.0
    shared = np.zeros(len(people), dtype=np.int64)
    assert (
        attack("child-1", people, 20, side=shared).reidentified == attack("child-1", people, 20).reidentified
    )


def test_graph_matching_names_plain_filters_without_any_pair(people: tuple[Identifiers, ...]) -> None:
    profile = shipped_profile("clk-plain")
    views, encoded = knowledge(profile, people), encode_people(profile, people, KEY)
    listed = np.arange(150)
    observed = np.random.default_rng(3).permutation(listed)
    assert graph_attack(views, encoded, listed, observed) > 0.8
    assert graph_attack(views, encoded, listed, np.arange(150, 300)) == 0.0
    alone = np.arange(len(people))
    assert graph_attack(views, encoded, listed, observed, alone) == 1.0
    assert graph_attack(views, encoded, np.arange(100), np.arange(70, 170), alone) == 1.0


def test_graph_matching_finds_hardly_anybody_behind_salts(people: tuple[Identifiers, ...]) -> None:
    profile = shipped_profile("child-1")
    views, encoded = knowledge(profile, people), encode_people(profile, people, KEY)
    listed = np.arange(200)
    assert graph_attack(views, encoded, listed, np.random.default_rng(3).permutation(listed)) < 0.15


def test_expected_agreement_is_what_encodings_show(people: tuple[Identifiers, ...]) -> None:
    feature = Feature(field="surname", kind="bigrams", label="s", k=6)
    view = View(name="all", salt=(), features=(feature,))
    profile = EncodingProfile(name="one-view", length=4096, diffusion=3, views=(view,))
    (known,) = knowledge(profile, people)
    rows = np.arange(60)
    expected = known.covariance(rows, rows) + known.mean(rows)[:, None] * known.mean(rows)[None, :]
    measured = np.mean([_agreement(profile, people[:60], bytes((seed,)) * 32) for seed in range(6)], axis=0)
    assert np.abs(measured - expected).max() < 0.06


def _agreement(profile: EncodingProfile, people: tuple[Identifiers, ...], key: bytes) -> np.ndarray:
    signs = encode_people(profile, people, key).signs(0, np.arange(len(people)))
    return np.asarray(signs @ signs.T / signs.shape[1])


def test_columns_show_what_a_plain_filter_gives_away(people: tuple[Identifiers, ...]) -> None:
    plain, hardened = (
        column_measures(knowledge(profile, people), encode_people(profile, people, KEY))
        for profile in map(shipped_profile, ("clk-plain", "child-1"))
    )
    assert plain.frequency_sd > 0.06 > hardened.frequency_sd
    assert plain.popcount_correlation > 0.9
    profile = shipped_profile("clk-plain")
    twice = encode_people(profile, (*people[:200], *people[:1]), KEY)
    assert column_measures(knowledge(profile, (*people[:200], *people[:1])), twice).unique == 199 / 201


def test_the_most_confident_are_the_surest_twentieth() -> None:
    guesses = Guesses(np.arange(100) < 5, np.linspace(1.0, 0.0, 100))
    assert (guesses.reidentified, guesses.most_confident) == (0.05, 1.0)


def test_encodings_lie_in_the_order_of_the_list(people: tuple[Identifiers, ...]) -> None:
    profile = shipped_profile("child-1")
    together = encode_people(profile, people[:50], KEY)
    alone = encode_people(profile, people[17:18], KEY)
    assert isinstance(together, Encoded)
    assert np.array_equal(together.bits[17], alone.bits[0])
    assert np.array_equal(together.present[17], alone.present[0])


def test_nobody_is_guessed_twice_where_odds_are_shared_out() -> None:
    """The first explains both encodings; the second is only a little better than nobody for one of them."""
    odds = np.array([[5.0, 0.0], [6.0, 4.0]], dtype=np.float32)
    apart = guess(odds.copy(), None, np.random.default_rng(1), odds=False)
    shared = guess(odds.copy(), None, np.random.default_rng(1))
    assert (apart.right.tolist(), shared.right.tolist()) == ([True, False], [True, True])


@given(size=st.integers(1, 12), seed=st.integers(0, 99))
def test_shared_out_odds_are_chances(size: int, seed: int) -> None:
    scores = np.random.default_rng(seed).normal(0, 3, (size, size)).astype(np.float32)
    found = guess(scores, None, np.random.default_rng(1))
    assert np.exp(scores).sum(axis=1) == pytest.approx(np.ones(size), abs=1e-4)
    assert (np.exp(found.confidence) <= 1 + 1e-4).all()
