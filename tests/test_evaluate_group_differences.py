"""The report by group: counts are right, a spoilt group is found, and where nothing differs none is named."""

import json
import subprocess
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.group_differences import by_lot, counted_world, found_burden
from linkage.differences import compare_groups
from linkage.lab.burdens import read_burden
from linkage.lab.evaluation_differences import compared, count_persons, sentences
from linkage.lab.evaluation_groups import Group
from linkage.lab.world import simulate

Label = tuple[str, str]
RECORDS: list[Label] = [(source, f"{number}") for source in "AB" for number in range(7)]
_COMMAND = (sys.executable, "-m", "cli.main")
BURDEN = "ethnicity=black misspelt=0.5 missing=0.5"


@given(
    st.lists(st.integers(0, 4), min_size=14, max_size=14),
    st.lists(st.integers(0, 5), min_size=14, max_size=14),
    st.booleans(),
)
def test_persons_are_counted_as_pair_by_pair(true: list[int], found: list[int], across: bool) -> None:
    truth = {label: f"p{one}" for label, one in zip(RECORDS, true, strict=True)}
    clusters = dict(zip(RECORDS, found, strict=True))
    counts: dict[str, Counter[str]] = {"recall": Counter(), "precision": Counter()}
    failed: dict[str, Counter[str]] = {"recall": Counter(), "precision": Counter()}
    for one, other in combinations(RECORDS, 2):
        if across and one[0] == other[0]:
            continue
        same, joined = truth[one] == truth[other], clusters[one] == clusters[other]
        for end in (one, other):
            counts["recall"][truth[end]] += same
            failed["recall"][truth[end]] += same and not joined
            counts["precision"][truth[end]] += joined
            failed["precision"][truth[end]] += joined and not same
    counted = count_persons(clusters, truth, across=across)
    assert set(counted.names) == set(truth.values())
    for outcome in counted.outcomes:
        for place, name in enumerate(counted.names):
            assert outcome.whole[place] == counts[outcome.name][name] / 2
            assert outcome.failed[place] == failed[outcome.name][name] / 2
        blocks = dict(zip(counted.names, outcome.block.tolist(), strict=True))
        for one, other in combinations(RECORDS, 2):
            if clusters[one] == clusters[other]:
                assert blocks[truth[one]] == blocks[truth[other]]


def test_a_person_is_in_a_group_by_any_record_or_by_all() -> None:
    truth = {label: label[1] for label in RECORDS}
    some = frozenset([("A", "0"), ("B", "0"), ("A", "1")])
    counted = count_persons(dict(truth), truth)
    by_any, by_all = counted.columns([Group("k", "any", some), Group("k", "all", some, both=True)])
    inside = [
        {name for name, is_in in zip(counted.names, one.inside.tolist(), strict=True) if is_in}
        for one in (by_any, by_all)
    ]
    assert inside == [{"0", "1"}, {"0"}]


def test_sentences_name_share_and_certainty() -> None:
    labels = [(source, f"{number}") for source in "AB" for number in range(200)]
    truth = {label: label[1] for label in labels}
    bad = {label for label in labels if int(label[1]) < 60}
    missed = {label for label in bad if int(label[1]) < 15}
    clusters = {label: (label if label in missed else label[1]) for label in labels}
    found = compared(clusters, truth, [Group("ethnicity", "black", frozenset(bad))])
    said = sentences(found)
    assert said[0].startswith(
        "Of 100 true pairs of records of persons of ethnicity “black” 75.0 are found, of others 100.0; "
        "the difference of 25.0 ("
    )
    assert said[0].endswith(") is more than chance.")
    assert said[-1].endswith("in at most 5 of 100 such reports.")
    nothing = sentences(compared(truth, truth, [Group("ethnicity", "black", frozenset(bad))]))
    assert nothing[0] == "No group differs from all others by more than chance (2 comparisons)."


def test_where_labels_fall_by_lot_hardly_anything_is_claimed(soak: bool) -> None:
    claims, worlds, lots = 0, 60 if soak else 1, 10
    for seed in range(worlds):
        world = simulate(2000, seed)
        counted, columns = counted_world(world, "child-1")
        for number in range(lots):
            dealt = by_lot(counted, columns, world, seed=[seed, number])
            claims += bool(compare_groups(counted.outcomes, dealt, draws=999).claimed)
    assert claims <= (0.08 * worlds * lots if soak else 3)


def test_the_demonstrations_world_names_the_group_that_is_spoilt(tmp_path: Path) -> None:
    folder, figures = tmp_path / "world", tmp_path / "figures.json"
    made = [*_COMMAND, "demo", "--children", "2500", "--seed", "3", "--labelled", str(folder)]
    subprocess.run([*made, "--burden", BURDEN], check=True, capture_output=True)
    again = subprocess.run(made, check=False, capture_output=True, text=True)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    linked = [
        *_COMMAND,
        "evaluate",
        str(folder),
        "--profile",
        "child-1",
        "--seed",
        "1",
        "--json",
        str(figures),
    ]
    shown = subprocess.run(linked, check=True, capture_output=True, text=True).stdout
    assert "persons of ethnicity “black”" in shown
    report = json.loads(figures.read_text(encoding="utf-8"))["group_differences"]
    kinds = {one["kind"] for one in report["groups"]}
    assert kinds >= {"sex", "age band", "ethnicity", "uasc", "council", "name origin", "missing", "source"}
    claimed = {(one["measure"], one["kind"], one["name"]): one for one in report["groups"] if one["claimed"]}
    black = claimed["recall", "ethnicity", "black"]
    assert black["difference_interval"][0] < black["difference"] < black["difference_interval"][1] < 0
    assert black["p_adjusted"] <= 0.05
    assert not {kind for _, kind, _ in claimed} & {"sex", "council", "source", "age band"}


@pytest.mark.parametrize(
    ("said", "more"), [("not written as a group", []), ("made-up world", ["--ssda903", "."])]
)
def test_a_burden_that_cannot_be_is_refused(tmp_path: Path, said: str, more: list[str]) -> None:
    text = BURDEN if more else "black"
    words = ["demo", "--labelled", str(tmp_path / "x"), "--burden", text, *more]
    done = subprocess.run([*_COMMAND, *words], check=False, capture_output=True, text=True)
    assert (done.returncode, said in done.stderr, (tmp_path / "x").exists()) == (1, True, False)


def test_the_measurement_knows_a_burden_when_it_is_found() -> None:
    burden = read_burden("agency=E06009001 misspelt=0.6 missing=0.6")
    counted, columns = counted_world(simulate(2000, 2, burdens=[burden]), "child-1")
    found = compare_groups(counted.outcomes, columns)
    assert found_burden(found, burden)
    assert not found_burden(found, read_burden("sex=F misspelt=0.6"))
