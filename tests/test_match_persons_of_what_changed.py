"""Looking only at what a change can reach gives the persons and events that looking at everything gives."""

import itertools
from collections.abc import Collection, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.match.persons import PersonEvent, assign_persons
from linkage.match.persons_changed import assign_changed
from tests.test_match_persons_come_back import Key, Partition, hash_like

LETTERS = "abcdefghijkl"


class _Past:
    """Finds events the slow way, and counts how many are asked for."""

    def __init__(self, history: Sequence[Sequence[PersonEvent]]) -> None:
        self._runs = [list(events) for events in history]
        self._events = [event for events in self._runs for event in events]
        self.asked: int | None = None

    def naming(self, records: Collection[Key]) -> set[int]:
        return {place for place, one in enumerate(self._events) if not set(one.records).isdisjoint(records)}

    def about(self, persons: Collection[str]) -> set[int]:
        return {place for place, one in enumerate(self._events) if {one.person, one.other} & set(persons)}

    def persons(self, events: Collection[int]) -> set[str]:
        found = {name for place in events for name in (self._events[place].person, self._events[place].other)}
        return found - {""}

    def records(self, events: Collection[int]) -> set[Key]:
        return {record for place in events for record in self._events[place].records}

    def history(self, events: Collection[int] | None) -> list[list[PersonEvent]]:
        if events is None:
            return self._runs
        self.asked, places = len(events), itertools.count()
        return [[one for one in run if next(places) in events] for run in self._runs]


class _Both:
    """A register that is linked both ways."""

    def __init__(self) -> None:
        self.persons: dict[Key, str] = {}
        self.created: dict[str, int] = {}
        self.history: list[tuple[PersonEvent, ...]] = []
        self.asked: int | None = None
        self._made = 0

    def link(self, clusters: Partition, elsewhere: Collection[str] = ()) -> None:
        whole, names = self._names(), self._names()
        expected = assign_persons(
            clusters,
            self.persons,
            new_person=lambda: next(whole),
            created=self.created,
            history=self.history,
            elsewhere=elsewhere,
        )
        past = _Past(self.history)
        found = assign_changed(
            clusters,
            self.persons,
            new_person=lambda: next(names),
            created=self.created,
            past=past,
            elsewhere=elsewhere,
        )
        assert found == expected
        self.persons, self.asked = found.persons, past.asked
        self.history.append(found.events)
        for person in found.persons.values():
            self.created.setdefault(person, len(self.history))
        self._made += 1000

    def _names(self) -> "itertools.chain[str]":
        return itertools.chain.from_iterable(
            [f"{hash_like(self._made + place):08x}"] for place in itertools.count()
        )


def _part(*groups: str) -> list[frozenset[Key]]:
    return [frozenset(("A", letter) for letter in group) for group in groups]


@st.composite
def _changes(draw: st.DrawFn) -> list[list[frozenset[Key]]]:
    """Draw partitions of which each moves, adds or withdraws a few records of the one before."""
    labels = dict.fromkeys(LETTERS, -1)
    steps = []
    for _ in range(draw(st.integers(1, 6))):
        labels |= draw(st.dictionaries(st.sampled_from(LETTERS), st.integers(-1, 7), max_size=5))
        groups: dict[int, set[Key]] = {}
        for letter, label in labels.items():
            if label >= 0:
                groups.setdefault(label, set()).add(("A", letter))
        steps.append([frozenset(group) for group in groups.values()])
    return steps


@given(_changes(), st.data())
@example([_part("ab", "cd", "e"), _part("abcd", "e"), _part("ab", "cd", "ef")], None)
@example([_part("ab", "cd"), _part("ac", "bd"), _part("ab", "cd", "x")], None)
@example([_part("abc"), _part("ab"), _part("ab", "cx")], None)
def test_persons_and_events_are_those_of_everything(
    steps: list[list[frozenset[Key]]], data: st.DataObject | None
) -> None:
    register = _Both()
    for clusters in steps:
        known = sorted({*register.persons.values(), *register.created})
        away = data.draw(st.sets(st.sampled_from(known), max_size=1)) if data and known else set()
        held = {person for person in away if person not in register.persons.values()}
        register.link(clusters, elsewhere=held)


def test_of_a_large_register_only_what_is_near_a_change_is_looked_at() -> None:
    letters = [f"{number:03}" for number in range(300)]
    pairs = [frozenset({("A", one), ("B", one)}) for one in letters]
    register = _Both()
    register.link(pairs)
    register.link([*pairs, frozenset({("A", "new")})])
    assert register.asked == 0
    register.link([*pairs[1:], pairs[0] | {("A", "newer")}, frozenset({("A", "new")})])
    assert register.asked == 1


def test_a_new_person_may_not_get_an_identifier_that_is_in_use() -> None:
    register = _Both()
    register.link(_part("ab", "c"))
    with pytest.raises(ValueError, match="in use"):
        assign_changed(
            _part("ab", "c", "x"),
            register.persons,
            new_person=lambda: register.persons["A", "a"],
            created=register.created,
            past=_Past(register.history),
        )
