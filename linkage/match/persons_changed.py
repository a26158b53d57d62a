"""Persons from one linkage to the next where little has changed: only what a change can reach is looked at.

:func:`assign_changed` returns what :func:`linkage.match.persons.assign_persons` does.  A cluster that is one
person, whole, keeps it: nobody else has a claim to either.  What is asked of the past concerns the records of
all other clusters, the persons that those records ever had, and whoever else ever had such a person; clusters
in which somebody did are looked at too, so that every count of the past is right.  One question is about
everybody: whether there was a moment at which all clusters were the persons there were.  As long as some
record is new to the register there was none; where none is, everything is looked at.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from linkage.match.person_events import PersonEvent, RecordKey
from linkage.match.persons import Assignment, assign_persons

__all__ = ["Past", "assign_changed"]


class Past(Protocol):
    """The events of earlier linkages, each with a number, found by what they name."""

    def naming(self, records: Collection[RecordKey]) -> set[int]:
        """Return the events that name some of the records."""
        ...

    def about(self, persons: Collection[str]) -> set[int]:
        """Return the events of some of the persons, or in which one is the other."""
        ...

    def persons(self, events: Collection[int]) -> set[str]:
        """Return the persons of some events, and the others in them."""
        ...

    def records(self, events: Collection[int]) -> set[RecordKey]:
        """Return the records that some events name."""
        ...

    def history(self, events: Collection[int] | None) -> Sequence[Collection[PersonEvent]]:
        """Return some events, or all, linkage by linkage, oldest first, each linkage's in their order."""
        ...


def assign_changed(
    clusters: Sequence[frozenset[RecordKey]],
    previous: Mapping[RecordKey, str],
    *,
    new_person: Callable[[], str],
    created: Mapping[str, int],
    past: Past,
    elsewhere: Collection[str] = (),
) -> Assignment:
    """Give every cluster the person that shares most records with it, or a new one, as `assign_persons` does.

    ``past``: the events of earlier linkages; all else as there.
    """
    settled = _settled(clusters, previous)
    there = frozenset(settled.values())
    changed = [records for number, records in enumerate(clusters) if number not in there]
    known = past.naming(frozenset().union(*changed))
    if not _is_new_to_all(changed, previous, past, known):
        return assign_persons(
            clusters,
            previous,
            new_person=new_person,
            created=created,
            history=past.history(None),
            elsewhere=elsewhere,
        )
    near = _near(changed, previous, settled, past, known)
    beside = [clusters[settled[person]] for person in sorted(near)]
    assigned = assign_persons(
        [*changed, *beside],
        {record: person for record, person in previous.items() if person not in settled or person in near},
        new_person=_unused(new_person, previous),
        created=created,
        history=past.history(known | past.naming(frozenset().union(*beside))),
        elsewhere=elsewhere,
    )
    persons = {record: person for record, person in previous.items() if person in settled}
    return Assignment(persons | assigned.persons, assigned.events)


def _settled(clusters: Sequence[frozenset[RecordKey]], previous: Mapping[RecordKey, str]) -> dict[str, int]:
    """Return the persons whose records are a cluster, all of them and no others, with its number."""
    sizes = Counter(previous.values())
    found = {}
    for number, records in enumerate(clusters):
        persons = {previous.get(record) for record in records}
        person = persons.pop()
        if not persons and person is not None and sizes[person] == len(records):
            found[person] = number
    return found


def _is_new_to_all(
    changed: Sequence[frozenset[RecordKey]], previous: Mapping[RecordKey, str], past: Past, known: set[int]
) -> bool:
    """Say whether some record has no person and never had one."""
    nobodys = {record for records in changed for record in records if record not in previous}
    return not nobodys <= past.records(known)


def _near(
    changed: Sequence[frozenset[RecordKey]],
    previous: Mapping[RecordKey, str],
    settled: Mapping[str, int],
    past: Past,
    known: set[int],
) -> set[str]:
    """Return the settled persons with a record that ever had a person that a changed cluster's had."""
    ever = past.persons(known) | {
        previous[record] for records in changed for record in records if record in previous
    }
    others = past.records(past.about(ever))
    found = ever | {previous[record] for record in others if record in previous}
    return {person for person in found if person in settled}


def _unused(new_person: Callable[[], str], previous: Mapping[RecordKey, str]) -> Callable[[], str]:
    used = frozenset(previous.values())

    def fresh() -> str:
        name = new_person()
        if name in used:
            raise ValueError("a new person got an identifier that is in use")
        return name

    return fresh
