"""Link, possible link or non-link is the choice of least expected cost, at the costs that somebody stated."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.match.choices import DEFAULT_COSTS, Choice, Costs, Reason, choose, choose_among, expected_costs
from linkage.match.clustering import cluster
from linkage.match.incremental import Clusters, Statements, WeighedPairs
from linkage.match.linkage import Known, Linkage, Pairs, RecordId, Source, link
from linkage.match.logistic import probability
from tests.support.scored_worlds import linkage_of, scored_world
from tests.support.simulated_pairs import simulate
from tests.test_match_linkage_is_deterministic import PROFILE, _encode, _groups, _ids

A1, A2, B1, B2, C1 = (RecordId(source, number) for source, number in ("A1", "A2", "B1", "B2", "C1"))
STATED = st.builds(Costs, st.floats(0.01, 100), st.floats(0.01, 100), st.floats(0, 100))


def _clusters(weights: dict[tuple[RecordId, RecordId], float], said: Statements | None = None) -> Clusters:
    records = {record for pair in weights for record in pair}
    pairs = WeighedPairs.of((a, b, weight) for (a, b), weight in weights.items())
    return Clusters.at_once(records, pairs, said or Statements())


def _choices(
    clusters: Clusters, costs: Costs = DEFAULT_COSTS, *, rivals_counted: bool = False
) -> dict[tuple[RecordId, RecordId], tuple[Choice, Reason]]:
    said = np.zeros(len(clusters.left), dtype=np.int8)
    found = choose_among(clusters, costs, said, rivals_counted=rivals_counted)
    ends = zip(clusters.left.tolist(), clusters.right.tolist(), strict=True)
    names = [(clusters.records[a], clusters.records[b]) for a, b in ends]
    both = zip(*(column.tolist() for column in found), strict=True)
    return {
        pair: (Choice(choice), Reason(reason)) for pair, (choice, reason) in zip(names, both, strict=True)
    }


@given(STATED, st.floats(-30, 30))
def test_the_choice_is_the_cheapest_of_the_three(costs: Costs, log_odds: float) -> None:
    odds = np.array([log_odds])
    price = expected_costs(probability(odds), costs)[0]
    chosen = int(choose(odds, costs)[0])
    assert price[chosen] <= price.min() * (1 + 1e-5) + 1e-9


@given(STATED)
def test_bounds_are_in_order_and_the_cut_lies_between_them(costs: Costs) -> None:
    assert 0 <= costs.low <= costs.even + 1e-12
    assert costs.even <= costs.high + 1e-12 <= 1 + 1e-9
    assert costs.bounds[0] <= costs.cut <= costs.bounds[1]
    assert costs.reviews or costs.low == costs.high == costs.even


def test_the_defaults_ask_from_a_tenth_and_join_what_is_more_likely_than_not() -> None:
    assert (DEFAULT_COSTS.low, DEFAULT_COSTS.high) == pytest.approx((0.1, 0.95))
    assert DEFAULT_COSTS.false_link > DEFAULT_COSTS.missed_link
    assert DEFAULT_COSTS.cut == 0.0


@given(STATED, st.floats(1, 50), st.lists(st.floats(-20, 20), max_size=20))
def test_dearer_errors_make_fewer_of_them_and_dearer_reviews_fewer_of_those(
    costs: Costs, times: float, odds: list[float]
) -> None:
    before = choose(np.array(odds), costs)
    dearer = Costs(costs.false_link * times, costs.missed_link, costs.review)
    assert (choose(np.array(odds), dearer) <= before).all()
    assert dearer.cut >= costs.cut
    missed = Costs(costs.false_link, costs.missed_link * times, costs.review)
    assert (choose(np.array(odds), missed) >= before).all()
    reviewed = Costs(costs.false_link, costs.missed_link, costs.review * times)
    possible = choose(np.array(odds), reviewed) == Choice.POSSIBLE
    assert (before[possible] == Choice.POSSIBLE).all()


@pytest.mark.parametrize(
    "wrong",
    [
        (0.0, 1.0, 0.1),
        (-1.0, 1.0, 0.1),
        (np.inf, 1.0, 0.1),
        (np.nan, 1.0, 0.1),
        (1.0, 0.0, 0.1),
        (1.0, 1.0, -0.1),
        (1.0, 1.0, np.nan),
    ],
)
def test_a_cost_that_is_none_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(InputError, match="costs"):
        Costs(*wrong)


def test_a_link_with_a_rival_nearly_as_good_is_asked_about_and_one_far_better_is_not() -> None:
    near = _choices(_clusters({(A1, B1): 4.0, (A2, B1): 2.0}))
    assert near[A1, B1] == (Choice.POSSIBLE, Reason.RIVAL)
    assert near[A2, B1] == (Choice.POSSIBLE, Reason.UNCERTAIN)
    far = _choices(_clusters({(A1, B1): 9.0, (A2, B1): 2.0}))
    assert far[A1, B1] == (Choice.LINK, Reason(0))
    beside = _choices(_clusters({(A1, B1): 4.0, (A2, B1): 2.0}), rivals_counted=True)
    assert beside[A1, B1] == (Choice.LINK, Reason(0))
    denied = Statements.of(different=[(A2, B1)])
    found = _clusters({(A1, B1): 4.0, (A2, B1): 2.0}, denied)
    said = np.array([0, -1], dtype=np.int8)
    assert choose_among(found, DEFAULT_COSTS, said)[0].tolist() == [Choice.LINK, Choice.NONE]


def test_a_narrow_merge_puts_the_pairs_between_its_parts_in_doubt_and_no_others() -> None:
    found = _choices(_clusters({(A1, B1): 6.0, (A1, C1): 4.0}))  # the mean with the absent pair is 1/2
    assert found == {(A1, B1): (Choice.LINK, Reason(0)), (A1, C1): (Choice.POSSIBLE, Reason.NARROW)}


def test_a_merge_beyond_the_bound_of_links_is_not_narrow_however_little_that_is() -> None:
    dear = Costs(1.0, 1.0, 0.45)  # asks between .45 and .55 alone
    assert _choices(_clusters({(A1, B1): 0.3}), dear)[A1, B1] == (Choice.LINK, Reason(0))
    assert _choices(_clusters({(A1, B1): 0.1}), dear)[A1, B1][0] == Choice.POSSIBLE


def test_a_merge_that_only_a_declaration_refuses_is_named() -> None:
    free = Statements.of(duplicate_free=["A"])
    ids = [RecordId("A", "1"), RecordId("A", "2"), RecordId("B", "1")]
    found = _choices(_clusters({(ids[0], ids[2]): 5.9, (ids[1], ids[2]): 5.5}, free))
    assert found[ids[0], ids[2]] == (Choice.POSSIBLE, Reason.RIVAL)
    assert found[ids[1], ids[2]] == (Choice.POSSIBLE, Reason.REFUSED | Reason.OVERRULED)


def test_what_a_pair_says_against_what_became_of_it_is_asked_about() -> None:
    ring = {(A1, B1): 6.0, (A1, C1): 6.0, (B1, C1): -3.9}
    assert _choices(_clusters(ring))[B1, C1] == (Choice.POSSIBLE, Reason.UNSUPPORTED)
    torn = {(A1, B1): 6.0, (A1, A2): -6.0, (B1, B2): -6.0, (A2, B2): 6.0, (B1, A2): 4.0, (A1, B2): -6.0}
    assert _choices(_clusters(torn))[A2, B1] == (Choice.POSSIBLE, Reason.OVERRULED)


@settings(max_examples=30)
@given(st.integers(0, 1000), STATED)
def test_the_rules_are_those_of_a_plain_search(seed: int, costs: Costs) -> None:
    assume(costs.reviews)
    world = simulate(seed, people=12)
    records = sorted(world.person)
    number = {record: place for place, record in enumerate(records)}
    pairs = sorted(world.weights)
    left, right = (np.array([number[pair[end]] for pair in pairs], dtype=np.int64) for end in (0, 1))
    odds = np.array([world.weights[pair] for pair in pairs])
    labels = cluster(len(records), left, right, odds - costs.cut).astype(np.int64)
    clusters = Clusters(tuple(records), left, right, odds - costs.cut, Statements(), labels)
    found = _choices(clusters, costs)
    low, high = costs.bounds
    for place, pair in enumerate(pairs):
        choice, reasons = found[pair]
        own, joined = odds[place], labels[left[place]] == labels[right[place]]
        assert (Reason.UNCERTAIN in reasons) == (low < own <= high)
        assert (Reason.OVERRULED in reasons) == (own > high and not joined)
        assert (Reason.UNSUPPORTED in reasons) == (own <= low and joined)
        rivals = [
            odds[other]
            for other, ends in enumerate(pairs)
            if odds[other] > low and set(ends) & set(pair) and labels[left[other]] != labels[right[other]]
        ]
        beside = own - np.log1p(np.exp(max(rivals))) if rivals else own
        assert (Reason.RIVAL in reasons) == (joined and bool(own > high) and bool(beside <= high))
        assert choice == (Choice.POSSIBLE if reasons else Choice.LINK if joined else Choice.NONE)


def test_where_no_review_is_worth_its_cost_what_was_joined_is_linked() -> None:
    found = _choices(_clusters({(A1, B1): 0.3, (A2, B1): -0.3}), Costs(1.0, 1.0, np.inf))
    assert [choice for choice, _ in found.values()] == [Choice.LINK, Choice.NONE]


def _parts() -> list[Source]:
    return [Source(name, _encode(list(range(40)) * 2, seed, 0.3)) for seed, name in enumerate("AB")]


def test_usual_costs_choose_among_the_same_persons_and_unusual_ones_move_the_cut() -> None:
    default = link(_parts(), PROFILE)
    asked = link(_parts(), PROFILE, costs=Costs(9.0, 1.0, 0.05))
    assert (default.clusters == asked.clusters).all()
    assert (asked.pairs.choice <= default.pairs.choice).sum() >= (default.pairs.choice == Choice.LINK).sum()
    nobody = Costs(9.0, 1.0, np.inf)
    strict = link(_parts(), PROFILE, costs=nobody)
    pairs = default.pairs
    expected = cluster(len(default.records), pairs.left, pairs.right, pairs.score - np.log(9.0))
    assert (strict.clusters == np.unique(expected, return_inverse=True)[1]).all()
    assert ((strict.pairs.choice == Choice.LINK) == strict.pairs.link).all()
    assert strict.costs == nobody


def test_two_sources_free_of_duplicates_link_one_to_one_beyond_the_cut() -> None:
    parts = [Source(part.name, part.encodings, duplicate_free=True) for part in _parts()]
    default = link(parts, PROFILE)
    middle = float(np.exp(np.median(default.pairs.score[default.pairs.link])))
    strict = link(parts, PROFILE, costs=Costs(middle, 1.0, np.inf))
    assert default.pairs.link.sum() > strict.pairs.link.sum() > 0
    assert default.pairs.score[strict.pairs.link].min() > np.log(middle)


def test_what_is_known_is_never_a_matter_of_costs() -> None:
    a, b, c = (_encode([1, 2], seed, 0.05) for seed in (1, 2, 3))
    ids = [_ids(name, part) for name, part in zip("ABC", (a, b, c), strict=True)]
    known = [Known(ids[0][0], ids[1][0], same=False), Known(ids[0][1], ids[1][1], same=True)]
    sources = [Source(name, part) for name, part in zip("ABC", (a, b, c), strict=True)]
    everything = Costs(1.0, 1.0, 0.0)  # asks about whatever is not known
    found = link(sources, PROFILE, known=known, costs=everything)
    number = {record: place for place, record in enumerate(found.records)}
    choices = {
        (left, right): Choice(choice)
        for left, right, choice in zip(
            found.pairs.left.tolist(), found.pairs.right.tolist(), found.pairs.choice.tolist(), strict=True
        )
    }
    assert choices[number[ids[0][0]], number[ids[1][0]]] == Choice.NONE
    assert choices[number[ids[0][1]], number[ids[1][1]]] == Choice.LINK
    others = [choice for pair, choice in choices.items() if max(pair) >= 4]
    assert others
    assert set(others) == {Choice.POSSIBLE}
    assert frozenset({ids[0][1], ids[1][1], ids[2][1]}) in _groups(found)


def test_what_follows_from_what_is_known_is_known() -> None:
    parts = [_encode([1], seed, 0.05) for seed in (1, 2, 3)]
    ids = [_ids(name, part)[0] for name, part in zip("ABC", parts, strict=True)]
    sources = [Source(name, part) for name, part in zip("ABC", parts, strict=True)]
    same = [Known(ids[0], ids[1], same=True), Known(ids[1], ids[2], same=True)]
    found = link(sources, PROFILE, known=same, costs=Costs(1.0, 1.0, 0.0))
    assert found.pairs.choice.tolist() == [Choice.LINK] * 3
    apart = [Known(ids[0], ids[1], same=True), Known(ids[1], ids[2], same=False)]
    found = link(sources, PROFILE, known=apart, costs=Costs(1.0, 1.0, 0.0))
    assert found.pairs.choice.tolist() == [Choice.LINK, Choice.NONE, Choice.NONE]


def test_a_cluster_is_in_doubt_where_an_answer_could_change_it() -> None:
    left, right = np.array([0, 2, 4]), np.array([1, 3, 5])
    found = linkage_of(left, right, np.array([9.0, 1.0, -1.5]), 7)
    assert found.cluster_choices().tolist() == [
        Choice.LINK,
        Choice.POSSIBLE,
        Choice.POSSIBLE,
        Choice.POSSIBLE,
        Choice.NONE,
    ]


@pytest.mark.parametrize("seed", range(3))
def test_pairs_given_without_choices_have_those_of_the_default_costs(seed: int) -> None:
    world = scored_world(seed, persons=30).linkage
    pairs = world.pairs
    own = choose(pairs.score)
    agree = (own == Choice.LINK) & pairs.link | (own == Choice.NONE) & ~pairs.link
    assert (pairs.choice[agree] == own[agree]).all()
    assert (pairs.choice[~agree] == Choice.POSSIBLE).all()
    assert len(Pairs(*(np.zeros(0, dtype=kind) for kind in (np.int64, np.int64, float, bool))).choice) == 0
    assert isinstance(world, Linkage)
