"""Oracle threshold, calibration, groups and intervals are those that counting by hand gives."""

import itertools
import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkage.encode.identifiers import Identifiers
from linkage.lab.evaluation import LinkedTables, Mode, Table, encode_tables, link_tables, score
from linkage.lab.evaluation_calibration import reliability, weighed_pairs
from linkage.lab.evaluation_groups import Group, groups_of, score_groups
from linkage.lab.evaluation_intervals import share
from linkage.lab.evaluation_oracle import oracle
from linkage.lab.evaluation_report import evaluate_linkage, figures_of
from linkage.lab.learning import POPULATIONS, people_world
from linkage.match.clustering import cluster
from linkage.match.linkage import Linkage, Pairs, RecordId
from linkage.shipped_profiles import shipped_profile

Label = tuple[str, str]


@st.composite
def linked_tables(draw: st.DrawFn, mode: Mode = "multi") -> tuple[LinkedTables, dict[Label, str]]:
    """Up to eight records of two sources with scored pairs, clustered or linked one to one, and a truth."""
    count = draw(st.integers(0, 8))
    labels = tuple(sorted((draw(st.sampled_from("AB")), f"{n}") for n in range(count)))
    pairs = [
        (a, b)
        for a, b in itertools.combinations(range(count), 2)
        if mode != "link" or labels[a][0] != labels[b][0]
    ]
    chosen = sorted(draw(st.lists(st.sampled_from(pairs), unique=True))) if pairs else []
    scores = [draw(st.sampled_from([-6.0, -3.0, -0.5, 0.5, 0.75, 2.0, 9.0])) for _ in chosen]
    left, right = np.array(chosen, dtype=np.int64).reshape(-1, 2).T
    source = np.array([label[0] == "B" for label in labels], dtype=np.int32)
    apart = source if mode == "link" else None
    named = cluster(count, left, right, np.array(scores), apart=apart)
    clusters = np.unique(named, return_inverse=True)[1].astype(np.int64)
    kept = Pairs(left, right, np.array(scores), clusters[left] == clusters[right])
    ids = tuple(RecordId(*label) for label in labels)
    truth = {label: f"E{draw(st.integers(0, 3))}" for label in labels if draw(st.integers(0, 5))}
    free = frozenset("AB") if mode == "link" else frozenset()
    linked = LinkedTables(
        mode,
        dict(zip(labels, clusters.tolist(), strict=True)),
        0,
        Linkage(ids, kept, clusters),
        labels,
        free,
    )
    return linked, truth


def greedy(linked: LinkedTables, threshold: float) -> set[frozenset[Label]]:
    """One to one by hand: best first, each record once, above the threshold."""
    pairs, taken, links = linked.linkage.pairs, set(), set()
    scored = zip(pairs.score.tolist(), pairs.left.tolist(), pairs.right.tolist(), strict=True)
    for value, a, b in sorted(scored, key=lambda one: (-one[0], one[1], one[2])):
        if value > threshold and not {a, b} & taken:
            taken |= {a, b}
            links.add(frozenset((linked.labels[a], linked.labels[b])))
    return links


def f1(found: set[frozenset[Label]], truth: dict[Label, str], *, across: bool) -> float:
    true = {
        frozenset(pair)
        for pair in itertools.combinations(truth, 2)
        if truth[pair[0]] == truth[pair[1]] and (not across or pair[0][0] != pair[1][0])
    }
    known = {pair for pair in found if pair <= truth.keys()}
    both = len(known) + len(true)
    return 2 * len(known & true) / both if both else 1.0


@settings(max_examples=200)
@given(linked_tables("link"))
def test_the_oracle_of_a_one_to_one_linkage_is_the_best_of_all_cuts(
    case: tuple[LinkedTables, dict[Label, str]],
) -> None:
    linked, truth = case
    found = oracle(linked, truth)
    scores = sorted(set(linked.linkage.pairs.score.tolist()))
    middles = [(a + b) / 2 for a, b in itertools.pairwise(scores)]
    every = [-math.inf, *middles, math.inf]
    best = max(f1(greedy(linked, cut), truth, across=True) for cut in every)
    assert found.best.pairs.f1 == pytest.approx(best)
    assert found.exact
    for cut in found.cuts:
        here = f1(greedy(linked, cut.threshold), truth, across=True)
        both = cut.pairs.found + cut.pairs.true
        assert (2 * cut.pairs.correct / both if both else 1.0) == pytest.approx(here)


@settings(max_examples=60)
@given(linked_tables())
def test_every_cut_of_a_clustering_is_the_clustering_at_that_cut(
    case: tuple[LinkedTables, dict[Label, str]],
) -> None:
    linked, truth = case
    pairs = linked.linkage.pairs
    found = oracle(linked, truth)
    for cut in found.cuts:
        named = cluster(len(linked.labels), pairs.left, pairs.right, pairs.score - cut.threshold).tolist()
        at_cut = replace(linked, clusters=dict(zip(linked.labels, named, strict=True)))
        assert cut.pairs == score(at_cut, truth).pairs
    assert found.best.pairs.f1 == max(cut.pairs.f1 for cut in found.cuts)
    default = next(cut for cut in found.cuts if cut.threshold == 0)
    assert default.pairs == score(linked, truth).pairs
    assert found.best.pairs.f1 >= score(linked, truth).pairs.f1
    thresholds = [cut.threshold for cut in found.cuts]
    assert thresholds == sorted(thresholds)


@given(linked_tables(), st.integers(1, 6))
def test_calibration_is_that_of_sorting_by_hand(
    case: tuple[LinkedTables, dict[Label, str]], bins: int
) -> None:
    linked, truth = case
    weighed = weighed_pairs(linked, truth)
    pairs = linked.linkage.pairs
    expected = [
        (1 / (1 + math.exp(-s)), truth[linked.labels[a]] == truth[linked.labels[b]])
        for a, b, s in zip(pairs.left.tolist(), pairs.right.tolist(), pairs.score.tolist(), strict=True)
        if linked.labels[a] in truth and linked.labels[b] in truth
    ]
    stated = sorted(zip(weighed.probability.tolist(), weighed.same.tolist(), strict=True))
    assert np.array(stated).reshape(-1, 2) == pytest.approx(np.array(sorted(expected)).reshape(-1, 2))
    found = reliability(weighed.probability, weighed.same, bins)
    assert found.pairs == len(expected) == sum(one.true.whole for one in found.bins)
    if expected:
        assert found.brier == pytest.approx(np.mean([(p - y) ** 2 for p, y in expected]))
    by_bin: dict[int, list[tuple[float, bool]]] = {}
    for p, y in expected:
        below = sum(q < p - 1e-12 for q, _ in expected)
        equal = sum(abs(q - p) < 1e-12 for q, _ in expected)
        by_bin.setdefault(int((below + equal / 2) * bins / len(expected)), []).append((p, y))
    error = sum(abs(sum(p - y for p, y in one)) for one in by_bin.values())
    assert found.error == pytest.approx(error / len(expected) if expected else 0)
    assert 0 <= found.error <= 1
    for one in found.bins:
        assert one.low - 1e-12 <= one.stated <= one.high + 1e-12
        assert one.true.low <= one.true.value <= one.true.high


def test_pairs_of_like_numbers_in_every_bin_and_no_error_where_probabilities_are_right() -> None:
    random = np.random.default_rng(1)
    probability = random.random(40_000)
    right = reliability(probability, random.random(40_000) < probability)
    assert {one.true.whole for one in right.bins} == {2000}
    assert right.error < 0.012
    wrong = reliability(probability, random.random(40_000) < probability**2)
    assert wrong.error == pytest.approx(1 / 6, abs=0.01)  # the integral of p less p squared
    shuffled = random.permutation(40_000)
    assert reliability(probability[shuffled], np.ones(40_000, bool)[shuffled]).error == pytest.approx(
        reliability(probability, np.ones(40_000, bool)).error
    )


@given(st.integers(0, 400), st.integers(0, 400))
def test_wilson_intervals_end_where_the_score_test_just_holds(part: int, more: int) -> None:
    whole = part + more
    found = share(part, whole)
    assert 0 <= found.low <= found.value <= found.high <= 1
    for end in {found.low, found.high} - {0.0, 1.0}:
        z = (part / whole - end) / math.sqrt(end * (1 - end) / whole)
        assert abs(z) == pytest.approx(1.959964, abs=1e-4)


def test_a_share_of_less_than_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="share"):
        share(2, 1)


@settings(max_examples=200)
@given(linked_tables(), st.data())
def test_a_pair_is_in_a_group_by_either_record_or_by_both(
    case: tuple[LinkedTables, dict[Label, str]], data: st.DataObject
) -> None:
    linked, truth = case
    records = frozenset(label for label in linked.labels if data.draw(st.booleans()))
    both = data.draw(st.booleans())
    asked = all if both else any

    def count(same: dict[Label, object]) -> int:
        return sum(
            asked(label in records for label in pair) and same[pair[0]] == same[pair[1]]
            for pair in itertools.combinations(sorted(truth), 2)
        )

    found = {label: linked.clusters[label] for label in truth}
    expected = [
        count(part) for part in (dict(truth), found, {one: (truth[one], found[one]) for one in truth})
    ]
    scored = score_groups(linked, truth, [Group("x", "y", records, both)])
    if not any(expected[:2]):
        assert scored == []
        return
    (one,) = scored
    assert [one.pairs.true, one.pairs.found, one.pairs.correct] == expected
    assert one.precision.value == pytest.approx(one.pairs.precision)
    assert one.recall.value == pytest.approx(one.pairs.recall)


TABLES = [
    Table(
        "A",
        ("1", "2", "3"),
        (
            Identifiers(forename="Amelia", surname="Thornbury", date_of_birth="2009-03-14", sex="F"),
            Identifiers(forename="Oluwaseun", surname="Adeyemi", date_of_birth="2013-11-02", sex="M"),
            Identifiers(forename="Katarzyna", surname="Wisniewska", sex="2"),
        ),
        groups={"name_origin": ("here", "there", ""), "noise": ("none", "heavy", "none")},
    ),
    Table(
        "B",
        ("1", "2"),
        (
            Identifiers(forename="Amelia", date_of_birth="2009-03-14", sex="male"),
            Identifiers(forename="Oluwaseun", surname="Adeyemi", date_of_birth="2013-11-02", sex="unknown"),
        ),
        groups={"name_origin": ("here", "elsewhere"), "noise": ("heavy", "none")},
    ),
]
TRUTH = {("A", "1"): "E1", ("A", "2"): "E2", ("A", "3"): "E3", ("B", "1"): "E1", ("B", "2"): "E2"}


def test_groups_of_persons_take_all_their_records_and_groups_of_records_only_those() -> None:
    members = {(one.kind, one.name): sorted(map("".join, one.records)) for one in groups_of(TABLES, TRUTH)}
    assert members == {
        ("sources", "A × A"): ["A1", "A2", "A3"],
        ("sources", "A × B"): ["A1", "A2", "A3", "B1", "B2"],
        ("sources", "B × B"): ["B1", "B2"],
        ("sex", "female"): ["A1", "A3", "B1"],
        ("sex", "male"): ["A1", "A2", "B1", "B2"],
        ("sex", "not recorded"): ["A2", "B2"],
        ("year of birth", "2005 to 2009"): ["A1", "B1"],
        ("year of birth", "2010 to 2014"): ["A2", "B2"],
        ("year of birth", "not known"): ["A3"],
        ("missing", "nothing"): ["A1", "A2", "B2"],
        ("missing", "surname"): ["B1"],
        ("missing", "date of birth"): ["A3"],
        ("name origin", "elsewhere"): ["A2", "B2"],
        ("name origin", "here"): ["A1", "B1"],
        ("name origin", "not recorded"): ["A3"],
        ("name origin", "there"): ["A2", "B2"],
        ("noise", "heavy"): ["A2", "B1"],
        ("noise", "none"): ["A1", "A3", "B2"],
    }


def _origins(sizes: dict[str, int]) -> list[str]:
    said = tuple(name for name, size in sizes.items() for _ in range(size))
    table = Table(
        "A",
        tuple(f"{n}" for n in range(len(said))),
        tuple(Identifiers(forename="A", surname="B") for _ in said),
        groups={"name_origin": said},
    )
    truth = {("A", f"{n}"): f"E{n}" for n in range(len(said))}
    found = groups_of([table], truth)
    assert {one.kind for one in found} == {"name origin"}
    assert sum(len(one.records) for one in found) == len(said)
    return [one.name for one in found]


def test_as_many_origins_as_the_projects_own_world_has_are_all_told_apart() -> None:
    names = [f"origin {n:02}" for n in range(22)]
    assert _origins(dict.fromkeys(names, 2)) == names


def test_of_very_many_values_the_largest_stand_alone_and_the_rest_together() -> None:
    names = [f"origin {n:02}" for n in range(70)]
    found = _origins(dict(zip(names, range(70, 0, -1), strict=True)))
    assert found == ["11 others together", *names[:59]]


def test_pairs_across_sources_are_counted_by_their_sources() -> None:
    labels = [*TRUTH]
    linked = LinkedTables("multi", dict.fromkeys(labels, 0), 0, _nothing(), ())
    groups = [one for one in groups_of(TABLES, TRUTH) if one.kind == "sources"]
    found = {one.name: (one.pairs.true, one.pairs.found) for one in score_groups(linked, TRUTH, groups)}
    assert found == {"A × A": (0, 3), "A × B": (2, 6), "B × B": (0, 1)}
    assert [one.name for one in score_groups(replace(linked, mode="link"), TRUTH, groups)] == ["A × B"]


def _nothing() -> Linkage:
    none = np.zeros(0, dtype=np.int64)
    return Linkage((), Pairs(none, none, np.zeros(0), np.zeros(0, bool)), none)


def test_pairwise_figures_are_those_of_recordlinkage() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about pandas on import
        import pandas as pd
        from recordlinkage.measures import fscore, precision, recall

    world = people_world(POPULATIONS["five sources"], 3)
    profile = shipped_profile("person-1")
    linked = link_tables(encode_tables(world.tables, profile, bytes(32)), "multi", profile)
    found = evaluate_linkage(linked, world.tables, world.person).scores.pairs

    def pairs(groups: dict[Label, object]) -> pd.MultiIndex:
        members: dict[object, list[str]] = {}
        for label, group in sorted(groups.items()):
            members.setdefault(group, []).append("/".join(label))
        return pd.MultiIndex.from_tuples(
            pair for one in members.values() for pair in itertools.combinations(one, 2)
        )

    true, linked_pairs = pairs(dict(world.person)), pairs(dict(linked.clusters))
    assert found.precision == pytest.approx(precision(true, linked_pairs))
    assert found.recall == pytest.approx(recall(true, linked_pairs))
    assert found.f1 == pytest.approx(fscore(true, linked_pairs))


def test_an_evaluation_holds_what_it_estimated_beside_what_is_so() -> None:
    world = people_world(POPULATIONS["two clean sources"], 3)
    profile = shipped_profile("person-1")
    linked = link_tables(encode_tables(world.tables, profile, bytes(32)), "multi", profile)
    evaluation = evaluate_linkage(linked, world.tables, world.person)
    figures = figures_of(evaluation)
    assert figures["oracle"]["truth_seen"] is True
    assert figures["estimated"]["truth_seen"] is False
    assert figures["oracle"]["f1"] >= figures["pairs"]["f1"]
    assert figures["oracle"]["default_falls_short_by"] == pytest.approx(
        figures["oracle"]["f1"] - figures["pairs"]["f1"]
    )
    assert figures["largest_clusters"][0]["records"] == evaluation.scores.largest_found
    assert abs(evaluation.estimated.implied.precision.value - evaluation.scores.pairs.precision) < 0.05
    total = sum(one.pairs.true for one in evaluation.groups if one.kind == "sources")
    assert total == evaluation.scores.pairs.true
