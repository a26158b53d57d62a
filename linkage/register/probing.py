"""Which of an agency's amendments are too many, and what looks like probing (docs/operations/probing.md).

Pure: it sees digests of records and counts, never a record.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from linkage.register.amendments import AmendmentKind

__all__ = ["Alarm", "AlertKind", "AmendmentLimits", "Noted", "Verdict", "judge"]

AlertKind = Literal["amendments", "walking-dates", "come-and-go", "short-lived", "backdated-children"]

_DIRECTIONS: Final = frozenset({"start-earlier", "start-later", "end-earlier", "end-later", "replaced"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendmentLimits:
    """What is usual; each is documented in ``unit.toml``."""

    per_record: int
    per_child: int
    walking: int
    returns: int
    short_lived: int
    short_lived_share: float
    backdated: int
    backdated_share: float


@dataclass(frozen=True, slots=True)
class Noted:
    """One amendment on record: cycle, digests of record, child and person, and of what took its place."""

    cycle: int
    record: str
    child: str
    person: str
    kind: AmendmentKind
    became: str
    noted_at: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to tell the operator: what kind, and how many records or children it is about."""

    kind: AlertKind
    count: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Children and persons (digests) whose amendments go no further, and what to tell the operator."""

    held: frozenset[str]
    alarms: tuple[Alarm, ...]


def judge(
    noted: Sequence[Noted],
    limits: AmendmentLimits,
    *,
    cycle: int,
    children: int,
    backdated: int,
    admitted: Mapping[str, str],
    held: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge one agency's amendments of the time that counts, those of ``cycle`` among them.

    ``children``: of the agency in the cycle before; ``admitted``: when the operator last let a subject's
    amendments through, which then count no more; ``held``: subjects that are held already.
    """
    slots = _slots(noted)
    over = _over(noted, slots, limits, admitted) - held
    alarms = [
        Alarm("amendments", len({one.child for one in noted if over & {one.child, one.person}})),
        Alarm("walking-dates", _walking(noted, slots, limits.walking, cycle)),
        Alarm("come-and-go", _returning(noted, limits.returns, cycle)),
        Alarm("short-lived", _short_lived(noted, limits, cycle, children)),
        Alarm(
            "backdated-children",
            backdated if backdated >= max(limits.backdated, limits.backdated_share * children) else 0,
        ),
    ]
    return Verdict(frozenset(over), tuple(one for one in alarms if one.count))


def _slots(noted: Iterable[Noted]) -> dict[str, str]:
    """Return for each record the first one that it follows: a new handle does not begin a new count."""
    first: dict[str, str] = {}
    for one in sorted(noted, key=lambda one: one.cycle):
        if one.became:
            first[one.became] = first.get(one.record, one.record)
    return first


def _over(
    noted: Iterable[Noted], slots: Mapping[str, str], limits: AmendmentLimits, admitted: Mapping[str, str]
) -> set[str]:
    cycles: dict[tuple[str, str], set[int]] = defaultdict(set)
    changes: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for one in noted:
        slot = slots.get(one.record, one.record)
        for subject in {one.child, one.person} - {""}:
            if one.noted_at > admitted.get(subject, ""):
                cycles[subject, slot].add(one.cycle)
                changes[subject].add((slot, one.cycle))
    over = {subject for (subject, _), found in cycles.items() if len(found) > limits.per_record}
    return over | {subject for subject, found in changes.items() if len(found) > limits.per_child}


def _walking(noted: Iterable[Noted], slots: Mapping[str, str], steps: int, cycle: int) -> int:
    """Count records whose start or end went the same way in so many cycles, this one the last."""
    walks: dict[tuple[str, AmendmentKind], set[int]] = defaultdict(set)
    for one in noted:
        if one.kind in _DIRECTIONS:
            walks[slots.get(one.record, one.record), one.kind].add(one.cycle)
    return len({slot for (slot, _), found in walks.items() if len(found) >= steps and cycle in found})


def _returning(noted: Iterable[Noted], returns: int, cycle: int) -> int:
    back: dict[str, set[int]] = defaultdict(set)
    for one in noted:
        if one.kind == "returned":
            back[one.person or one.record].add(one.cycle)
    return sum(len(found) >= returns and cycle in found for found in back.values())


def _short_lived(noted: Iterable[Noted], limits: AmendmentLimits, cycle: int, children: int) -> int:
    """Count children that were there for a moment, or had records that were, over the time that counts."""
    found = [one for one in noted if one.kind == "short-lived"]
    count = len({one.child for one in found})
    enough = count >= max(limits.short_lived, limits.short_lived_share * children)
    return count if enough and any(one.cycle == cycle for one in found) else 0
