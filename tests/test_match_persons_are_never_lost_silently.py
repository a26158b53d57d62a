"""Persons keep their identity, and the events of a linkage account for every change."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkage.match.persons import Assignment, PersonEvent, assign_persons

Key = tuple[str, str]


def _key(number: int) -> Key:
    return ("A" if number % 2 else "B", f"{number:02d}")


def _names(prefix: str = "new") -> Callable[[], str]:
    numbers = itertools.count()
    return lambda: f"{prefix}-{next(numbers)}"


@st.composite
def _partitions(draw: st.DrawFn) -> list[frozenset[Key]]:
    labels = draw(st.lists(st.integers(-1, 6), max_size=14))
    groups: dict[int, set[Key]] = {}
    for number, label in enumerate(labels):
        if label >= 0:
            groups.setdefault(label, set()).add(_key(number))
    return [frozenset(group) for group in groups.values()]


@st.composite
def _histories(draw: st.DrawFn) -> tuple[dict[Key, str], dict[str, int], list[frozenset[Key]]]:
    before = draw(_partitions())
    previous = {key: f"old-{number}" for number, group in enumerate(before) for key in group}
    ages = {f"old-{number}": draw(st.integers(0, 3)) for number in range(len(before))}
    return previous, ages, draw(_partitions())


def _replay(previous: dict[Key, str], events: tuple[PersonEvent, ...]) -> dict[Key, str]:
    persons = dict(previous)
    for event in events:
        for record in event.records:
            if event.kind == "left":
                assert persons.pop(record) == event.person
            elif event.kind in ("created", "joined"):
                assert record not in persons
                persons[record] = event.person
            else:
                assert persons[record] == event.person
                persons[record] = event.other
    return persons


@given(_histories())
def test_replaying_the_events_gives_the_persons(
    history: tuple[dict[Key, str], dict[str, int], list[frozenset[Key]]],
) -> None:
    previous, ages, clusters = history
    outcome = assign_persons(clusters, previous, new_person=_names(), created=ages)
    assert _replay(previous, outcome.events) == outcome.persons


@given(_histories())
def test_persons_are_the_clusters_and_each_person_is_one_cluster(
    history: tuple[dict[Key, str], dict[str, int], list[frozenset[Key]]],
) -> None:
    previous, ages, clusters = history
    outcome = assign_persons(clusters, previous, new_person=_names(), created=ages)
    groups: dict[str, set[Key]] = {}
    for key, person in outcome.persons.items():
        groups.setdefault(person, set()).add(key)
    assert {frozenset(group) for group in groups.values()} == set(clusters)


@given(_histories())
def test_every_person_that_ends_or_begins_has_an_event(
    history: tuple[dict[Key, str], dict[str, int], list[frozenset[Key]]],
) -> None:
    previous, ages, clusters = history
    outcome = assign_persons(clusters, previous, new_person=_names(), created=ages)
    ended = set(previous.values()) - set(outcome.persons.values())
    begun = set(outcome.persons.values()) - set(previous.values())
    assert ended <= {event.person for event in outcome.events if event.kind in ("merged", "left")}
    assert begun == {event.person for event in outcome.events if event.kind == "created"}


@given(_histories(), st.randoms(use_true_random=False))
def test_the_order_of_clusters_and_records_changes_nothing(
    history: tuple[dict[Key, str], dict[str, int], list[frozenset[Key]]], shuffler: object
) -> None:
    previous, ages, clusters = history
    expected = assign_persons(clusters, previous, new_person=_names(), created=ages)
    shuffled, items = list(clusters), list(previous.items())
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    shuffler.shuffle(items)  # type: ignore[attr-defined]
    assert assign_persons(shuffled, dict(items), new_person=_names(), created=ages) == expected


@given(_partitions())
def test_linking_the_same_again_changes_nothing(clusters: list[frozenset[Key]]) -> None:
    first = assign_persons(clusters, {}, new_person=_names())
    again = assign_persons(clusters, first.persons, new_person=_names("never"))
    assert again == Assignment(first.persons, ())


def test_a_merge_keeps_the_person_with_most_records_then_the_older() -> None:
    a, b, c = _key(0), _key(1), _key(2)
    previous = {a: "p", b: "q", c: "q"}
    merged = assign_persons([frozenset((a, b, c))], previous, new_person=_names(), created={"p": 0, "q": 1})
    assert set(merged.persons.values()) == {"q"}
    assert merged.events == (PersonEvent("merged", "p", "q", (a,)),)
    equal = assign_persons(
        [frozenset((a, b))], {a: "p", b: "q"}, new_person=_names(), created={"p": 2, "q": 1}
    )
    assert set(equal.persons.values()) == {"q"}


def test_a_split_names_both_persons_and_what_moved() -> None:
    a, b, c = _key(0), _key(2), _key(4)
    outcome = assign_persons(
        [frozenset((a, b)), frozenset((c,))], dict.fromkeys((a, b, c), "p"), new_person=_names()
    )
    assert outcome.persons == {a: "p", b: "p", c: "new-0"}
    assert outcome.events == (PersonEvent("created", "new-0"), PersonEvent("split", "p", "new-0", (c,)))


def test_withdrawn_records_leave_and_a_person_without_records_is_gone() -> None:
    a, b = _key(0), _key(2)
    outcome = assign_persons([frozenset((a,))], {a: "p", b: "q"}, new_person=_names())
    assert outcome.persons == {a: "p"}
    assert outcome.events == (PersonEvent("left", "q", "", (b,)),)


def test_overlapping_clusters_and_identifiers_in_use_are_refused() -> None:
    a, b = _key(0), _key(1)
    with pytest.raises(ValueError, match="two clusters"):
        assign_persons([frozenset((a, b)), frozenset((b,))], {}, new_person=_names())
    with pytest.raises(ValueError, match="in use"):
        assign_persons([frozenset((a,)), frozenset((b,))], {a: "p"}, new_person=lambda: "p")
