"""Scores are those that counting every pair by hand gives, and linking never sees the truth."""

import inspect
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.encode.identifiers import Identifiers
from linkage.errors import InputError
from linkage.lab import (
    evaluation,
    evaluation_calibration,
    evaluation_groups,
    evaluation_oracle,
    evaluation_scores,
)
from linkage.lab.evaluation import LinkedTables, Mode, Table, encode_tables, link_tables, score, unused_fields
from linkage.match.linkage import Linkage, Pairs, RecordId
from linkage.shipped_profiles import shipped_profile

KEY = bytes(range(32))
PEOPLE = [
    Identifiers(forename=forename, surname=surname, date_of_birth=born, postcode=postcode, sex=sex)
    for forename, surname, born, postcode, sex in (
        ("Amelia", "Thornbury", "2009-03-14", "ZA1 1AA", "F"),
        ("Oluwaseun", "Adeyemi", "2010-11-02", "ZB2 2BB", "M"),
        ("Katarzyna", "Wisniewska", "2008-07-29", "ZC3 3CC", "F"),
        ("Mohammed", "Rahman", "2011-05-21", "ZD4 4DD", "M"),
    )
]


def _linked(mode: Mode, clusters: dict[tuple[str, str], int]) -> LinkedTables:
    none = np.zeros(0, dtype=np.int64)
    pairs = Pairs(none, none, np.zeros(0), np.zeros(0, dtype=np.bool_))
    return LinkedTables(mode, clusters, 0, Linkage((), pairs, none), ())


@st.composite
def _cases(draw: st.DrawFn) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], str]]:
    count = draw(st.integers(0, 12))
    records = [(draw(st.sampled_from("AB")), f"{number}") for number in range(count)]
    clusters = {record: draw(st.integers(0, 4)) for record in records}
    truth = {record: f"E{draw(st.integers(0, 4))}" for record in records if draw(st.integers(0, 5))}
    return clusters, truth


@given(_cases(), st.sampled_from(["link", "dedupe", "multi"]))
def test_scores_are_those_of_counting_by_hand(
    case: tuple[dict[tuple[str, str], int], dict[tuple[str, str], str]], mode: Mode
) -> None:
    clusters, truth = case
    scores = score(_linked(mode, clusters), truth)
    pairs = [(a, b) for a, b in itertools.combinations(sorted(truth), 2) if mode != "link" or a[0] != b[0]]
    true = {pair for pair in pairs if truth[pair[0]] == truth[pair[1]]}
    found = {pair for pair in pairs if clusters[pair[0]] == clusters[pair[1]]}
    assert (scores.pairs.true, scores.pairs.found) == (len(true), len(found))
    assert scores.pairs.correct == len(true & found)
    assert scores.unlabelled == len(clusters) - len(truth)
    by_record = [
        (
            sum(clusters[b] == clusters[a] and truth[b] == truth[a] for b in truth)
            / sum(clusters[b] == clusters[a] for b in truth),
            sum(clusters[b] == clusters[a] and truth[b] == truth[a] for b in truth)
            / sum(truth[b] == truth[a] for b in truth),
        )
        for a in truth
    ]
    if by_record:
        assert scores.bcubed.precision == pytest.approx(np.mean([each[0] for each in by_record]))
        assert scores.bcubed.recall == pytest.approx(np.mean([each[1] for each in by_record]))
    assert scores.clusters_true == len(set(truth.values()))
    assert scores.largest_true == max([list(truth.values()).count(e) for e in truth.values()], default=0)


def test_nothing_found_is_precise_and_nothing_to_find_is_complete() -> None:
    scores = score(_linked("multi", {("A", "1"): 0, ("A", "2"): 1}), {("A", "1"): "E", ("A", "2"): "F"})
    assert (scores.pairs.precision, scores.pairs.recall, scores.pairs.f1) == (1, 1, 1)


def test_no_step_before_scoring_can_be_given_the_truth() -> None:
    for step in (encode_tables, link_tables):
        assert not any("truth" in name or "entity" in name for name in inspect.signature(step).parameters)
    assert "truth:" not in inspect.getsource(evaluation)
    for scoring in (evaluation_scores, evaluation_oracle, evaluation_groups, evaluation_calibration):
        source = inspect.getsource(scoring)
        assert "truth:" in source
        assert "link(" not in source


def test_records_without_any_view_stay_alone_and_are_counted() -> None:
    nobody = Identifiers(sex="M")
    tables = [
        Table("A", ("a1", "a2"), (PEOPLE[0], nobody)),
        Table("B", ("b1", "b2"), (PEOPLE[0], nobody)),
    ]
    linked = link_tables(
        encode_tables(tables, shipped_profile("person-1"), KEY), "multi", shipped_profile("person-1")
    )
    assert linked.not_encodable == 2
    assert linked.clusters["A", "a1"] == linked.clusters["B", "b1"]
    assert len(set(linked.clusters.values())) == 3


@pytest.mark.parametrize("profile_name", ["person-1", "child-1"])
@pytest.mark.parametrize("mode", ["link", "multi"])
def test_the_same_people_are_found_again_across_sources(profile_name: str, mode: Mode) -> None:
    profile = shipped_profile(profile_name)
    tables = [
        Table("A", tuple("wxyz"), tuple(PEOPLE)),
        Table("B", tuple("zyx"), tuple(reversed(PEOPLE[1:]))),
    ]
    linked = link_tables(encode_tables(tables, profile, KEY), mode, profile)
    assert {(pair.left, pair.right) for pair in linked.linked_pairs()} == {
        (("A", name), ("B", name)) for name in "xyz"
    }
    assert all(pair.score > 0 for pair in linked.linked_pairs())
    assert score(linked, {(s, r): r for s, r in linked.clusters}).pairs.f1 == 1


def test_a_source_declared_duplicate_free_is_held_to_it() -> None:
    profile = shipped_profile("person-1")
    twice = (PEOPLE[0], PEOPLE[0])
    free = [Table("A", ("1", "2"), twice, duplicate_free=True), Table("B", ("3",), twice[:1])]
    linked = link_tables(encode_tables(free, profile, KEY), "multi", profile)
    assert linked.clusters["A", "1"] != linked.clusters["A", "2"]
    open_to_them = [Table("A", ("1", "2"), twice), Table("B", ("3",), twice[:1])]
    linked = link_tables(encode_tables(open_to_them, profile, KEY), "multi", profile)
    assert len(set(linked.clusters.values())) == 1


def test_pairs_implied_by_a_cluster_but_not_seen_alike_carry_the_absent_weight() -> None:
    ids = tuple(RecordId("A", f"{number:032x}") for number in range(3))
    pairs = Pairs(
        np.array([0, 1, 0]), np.array([1, 2, 2]), np.array([5.0, 4.0, -0.5]), np.array([True, True, False])
    )
    labels = (("A", "p"), ("A", "q"), ("A", "r"))
    whole = LinkedTables(
        "multi", dict.fromkeys(labels, 0), 0, Linkage(ids, pairs, np.zeros(3, np.int64)), labels
    )
    assert [(pair.left[1], pair.right[1], pair.score) for pair in whole.linked_pairs()] == [
        ("p", "q", 5.0),
        ("q", "r", 4.0),
        ("p", "r", -2.0),
    ]
    assert [(pair.left[1], pair.right[1]) for pair in whole.near_pairs(1.0)] == [("p", "r")]
    assert whole.near_pairs(0.2) == []


def test_mode_link_with_another_number_of_sources_is_refused() -> None:
    profile = shipped_profile("person-1")
    encoded = encode_tables([Table("A", ("1",), (PEOPLE[0],))], profile, KEY)
    with pytest.raises(InputError, match="two sources, there are 1"):
        link_tables(encoded, "link", profile)


def test_fields_that_hold_values_which_the_profile_ignores_are_named() -> None:
    full = Identifiers(forename="A", date_of_birth="2009-01-02", address="1 Road", phone="0123", postcode="Z")
    tables = [Table("A", ("1",), (full,))]
    assert unused_fields(tables, shipped_profile("person-1")) == ["phone"]
    assert unused_fields(tables, shipped_profile("child-1")) == ["address", "phone"]
    assert unused_fields([Table("A", ("1",), (PEOPLE[0],))], shipped_profile("child-1")) == []


def test_progress_counts_records_over_all_sources_and_comparisons_to_the_end() -> None:
    profile = shipped_profile("child-1")
    records: list[int] = []
    compared: list[tuple[int, int]] = []
    tables = [Table("A", ("1", "2"), tuple(PEOPLE[:2])), Table("B", ("1",), (PEOPLE[0],))]
    encoded = encode_tables(tables, profile, KEY, progress=records.append)
    link_tables(encoded, "multi", profile, progress=lambda done, total: compared.append((done, total)))
    assert records == sorted(records)
    assert records[-1] == 3
    assert compared[-1] == (18, 18)  # three pairs in six views
