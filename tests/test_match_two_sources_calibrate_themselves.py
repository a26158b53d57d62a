"""Two sources free of duplicates say themselves what noise is like; a record has one partner at most."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.lab.evaluation import encode_tables, link_tables, score
from linkage.lab.learning import people_world
from linkage.lab.people import Population
from linkage.match import decoys, plain
from linkage.match.decoys import decoy_log_odds, unrivalled
from linkage.match.logistic import probability
from linkage.match.similarity import Similarities
from linkage.shipped_profiles import shipped_profile

PLAIN = shipped_profile("clk-plain")

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.bool_]]


def _two_sources(count: int, shared: int, seed: int, *, homes: int = 0) -> Pairs:
    """Return pairs of two sources of ``count`` people, ``shared`` of them in both: who, whether within, Dice.

    ``homes``: pairs of people who live together, both in each source, whose records are alike everywhere.
    """
    random = np.random.default_rng(seed)
    left, right, dice, true = [], [], [], []
    for a, b in ((0, 0), (1, 1), (0, 1)):
        first = random.integers(0, count, 6 * count) + a * count
        second = random.integers(0, count, 6 * count) + b * count
        left.append(np.minimum(first, second))
        right.append(np.maximum(first, second))
        dice.append(random.normal(0.35, 0.06, 6 * count))
        true.append(np.zeros(6 * count, bool))
        alike = np.arange(2 * homes).reshape(-1, 2)
        alike = np.concatenate([alike, alike[:, ::-1]]) if a != b else alike
        left.append(np.minimum(alike[:, 0] + a * count, alike[:, 1] + b * count))
        right.append(np.maximum(alike[:, 0] + a * count, alike[:, 1] + b * count))
        dice.append(random.normal(0.62, 0.05, len(alike)))
        true.append(np.zeros(len(alike), bool))
    left.append(np.arange(shared))
    right.append(np.arange(shared) + count)
    dice.append(np.clip(random.normal(0.85, 0.08, shared), 0, 1))
    true.append(np.ones(shared, bool))
    columns = [np.concatenate(one) for one in (left, right, dice, true)]
    # A person of both sources is at the same place in each: those random pairs are taken out.
    kept = (columns[0] != columns[1]) & ((columns[1] != columns[0] + count) | columns[3])
    first_of_pair = np.unique(np.stack(columns[:2])[:, kept], axis=1, return_index=True)[1]
    left_, right_, dice_, true_ = (column[kept][first_of_pair] for column in columns)
    within = (left_ < count) == (right_ < count)
    return left_.astype(np.int64), right_.astype(np.int64), within, dice_, true_.astype(bool)


def _found(dice: NDArray[np.float64]) -> Similarities:
    column = dice[:, None]
    return Similarities(column, np.ones_like(column, dtype=bool), np.zeros_like(column, dtype=bool))


@pytest.mark.parametrize("homes", [0, 100])
@pytest.mark.parametrize("shared", [200, 400])
def test_what_matches_look_like_is_found_beside_homes(homes: int, shared: int) -> None:
    left, right, within, dice, true = _two_sources(500, shared, seed=homes + shared, homes=homes)
    log_odds = decoy_log_odds(_found(dice), left, right, within, (500, 500))
    between = ~within
    score = unrivalled(log_odds[between], left[between], right[between], (500, 500))
    linked, truth = score > 0, true[between]
    assert (linked & truth).sum() >= 0.95 * shared
    assert (linked & ~truth).sum() <= 0.05 * shared
    assert abs(probability(score).sum() - shared) < 0.15 * shared + 10


def test_without_matches_nothing_links() -> None:
    left, right, within, dice, _ = _two_sources(500, 0, seed=5, homes=100)
    log_odds = decoy_log_odds(_found(dice), left, right, within, (500, 500))
    score = unrivalled(log_odds[~within], left[~within], right[~within], (500, 500))
    assert (score > 0).sum() <= 5


def _competing(
    log_odds: list[float], left: list[int], right: list[int], sizes: tuple[int, int]
) -> list[float]:
    """Say the same as :func:`unrivalled`, pair by pair."""
    odds = [np.exp(min(max(one, -12.0), 12.0)) for one in log_odds]
    likely = [1 / (1 + np.exp(-min(max(one, -30.0), 30.0))) for one in log_odds]
    for _ in range(12):
        matches = sum(likely)
        shrink = [1 - min(matches / size, 0.999) for size in sizes]
        scaled = [one / (shrink[0] * shrink[1]) ** 0.5 for one in odds]
        likely = []
        for this, one in enumerate(scaled):
            rivals = sum(
                other * ((left[that] == left[this]) + (right[that] == right[this]))
                for that, other in enumerate(scaled)
                if that != this
            )
            likely.append(one / (1 + one + rivals))
    return likely


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_rivals_are_those_of_both_records(data: st.DataObject) -> None:
    pairs = data.draw(
        st.lists(st.tuples(st.integers(0, 4), st.integers(5, 9)), min_size=1, max_size=12, unique=True)
    )
    log_odds = data.draw(st.lists(st.floats(-15, 15), min_size=len(pairs), max_size=len(pairs)))
    left, right = [one for one, _ in pairs], [other for _, other in pairs]
    found = unrivalled(np.array(log_odds), np.array(left), np.array(right), (5, 5))
    expected = _competing(log_odds, left, right, (5, 5))
    assert probability(found) == pytest.approx(np.clip(expected, 1e-9, 1 - 1e-9), abs=1e-9)


def test_no_record_has_more_than_one_partner_in_all() -> None:
    left, right = np.array([0, 0, 0]), np.array([5, 6, 7])
    found = unrivalled(np.array([3.0, 3.0, 3.0]), left, right, (5, 5))
    assert probability(found).sum() <= 1.0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_margin_is_the_lead_over_the_best_rival(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 20))
    pair = st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 8))
    drawn = data.draw(st.lists(pair, min_size=count, max_size=count))
    left = np.array([min(a, b) for a, b, _ in drawn])
    right = np.array([max(a, b) + 7 for a, b, _ in drawn])
    similarity = np.array([s / 8 for _, _, s in drawn])
    floor = np.quantile(similarity, 0.05)
    expected = []
    for this in range(count):
        leads = []
        for record in (left[this], right[this]):
            rivals = [
                similarity[that]
                for that in range(count)
                if that != this and record in (left[that], right[that])
            ]
            leads.append(similarity[this] - max([floor, *rivals]))
        expected.append(sorted(leads))
    assert decoys._margins(similarity, left, right) == pytest.approx(np.array(expected))


def test_two_declared_sources_are_weighed_by_decoys(monkeypatch: pytest.MonkeyPatch) -> None:
    world = people_world(Population(700, families=False), 8)
    encoded = encode_tables(world.tables, PLAIN, bytes(range(32)))
    linked = link_tables(encoded, "link", PLAIN)
    assert linked.linkage.method == "decoys"
    likely = probability(linked.linkage.pairs.score)
    assert likely[linked.linkage.pairs.link].mean() > 0.95
    turned = link_tables(encoded[::-1], "link", PLAIN)
    assert np.array_equal(turned.linkage.pairs.score, linked.linkage.pairs.score)
    assert turned.clusters == linked.clusters
    monkeypatch.setattr(plain, "FEWEST_DECOYS", 10**9)
    without = link_tables(encoded, "link", PLAIN)
    assert without.linkage.method != "decoys"
    assert score(linked, world.person).pairs.f1 > 0.9


def test_too_few_decoys_leave_it_to_experience() -> None:
    profile = shipped_profile("person-1")
    world = people_world(Population(30), 8)
    encoded = encode_tables(world.tables, profile, bytes(range(32)))
    assert link_tables(encoded, "link", profile).linkage.method == "experience"
