"""Agencies come and go in any order, in batches of any size: the persons are those of linking all at once."""

from itertools import pairwise, permutations

import numpy as np
import pytest

from linkage.errors import InputError
from linkage.match.incremental import Clusters, Statements, WeighedPairs
from linkage.match.linkage import Known, link
from linkage.match.rows import RecordId, Source
from linkage.profile import Decision, EncodingProfile, Feature, View
from tests.oracles import match_oracle
from tests.support.simulated_pairs import Simulated, simulate

FEATURE = Feature(field="surname", kind="bigrams", label="s", k=4)
PROFILE = EncodingProfile(
    name="made-up",
    length=512,
    diffusion=2,
    views=(
        View(name="a", salt=("year",), features=(FEATURE,)),
        View(name="b", salt=("month",), features=(FEATURE,)),
    ),
    decision=Decision(noise_z=5.0, thresholds={"a": 0.7, "b": 0.7}),
)

A, B, C, D = (RecordId(source, "0") for source in "ABCD")


def _added(state: Clusters, world: Simulated, batch: list[RecordId]) -> Clusters:
    return state.add(batch, world.pairs(set(state.records), set(batch)))


def _at_once(world: Simulated) -> Clusters:
    return Clusters.at_once(world.person, world.pairs(set(), set(world.person)))


def _agencies(world: Simulated) -> list[list[RecordId]]:
    names = sorted({record.source for record in world.person})
    return [[record for record in world.person if record.source == name] for name in names]


@pytest.mark.parametrize("seed", range(3))
def test_adding_agencies_one_at_a_time_in_any_order_changes_no_person(seed: int) -> None:
    world = simulate(seed)
    expected = _at_once(world)
    assert max(map(len, expected.groups())) > 4
    for order in permutations(_agencies(world)):
        state = Clusters()
        for batch in order:
            state = _added(state, world, batch)
        assert state == expected


@pytest.mark.parametrize("seed", range(3))
def test_random_batches_in_random_order_change_no_person(seed: int) -> None:
    world = simulate(seed, noise=300)
    expected = _at_once(world)
    draws = np.random.default_rng(seed)
    for _ in range(5):
        records = list(world.person)
        draws.shuffle(records)
        state, cuts = Clusters(), [0, *sorted(draws.integers(0, len(records), 12).tolist()), len(records)]
        for start, end in pairwise(cuts):
            state = _added(state, world, [RecordId(*record) for record in records[start:end]])
        assert state == expected


@pytest.mark.parametrize("seed", range(3))
def test_withdrawing_batches_gives_what_was_before_each(seed: int) -> None:
    world = simulate(seed)
    states = [Clusters()]
    batches = _agencies(world)
    for batch in batches:
        states.append(_added(states[-1], world, batch))
    for batch, before, after in reversed(list(zip(batches, states, states[1:], strict=False))):
        assert after.withdraw(batch) == before


@pytest.mark.parametrize("seed", range(40))
def test_a_random_life_of_a_register_ends_as_if_everything_had_come_at_once(seed: int) -> None:
    world = simulate(seed, people=24, noise=80)
    draws = np.random.default_rng(seed)
    records = sorted(world.person)
    state = Clusters()
    for _ in range(30):
        state = _some_change(state, world, records, draws)
        there = set(state.records)
        assert state == Clusters.at_once(there, world.pairs(set(), there), state.statements)


def _some_change(
    state: Clusters, world: Simulated, records: list[RecordId], draws: np.random.Generator
) -> Clusters:
    chosen = [records[one] for one in draws.choice(len(records), 12, replace=False).tolist()]
    absent, present = ([one for one in chosen if (one in state.records) == there] for there in (False, True))
    a, b = chosen[:2]
    said = sorted(state.statements.same | state.statements.different)
    try:
        match int(draws.integers(10)):
            case 0 | 1 | 2:
                return _added(state, world, absent)
            case 3:
                return state.withdraw(present)
            case 4:
                others = set(state.records) - set(present)
                return state.correct(present, world.pairs(others, set(present)))
            case 5:
                return state.join(a, b)
            case 6:
                return state.keep_apart([(a, b)])
            case 7 if present:
                return state.take_out(present[0])
            case 8 if said:
                return state.take_back(*said[int(draws.integers(len(said)))])
            case _:
                return state.declare(a.source, duplicate_free=bool(draws.integers(2)))
    except InputError:
        return state


def test_the_order_inside_a_batch_and_within_a_pair_changes_nothing() -> None:
    world = simulate(1)
    pairs = [(b, a, weight) for (a, b), weight in world.weights.items()]
    backwards = Clusters.at_once(reversed(list(world.person)), WeighedPairs.of(reversed(pairs)))
    assert backwards == _at_once(world)


def test_a_withdrawn_record_lets_go_of_those_that_a_known_link_tied_to_it() -> None:
    # Only over the known link with B does A reach C: without B there is no positive pair left.
    said = Statements.of(same=[(A, B)])
    both = Clusters.at_once([A, B, C], WeighedPairs.of([(B, C, 6.0), (A, C, 1.0)]), said)
    assert both.groups() == [(A, B, C)]
    assert both.withdraw([C]).groups() == [(A, B)]
    assert both.withdraw([B]).groups() == [(A, C)]
    tied = Clusters.at_once([A, B], WeighedPairs.of([]), said)
    assert tied.groups() == [(A, B)]
    assert tied.withdraw([B]).groups() == [(A,)]
    assert tied.withdraw([A]).groups() == [(B,)]
    assert tied.withdraw([A]).add([A]) == tied
    chain = Clusters.at_once([A, B, C], WeighedPairs.of([])).join(A, B).join(B, C)
    assert chain.groups() == [(A, B, C)]
    assert chain.withdraw([B]).groups() == [(A,), (C,)]


def test_a_record_that_comes_back_is_bound_by_what_was_said_of_it() -> None:
    pairs = WeighedPairs.of([(A, B, 5.0)])
    apart = Clusters.at_once([A, B], pairs).keep_apart([(A, B)])
    assert apart.groups() == [(A,), (B,)]
    assert apart.withdraw([A]).add([A], pairs) == apart
    assert apart.take_back(B, A).groups() == [(A, B)]


def test_taking_a_record_out_keeps_it_from_everybody_who_was_with_it() -> None:
    everyone = [(a, b, 4.0) for a in (A, B, C) for b in (B, C, D) if a < b]
    state = Clusters.at_once([A, B, C, D], WeighedPairs.of(everyone))
    assert state.groups() == [(A, B, C, D)]
    out = state.take_out(B)
    assert out.groups() == [(A, C, D), (B,)]
    assert out.statements.different == {(A, B), (B, C), (B, D)}
    with pytest.raises(InputError, match="known links"):
        state.join(A, B).take_out(B)


def test_contradictions_are_refused_in_words_and_change_nothing() -> None:
    state = Clusters.at_once([A, B, C], WeighedPairs.of([(A, B, 5.0)])).join(A, B).join(B, C)
    with pytest.raises(InputError, match="must-not-link keeps apart; take back"):
        state.keep_apart([(C, A)])
    twice = RecordId("A", "1")
    with pytest.raises(InputError, match="free of duplicates; take back"):
        state.join(C, twice).declare("A", duplicate_free=True)
    with pytest.raises(InputError, match="free of duplicates; take back"):
        state.declare("A", duplicate_free=True).join(C, twice)
    with pytest.raises(InputError, match="must-not-link"):
        Statements.of(same=[(A, B)], different=[(B, A)])
    with pytest.raises(InputError, match="same record twice"):
        state.join(A, A)
    with pytest.raises(InputError, match="nothing was said"):
        state.take_back(A, C)
    assert state.groups() == [(A, B, C)]


def test_batches_that_do_not_fit_are_refused() -> None:
    state = Clusters.at_once([A, B], WeighedPairs.of([(A, B, 5.0)]))
    with pytest.raises(InputError, match="there already; correct"):
        state.add([A])
    with pytest.raises(InputError, match="no record of the batch"):
        state.add([C], WeighedPairs.of([(A, B, 1.0)]))
    with pytest.raises(InputError, match="not there"):
        state.add([C], WeighedPairs.of([(C, D, 1.0)]))
    for change in (state.withdraw, state.correct):
        with pytest.raises(InputError, match="not there"):
            change([C])
    for name in (C, D):
        with pytest.raises(InputError, match="not there"):
            state.members(name)
    with pytest.raises(ValueError, match="twice"):
        state.add([C], WeighedPairs.of([(A, C, 1.0), (C, A, 2.0)]))
    with pytest.raises(ValueError, match="not a number"):
        state.add([C], WeighedPairs.of([(A, C, float("nan"))]))


def test_a_state_is_a_value() -> None:
    pairs = WeighedPairs.of([(A, B, 5.0)])
    state = Clusters.at_once([A, B], pairs)
    assert state == Clusters.at_once([B, A], pairs)
    assert state != Clusters.at_once([A, B], WeighedPairs.of([(A, B, 4.0)]))
    assert state != Clusters.at_once([A, B, C], pairs)
    assert state != state.keep_apart([(A, C)])
    assert state != "state"
    assert Clusters().groups() == []
    with pytest.raises(ValueError, match="read-only"):
        state.labels[0] = 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(state)


def test_a_declaration_that_is_taken_back_leaves_no_trace() -> None:
    other = RecordId("A", "1")
    state = Clusters.at_once([A, other, B], WeighedPairs.of([(A, other, 3.0), (A, B, 5.0), (other, B, 4.0)]))
    declared = state.declare("A", duplicate_free=True)
    assert declared.groups() == [(A, B), (other,)]
    assert declared.declare("A", duplicate_free=False) == state


@pytest.mark.parametrize("seed", range(5))
def test_in_huge_components_dissolving_less_is_nearly_the_same(seed: int) -> None:
    world = simulate(seed, people=200, noise=900)
    expected = _at_once(world)
    state = Clusters()
    for batch in _agencies(world):
        pairs = world.pairs(set(state.records), set(batch))
        state = state.add(batch, pairs, largest=20)
    linked = {(a, b) for group in state.groups() for a in group for b in group if a < b}
    truly = {(a, b) for group in expected.groups() for a in group for b in group if a < b}
    assert len(linked & truly) >= 0.97 * max(len(linked), len(truly))


def test_small_components_are_exact_whatever_counts_as_huge() -> None:
    world = simulate(2, noise=0)
    state = Clusters()
    for batch in _agencies(world):
        state = state.add(batch, world.pairs(set(state.records), set(batch)), largest=1000)
    assert state == _at_once(world)


def test_the_clusters_of_a_linkage_are_those_of_its_pairs_and_statements() -> None:
    parts = {
        name: match_oracle.made_up_encodings(
            list(range(30)) * 2, views=2, view_bytes=64, seed=seed, noise=0.3, fill=0.12, diffusion=2
        )
        for seed, name in enumerate("ABC")
    }
    sources = [Source(name, part, duplicate_free=name == "C") for name, part in parts.items()]
    names = [RecordId(name, handle) for name, part in parts.items() for handle in part.handle_texts()]
    known = [Known(names[0], names[70], same=True), Known(names[1], names[31], same=False)]
    found = link(sources, PROFILE, known=known)
    pairs = WeighedPairs(found.records, found.pairs.left, found.pairs.right, found.pairs.score)
    said = Statements.of(
        [(one.left, one.right) for one in known if one.same],
        [(one.left, one.right) for one in known if not one.same],
        [source.name for source in sources if source.duplicate_free],
    )
    state = Clusters.at_once(found.records, pairs, said)
    assert np.array_equal(np.unique(state.labels, return_inverse=True)[1], found.clusters)
    assert len(state.groups()) < len(found.records)
