"""What the register tells of groups without the truth is near it, or it says that it cannot be told."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from benchmarks.group_estimates import Held, dealt, held_world, true_recall
from linkage.differences import FEWEST
from linkage.lab.burdens import read_burden
from linkage.lab.world import World, simulate
from linkage.register.capture import CaptureRow, capture_rows, chapman
from linkage.register.child_facts import SEX, UASC, ChildFacts, RecordKey
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

CHILDREN = 3000


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(CHILDREN, 4)


@pytest.fixture(scope="module")
def held(world: World) -> Held:
    return held_world(world, "child-1")


def _row(rows: list[QualityRow], kind: str, group: str) -> QualityRow:
    return next(one for one in rows if (one.kind, one.group) == (kind, group))


def _everybody(rows: list[QualityRow]) -> QualityRow:
    return _row(rows, ALL, ALL)


def test_of_children_in_care_it_tells_the_recall_that_the_linkage_has(held: Held) -> None:
    row = _everybody(held.in_care())
    assert row.share is not None
    assert row.low is not None
    assert row.high is not None
    assert row.low <= true_recall(held) <= row.high
    assert row.low < row.share <= row.high
    exact = _everybody(replace(held, person_of=held.true_person_of).in_care())
    assert (exact.share, exact.children) == (1.0, row.children)  # every child in care is in a council's list


def test_a_group_whose_links_are_missed_is_named_and_no_other_kind(held: Held) -> None:
    lot = np.random.default_rng(1)
    torn = {
        key: f"alone {key}"
        for key, one in held.facts.items()
        if one.role == "police" and one.said[SEX] == "female" and lot.random() < 0.3
    }
    rows = in_care_quality(held.facts, {**held.true_person_of, **torn}, held.calendar)
    claimed = {(one.kind, one.group) for one in rows if one.claimed}
    assert {kind for kind, _ in claimed} == {SEX}
    female = _row(rows, SEX, "female")
    assert female.difference is not None
    assert female.difference_high is not None
    assert female.difference_high < 0
    assert -0.45 < female.difference < -0.15


def test_it_finds_the_group_whose_records_are_spoilt_through_the_whole_path() -> None:
    burden = read_burden("ethnicity=black misspelt=0.8 missing=0.8")
    rows = held_world(simulate(CHILDREN, 4, burdens=[burden]), "child-1").in_care()
    assert ("ethnicity", "black") in {(one.kind, one.group) for one in rows if one.claimed}


def test_where_labels_fall_by_lot_it_names_hardly_any(world: World, held: Held) -> None:
    claims = [any(one.claimed for one in dealt(held, world, seed=seed).in_care()) for seed in range(20)]
    assert sum(claims) <= 5


def test_what_it_cannot_tell_it_says(held: Held) -> None:
    rows = held.in_care()
    assert "only councils" in _row(rows, UASC, "every group").why
    assert "never leave an agency" in _row(rows, NAME_ORIGIN, "every group").why
    few = [one for one in rows if "fewer than" in one.why]
    assert few
    assert {(one.share, one.children, one.chance) for one in few} == {(None, None, None)}
    nobody = in_care_quality(held.facts, {}, held.calendar)
    assert "fewer than" in _everybody(nobody).why
    apart = {key: f"{key}" for key in held.facts}
    unlinked = in_care_quality(held.facts, apart, held.calendar)
    assert [one.kind for one in unlinked] == [ALL]
    assert "not complete" in unlinked[0].why
    captures = capture_rows(held.facts, held.person_of, held.calendar, recall=unlinked)
    assert [("recall of linkage cannot be told" in one.why, one.estimate) for one in captures] == [
        (True, None)
    ]


def test_a_group_of_too_few_has_no_figure_by_any_estimator(held: Held) -> None:
    links = _pairs(held)
    known = known_quality([KnownLink(*one, found=True) for one in links], held.facts, held.person_of)
    answered = [AnsweredLink(*one, "COUNCIL_ONLY_M", right_link=True) for one in links]
    told = answers_quality(answered, held.facts, held.person_of)
    for row in (*held.in_care(), *known, *told):
        assert (row.children is None) == bool(row.why)
        assert row.children is None or row.children >= FEWEST


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
    everybody = _everybody(rows)
    assert everybody.share == pytest.approx(sum(one.found for one in found) / len(found), abs=1e-4)
    assert _row(rows, UASC, "yes").claimed
    assert (_row(rows, UASC, "yes").difference or 0) < -0.3
    assert "never leave" in _row(rows, NAME_ORIGIN, "every group").why
    few = known_quality(found[: FEWEST - 1], held.facts, held.person_of)
    assert [(one.kind, one.estimator) for one in few] == [(ALL, KNOWN)]
    assert "independently" in few[0].why
    gone = [KnownLink(("E99", "x"), right, found=True) for _, right in links]
    assert "independently" in known_quality(gone, held.facts, held.person_of)[0].why


def test_answers_are_a_sample_only_where_nearly_all_answer(held: Held) -> None:
    links = _pairs(held)[:100]

    def answered(share: int) -> list[QualityRow]:
        said = [
            AnsweredLink(*one, "A" if place < 50 else "B", (place % 10 != 0) if place % 100 < share else None)
            for place, one in enumerate(links)
        ]
        return answers_quality(said, held.facts, held.person_of)

    every = _everybody(answered(100))
    assert (every.share, every.estimator) == (0.9, ANSWERS)
    half = answered(50)
    assert [one.kind for one in half] == [ALL]
    assert "fewer than four fifths" in half[0].why
    assert half[0].answered == (45, 5, 50)
    assert "fewer than" in answered(5)[0].why


def test_answers_weigh_every_stratum_by_all_its_links(held: Held) -> None:
    links = _pairs(held)[:100]
    # Of stratum A all 20 answered and half are wrong; of B 60 of 80 answered and none is.
    said = [
        AnsweredLink(*one, "A" if place < 20 else "B", None if place >= 80 else place >= 10)
        for place, one in enumerate(links)
    ]
    row = _everybody(answers_quality(said, held.facts, held.person_of))
    assert row.share == pytest.approx(0.2 * 0.5 + 0.8 * 1.0)
    assert row.low is not None
    assert row.high is not None
    assert row.low < 0.9 < row.high


def test_two_lists_tell_how_many_there_are(world: World, held: Held) -> None:
    rows = capture_rows(held.facts, held.person_of, held.calendar, recall=held.in_care())
    row = next(one for one in rows if one.kind == ALL)
    assert row.estimate is not None
    assert row.low is not None
    assert row.high is not None
    assert row.council is not None
    assert row.police is not None
    # In this world whether a council forgets and whether police are not told do not depend on each other.
    assert row.low <= _true_missing(held) <= row.high
    assert max(row.council, row.police) <= row.estimate
    for one in rows:
        assert (one.estimate is None) == bool(one.why)
        assert isinstance(one, CaptureRow)


def test_missed_links_do_not_make_more_children(held: Held) -> None:
    lot = np.random.default_rng(5)
    torn = {
        key: f"alone {key}" for key, one in held.facts.items() if one.role == "police" and lot.random() < 0.2
    }
    apart = {**held.true_person_of, **torn}
    recall = in_care_quality(held.facts, apart, held.calendar)
    row = capture_rows(held.facts, apart, held.calendar, recall=recall)[0]
    assert row.both is not None
    assert row.council is not None
    assert row.police is not None
    assert row.estimate is not None
    assert row.low is not None
    assert row.high is not None
    truth = _true_missing(held)
    assert row.low <= truth <= row.high
    assert abs(row.estimate - truth) < abs(chapman(row.council, row.police, row.both).value - truth) / 2


def _true_missing(held: Held) -> float:
    """Return what two lists would say if nobody's link were missed."""
    all_found = in_care_quality(held.facts, held.true_person_of, held.calendar)
    exact = capture_rows(held.facts, held.true_person_of, held.calendar, recall=all_found)
    return next(one.estimate or 0.0 for one in exact if one.kind == ALL)


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
