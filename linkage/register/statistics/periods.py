"""The time that tables are about: whole calendar months, in quarters and years that begin on 1 April."""

import datetime as dt
from typing import NamedTuple

from linkage.errors import InputError

__all__ = ["Period", "quarter_of", "read_period", "year_of"]

_EXPECTED = "a period is written 2025-04-01..2026-03-31"
_MOST_MONTHS = 240


class Period(NamedTuple):
    """First and last day, both included: those of whole calendar months."""

    first: dt.date
    last: dt.date

    @property
    def months(self) -> tuple[str, ...]:
        """Return the calendar months, written ``YYYY-MM``."""
        start = self.first.year * 12 + self.first.month - 1
        count = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        return tuple(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(start, start + count))

    @property
    def code(self) -> str:
        """Return how tables name the period: as a year, a quarter or a month of a longer one is named.

        Others are named by their days.  One name for one time: whoever compares releases goes by it.
        """
        for names, months in ((year_of, 12), (quarter_of, 3), (str, 1)):
            named = {names(month) for month in self.months}
            if len(named) == 1 and len(self.months) == months:
                return named.pop()
        return f"{self.first.isoformat()}..{self.last.isoformat()}"


def year_of(month: str) -> str:
    """Return the year from April to March that a month lies in, written ``2025/26``: 2011-12 is a month."""
    start = int(month[:4]) - (int(month[5:]) < 4)
    return f"{start:04d}/{(start + 1) % 100:02d}"


def quarter_of(month: str) -> str:
    """Return the quarter that a month lies in, written ``2025/26 Q1``: April to June is the first."""
    return f"{year_of(month)} Q{((int(month[5:]) - 4) % 12) // 3 + 1}"


def read_period(text: str) -> Period:
    """Read a period as an operator writes it; raises :class:`InputError`."""
    first, dots, last = text.partition("..")
    try:
        period = Period(dt.date.fromisoformat(first.strip()), dt.date.fromisoformat(last.strip()))
    except ValueError:
        raise InputError(
            f"{'period' if dots else 'period without ..'}: not two days", hint=_EXPECTED
        ) from None
    if period.last < period.first:
        raise InputError("period: it ends before it begins", hint=_EXPECTED)
    if period.first.day != 1 or (period.last + dt.timedelta(days=1)).day != 1:
        raise InputError(
            "period: not whole months",
            hint="begin on the first day of a month and end on the last: coverage is stated by month",
        )
    if period.first.year < 1900 or period.last.year > 2199 or len(period.months) > _MOST_MONTHS:
        raise InputError(f"period: longer than {_MOST_MONTHS} months, or not between 1900 and 2199")
    return period
