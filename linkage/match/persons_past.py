"""Persons of earlier linkages: who comes back when a change is taken back.

The persons of the moment do not tell which part of a merged person was which before; the events of earlier
linkages do.  They are undone one linkage at a time, latest first, and show whose every record was then.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from linkage.match.person_events import PersonEvent, RecordKey

__all__ = ["Group", "History", "Past", "look_back"]

History = Sequence[Collection[PersonEvent]]
"""The events of earlier linkages, oldest first."""

_Restored = dict[int, str]
"""Clusters, by number, and the persons that they are again."""


@dataclass(frozen=True, slots=True)
class Group:
    """Clusters, by number, that share persons of the moment with each other, and those persons."""

    clusters: tuple[int, ...]
    persons: frozenset[str]


@dataclass(frozen=True, slots=True)
class Past:
    """What looking back found.

    ``restored``: clusters and the persons that they are again; ``ended``: per cluster, of each person that
    has ended since how many of the cluster's records that had last.
    """

    restored: Mapping[int, str]
    ended: Mapping[int, Counter[str]]


def look_back(
    clusters: Sequence[frozenset[RecordKey]],
    previous: Mapping[RecordKey, str],
    groups: Sequence[Group],
    history: History,
    *,
    taken: AbstractSet[str],
    elsewhere: AbstractSet[str],
) -> Past:
    """Look for the latest moment at which all clusters were the persons, or else those of each group.

    All: there was no other record and no other person.  A group: each of its clusters was another person,
    which had no record that is in another cluster now; where some records are newer, half of each cluster's
    were enough.  ``elsewhere``: persons that come back to nobody; ``taken``: to no group but their own.
    """
    then = _Then(clusters, previous)
    group_of = {one: number for number, group in enumerate(groups) for one in group.clusters}
    whole: dict[int, _Restored] = {}
    partly: dict[int, _Restored] = {}
    ended: dict[int, Counter[str]] = defaultdict(Counter)
    met = {"", *then.sizes}
    for events in [(), *reversed(history)]:
        undone = then.undo(events)
        if then.as_now and elsewhere.isdisjoint((everybody := then.persons()).values()):
            return Past(everybody, {})
        returned = {person for _, person in undone} - met
        met |= returned
        for cluster, person in undone:
            if person in returned:
                ended[cluster][person] += 1
        for number in sorted({group_of[cluster] for cluster, _ in undone if cluster in group_of}):
            found, complete = then.persons_of(groups[number])
            if found and taken.isdisjoint(set(found.values()) - groups[number].persons):
                (whole if complete else partly).setdefault(number, found)
    return Past(_without_conflicts(whole, partly), ended)


def _without_conflicts(*found: Mapping[int, _Restored]) -> _Restored:
    """Gather what groups found, in order; of two that found one person the first has it."""
    restored: _Restored = {}
    settled: set[int] = set()
    for several in found:
        for group, persons in sorted(several.items()):
            if group not in settled and set(restored.values()).isdisjoint(persons.values()):
                restored.update(persons)
                settled.add(group)
    return restored


class _Then:
    """Whose each record that is there now was, at a moment that moves back; "" if nobody's.

    ``sizes``: how many such records each person had.
    """

    def __init__(self, clusters: Sequence[frozenset[RecordKey]], previous: Mapping[RecordKey, str]) -> None:
        self._clusters = clusters
        self._cluster_of = {record: number for number, records in enumerate(clusters) for record in records}
        self._person = {record: previous.get(record, "") for record in self._cluster_of}
        self.sizes = Counter(self._person.values())
        del self.sizes[""]
        self._mixed = {number for number in range(len(clusters)) if self._is_mixed(number)}
        self._records = len(previous)

    def _is_mixed(self, number: int) -> bool:
        persons = {self._person[record] for record in self._clusters[number]}
        return len(persons) > 1 or "" in persons

    @property
    def as_now(self) -> bool:
        """Whether the clusters were the persons, and all there was."""
        return (
            not self._mixed
            and len(self.sizes) == len(self._clusters)
            and self._records == len(self._cluster_of)
        )

    def undo(self, events: Collection[PersonEvent]) -> list[tuple[int, str]]:
        """Undo the events of one linkage: return the cluster and the person then of each record concerned.

        An event that does not lead to where a record is now is passed over: the record's own history was
        erased, or somebody else keeps it.
        """
        undone = []
        for event in events:
            before, after = event.before, event.after
            self._records += len(event.records) * (bool(before) - bool(after))
            for record in event.records:
                if self._person.get(record) == after:
                    self._move(record, after, before)
                    undone.append((self._cluster_of[record], before))
        for number in {number for number, _ in undone}:
            self._mixed.discard(number)
            if self._is_mixed(number):
                self._mixed.add(number)
        return undone

    def _move(self, record: RecordKey, now: str, before: str) -> None:
        self._person[record] = before
        if before:
            self.sizes[before] += 1
        if now:
            self.sizes[now] -= 1
            if not self.sizes[now]:
                del self.sizes[now]

    def persons(self) -> _Restored:
        """Return the persons that all clusters were; each must have been one."""
        return {number: self._person[next(iter(records))] for number, records in enumerate(self._clusters)}

    def persons_of(self, group: Group) -> tuple[_Restored, bool]:
        """Return the persons that a group's clusters were, if they were one each, and whether completely."""
        found: _Restored = {}
        complete = True
        for number in group.clusters:
            records = self._clusters[number]
            persons = Counter(self._person[record] for record in records)
            complete &= persons.pop("", 0) == 0
            if len(persons) != 1:
                return {}, False
            [(person, shared)] = persons.items()
            if 2 * shared < len(records) or self.sizes[person] > shared:
                return {}, False
            found[number] = person
        return found, complete
