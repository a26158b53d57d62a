"""From clusters to persons that last: identities survive relinking, and every change is an event."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from linkage.match.person_events import EventKind, PersonEvent, RecordKey
from linkage.match.persons_past import Group, History, look_back

__all__ = ["Assignment", "EventKind", "PersonEvent", "RecordKey", "assign_persons"]

_Overlaps = Sequence[Mapping[str, int]]
"""Per cluster, how many of its records each person has."""


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
    history: History = (),
    elsewhere: Collection[str] = (),
) -> Assignment:
    """Give every cluster the person that shares most records with it, or a new one.

    ``previous``: the person of every record before.  ``created``: per person, a number that grows with the
    time of creation; of two persons with equal claims the older one stays (without it, the one whose
    identifier sorts first).  A cluster and a person find each other at most once.  ``new_person`` is called
    once per new person, in the order of the clusters' smallest records.

    ``history``: the events of earlier linkages, oldest first.  With it, clusters that are again what they
    were are the persons that they were (see :func:`linkage.match.persons_past.look_back`), and a cluster
    without a person gets the one that has ended and had most of its records last, before a new one is made.
    ``elsewhere``: persons that have records not in ``previous``; they come back to nobody.
    Raises :class:`ValueError` if clusters overlap or are empty, or a new identifier is in use.
    """
    ordered = sorted(clusters, key=min)
    _check_disjoint(ordered)
    overlaps = [Counter(previous[one] for one in records if one in previous) for records in ordered]
    if history:
        kept = _keep_with_past(ordered, previous, overlaps, created or {}, history, frozenset(elsewhere))
    else:
        kept = _keep_identities(overlaps, {}, frozenset(), created or {})
    names: list[str] = []
    used = {*previous.values(), *elsewhere, *kept.values()}
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


def _keep_with_past(
    ordered: Sequence[frozenset[RecordKey]],
    previous: Mapping[RecordKey, str],
    overlaps: _Overlaps,
    created: Mapping[str, int],
    history: History,
    elsewhere: frozenset[str],
) -> dict[int, str]:
    """Match clusters with persons: those that were there once first, then as usual, then those ended."""
    taken = elsewhere.union(*overlaps)
    groups = _unsettled(overlaps)
    past = look_back(ordered, previous, groups, history, taken=taken, elsewhere=elsewhere)
    kept = _keep_identities(overlaps, past.restored, frozenset(), created)
    ended: _Overlaps = [past.ended.get(number, {}) for number in range(len(ordered))]
    return _keep_identities(ended, kept, taken, created)


def _unsettled(overlaps: _Overlaps) -> list[Group]:
    """Return clusters that share persons with each other; one with a person all its own is settled."""
    known = Counter(person for persons in overlaps for person in persons)
    clusters_of: dict[str, list[int]] = defaultdict(list)
    settled = []
    for number, persons in enumerate(overlaps):
        settled.append(len(persons) == 1 and all(known[person] == 1 for person in persons))
        if not settled[number]:
            for person in persons:
                clusters_of[person].append(number)
    seen: set[int] = set()
    groups = []
    for first, is_settled in enumerate(settled):
        if is_settled or first in seen:
            continue
        found, waiting = {first}, [first]
        while waiting:
            near = {other for person in overlaps[waiting.pop()] for other in clusters_of[person]} - found
            found |= near
            waiting += near
        seen |= found
        groups.append(Group(tuple(sorted(found)), frozenset().union(*(overlaps[one] for one in found))))
    return groups


def _keep_identities(
    overlaps: _Overlaps, kept: Mapping[int, str], taken: AbstractSet[str], created: Mapping[str, int]
) -> dict[int, str]:
    """Match clusters with persons, those kept already and those taken apart: largest overlap, then oldest."""
    claims = [
        (-shared, created.get(person, 0), person, number)
        for number, persons in enumerate(overlaps)
        for person, shared in persons.items()
        if number not in kept and person not in taken
    ]
    kept = dict(kept)
    given = set(kept.values())
    for _, _, person, number in sorted(claims):
        if number not in kept and person not in given:
            kept[number] = person
            given.add(person)
    return kept


def _events(previous: Mapping[RecordKey, str], persons: Mapping[RecordKey, str]) -> tuple[PersonEvent, ...]:
    before, after = set(previous.values()), set(persons.values())
    changes: dict[tuple[int, str, str], list[RecordKey]] = {(1, person, ""): [] for person in after - before}
    moved = [record for record, person in persons.items() if previous.get(record) != person]
    moved += [record for record in previous if record not in persons]
    for record in sorted(moved):
        change = _change(previous.get(record, ""), persons.get(record, ""), before, after)
        changes.setdefault(change, []).append(record)
    kinds: tuple[EventKind, ...] = ("left", "created", "joined", "split", "merged")
    return tuple(
        PersonEvent(kinds[kind], person, other, tuple(records))
        for (kind, person, other), records in sorted(changes.items())
    )


def _change(was: str, now: str, before: set[str], after: set[str]) -> tuple[int, str, str]:
    """Classify what happened to one record: the kind's rank, whose event it is, and who else is in it."""
    if not now:
        return (0, was, "")
    if not was:
        return (2 if now in before else 1, now, "")
    return (3 if was in after else 4, was, now)
