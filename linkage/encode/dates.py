"""Dates of birth, in every layout that files bring, and what a placeholder leaves of them.

A reading is a full date, a part of one (year, or year and month), or nothing.  Parts and placeholders send a
record to the uncertain tier; refused dates leave it without a date of birth.
"""

import datetime
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from linkage.encode import tables
from linkage.encode.latin import is_blank
from linkage.encode.names import MAX_TEXT
from linkage.encode.unicode14 import assigned_only

__all__ = ["BirthDate", "DateOrder", "PlainDates", "parse_date"]

DateOrder = Literal["dmy", "mdy"]

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2099
_PIVOT: Final = 50
"""Two-digit years below it lie in 2000 to 2049, the others in 1950 to 1999.

Fixed, not sliding with the clock: two agencies that encode in different months must read alike.
"""
_SERIAL_ZERO: Final = datetime.date(1899, 12, 30)
"""Day 0 of spreadsheets' 1900 date system for every day after February 1900 (they count a 29th there)."""
_SERIALS: Final = range(10_000, 73_051)  # 18 May 1927 to 31 December 2099

_TIME: Final = re.compile(
    r"(?:t| )\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[ap]m)?(?: ?(?:z|utc|gmt|bst|[+-]\d{2}:?\d{2}))?$"
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/. ](\d{1,2})(?:[-/. ](\d{1,2})(?:z|[+-]\d{2}:\d{2})?)?")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})[-/. ]{1,2}(\d{1,2})[-/. ]{1,2}(\d{4}|\d{2})")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/. ](\d{4})")
_YEAR: Final = re.compile(r"(?:(?:c|ca|circa|about|approx|approximately)\.? ?)?(\d{4})(?:\.0+)?")
_COMPACT: Final = re.compile(r"\d{8}")
_COMPACT_TIME: Final = re.compile(r"(\d{8})t?(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d(?:\.\d+)?)?(?:z|[+-]\d{4})?")
_LONG_DAYS: Final = range(29, 32)
"""Days that some months have and others do not: a slip in the month's length, not in the month."""
_SERIAL: Final = re.compile(r"(\d{5})(?:\.\d+)?")
_AGE: Final = re.compile(
    r"(?:(?:age|aged|about|approx|approximately)\.? ?)?\d{1,2}(?:\.0+)? ?(?:y|yr|yrs|years?)?(?: old)?"
)
_RUN: Final = re.compile(r"\d+|[a-z]+")


@dataclass(frozen=True, slots=True, repr=False)
class BirthDate:
    """What a text says of a date: 0 for a part that it does not say.

    ``uncertain``: a placeholder, a part of a date, or an age; a day that its month does not have is left
    out without making the rest uncertain.  ``refused``: the reason, where nothing is
    used.  ``noticed``: reasons to look again.
    """

    year: int = 0
    month: int = 0
    day: int = 0
    uncertain: bool = False
    refused: str = ""
    noticed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<BirthDate, {self.refused or 'value withheld'}>"

    @property
    def date(self) -> datetime.date | None:
        """The calendar date, if all of it is known."""
        return datetime.date(self.year, self.month, self.day) if self.day else None


def parse_date(text: str, order: DateOrder = "dmy", *, today: datetime.date | None = None) -> BirthDate:
    """Read a date of birth; never raises.

    ``order``: of day and month where both are numbers and the year stands last.  ``today``: dates after it
    are refused; without it only years after 2099 are.  An order that gives no date while the other does is
    exchanged, with a notice.
    """
    if len(text) > MAX_TEXT:
        return BirthDate(refused="too-long")
    tidy = _TIME.sub("", _tidy(text))
    if not tidy:
        return BirthDate() if is_blank(text) else BirthDate(refused="not-a-date")
    parsed = _parts(tidy, order)
    return parsed if parsed.refused or parsed.uncertain else _settle(parsed, today)


class PlainDates:
    """Reads full, certain dates in the commonest layouts, all numbers, as :func:`parse_date` would.

    ``order`` and ``today``: as there.  What is not quite so plain is left to that: it reads anything, at
    ten times the cost.
    """

    def __init__(self, order: DateOrder, today: datetime.date | None) -> None:
        self._days = _PLAIN_DAYS[order]
        self._today = f"{today:%Y%m%d}" if today else "99999999"

    def read(self, text: str) -> tuple[str, str, str, str] | None:
        """Return year, month and day in digits and the tier, or None if it takes more to tell."""
        if len(text) != _PLAIN_LENGTH:
            return None
        year = _PLAIN_YEARS.get(text[:4])
        found = self._days.get(text[4:])
        if not (year and found):
            year = _PLAIN_YEARS.get(text[6:])
            found = self._days.get(text[:6])
        if not (year and found) or year + found[0] + found[1] > self._today:
            return None
        return year, *found, "certain"


_PLAIN_LENGTH: Final = len("31/12/2009")
_PLAIN_YEARS: Final = {str(year): str(year) for year in range(_FIRST_YEAR, _LAST_YEAR + 1)}


def _plain_days(order: DateOrder) -> dict[str, tuple[str, str]]:
    """Return month and day as they stand beside a year, for days that every year has and no placeholders."""
    every = (datetime.date(2001, 1, 1) + datetime.timedelta(days=number) for number in range(365))
    special = {placeholder[5:] for placeholder in (*tables.BIRTH_PLACEHOLDERS, "0000-01-01")}
    days: dict[str, tuple[str, str]] = {}
    for month, day in (f"{date:%m-%d}".split("-") for date in every if f"{date:%m-%d}" not in special):
        first, second = (day, month) if order == "dmy" else (month, day)
        days |= {f"-{month}-{day}": (month, day), f"/{month}/{day}": (month, day)}
        days |= {f"{first}{sign}{second}{sign}": (month, day) for sign in "/-."}
    return days


_PLAIN_DAYS: Final[Mapping[DateOrder, Mapping[str, tuple[str, str]]]] = {
    "dmy": _plain_days("dmy"),
    "mdy": _plain_days("mdy"),
}


_SEPARATORS: Final = str.maketrans({",": " ", "\\": "/", "_": "-"})


def _tidy(text: str) -> str:
    if not text.isascii():
        text = assigned_only(text)
        folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(map(_plain, folded))
    # Spreadsheets write an apostrophe before what must stay text; backslashes and underscores are slips.
    return " ".join(text.lower().translate(_SEPARATORS).split()).strip("'\"")


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(character)
    if category == "Pd" or character == "−":
        return "-"
    return "" if category == "Cf" or category[0] == "M" else character


def _parts(text: str, order: DateOrder) -> BirthDate:
    if match := _YEAR_FIRST.fullmatch(text):
        return BirthDate(int(match[1]), int(match[2]), int(match[3] or 0))
    if match := _YEAR_LAST.fullmatch(text):
        return _numeric(int(match[1]), int(match[2]), match[3], order)
    if match := _MONTH_YEAR.fullmatch(text):
        return BirthDate(int(match[2]), int(match[1]))
    if match := _YEAR.fullmatch(text):
        return BirthDate(int(match[1]))
    if _COMPACT.fullmatch(text):
        return _compact(text, order)
    if match := _COMPACT_TIME.fullmatch(text):
        return _compact(match[1], order)
    if match := _SERIAL.fullmatch(text):
        return _serial(int(match[1]))
    if _AGE.fullmatch(text):
        return BirthDate(uncertain=True, noticed=("age-only",))
    return _in_words(text)


def _numeric(first: int, second: int, year: str, order: DateOrder) -> BirthDate:
    day, month = (first, second) if order == "dmy" else (second, first)
    if len(year) == 2 and not (day and month):  # "00/00/00" must not become the year 2000
        return BirthDate(refused="placeholder-date")
    number, noticed = _full_year(year)
    return BirthDate(number, month, day, noticed=noticed)


def _full_year(digits: str) -> tuple[int, tuple[str, ...]]:
    year = int(digits)
    if len(digits) > 2:
        return year, ()
    return year + (2000 if year < _PIVOT else 1900), ("two-digit-year",)


def _compact(digits: str, order: DateOrder) -> BirthDate:
    # No text reads both ways: the last four digits of a year-first date are at most 1231, no year of ours.
    if _FIRST_YEAR <= int(digits[:4]) <= _LAST_YEAR and int(digits[4:6]) <= 12:
        return BirthDate(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    return _numeric(int(digits[:2]), int(digits[2:4]), digits[4:], order)


def _serial(number: int) -> BirthDate:
    if number not in _SERIALS:
        return BirthDate(refused="not-a-date")
    day = _SERIAL_ZERO + datetime.timedelta(days=number)
    return BirthDate(day.year, day.month, day.day, noticed=("excel-serial",))


def _in_words(text: str) -> BirthDate:
    runs = [run for run in _RUN.findall(text) if run not in tables.DATE_FILLERS]
    months = [tables.MONTHS[run] for run in runs if run in tables.MONTHS]
    numbers = [run for run in runs if run.isdigit()]
    if len(months) != 1 or not 1 <= len(numbers) <= 2 or len(runs) != 1 + len(numbers):
        refused = "placeholder-date" if "".join(runs) in tables.PLACE_PLACEHOLDERS else "not-a-date"
        return BirthDate(refused=refused)
    if len(numbers[0]) == 4:
        numbers.reverse()
    if len(numbers[-1]) not in (2, 4) or (len(numbers) == 2 and len(numbers[0]) > 2):
        return BirthDate(refused="not-a-date")
    year, noticed = _full_year(numbers[-1])
    return BirthDate(year, months[0], int(numbers[0]) if len(numbers) == 2 else 0, noticed=noticed)


def _settle(parsed: BirthDate, today: datetime.date | None) -> BirthDate:
    if parsed.year in (0, 9999):
        return BirthDate(refused="placeholder-date")
    if not _FIRST_YEAR <= parsed.year <= _LAST_YEAR:
        return BirthDate(refused="implausible-year")
    parsed = _in_possible_order(parsed)
    too_long = parsed.day in _LONG_DAYS and 1 <= parsed.month <= 12 and not _is_possible(parsed)
    if too_long:
        parsed = replace(parsed, day=0, noticed=(*parsed.noticed, "impossible-day"))
    if not _is_possible(parsed):
        return BirthDate(refused="impossible-date")
    if today and (parsed.year, parsed.month, parsed.day) > (today.year, today.month, today.day):
        return BirthDate(refused="future-date")
    return parsed if too_long else _without_placeholders(parsed)


def _in_possible_order(parsed: BirthDate) -> BirthDate:
    if parsed.month > 12 and 1 <= parsed.day <= 12:
        noticed = (*parsed.noticed, "day-month-swapped")
        return replace(parsed, month=parsed.day, day=parsed.month, noticed=noticed)
    return parsed


def _is_possible(parsed: BirthDate) -> bool:
    if parsed.day and not parsed.month:
        return False
    try:
        datetime.date(parsed.year, parsed.month or 1, parsed.day or 1)
    except ValueError:
        return False
    return True


def _without_placeholders(parsed: BirthDate) -> BirthDate:
    if f"{parsed.year:04}-{parsed.month:02}-{parsed.day:02}" in tables.BIRTH_PLACEHOLDERS:
        return BirthDate(refused="placeholder-date")
    if (parsed.month, parsed.day) == (1, 1):
        noticed = (*parsed.noticed, "first-of-january")
        return replace(parsed, month=0, day=0, uncertain=True, noticed=noticed)
    if not parsed.day:
        return replace(parsed, uncertain=True, noticed=(*parsed.noticed, "partial-date"))
    return parsed
