"""What an agency changed about its records from one cycle to the next, and when that looks like probing.

Classes change only with a cycle, so whoever probes needs a cycle for each try: it moves a date a little, or
invents a child, and looks whether the class flips.  What is counted is therefore what differs between the
snapshots of two cycles, record by record.  Ending an open episode is progress and no amendment.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Literal

from linkage.register.spans import minutes_between, point
from linkage.wire.moments import Moment
from linkage.wire.records import CareSpell, Episode, Payload

__all__ = ["Amendment", "AmendmentKind", "Changes", "compare_records"]

AmendmentKind = Literal[
    "start-earlier",
    "start-later",
    "end-earlier",
    "end-later",
    "reopened",
    "recoded",
    "replaced",
    "withdrawn",
    "short-lived",
    "returned",
]
"""``replaced``: another record of the child begins within days of where one that is gone began;
``short-lived``: withdrawn, and not there a few cycles ago either; ``returned``: withdrawn before."""

_NEAR_DAYS: Final = 7
_SHORT_BREAKS = frozenset({"V3", "V4"})

Dated = Episode | CareSpell


@dataclass(frozen=True, slots=True)
class Amendment:
    """One change of one record (child, episode or care spell), by handle; ``became``: its successor."""

    record: str
    child: str
    kind: AmendmentKind
    became: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs between two cycles: amendments, and what came that was not there (record → child)."""

    amendments: tuple[Amendment, ...] = ()
    arrived: Mapping[str, str] = field(default_factory=dict)
    backdated_children: int = 0


def compare_records(
    old: Payload,
    new: Payload,
    *,
    followed: AbstractSet[str],
    earlier: AbstractSet[str] | None,
    since: Moment | None = None,
) -> Changes:
    """Compare an agency's standing records of two cycles.

    ``followed``: handles, old and new, of snapshots that have a counterpart of the same period in the other
    cycle; of others nothing was withdrawn, and nothing came.  ``earlier``: handles of a cycle before ``old``,
    or None if it is not known; ``since``: what is all older than this should have been in ``old``.
    """
    old_children = {one.handle for one in old.children if not one.dummy}
    new_children = {one.handle for one in new.children if not one.dummy}
    gone = Gone(followed, earlier)
    amendments = list(gone.of({handle: handle for handle in old_children - new_children}))
    arrived = {handle: handle for handle in (new_children - old_children) & followed}
    for before, after in ((old.episodes, new.episodes), (old.care_spells, new.care_spells)):
        found, fresh = _compare_dated(before, after, old_children & new_children, gone)
        amendments.extend(found)
        arrived.update(fresh)
    return Changes(tuple(amendments), arrived, _backdated(new, arrived.keys() & new_children, since))


@dataclass(frozen=True, slots=True)
class Gone:
    """Tells a withdrawal from a record that was there for a moment only."""

    followed: AbstractSet[str]
    earlier: AbstractSet[str] | None

    def of(self, records: Mapping[str, str]) -> Iterator[Amendment]:
        """Yield the withdrawal of each record (record → child) that its agency withdrew."""
        for record, child in sorted(records.items()):
            if record in self.followed:
                brief = self.earlier is not None and record not in self.earlier
                yield Amendment(record, child, "short-lived" if brief else "withdrawn")


def _compare_dated(
    before: Iterable[Dated], after: Iterable[Dated], children: Collection[str], gone: Gone
) -> tuple[list[Amendment], dict[str, str]]:
    """Compare episodes or care spells of children that both cycles hold."""
    olds = {one.handle: one for one in before if one.child in children}
    news = {one.handle: one for one in after if one.child in children}
    amendments = [
        Amendment(handle, news[handle].child, kind)
        for handle in sorted(olds.keys() & news.keys())
        for kind in _kinds(olds[handle], news[handle])
    ]
    lost = {handle: olds[handle] for handle in olds.keys() - news.keys() if handle in gone.followed}
    fresh = {handle: news[handle] for handle in news.keys() - olds.keys() if handle in gone.followed}
    for old, new in _replaced(lost.values(), fresh.values()):
        amendments.append(Amendment(old.handle, old.child, "replaced", new.handle))
        del lost[old.handle], fresh[new.handle]
    amendments.extend(gone.of({handle: one.child for handle, one in lost.items()}))
    return amendments, {handle: one.child for handle, one in fresh.items()}


def _replaced(lost: Iterable[Dated], fresh: Iterable[Dated]) -> list[tuple[Dated, Dated]]:
    """Pair what is gone with what came for the same child nearby, the closest first."""
    by_child: dict[str, list[Dated]] = {}
    for one in fresh:
        by_child.setdefault(one.child, []).append(one)
    near = [
        (abs(_shift(old.start, new.start)), old.handle, new.handle, old, new)
        for old in lost
        for new in by_child.get(old.child, ())
        if abs(_shift(old.start, new.start)) <= _NEAR_DAYS * 24 * 60
    ]
    pairs: list[tuple[Dated, Dated]] = []
    taken: set[str] = set()
    for _, first, second, old, new in sorted(near, key=lambda one: one[:3]):
        if not {first, second} & taken:
            taken |= {first, second}
            pairs.append((old, new))
    return pairs


def _kinds(old: Dated, new: Dated) -> Iterator[AmendmentKind]:
    if shift := _shift(old.start, new.start):
        yield "start-later" if shift > 0 else "start-earlier"
    if old.end is not None and new.end is None:
        yield "reopened"
    elif old.end is not None and new.end is not None and (shift := _shift(old.end, new.end)):
        yield "end-later" if shift > 0 else "end-earlier"
    if old.child != new.child or _code(old) != _code(new):
        yield "recoded"


def _code(one: Dated) -> object:
    """Return what else a class may hang on: kind and area of an episode, whether and where a spell counts."""
    if isinstance(one, Episode):
        return one.kind, one.responsible, one.host
    return one.legal_status in _SHORT_BREAKS, one.area, one.host


def _shift(old: Moment, new: Moment) -> int:
    """Return by how many minutes a moment moved; a time of day that was added to a date moved nothing."""
    return minutes_between(point(old), point(new))


def _backdated(new: Payload, children: AbstractSet[str], since: Moment | None) -> int:
    """Count children that came and whose every episode and care spell is older than ``since``."""
    if since is None:
        return 0
    latest: dict[str, bool] = {}
    dated: tuple[Dated, ...] = (*new.episodes, *new.care_spells)
    for one in dated:
        if one.child in children:
            latest[one.child] = latest.get(one.child, False) or one.start.at >= since.at
    return sum(not recent for recent in latest.values())
