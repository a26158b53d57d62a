"""Dates and times as sources write them: local in, UTC out, at the precision that was written.

Sources write Europe/London wall time.  Twice a year it is ambiguous (an hour that happens twice: the first is
taken) or impossible (an hour that is skipped: it is read as if the clocks had not yet changed); both stay
within one hour of the truth, well inside the register's tolerance of six.
"""

import datetime as dt
import re
from collections.abc import Iterable
from typing import Literal
from zoneinfo import ZoneInfo

from linkage.wire.codes import AgeBand
from linkage.wire.moments import Moment

__all__ = ["DateOrder", "DateReader", "age_band", "local_day", "only_midnights"]

DateOrder = Literal["dmy", "mdy"]
_LONDON = ZoneInfo("Europe/London")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EXCEL_DAYS = range(20_000, 70_000)  # 1954 to 2091: a whole number beyond that is not a serial date
_YEARS = range(1900, 2101)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

_NUMERIC = re.compile(r"(\d{1,4})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(\d{1,4})")
_WORDED = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s/.-]+([a-z]{3})[a-z]*[\s/.,-]+(\d{2,4})")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*(am|pm)?\s*(z|utc|[+-]\d{2}:?\d{2})?")
_SPLIT = re.compile(r"(?<=\d)[t\s,]+(?=\d{1,2}[:.]\d{2}(?![/.-]?\d{3}))")


class DateReader:
    """Reads the dates of one column; ``order`` says how a date of three numbers is to be read."""

    def __init__(self, order: DateOrder, *, days_only: bool = False) -> None:
        """``days_only`` drops times of day, for a column that holds nothing but midnights."""
        self._order = order
        self._days_only = days_only

    def read(self, text: str) -> Moment:
        """Return the moment; raises ValueError, without repeating what it read."""
        day_text, time_text = _parted(text)
        serial = _SERIAL.fullmatch(day_text)
        if serial and not time_text:
            return self._from_serial(int(serial[1]), float(serial[2] or 0))
        day = _day(day_text, self._order)
        if day.year not in _YEARS:
            raise ValueError("not a plausible year")
        if not time_text or self._days_only:
            return Moment.day(day)
        return _at(day, time_text)

    def _from_serial(self, days: int, fraction: float) -> Moment:
        if days not in _EXCEL_DAYS:
            raise ValueError("not a date")
        day = _EXCEL_EPOCH + dt.timedelta(days=days)
        if not fraction or self._days_only:
            return Moment.day(day)
        minutes = round(fraction * 24 * 60)
        midnight = dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001  wall time until _local
        return _local(midnight + dt.timedelta(minutes=minutes))


def only_midnights(values: Iterable[str]) -> bool:
    """Tell whether every time of day in a column is midnight.

    Databases write a date as ``2024-05-01 00:00:00``: taken for a time, it would claim to know the minute.
    """
    times = [_parted(value)[1] for value in values if value]
    given = [time for time in times if time]
    return bool(given) and all(re.fullmatch(r"0{1,2}[:.]00([:.]00([.,]0+)?)?", time) for time in given)


def local_day(moment: Moment) -> dt.date:
    """Return the calendar day in England on which a moment lies."""
    return moment.date if moment.precision == "day" else moment.at.astimezone(_LONDON).date()


def age_band(born: dt.date | None, start: dt.date) -> AgeBand:
    """Return the age band on the day an episode began; nothing finer may travel."""
    if born is None or start < born:
        return "unknown"
    age = start.year - born.year - ((start.month, start.day) < (born.month, born.day))
    bands: tuple[tuple[int, AgeBand], ...] = ((1, "under-1"), (5, "1-4"), (10, "5-9"), (16, "10-15"))
    return next((band for below, band in bands if age < below), "16+")


def _parted(text: str) -> tuple[str, str]:
    cleaned = text.strip().casefold()
    pieces = _SPLIT.split(cleaned, maxsplit=1)
    return pieces[0].strip(), pieces[1].strip() if len(pieces) > 1 else ""


def _day(text: str, order: DateOrder) -> dt.date:
    worded = _WORDED.fullmatch(text)
    if worded and worded[2] in _MONTHS:
        return dt.date(_year(worded[3]), _MONTHS.index(worded[2]) + 1, int(worded[1]))
    numeric = _NUMERIC.fullmatch(text)
    if numeric is None:
        compact = re.fullmatch(r"((?:19|20)\d\d)(\d\d)(\d\d)", text)
        if compact is None:
            raise ValueError("not a date")
        return dt.date(int(compact[1]), int(compact[2]), int(compact[3]))
    first, second, third = numeric[1], numeric[2], numeric[3]
    if len(first) == 4:
        return dt.date(int(first), int(second), int(third))
    day, month = (second, first) if order == "mdy" else (first, second)
    return dt.date(_year(third), int(month), int(day))


def _year(text: str) -> int:
    """Return a year in full; two digits mean this century, in which every child concerned was born."""
    if len(text) == 2:
        return 2000 + int(text)
    if len(text) != 4:
        raise ValueError("not a year")
    return int(text)


def _at(day: dt.date, text: str) -> Moment:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("not a time of day")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        if not 1 <= hour <= 12:
            raise ValueError("not a time of day")
        hour = hour % 12 + (12 if match[4] == "pm" else 0)
    wall = dt.datetime(day.year, day.month, day.day, hour, minute, second)  # noqa: DTZ001  wall time
    return _zoned(wall, match[5]) if match[5] else _local(wall)


def _zoned(wall: dt.datetime, zone: str) -> Moment:
    if zone in ("z", "utc"):
        return Moment.minute(wall.replace(tzinfo=dt.UTC))
    digits = zone[1:].replace(":", "")
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return Moment.minute(wall.replace(tzinfo=dt.timezone(-offset if zone[0] == "-" else offset)))


def _local(wall: dt.datetime) -> Moment:
    return Moment.minute(wall.replace(tzinfo=_LONDON))
