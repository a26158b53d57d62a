"""From clusters to persons that last: identities survive relinking, and every change is an event."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Assignment", "EventKind", "PersonEvent", "assign_persons"]

RecordKey = tuple[str, str]
"""A record: name of its agency and handle in hex."""

EventKind = Literal["created", "joined", "left", "merged", "split"]


@dataclass(frozen=True, slots=True)
class PersonEvent:
    """One change of one person; the events of a linkage, in order, turn the persons before into those after.

    - ``created``: ``person`` is new; ``records`` are those of it that were never seen before.
    - ``joined``: ``records`` never seen before came to ``person``.
    - ``left``: ``records`` of ``person`` were withdrawn.
    - ``merged``: ``person`` has ended; ``records`` of it are now ``other``'s.
    - ``split``: ``person`` goes on; ``records`` of it are now ``other``'s.
    """

    kind: EventKind
    person: str
    other: str = ""
    records: tuple[RecordKey, ...] = ()


@dataclass(frozen=True, slots=True)
class Assignment:
    """The person of every record, and what changed."""

    persons: dict[RecordKey, str]
    events: tuple[PersonEvent, ...]


def assign_persons(
    clusters: Sequence[frozenset[RecordKey]],
    previous: Mapping[RecordKey, str],
    *,
    new_person: Callable[[], str],
    created: Mapping[str, int] | None = None,
) -> Assignment:
    """Give every cluster the person that shares most records with it, or a new one.

    ``previous``: the person of every record before.  ``created``: per person, a number that grows with the
    time of creation; of two persons with equal claims the older one stays (without it, the one whose
    identifier sorts first).  A cluster and a person find each other at most once.  ``new_person`` is called
    once per new person, in the order of the clusters' smallest records.
    Raises :class:`ValueError` if clusters overlap or are empty, or a new identifier is in use.
    """
    ordered = sorted(clusters, key=min)
    _check_disjoint(ordered)
    kept = _keep_identities(ordered, previous, created or {})
    names: list[str] = []
    used = set(previous.values())
    for number in range(len(ordered)):
        name = kept.get(number) or _fresh(new_person, used)
        used.add(name)
        names.append(name)
    persons = {record: names[number] for number, records in enumerate(ordered) for record in sorted(records)}
    return Assignment(persons, _events(previous, persons))


def _check_disjoint(ordered: Sequence[frozenset[RecordKey]]) -> None:
    if sum(map(len, ordered)) != len(frozenset().union(*ordered)):
        raise ValueError("a record is in two clusters")


def _fresh(new_person: Callable[[], str], used: set[str]) -> str:
    name = new_person()
    if not name or name in used:
        raise ValueError("a new person got an identifier that is in use")
    return name


def _keep_identities(
    ordered: Sequence[frozenset[RecordKey]], previous: Mapping[RecordKey, str], created: Mapping[str, int]
) -> dict[int, str]:
    """Match clusters with previous persons: largest overlap first, then the oldest person."""
    claims = []
    for number, records in enumerate(ordered):
        overlaps = Counter(previous[record] for record in records if record in previous)
        claims += [(-shared, created.get(person, 0), person, number) for person, shared in overlaps.items()]
    kept: dict[int, str] = {}
    given: set[str] = set()
    for _, _, person, number in sorted(claims):
        if number not in kept and person not in given:
            kept[number] = person
            given.add(person)
    return kept


def _events(previous: Mapping[RecordKey, str], persons: Mapping[RecordKey, str]) -> tuple[PersonEvent, ...]:
    before, after = set(previous.values()), set(persons.values())
    changes: dict[tuple[int, str, str], list[RecordKey]] = {(1, person, ""): [] for person in after - before}
    for record in sorted({*previous, *persons}):
        change = _change(previous.get(record, ""), persons.get(record, ""), before, after)
        if change is not None:
            changes.setdefault(change, []).append(record)
    kinds: tuple[EventKind, ...] = ("left", "created", "joined", "split", "merged")
    return tuple(
        PersonEvent(kinds[kind], person, other, tuple(records))
        for (kind, person, other), records in sorted(changes.items())
    )


def _change(was: str, now: str, before: set[str], after: set[str]) -> tuple[int, str, str] | None:
    """Classify what happened to one record: the kind's rank, whose event it is, and who else is in it."""
    if was == now:
        return None
    if not now:
        return (0, was, "")
    if not was:
        return (2 if now in before else 1, now, "")
    return (3 if was in after else 4, was, now)
