"""Coverage: for which areas and months the extract holds every episode that began there and then."""

import datetime as dt
import re

from cli.sources.columns import Sheet
from cli.sources.context import Context
from cli.sources.dates import DateReader
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.fields import AREA_CODES, Fields
from cli.sources.mapping import CoverageTable, Mapping
from cli.sources.opening import record_misfits
from linkage.wire.manifest import Period
from linkage.wire.records import Coverage

__all__ = ["months_of", "read_coverage", "stated_coverage"]

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_BRITISH = re.compile(r"(0?[1-9]|1[0-2])/(\d{4})")


def months_of(period: Period) -> tuple[str, ...]:
    """Return every month that a period touches, written ``YYYY-MM``."""
    first, last = period.start.date, period.end.date
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in numbers)


def stated_coverage(areas: tuple[str, ...], period: Period, *, today: dt.date) -> tuple[Coverage, ...]:
    """Return every month of the period that has begun, for every area.

    This is for sources that keep no calendar of their own.
    """
    present = f"{today.year:04d}-{today.month:02d}"
    months = [month for month in months_of(period) if month <= present]
    return tuple(Coverage(area=area, month=month) for area in sorted(set(areas)) for month in months)


def read_coverage(
    sheet: Sheet, table: CoverageTable, mapping: Mapping, context: Context, log: FaultLog
) -> tuple[Coverage, ...]:
    """Read a coverage table; months outside the period are left out."""
    specs = {AREA_CODES: table.area, "month": table.month}
    fields = Fields(sheet, specs, mapping, agency=context.agency)
    dates = DateReader(mapping.date_order, days_only=True)
    record_misfits(sheet, log)
    tally = log.tally(sheet.name)
    months = frozenset(months_of(context.period)) if context.period else None
    found: set[tuple[str, str]] = set()
    for line in sheet.lines():
        tally.read += 1
        faults = RowFaults(log, sheet.name, sheet.table.file, line.row.number)
        area = fields.area(AREA_CODES, line, faults)
        month = _month(fields.text("month", line), dates)
        if area is None or not month:
            what = "not the code of a council" if area is None else "not a month"
            name = AREA_CODES if area is None else "month"
            text = fields.text(name, line)
            faults.error(fields.label(name), text, what, "write the council's code, and a month as 2024-04")
            tally.quarantined += 1
        elif months is not None and month not in months:
            tally.outside += 1
        else:
            tally.kept += 1
            found.add((area, month))
    return tuple(Coverage(area=area, month=month) for area, month in sorted(found))


def _month(text: str, dates: DateReader) -> str:
    if _MONTH.fullmatch(text):
        return text
    british = _BRITISH.fullmatch(text)
    if british:
        return f"{british[2]}-{int(british[1]):02d}"
    try:
        return dates.read(text).month
    except (ValueError, OverflowError):
        return ""
