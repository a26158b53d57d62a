"""What the register tells of groups without the truth is near it, or it says that it cannot be told."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from api.disclosing import POLICY
from benchmarks.group_estimates import Held, dealt, held_world, true_recall
from linkage.differences import FEWEST
from linkage.lab.burdens import read_burden
from linkage.lab.world import World, simulate
from linkage.register.capture import capture_rows, chapman
from linkage.register.child_facts import SEX, UASC, ChildFacts, RecordKey
from linkage.register.group_disclosure import told_captures, told_rows
from linkage.register.group_quality import (
    ALL,
    ANSWERS,
    IN_CARE,
    KNOWN,
    NAME_ORIGIN,
    AnsweredLink,
    KnownLink,
    QualityRow,
    answers_quality,
    in_care_quality,
    known_quality,
)
from linkage.register.group_told import ToldCapture, ToldRow

CHILDREN = 3000


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(CHILDREN, 4)


@pytest.fixture(scope="module")
def held(world: World) -> Held:
    return held_world(world, "child-1")


def _row(rows: list[QualityRow], kind: str, group: str) -> QualityRow:
    return next(one for one in rows if (one.kind, one.group) == (kind, group))


def _counted(rows: list[QualityRow], kind: str = ALL, group: str = ALL) -> tuple[int, int]:
    counted = _row(rows, kind, group).counted
    assert counted is not None
    return counted


def _everybody(rows: list[ToldRow]) -> ToldRow:
    return next(one for one in rows if one.kind == ALL)


def test_of_children_in_care_it_tells_the_recall_that_the_linkage_has(held: Held) -> None:
    row, exact = _everybody(held.told()), held.compared().groups[0].share
    assert exact.low <= true_recall(held) <= exact.high
    assert exact.low < exact.value <= exact.high
    assert row.low is not None
    assert row.high is not None
    assert row.low <= true_recall(held) <= row.high
    children, missed = _counted(held.in_care())
    assert row.low <= 1 - missed / children <= row.high
    # Every child in care is in a council's list.
    assert _counted(replace(held, person_of=held.true_person_of).in_care()) == (children, 0)


def test_a_group_whose_links_are_missed_is_named_and_no_other_kind(held: Held) -> None:
    lot = np.random.default_rng(1)
    girls = {
        key for key, one in sorted(held.facts.items()) if one.role == "police" and one.said[SEX] == "female"
    }
    torn = {key: f"alone {key}" for key in sorted(girls) if lot.random() < 0.3}
    apart = replace(held, person_of={**held.true_person_of, **torn})
    claimed = {(one.kind, one.name): one for one in apart.compared().claimed}
    assert {kind for kind, _ in claimed} == {SEX}
    female = claimed[SEX, "female"].difference
    assert female is not None
    assert female.high < 0
    assert -0.45 < female.value < -0.15
    assert {one.kind for one in apart.told() if one.claimed} <= {SEX}
    children, missed = _counted(apart.in_care(), SEX, "female")
    assert 0.15 < missed / children < 0.45
    assert _counted(apart.in_care())[1] == missed


def test_it_finds_the_group_whose_records_are_spoilt_through_the_whole_path() -> None:
    burden = read_burden("ethnicity=black misspelt=0.8 missing=0.8")
    found = held_world(simulate(CHILDREN, 4, burdens=[burden]), "child-1").compared().claimed
    assert ("ethnicity", "black") in {(one.kind, one.name) for one in found}


def test_where_labels_fall_by_lot_it_names_hardly_any(world: World, held: Held) -> None:
    claims = [bool(dealt(held, world, seed=seed).compared().claimed) for seed in range(20)]
    assert sum(claims) <= 5


def test_what_it_cannot_tell_it_says(held: Held) -> None:
    rows = held.in_care()
    assert "only councils" in _row(rows, UASC, "every group").why
    assert "never leave an agency" in _row(rows, NAME_ORIGIN, "every group").why
    nobody = in_care_quality(held.facts, {}, held.calendar)
    assert "fewer than" in _row(nobody, ALL, ALL).why
    apart = {key: f"{key}" for key in held.facts}
    unlinked = in_care_quality(held.facts, apart, held.calendar)
    assert [one.kind for one in unlinked] == [ALL]
    assert "not complete" in unlinked[0].why
    [capture] = capture_rows(held.facts, held.person_of, held.calendar, recall=unlinked)
    assert "recall of linkage cannot be told" in capture.why
    assert capture.counted is None


def test_a_group_of_too_few_has_no_figure_by_any_estimator(held: Held) -> None:
    links = _pairs(held)
    known = known_quality([KnownLink(*one, found=True) for one in links], held.facts, held.person_of)
    answered = [AnsweredLink(*one, right_link=True) for one in links]
    found = answers_quality(answered, held.facts, held.person_of)
    for rows in (held.in_care(), known, found):
        assert [one for one in rows if one.counted and one.counted[0] < FEWEST]
        for row, told in zip(rows, told_rows(rows, POLICY), strict=True):
            assert (row.counted is None) == bool(row.why)
            assert (told.children is None) == bool(told.why)
            assert told.children is None or (row.counted or (0, 0))[0] >= FEWEST / 2


def _pairs(held: Held) -> list[tuple[RecordKey, RecordKey]]:
    """Return a council's and a force's record of every child that both hold."""
    council = {
        held.true_person_of[key]: key for key, one in sorted(held.facts.items()) if one.role == "council"
    }
    return [
        (council[held.true_person_of[key]], key)
        for key, one in sorted(held.facts.items())
        if one.role == "police" and held.true_person_of[key] in council
    ]


def test_known_links_tell_recall_and_of_uasc_too(held: Held) -> None:
    links = _pairs(held)
    found = [
        KnownLink(left, right, found=held.facts[left].said[UASC] == "no" or place % 2 == 0)
        for place, (left, right) in enumerate(links)
    ]
    rows = known_quality(found, held.facts, held.person_of)
    assert _counted(rows) == (
        len({held.person_of[one.left] for one in found}),
        len({held.person_of[one.left] for one in found if not one.found}),
    )
    alone, missed = _counted(rows, UASC, "yes")
    assert alone >= FEWEST
    assert 0.3 < missed / alone < 0.7
    assert _counted(rows, UASC, "no")[1] == 0
    assert "never leave" in _row(rows, NAME_ORIGIN, "every group").why
    few = known_quality(found[: FEWEST - 1], held.facts, held.person_of)
    assert [(one.kind, one.estimator) for one in few] == [(ALL, KNOWN)]
    assert "independently" in few[0].why
    gone = [KnownLink(("E99", "x"), right, found=True) for _, right in links]
    assert "independently" in known_quality(gone, held.facts, held.person_of)[0].why


def test_answers_are_a_sample_only_where_nearly_all_answer(held: Held) -> None:
    links = list({held.person_of[left]: (left, right) for left, right in _pairs(held)}.values())[:100]

    def answered(share: int) -> list[QualityRow]:
        said = [
            AnsweredLink(*one, (place % 10 != 0) if place % 100 < share else None)
            for place, one in enumerate(links)
        ]
        return answers_quality(said, held.facts, held.person_of)

    assert _counted(answered(100)) == (100, 10)
    assert {one.estimator for one in answered(100)} == {ANSWERS}
    half = answered(50)
    assert [one.kind for one in half] == [ALL]
    assert "fewer than four fifths" in half[0].why
    assert half[0].answered == (45, 5, 50)
    assert "fewer than" in answered(5)[0].why
    assert _counted(answered(80)) == (80, 8)


def _captures(held: Held) -> list[ToldCapture]:
    rows = capture_rows(held.facts, held.person_of, held.calendar, recall=held.in_care())
    return told_captures(rows, held.told(), POLICY)


def test_two_lists_tell_how_many_there_are(held: Held) -> None:
    rows = _captures(held)
    row = next(one for one in rows if one.kind == ALL)
    assert row.estimate is not None
    assert row.low is not None
    assert row.high is not None
    assert row.both is not None
    assert row.only_council is not None
    assert row.only_police is not None
    # In this world whether a council forgets and whether police are not told do not depend on each other.
    assert row.low <= _true_missing(held) <= row.high
    assert row.both + row.only_council + row.only_police - 3 * POLICY.base / 2 <= row.estimate
    for one in rows:
        assert (one.estimate is None) == bool(one.why)


def test_missed_links_do_not_make_more_children(held: Held) -> None:
    lot = np.random.default_rng(5)
    torn = {
        key: f"alone {key}" for key, one in held.facts.items() if one.role == "police" and lot.random() < 0.2
    }
    apart = replace(held, person_of={**held.true_person_of, **torn})
    row = _captures(apart)[0]
    assert row.estimate is not None
    assert row.low is not None
    assert row.high is not None
    truth = _true_missing(held)
    assert row.low <= truth <= row.high
    assert abs(row.estimate - truth) < abs(_chapman_of(apart) - truth) / 2


def _true_missing(held: Held) -> float:
    """Return what two lists would say if nobody's link were missed."""
    return _chapman_of(replace(held, person_of=held.true_person_of))


def _chapman_of(held: Held) -> float:
    """Return what exact lists say, no missed link allowed for."""
    everybody = capture_rows(held.facts, held.person_of, held.calendar, recall=held.in_care())[0]
    assert everybody.counted is not None
    return chapman(*everybody.counted).value


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_the_estimate_never_lies_below_those_seen(only: int, other: int, both: int) -> None:
    found = chapman(only + both, other + both, both)
    assert found.low <= found.value <= found.high
    assert found.low >= only + other + both - 1e-9
    with pytest.raises(ValueError, match="both lists"):
        chapman(both, other + both, both + 1)


def test_chapman_is_near_the_truth_and_its_interval_holds_it() -> None:
    lot, errors, held = np.random.default_rng(2), [], 0
    for _ in range(400):
        first, second = lot.random(300) < 0.7, lot.random(300) < 0.6
        found = chapman(int(first.sum()), int(second.sum()), int((first & second).sum()))
        errors.append(found.value - 300)
        held += found.low <= 300 <= found.high
    assert abs(np.mean(errors)) < 2
    assert 0.9 <= held / 400 <= 0.99


def test_facts_leave_out_cover_and_tell_apart_who_knows_what(held: Held) -> None:
    roles = Counter(one.role for one in held.facts.values())
    assert roles["council"] > roles["police"] > 0
    assert all((UASC in one.said) == (one.role == "council") for one in held.facts.values())
    changed: dict[RecordKey, ChildFacts] = {
        key: replace(one, episodes=tuple(structs.replace(each, missing_from="home") for each in one.episodes))
        for key, one in held.facts.items()
    }
    rows = in_care_quality(changed, held.person_of, held.calendar)
    assert [(one.estimator, one.kind) for one in rows] == [(IN_CARE, ALL)]
    assert "as missing from care" in rows[0].why
