"""Care spells: when a child was looked after, where and under which legal status."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cli.sources.belonging import Belonging, ChildRows
from cli.sources.children import NO_HANDLE, Children
from cli.sources.columns import Sheet
from cli.sources.context import Context
from cli.sources.dates import local_day
from cli.sources.faults import FaultLog
from cli.sources.fields import Fields
from cli.sources.mapping import Mapping, SpellTable, by_name
from cli.sources.postcodes import PlacePostcode, PostcodeReader
from linkage.wire.canonical import from_builtins
from linkage.wire.records import CareSpell

__all__ = ["SpellFacts", "covering", "in_period", "latest_places", "read_care_spells"]


@dataclass(frozen=True, slots=True, repr=False)
class SpellFacts:
    """A care spell as read, under the agency's own references."""

    reference: str
    child: str
    row: int
    record: CareSpell
    places: tuple[PlacePostcode, ...] = ()

    @property
    def first(self) -> dt.date:
        """The first day."""
        return local_day(self.record.start)

    @property
    def last(self) -> dt.date:
        """The last day; the end of time while the spell is open."""
        return local_day(self.record.end) if self.record.end else dt.date.max


def read_care_spells(
    sheet: Sheet, table: SpellTable, children: Children, mapping: Mapping, context: Context, log: FaultLog
) -> list[SpellFacts]:
    """Read every care spell of the children that are not in quarantine, those outside the period too.

    Which of them travel is :func:`in_period`'s to say: the rules look at all of them.
    """
    rows = ChildRows(
        sheet,
        key=table.key,
        child=table.child,
        children=children,
        log=log,
    )
    fields = Fields(sheet, by_name(table.fields), mapping, agency=context.agency, moments=("start", "end"))
    postcodes = PostcodeReader(sheet, table.postcodes)
    tally = log.tally(sheet.name)
    spells: list[SpellFacts] = []
    for row in rows:
        spell = _spell(row, fields, context)
        if rows.lacks_reference(row) or spell is None:
            rows.quarantine()
            continue
        spells.append(replace(spell, places=postcodes.read(row.line, row.faults)))
        if in_period(spell, context):
            tally.kept += 1
        else:
            tally.outside += 1
    return spells


def _spell(row: Belonging, fields: Fields, context: Context) -> SpellFacts | None:
    start = fields.moment("start", row.line, row.faults, required=True)
    end = fields.moment("end", row.line, row.faults)
    coded = {
        name: fields.code(name, row.line, row.faults)
        for name in ("legal_status", "placement", "provider", "area")
    }
    host = fields.area("host", row.line, row.faults)
    if start is None or row.faults.failed:
        return None
    if end is not None and local_day(end) < local_day(start):
        text = fields.text("end", row.line)
        row.faults.error(fields.label("end"), text, "ends before it starts", "correct one of the dates")
        return None
    if local_day(start) > context.latest:
        row.faults.error(
            fields.label("start"), fields.text("start", row.line), "starts in the future", "correct the date"
        )
        return None
    record = from_builtins(
        {
            "type": "care-spell",
            "handle": NO_HANDLE,
            "child": NO_HANDLE,
            "version": 1,
            # Placements last for whole days: a time of day would do no more than tell children apart.
            "start": local_day(start).isoformat(),
            "end": local_day(end).isoformat() if end else None,
            "host": host,
            **coded,
        },
        CareSpell,
    )
    return SpellFacts(row.reference, row.child.reference, row.line.row.number, record)


def in_period(spell: SpellFacts, context: Context) -> bool:
    """Tell whether a spell touches the period; without a period every spell does."""
    period = context.period
    return period is None or (spell.first <= period.end.date and spell.last >= period.start.date)


def latest_places(spells: Sequence[SpellFacts], context: Context) -> tuple[PlacePostcode, ...]:
    """Return the postcodes of a child's spells that touch the period, the latest spell's first."""
    newest = sorted(spells, key=lambda spell: (spell.first, spell.row), reverse=True)
    return tuple(place for spell in newest if in_period(spell, context) for place in spell.places)


def covering(spells: Sequence[SpellFacts], day: dt.date) -> SpellFacts | None:
    """Return the spell in which a child was on a day: of two that meet on it, the one that had begun before.

    A child who is moved after going missing went missing from the earlier placement.
    """
    return min(
        (spell for spell in spells if spell.first <= day <= spell.last),
        key=lambda spell: (spell.first, spell.last),
        default=None,
    )
