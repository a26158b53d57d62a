"""What each agency's snapshots say together: one standing set of records per agency."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.codes import Role
from linkage.wire.records import CareSpell, Child, Episode, Payload, ReturnInterview

__all__ = ["AgencyRecords", "standing_records"]

Versioned = TypeVar("Versioned", Child, CareSpell, Episode, ReturnInterview)


@dataclass(frozen=True, slots=True)
class AgencyRecords:
    """One agency's payload, and whether the agency is a council or a police force.

    Raises :class:`InputError` if the payload is another agency's.
    """

    agency: str
    role: Role
    payload: Payload

    def __post_init__(self) -> None:
        """Refuse a payload that says it is another agency's: its findings would go to the wrong one."""
        if self.payload.agency != self.agency:
            raise InputError("reconciliation: a payload was handed in under another agency's code")


def standing_records(records: Iterable[AgencyRecords]) -> Mapping[str, AgencyRecords]:
    """Join the snapshots of each agency, by agency code in order.

    Snapshots of neighbouring periods may both hold an episode that runs from one into the other; the record
    with the higher version stands.  Raises :class:`InputError` if an agency is given two roles.
    """
    grouped: dict[str, list[AgencyRecords]] = {}
    for entry in records:
        grouped.setdefault(entry.agency, []).append(entry)
    return {agency: _joined(grouped[agency]) for agency in sorted(grouped)}


def _joined(entries: Sequence[AgencyRecords]) -> AgencyRecords:
    first = entries[0]
    if len(entries) == 1:
        return first
    if any(entry.role != first.role for entry in entries):
        raise InputError("reconciliation: an agency was handed in both as council and as police")
    payloads = [entry.payload for entry in entries]
    payload = Payload(
        agency=first.agency,
        children=_newest((r for p in payloads for r in p.children), lambda r: r.handle),
        care_spells=_newest((r for p in payloads for r in p.care_spells), lambda r: r.handle),
        episodes=_newest((r for p in payloads for r in p.episodes), lambda r: r.handle),
        interviews=_newest((r for p in payloads for r in p.interviews), lambda r: r.episode),
        coverage=tuple(dict.fromkeys(row for p in payloads for row in p.coverage)),
    )
    return AgencyRecords(first.agency, first.role, payload)


def _newest(records: Iterable[Versioned], key: Callable[[Versioned], str]) -> tuple[Versioned, ...]:
    """Keep one record per key: the highest version, and of two alike the larger in canonical form.

    Without the second rule the result would depend on the order in which snapshots were handed in.
    """
    found: dict[str, Versioned] = {}
    for record in records:
        other = found.setdefault(key(record), record)
        if other is not record and _stands_before(record, other):
            found[key(record)] = record
    return tuple(found.values())


def _stands_before(record: Versioned, other: Versioned) -> bool:
    """Compare two records of one key; mostly versions differ or both say the same, and nothing is written."""
    if record.version != other.version:
        return record.version > other.version
    return record != other and canonical(record) > canonical(other)
