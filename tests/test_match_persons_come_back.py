"""Who was once a person is that person again: what is taken back gives back identities, after merges too."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from linkage.match.incremental import Clusters
from linkage.match.persons import PersonEvent, assign_persons
from tests.support.simulated_pairs import simulate

Key = tuple[str, str]
Partition = Sequence[frozenset[Key]]


class Register:
    """What a register keeps: persons, when each was made, and the events of every linkage."""

    def __init__(self) -> None:
        self.persons: dict[Key, str] = {}
        self.created: dict[str, int] = {}
        self.history: list[tuple[PersonEvent, ...]] = []
        self._names = itertools.count()

    def link(self, clusters: Partition) -> dict[Key, str]:
        # Identifiers are random: later ones must not sort later.
        outcome = assign_persons(
            clusters,
            self.persons,
            new_person=lambda: f"{hash_like(next(self._names)):08x}",
            created=self.created,
            history=self.history,
        )
        assert _replay(self.persons, outcome.events) == outcome.persons
        assert {
            person for event in outcome.events if event.kind == "created" for person in [event.person]
        } == (set(outcome.persons.values()) - set(self.persons.values()))
        self.history.append(outcome.events)
        for person in outcome.persons.values():
            self.created.setdefault(person, len(self.history))
        self.persons = outcome.persons
        return outcome.persons


def hash_like(number: int) -> int:
    return (number + 1) * 2654435761 % 2**32


def _replay(persons: dict[Key, str], events: Sequence[PersonEvent]) -> dict[Key, str]:
    persons = dict(persons)
    for event in events:
        for record in event.records:
            assert persons.pop(record, "") == event.before
            if event.after:
                persons[record] = event.after
    return persons


def _groups(state: Clusters) -> Partition:
    return [frozenset(group) for group in state.groups()]


def _part(*groups: str) -> list[frozenset[Key]]:
    return [frozenset(("A", letter) for letter in group) for group in groups]


@st.composite
def _partitions(draw: st.DrawFn) -> list[frozenset[Key]]:
    labels = draw(st.lists(st.integers(-1, 4), min_size=7, max_size=7))
    groups: dict[int, set[Key]] = {}
    for number, label in enumerate(labels):
        if label >= 0:
            groups.setdefault(label, set()).add(("A", "abcdefg"[number]))
    return [frozenset(group) for group in groups.values()]


@given(st.lists(_partitions(), min_size=2, max_size=6))
@example([_part("a", "b"), _part("abx"), _part("abxz")])
@example([_part("ab", "cde"), _part("ac", "bd", "e")])
@example([_part("ab", "cd"), _part("ca", "db")])
@example([_part("abcdefg"), _part("bcdefg"), _part("abcd", "efg"), _part("a", "bcefg")])
@example(
    [_part("abcdefg"), _part("bcdefg"), _part("abcdef", "g"), _part("abc", "defg"), _part("a", "bcdefg")]
)
def test_what_is_taken_back_step_by_step_gives_back_all_persons(steps: list[Partition]) -> None:
    register = Register()
    before = [register.link(clusters) for clusters in steps]
    for clusters, persons in reversed(list(zip(steps[:-1], before[:-1], strict=True))):
        assert register.link(clusters) == persons


@given(st.lists(_partitions(), min_size=1, max_size=4), _partitions())
def test_a_change_taken_back_at_once_gives_back_all_persons(
    steps: list[Partition], change: Partition
) -> None:
    register = Register()
    for clusters in steps:
        persons = register.link(clusters)
    register.link(change)
    assert register.link(steps[-1]) == persons


@given(st.lists(_partitions(), min_size=2, max_size=6), st.data())
def test_whenever_a_register_is_divided_as_it_once_was_its_persons_are_those(
    steps: list[Partition], data: st.DataObject
) -> None:
    register = Register()
    last = {frozenset(clusters): register.link(clusters) for clusters in steps}
    for clusters in data.draw(st.lists(st.sampled_from(steps), max_size=6)):
        assert register.link(clusters) == last[frozenset(clusters)]


@pytest.mark.parametrize("seed", range(5))
def test_withdrawing_an_agency_gives_back_clusters_and_identities(seed: int) -> None:
    world = simulate(seed, noise=120)
    agencies = sorted({record.source for record in world.person})
    state, register = Clusters(), Register()
    states, persons = [], []
    for name in agencies:
        batch = [record for record in world.person if record.source == name]
        state = state.add(batch, world.pairs(set(state.records), set(batch)))
        states.append(state)
        persons.append(register.link(_groups(state)))
    for number in reversed(range(1, len(agencies))):
        state = state.withdraw([record for record in state.records if record.source == agencies[number]])
        assert state == states[number - 1]
        assert register.link(_groups(state)) == persons[number - 1]
    kinds = {event.kind for events in register.history for event in events}
    assert kinds == {"created", "joined", "left", "merged", "split"}


def test_taking_a_record_out_and_taking_that_back_gives_back_identities() -> None:
    world = simulate(3)
    state = Clusters.at_once(world.person, world.pairs(set(), set(world.person)))
    register = Register()
    before = register.link(_groups(state))
    largest = max(state.groups(), key=len)
    out = state.take_out(largest[0])
    assert register.link(_groups(out))[largest[0]] != before[largest[0]]
    for other in largest[1:]:
        out = out.take_back(largest[0], other)
    assert out == state
    assert register.link(_groups(out)) == before


def test_batches_withdrawn_in_another_order_than_they_came_leave_the_persons_from_before() -> None:
    register = Register()
    before = register.link(_part("abc", "de"))
    register.link(_part("abcdex"))  # a first batch merges the two
    register.link(_part("abcx", "dy", "ez"))  # a second takes one of them apart
    register.link(_part("abc", "dy", "ez"))  # the first is withdrawn
    assert register.link(_part("abc", "de")) == before  # and the second


def test_what_is_taken_back_gives_back_persons_although_others_have_changed_elsewhere() -> None:
    register = Register()
    before = register.link(_part("ab", "cd", "ef"))
    register.link(_part("ca", "dbx", "ef"))
    register.link(_part("ca", "dbx", "e", "fg"))
    after = register.link(_part("ab", "cd", "e", "fg"))
    assert {key: after[key] for key in before if key[1] in "abcd"} == {
        key: before[key] for key in before if key[1] in "abcd"
    }


def test_of_two_merged_persons_each_comes_back() -> None:
    register = Register()
    before = register.link(_part("a", "bc"))
    assert set(register.link(_part("abcx")).values()) == {before["A", "b"]}
    assert register.link(_part("a", "bc")) == before


def test_a_merged_person_comes_back_although_others_have_joined_since() -> None:
    register = Register()
    before = register.link(_part("a", "b"))
    register.link(_part("abx"))
    register.link(_part("abxz"))
    after = register.link(_part("az", "b"))
    assert (after["A", "a"], after["A", "b"]) == (before["A", "a"], before["A", "b"])
    assert after["A", "z"] == before["A", "a"]


def test_a_person_that_grew_is_not_taken_away_by_what_it_was_first() -> None:
    register = Register()
    first = register.link(_part("a"))
    register.link(_part("abcd"))
    after = register.link(_part("a", "bcd"))
    assert after["A", "b"] == first["A", "a"]
    assert after["A", "a"] != first["A", "a"]


def test_one_record_taken_out_of_two_persons_merged_long_ago_does_not_rename_the_rest() -> None:
    register = Register()
    before = register.link(_part("abc", "d"))
    merged = register.link(_part("abcd"))
    register.link(_part("abcdefgh"))
    after = register.link(_part("a", "bcdefgh"))
    assert after["A", "b"] == merged["A", "b"] == before["A", "b"]


def test_a_small_part_of_a_merged_person_does_not_rename_those_who_joined() -> None:
    register = Register()
    register.link(_part("ab", "d"))
    merged = register.link(_part("abd"))
    register.link(_part("abdefgh"))
    after = register.link(_part("ab", "defgh"))
    assert after["A", "d"] == merged["A", "d"]
    assert after["A", "a"] != merged["A", "a"]


def test_a_record_comes_back_to_the_person_that_it_was_last() -> None:
    register = Register()
    register.link(_part("ab", "cde"))
    split = register.link(_part("a", "b", "cde"))
    register.link(_part("abcde"))
    after = register.link(_part("b", "acde"))
    assert after["A", "b"] == split["A", "b"]
    assert after["A", "a"] == split["A", "c"]


def test_a_moment_with_all_records_counts_before_a_later_one_with_half_of_them() -> None:
    register = Register()
    register.link(_part("abcdefg", "x"))
    before = register.link(_part("bcdefg", "x"))
    register.link(_part("abcd", "efg", "x"))
    register.link(_part("a", "bcefg", "x"))
    register.link(_part("abcd", "efg", "x"))
    after = register.link(_part("bcdefg", "xy"))
    assert after["A", "b"] == before["A", "b"]


def test_a_withdrawn_record_that_is_sent_again_is_the_person_it_was() -> None:
    register = Register()
    before = register.link(_part("a", "b"))
    register.link(_part("b"))
    assert register.link(_part("a", "b")) == before
    assert register.history[-1] == (PersonEvent("created", before["A", "a"], "", (("A", "a"),)),)


def test_a_register_that_was_emptied_and_filled_again_holds_the_same_persons() -> None:
    register = Register()
    before = register.link(_part("ab", "c", "d"))
    register.link(_part())
    register.link(_part("x"))
    register.link(_part())
    assert register.link(_part("ab", "c", "d")) == before


def test_without_history_nobody_comes_back() -> None:
    previous = dict.fromkeys([("A", "a"), ("A", "b")], "p")
    outcome = assign_persons(_part("a", "b"), previous, new_person=lambda: "n")
    assert outcome.persons == {("A", "a"): "p", ("A", "b"): "n"}


def test_a_person_that_has_records_elsewhere_comes_back_to_nobody() -> None:
    a, b = ("A", "a"), ("A", "b")
    history = [
        (PersonEvent("created", "p", "", (b,)), PersonEvent("created", "q", "", (a,))),
        (PersonEvent("merged", "p", "q", (b,)),),
    ]
    previous = {a: "q", b: "q"}
    back = assign_persons(_part("a", "b"), previous, new_person=lambda: "n", history=history)
    assert back.persons == {a: "q", b: "p"}
    held = assign_persons(_part("a", "b"), previous, new_person=lambda: "n", history=history, elsewhere={"p"})
    assert held.persons == {a: "q", b: "n"}


def test_events_of_records_whose_history_was_erased_are_passed_over() -> None:
    a, b = ("A", "a"), ("A", "b")
    history = [
        (PersonEvent("created", "p", "", (a,)), PersonEvent("created", "q")),
        (PersonEvent("merged", "p", "q", ()),),
    ]
    outcome = assign_persons(
        _part("a", "b"), {a: "q", b: "q"}, new_person=lambda: "n", history=history, created={"p": 1, "q": 1}
    )
    assert outcome.persons == {a: "q", b: "n"}
