"""Doubtful links, merges and persons are named, as data, and no others."""

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.errors import InputError
from linkage.match.clustering_doubts import (
    NarrowMerge,
    RefusedMerge,
    RivalLink,
    narrow_merges,
    refused_merges,
    rival_links,
)
from linkage.match.clustering_weakest import Cut, InsidePair, weakest_links
from linkage.match.incremental import Clusters, Statements, WeighedPairs
from linkage.match.rows import RecordId
from tests.oracles import cluster_oracle
from tests.support.simulated_pairs import simulate

A1, A2, B1, B2, C1, C2 = (RecordId(source, number) for source in "ABC" for number in "12")
Pairs = dict[tuple[RecordId, RecordId], float]


def _clusters(weights: Pairs, statements: Statements | None = None) -> Clusters:
    records = {record for pair in weights for record in pair}
    pairs = WeighedPairs.of((a, b, weight) for (a, b), weight in weights.items())
    return Clusters.at_once(records, pairs, statements or Statements())


def test_a_link_whose_record_has_a_good_pair_elsewhere_is_named_with_its_strongest_rival() -> None:
    # B1 is close to A2 as well, but A1 and A2 have nothing in common.
    found = _clusters({(A1, B1): 5.0, (A2, B1): 1.5, (B1, C2): -2.0, (A1, C1): -2.3, (B1, C1): -7.0})
    assert found.groups() == [(A1, B1), (A2,), (C1,), (C2,)]
    assert rival_links(found) == [RivalLink(A1, B1, 5.0, B1, A2, 1.5)]
    apart = found.keep_apart([(A2, B1)])
    assert rival_links(apart) == [RivalLink(A1, B1, 5.0, B1, C2, -2.0)]
    assert rival_links(apart.keep_apart([(C2, B1)])) == []
    assert rival_links(found, probability=0.95) == []


def test_rivals_of_either_record_count_and_the_stronger_is_named() -> None:
    found = _clusters({(A1, B1): 5.0, (A1, C1): 0.5, (B1, C2): 1.0, (A1, C2): -6.0, (B1, C1): -6.0})
    assert rival_links(found) == [RivalLink(A1, B1, 5.0, B1, C2, 1.0)]


@pytest.mark.parametrize("seed", range(5))
def test_rivals_are_those_of_a_plain_search(seed: int) -> None:
    world = simulate(seed, people=30)
    found = Clusters.at_once(world.person, world.pairs(set(), set(world.person)))
    group_of = {record: group for group in found.groups() for record in group}
    expected = set()
    for a, b in world.weights:
        if group_of[a] == group_of[b]:
            rivals = [
                weight
                for pair, weight in world.weights.items()
                if {a, b} & set(pair) and group_of[pair[0]] != group_of[pair[1]]
            ]
            if rivals and max(rivals) > -2.1972245773362196:
                expected.add((a, b, max(rivals)))
    assert {(one.left, one.right, one.rival_log_odds) for one in rival_links(found)} == expected


def test_a_person_whose_last_merge_was_narrow_is_named_with_its_two_parts() -> None:
    found = _clusters(
        {(A1, B1): 6.0, (A1, C1): 3.0, (B1, C1): -2.0, (A2, B2): 4.0, (A2, C2): 3.0, (B2, C2): 2.0}
    )
    assert found.groups() == [(A1, B1, C1), (A2, B2, C2)]
    assert narrow_merges(found) == [NarrowMerge((C1,), (A1, B1), 0.5)]
    assert narrow_merges(found, most=3.0)[1:] == [NarrowMerge((C2,), (A2, B2), 2.5)]
    assert narrow_merges(found, most=0.4) == []


def test_what_only_a_known_link_holds_together_was_not_merged() -> None:
    found = _clusters({(A1, B1): -5.0}).join(A1, B1)
    assert found.groups() == [(A1, B1)]
    assert narrow_merges(found) == []


@pytest.mark.parametrize("seed", range(25))
def test_narrow_merges_are_those_of_the_oracle(seed: int) -> None:
    world = simulate(seed, people=12, mean=2.0, noise=40)
    records = sorted(world.person)
    found = Clusters.at_once(records, world.pairs(set(), set(records)))
    found = found.declare("S1", duplicate_free=True).join(records[0], records[-1])
    last: dict[frozenset[cluster_oracle.Record], Fraction] = {}
    groups = cluster_oracle.persons(
        records,
        {frozenset(pair): weight for pair, weight in world.weights.items()},
        same=[frozenset((records[0], records[-1]))],
        duplicate_free=["S1"],
        last=last,
    )
    expected = {group: float(last[group] / 2**20) for group in groups if last.get(group, 2**21) <= 2**20}
    assert {frozenset(one.part + one.rest): one.log_odds for one in narrow_merges(found)} == pytest.approx(
        expected
    )


def test_two_persons_that_only_a_declaration_keeps_apart_are_named() -> None:
    weights = {(A1, B1): 5.0, (A2, B1): 4.0}
    found = _clusters(weights, Statements.of(duplicate_free=["A"]))
    assert found.groups() == [(A1, B1), (A2,)]
    # A1 and A2 are not compared, and do not count against.
    assert refused_merges(found) == [RefusedMerge((A1, B1), (A2,), ("A",), 4.0)]
    assert refused_merges(found, least=4.0) == []
    assert refused_merges(found.keep_apart([(A2, B1)])) == []
    assert refused_merges(_clusters(weights)) == []


def test_pairs_that_were_compared_and_not_kept_count_against_a_refused_merge() -> None:
    found = _clusters(
        {(A1, B1): 5.0, (A1, C1): 5.0, (B1, C1): 5.0, (A2, B1): 4.5}, Statements.of(duplicate_free=["A"])
    )
    assert found.groups() == [(A1, B1, C1), (A2,)]
    assert refused_merges(found, least=0.5) == [RefusedMerge((A1, B1, C1), (A2,), ("A",), 1.25)]
    assert refused_merges(found) == []


def test_a_person_is_cut_where_it_holds_least() -> None:
    found = _clusters(
        {(A1, A2): 6.0, (B1, B2): 5.0, (A1, B1): 2.0, (A2, B1): 1.0, (A1, B2): 3.0, (A2, B2): -0.5}
    )
    weakest = weakest_links(found, B2)
    assert weakest.records == (A1, A2, B1, B2)
    assert weakest.cut == Cut((A1, A2), (B1, B2), 1.375)
    assert weakest.exhaustive
    assert weakest.pairs == (
        InsidePair(A2, B2, -0.5, kept=True),
        InsidePair(A2, B1, 1.0, kept=True),
        InsidePair(A1, B1, 2.0, kept=True),
    )
    assert weakest_links(found, A1, most=1).pairs == weakest.pairs[:1]


def test_no_cut_goes_through_a_known_link_and_a_lone_record_has_none() -> None:
    found = _clusters({(A1, B1): 1.0, (A1, C1): 4.0, (B1, C1): 5.0}).join(A1, B1)
    assert weakest_links(found, A1).cut == Cut((C1,), (A1, B1), 4.5)
    assert [(pair.left, pair.right) for pair in weakest_links(found, A1).pairs] == [(A1, C1), (B1, C1)]
    held = found.join(B1, C1)
    assert (weakest_links(held, C1).cut, weakest_links(held, C1).pairs) == (
        None,
        (InsidePair(A1, C1, 4.0, kept=True),),
    )
    alone = weakest_links(_clusters({(A1, B1): -1.0}), A1)
    assert (alone.records, alone.cut, alone.pairs) == ((A1,), None, ())
    with pytest.raises(InputError, match="not there"):
        weakest_links(found, C2)


def test_an_absent_pair_counts_as_the_weak_pair_it_is() -> None:
    found = _clusters({(A1, B1): 6.0, (B1, C1): 6.0})
    assert weakest_links(found, A1, most=1).pairs == (InsidePair(A1, C1, -2.0, kept=False),)


@given(st.integers(2, 7), st.data())
def test_the_weakest_cut_is_that_of_a_plain_search(count: int, data: st.DataObject) -> None:
    records = [RecordId("A", f"{number}") for number in range(count)]
    quarters = st.integers(4, 24).map(lambda value: value / 4)
    weights = {pair: data.draw(quarters) for pair in combinations(records, 2)}
    found = weakest_links(_clusters(weights), records[0])
    assert found.records == tuple(records)
    means = [
        Fraction(
            sum(
                Fraction(weight) for pair, weight in weights.items() if (pair[0] in part) != (pair[1] in part)
            )
        )
        / (size * (count - size))
        for size in range(1, count)
        for part in combinations(records, size)
    ]
    assert found.cut is not None
    assert found.cut.log_odds == pytest.approx(float(min(means)))
    assert len(found.cut.part) <= len(found.cut.rest)
    assert sorted(found.cut.part + found.cut.rest) == records


def test_a_large_person_is_cut_between_its_halves_though_not_every_cut_is_tried() -> None:
    records = [RecordId("A", f"{number:02}") for number in range(16)]
    weights = {
        (a, b): (5.0 if (a < records[7]) == (b < records[7]) else 1.0) for a, b in combinations(records, 2)
    }
    found = weakest_links(_clusters(weights), records[3])
    assert not found.exhaustive
    assert found.cut == Cut(tuple(records[:7]), tuple(records[7:]), 1.0)
