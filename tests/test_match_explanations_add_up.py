"""Every pair's log odds are explained view by view, and the pieces sum to them, however they were found."""

import hashlib
import json
from dataclasses import asdict
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from linkage.errors import InputError
from linkage.lab.evaluation import encode_tables
from linkage.lab.learning import LabelledWorld, people_world
from linkage.lab.people import Population
from linkage.match.choices import Choice, Reason
from linkage.match.exact import DIFFERENT, SAME
from linkage.match.explanation import Explainer, PairExplanation
from linkage.match.explanation_rows import BestRows
from linkage.match.explanation_shares import Background, contributions, mean_log_odds
from linkage.match.explanation_standing import ViewAmong
from linkage.match.explanation_weights import Weights
from linkage.match.linkage import Known, Linkage, RecordId, Source, link
from linkage.match.logistic import probability
from linkage.match.rows import gather
from linkage.match.similarity import Similarities
from linkage.profile import EncodingProfile
from linkage.shipped_profiles import shipped_profile
from linkage.wire.encodings import Encodings
from tests import test_match_exact_tokens as tokens
from tests.test_match_linkage_is_deterministic import PROFILE as UNLEARNED
from tests.test_match_linkage_is_deterministic import _encode

PERSON, PLAIN = shipped_profile("person-1"), shipped_profile("clk-plain")
OPEN = shipped_profile("person-1-open")
WORLD = people_world(Population(130, copies=(0.8, 0.2), damage=2.0), seed=5)
TOWN = people_world(Population(450, damage=1.5), seed=5)
TWICE = people_world(Population(900, sources=1, copies=(0.5, 0.3, 0.2), families=False, damage=0.5), seed=4)
OFTEN = people_world(
    Population(900, sources=5, damage=2.0, families=False, coarse_postcodes=True, with_sex=False), seed=4
)
ALONE = people_world(Population(700, damage=1.5, families=False), seed=5)


def _made_up(random: np.random.Generator, pairs: int, views: int) -> Similarities:
    missing = random.random((pairs, views)) < 0.2
    active = (random.random((pairs, views)) < 0.6) & ~missing
    return Similarities(np.where(active, random.random((pairs, views)), 0.0), active, missing)


def _nonlinear(weights: NDArray[np.float64]) -> object:
    def model(found: Similarities) -> NDArray[np.float64]:
        said = found.dice @ weights + 0.7 * found.missing @ weights[::-1]
        return np.asarray(said - 2.0 * found.dice.max(axis=1) ** 2 + found.active.sum(axis=1) * said / 3.0)

    return model


def _oracle(model: object, pair: Similarities, background: Background) -> NDArray[np.float64]:
    """Each view's mean gain over every order, set by set and pair by pair."""
    views = pair.dice.shape[1]

    def value(known: frozenset[int]) -> float:
        if not known:
            return background.start
        if len(known) == views:
            return float(model(pair)[0])  # type: ignore[operator]
        likely = 0.0
        for number, weight in enumerate(background.weights.tolist()):
            columns = []
            for name in ("dice", "active", "missing"):
                row = getattr(background.found, name)[number].copy()
                row[list(known)] = getattr(pair, name)[0][list(known)]
                columns.append(row[None])
            likely += weight * float(probability(model(Similarities(*columns)))[0])  # type: ignore[operator]
        return float(np.log(likely / (1.0 - likely)))

    gains = np.zeros(views)
    orders = list(permutations(range(views)))
    for order in orders:
        known: frozenset[int] = frozenset()
        for view in order:
            gains[view] += value(known | {view}) - value(known)
            known |= {view}
    return gains / len(orders)


def _case(seed: int, views: int, others: int = 5) -> tuple[object, Similarities, Background]:
    random = np.random.default_rng(seed)
    model = _nonlinear(random.normal(0, 2, views))
    weights = random.random(others) + 0.1
    background = Background(_made_up(random, others, views), weights / weights.sum(), float(random.normal()))
    return model, _made_up(random, 1, views), background


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 4))
def test_a_contribution_is_the_mean_gain_over_every_order(seed: int, views: int) -> None:
    model, pair, background = _case(seed, views)
    parts, total = contributions(model, pair, background)  # type: ignore[arg-type]
    assert parts == pytest.approx(_oracle(model, pair, background), abs=1e-9)
    assert background.start + parts.sum() == pytest.approx(total, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(5, 14))
def test_contributions_sum_to_the_log_odds_for_any_number_of_views(seed: int, views: int) -> None:
    model, pair, background = _case(seed, views)
    parts, total = contributions(model, pair, background)  # type: ignore[arg-type]
    assert background.start + parts.sum() == pytest.approx(total, abs=1e-9)
    assert total == float(model(pair)[0])  # type: ignore[operator]


@given(st.integers(0, 10**6))
def test_two_views_that_say_the_same_contribute_the_same(seed: int) -> None:
    _, pair, background = _case(seed, 4)
    for found in (pair, background.found):
        for column in (found.dice, found.active, found.missing):
            column[:, 3] = column[:, 1]
    same = _nonlinear(np.array([0.5, 1.5, -1.0, 1.5]))

    def model(found: Similarities) -> NDArray[np.float64]:  # heeds both alike
        swapped = Similarities(
            *(column[:, [0, 3, 2, 1]] for column in (found.dice, found.active, found.missing))
        )
        return np.asarray((same(found) + same(swapped)) / 2.0)  # type: ignore[operator]

    parts, _ = contributions(model, pair, background)
    assert parts[1] == pytest.approx(parts[3], abs=1e-9)


@given(st.integers(0, 10**6))
def test_a_view_gets_exactly_what_the_model_gives_it_missing_or_not(seed: int) -> None:
    random = np.random.default_rng(seed)
    dice, missing = random.normal(0, 2, 5), random.normal(0, 2, 5)
    dice[2] = missing[2] = 0.0  # a view that the model does not heed

    def model(found: Similarities) -> NDArray[np.float64]:
        return np.asarray(found.dice @ dice + found.missing @ missing - 1.0)

    other, pair = _made_up(random, 1, 5), _made_up(random, 1, 5)
    background = Background(other, np.ones(1), float(model(other)[0]))
    parts, _ = contributions(model, pair, background)
    given = (pair.dice - other.dice)[0] * dice + (pair.missing.astype(float) - other.missing)[0] * missing
    assert parts == pytest.approx(given, abs=1e-9)
    assert parts[2] == pytest.approx(0.0, abs=1e-12)


def test_mean_log_odds_are_those_of_the_mean_probability_however_steep() -> None:
    odds = np.array([[-2.0, 0.0, 3.0]])
    weights = np.array([0.2, 0.5, 0.3])
    mean = float(probability(odds[0]) @ weights)
    assert mean_log_odds(odds, weights)[0] == pytest.approx(np.log(mean / (1 - mean)))
    assert mean_log_odds(np.full((1, 3), 500.0), weights)[0] == pytest.approx(500.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([None, 0.0, 0.3, 0.5, 1.0]))
def test_where_a_pair_stands_is_that_of_a_plain_count(seed: int, similarity: float | None) -> None:
    random = np.random.default_rng(seed)
    found = _made_up(random, 40, 2)
    found.dice[:] = np.where(found.active, np.round(found.dice, 1) + 0.01, 0.0)
    weights = random.random(40)
    standing = ViewAmong(found, 1, weights).standing(similarity)
    there, speaks = ~found.missing[:, 1], found.active[:, 1]
    assert standing.speaks == pytest.approx(weights[speaks].sum() / weights[there].sum())
    dice, counts = found.dice[speaks, 1], weights[speaks]
    assert standing.mean == pytest.approx(np.average(dice, weights=counts))
    for share, value in ((0.1, standing.low), (0.5, standing.median), (0.9, standing.high)):
        assert counts[dice < value].sum() <= share * counts.sum() + 1e-9
        assert counts[dice <= value].sum() >= share * counts.sum() - 1e-9
    if similarity is None:
        assert standing.below is None
    else:
        value = found.dice[there, 1]
        less, equal = weights[there][value < similarity], weights[there][value == similarity]
        expected = (less.sum() + equal.sum() / 2) / weights[there].sum()
        assert standing.below == pytest.approx(expected)


def test_a_view_that_nobody_has_stands_nowhere() -> None:
    nobody = Similarities(np.zeros((3, 1)), np.zeros((3, 1), bool), np.ones((3, 1), bool))
    standing = ViewAmong(nobody, 0, np.ones(3)).standing(None)
    assert (standing.speaks, standing.mean, standing.below) == (0.0, None, None)


def _sources(world: LabelledWorld, profile: EncodingProfile, *, free: bool = False) -> list[Source]:
    encoded = encode_tables(world.tables, profile, hashlib.sha256(b"explanations").digest())
    return [Source(table.source.name, table.source.encodings, free) for table in encoded]


CASES = {
    "experience": lambda: (PERSON, _sources(WORLD, PERSON)),
    "decoys": lambda: (PERSON, _sources(TOWN, PERSON, free=True)),
    "decoys of one view": lambda: (PLAIN, _sources(ALONE, PLAIN, free=True)),
    "valley": lambda: (PLAIN, _sources(TWICE, PLAIN)),
    "surroundings": lambda: (PLAIN, _sources(WORLD, PLAIN)),
    "vectors": lambda: (OPEN, _sources(OFTEN, OPEN)),
    "thresholds": lambda: (
        UNLEARNED,
        [Source(name, _encode([*range(30)] * 2, seed, 0.3)) for seed, name in enumerate("AB")],
    ),
}


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, EncodingProfile, list[Source], Linkage, Explainer]:
    profile, sources = CASES[request.param]()
    linkage = link(sources, profile, threads=1)
    assert linkage.method == request.param.split()[0]
    return request.param, profile, sources, linkage, Explainer(sources, profile, linkage)


def _some(linkage: Linkage, count: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, len(linkage.pairs) - 1, count).astype(np.int64))


def _sum(found: PairExplanation) -> float:
    return found.start + sum(view.weight for view in found.views) + found.numbers + found.others


def test_the_pieces_sum_to_the_log_odds_of_the_pair(
    case: tuple[str, EncodingProfile, list[Source], Linkage, Explainer],
) -> None:
    name, profile, _, linkage, explainer = case
    pairs, records = linkage.pairs, linkage.records
    for place in _some(linkage, 25).tolist():
        found = explainer.pair(records[pairs.right[place]], records[pairs.left[place]])
        assert found.log_odds == pairs.score[place]
        assert _sum(found) == pytest.approx(found.log_odds, abs=1e-9)
        assert [view.view for view in found.views] == [view.name for view in profile.views]
        assert (found.left, found.right) == (records[pairs.left[place]], records[pairs.right[place]])
        assert found.choice == Choice(int(pairs.choice[place])).name
        assert Reason(int(pairs.reasons[place])) == sum((Reason[one] for one in found.reasons), Reason(0))
        assert (found.kept, found.linked) == (True, bool(pairs.link[place]))
        if name in {"experience", "thresholds"}:
            assert found.others == pytest.approx(0.0, abs=1e-9)


def test_what_is_told_is_json_and_names_nobody(
    case: tuple[str, EncodingProfile, list[Source], Linkage, Explainer],
) -> None:
    *_, linkage, explainer = case
    place = int(linkage.pairs.score.argmax())
    a, b = linkage.records[linkage.pairs.left[place]], linkage.records[linkage.pairs.right[place]]
    told = json.loads(json.dumps([asdict(explainer.pair(a, b)), asdict(explainer.person(a))]))
    assert told[0]["left"] == list(min(a, b))
    assert set(told[0]["views"][0]) >= {"view", "state", "similarity", "weight", "matches", "strangers"}
    names = {one.surname for table in WORLD.tables for one in table.identifiers if len(one.surname) > 3}
    assert not any(name in json.dumps(told) for name in names)


def test_any_two_records_are_explained_kept_or_not(
    case: tuple[str, EncodingProfile, list[Source], Linkage, Explainer],
) -> None:
    *_, linkage, explainer = case
    records, pairs = linkage.records, linkage.pairs
    kept = set(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))
    other = next(one for one in range(1, len(records)) if (0, one) not in kept)
    found = explainer.pair(records[0], records[other])
    assert (found.kept, found.choice, found.reasons) == (False, None, ())
    assert _sum(found) == pytest.approx(found.log_odds, abs=1e-9)
    with pytest.raises(InputError, match="itself"):
        explainer.pair(records[0], records[0])
    with pytest.raises(InputError, match="not there"):
        explainer.pair(records[0], RecordId("Z", "00"))


def test_a_view_is_told_as_it_is(case: tuple[str, EncodingProfile, list[Source], Linkage, Explainer]) -> None:
    _, profile, sources, linkage, explainer = case
    rows = BestRows(gather(sources, profile), profile)
    for place in _some(linkage, 12).tolist():
        ends = linkage.pairs.left[place], linkage.pairs.right[place]
        found = explainer.pair(*(linkage.records[one] for one in ends))
        described = rows.described(*(np.array([one]) for one in ends))
        for number, view in enumerate(found.views):
            assert (view.state == "missing") == bool(described.found.missing[0, number])
            assert (view.state == "speaks") == bool(described.found.active[0, number])
            if view.state == "missing":
                assert (view.similarity, view.deviations) == (None, None)
            else:
                assert view.similarity == described.found.dice[0, number]
                assert view.deviations is not None
                assert (view.deviations > 3.5) == (view.state == "speaks")


def test_of_several_views_weighed_by_decoys_the_weights_are_found_again_exactly() -> None:
    profile, sources = CASES["decoys"]()
    linkage = link(sources, profile, threads=1)
    assert linkage.own is not None
    kept = BestRows(gather(sources, profile), profile).described(linkage.pairs.left, linkage.pairs.right)
    model, _ = Weights(profile, linkage.method, kept, linkage.own).of(within=False)
    assert model(kept.found) == pytest.approx(linkage.own, abs=1e-4)


def test_what_rivals_take_is_told_apart() -> None:
    profile, sources = CASES["decoys"]()
    linkage = link(sources, profile, threads=1)
    explainer = Explainer(sources, profile, linkage)
    assert linkage.own is not None
    rivalled = int((linkage.own - linkage.pairs.score).argmax())
    ends = linkage.pairs.left[rivalled], linkage.pairs.right[rivalled]
    found = explainer.pair(*(linkage.records[one] for one in ends))
    lost = linkage.pairs.score[rivalled] - linkage.own[rivalled]
    assert found.others == pytest.approx(lost, abs=1e-3)
    assert found.others < -5


def test_of_several_variants_the_rows_that_spoke_are_explained() -> None:
    profile, sources = CASES["thresholds"]()
    first = sources[0].encodings
    twice = Encodings(
        np.concatenate([first.handles, first.handles[:20]]),
        np.concatenate([first.variants, first.variants[:20] + 1]),
        np.concatenate([first.tiers, first.tiers[:20]]),
        np.concatenate([first.present, first.present[:20]]),
        np.concatenate([first.bits, first.bits[20:40]]),
    )
    parts = [Source("A", twice), sources[1]]
    linkage = link(parts, profile, threads=1)
    explainer = Explainer(parts, profile, linkage)
    for left, right in zip(linkage.pairs.left.tolist(), linkage.pairs.right.tolist(), strict=True):
        found = explainer.pair(linkage.records[left], linkage.records[right])
        assert found.others == pytest.approx(0.0, abs=1e-9)


def test_a_person_is_explained_by_its_weakest_links() -> None:
    profile, sources = CASES["experience"]()
    linkage = link(sources, profile, threads=1)
    explainer = Explainer(sources, profile, linkage)
    largest = int(np.bincount(linkage.clusters).argmax())
    record = linkage.records[int(np.flatnonzero(linkage.clusters == largest)[0])]
    found = explainer.person(record, most=2)
    assert record in found.records
    assert set(found.part) < set(found.records)
    assert found.choice == Choice(int(linkage.cluster_choices()[largest])).name
    counted = [pair.log_odds if pair.kept else -3.0 for pair in found.weakest]
    assert counted == sorted(counted)
    lone = int(np.flatnonzero(np.bincount(linkage.clusters) == 1)[0])
    alone = explainer.person(linkage.records[int(np.flatnonzero(linkage.clusters == lone)[0])])
    assert (len(alone.records), alone.part, alone.weakest) == (1, (), ())


def test_encodings_that_were_not_linked_explain_nothing() -> None:
    profile, sources = CASES["thresholds"]()
    linkage = link(sources, profile, threads=1)
    with pytest.raises(InputError, match="other records"):
        Explainer(sources[:1], profile, linkage)


def test_numbers_are_told_apart_and_what_they_alone_brought_teaches_no_weights() -> None:
    profile = tokens._profile("nhs_number")
    people, others = list(range(12)), [0, 1, 2, 3, 4, *range(50, 57)]
    sources = [
        tokens._source("a", people, [[1 + one] for one in range(12)]),
        tokens._source("b", others, [[1 + one] for one in range(12)]),
    ]
    linkage = link(sources, profile, threads=1)
    explainer = Explainer(sources, profile, linkage)
    found = [
        explainer.pair(linkage.records[a], linkage.records[b])
        for a, b in zip(linkage.pairs.left.tolist(), linkage.pairs.right.tolist(), strict=True)
    ]
    seen = [one for one in found if any(view.state == "speaks" for view in one.views)]
    assert 5 <= len(seen) < len(found)
    for one in found:
        assert _sum(one) == pytest.approx(one.log_odds, abs=1e-9)
        assert one.numbers in {SAME, DIFFERENT, 0.0}
    for one in seen:
        assert one.others == pytest.approx(0.0, abs=1e-9)
    assert {one.numbers for one in found} >= {SAME}


def test_what_somebody_has_said_of_a_pair_is_told_with_it() -> None:
    profile, sources = CASES["thresholds"]()
    records = link(sources, profile, threads=1).records
    known = [Known(records[0], records[-1], same=True), Known(records[1], records[-2], same=False)]
    linkage = link(sources, profile, known=known, threads=1)
    explainer = Explainer(sources, profile, linkage, known=known)
    told = [explainer.pair(one.right, one.left) for one in known]
    assert [(one.known, one.linked) for one in told] == [(True, True), (False, False)]
    assert explainer.pair(records[0], records[1]).known is None
    assert set(explainer.person(records[0]).records) >= {records[0], records[-1]}
