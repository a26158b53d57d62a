"""Where a child was looked after, when, and when the placement changed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from linkage.register.persons import SHORT_BREAKS
from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import point
from linkage.wire.records import CareSpell

__all__ = ["Placement", "Spell", "placements", "spell_on", "spells_by_child"]


class Spell(NamedTuple):
    """One care spell by calendar days (ordinals, both included); no ``last`` means still."""

    first: int
    last: int | None
    agency: str
    record: CareSpell

    def covers(self, day: int) -> bool:
        """Tell whether a calendar day lies in the spell."""
        return self.first <= day and (self.last is None or day <= self.last)


class Placement(NamedTuple):
    """A time in one placement, of however many legal statuses; ``moved``: the child came from another."""

    first: int
    last: int | None
    agency: str
    moved: bool


def spells_by_child(records: Mapping[str, AgencyRecords]) -> dict[tuple[str, str], list[Spell]]:
    """Return councils' care spells by agency and child, short breaks left out."""
    found: dict[tuple[str, str], list[Spell]] = {}
    for agency, entry in records.items():
        if entry.role != "council":
            continue
        for record in entry.payload.care_spells:
            if record.legal_status in SHORT_BREAKS:
                continue
            first = point(record.start).day
            last = None if record.end is None else max(first, point(record.end).day)
            found.setdefault((agency, record.child), []).append(Spell(first, last, agency, record))
    return found


def spell_on(spells: Iterable[Spell], day: int) -> Spell | None:
    """Return the spell that covers a day, the one that began last; None if the child was not looked after."""
    covering = [spell for spell in spells if spell.covers(day)]
    return max(covering, key=_order, default=None)


def _order(spell: Spell) -> tuple[int, int, str, str]:
    return (spell.first, -(spell.last or 1 << 30), spell.agency, spell.record.handle)


def placements(spells: Sequence[Spell]) -> tuple[Placement, ...]:
    """Return one person's placements, in order: spells that follow one another in the same one are joined.

    A spell that begins within a day of the end of one with another legal status and the same placement,
    provider, area and host goes on in the same placement: nothing but the status changed.  A spell that two
    records of the child both hold is one.
    """
    found: list[Placement] = []
    before: Spell | None = None
    for spell in sorted(_once(spells), key=_order):
        follows = before is not None and before.last is not None and spell.first - before.last <= 1
        if before is not None and follows and _only_status_changed(before.record, spell.record):
            found[-1] = found[-1]._replace(last=spell.last)
        else:
            found.append(
                Placement(spell.first, spell.last, spell.agency, follows or _overlaps(before, spell))
            )
        before = spell
    return tuple(found)


def _overlaps(before: Spell | None, spell: Spell) -> bool:
    return before is not None and (before.last is None or spell.first <= before.last)


def _once(spells: Iterable[Spell]) -> list[Spell]:
    same: dict[tuple[object, ...], Spell] = {}
    for spell in sorted(spells, key=_order):
        same.setdefault(
            (spell.first, spell.last, spell.agency, spell.record.legal_status, *_place(spell.record)), spell
        )
    return list(same.values())


def _place(record: CareSpell) -> tuple[str, str, str, str]:
    return (record.placement, record.provider, record.area, record.host or "")


def _only_status_changed(before: CareSpell, after: CareSpell) -> bool:
    return _place(before) == _place(after) and before.legal_status != after.legal_status
