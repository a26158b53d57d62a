"""The form by which a release is asked for: what was typed, and what is wrong with it, field by field."""

import calendar
import datetime as dt
from collections.abc import Container
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from linkage.errors import InputError
from linkage.register.statistics.periods import Period, read_period
from linkage.register.statistics.tables import TABLES

__all__ = ["Asked", "Day", "Family", "asked_at_first", "families", "read_asked"]


_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Family:
    """A table and those that go with it; ``kin``: their numbers."""

    number: str
    title: str
    kin: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day as it was typed, in three boxes."""

    day: str = ""
    month: str = ""
    year: str = ""

    def read(self) -> dt.date | None:
        """Return the day, or None for what is none."""
        try:
            year, month, day = (int(one) if one.isascii() and one.isdigit() else 0 for one in self._parts())
            return dt.date(year, month, day)
        except ValueError:
            return None

    def _parts(self) -> tuple[str, str, str]:
        return (self.year[:9] if len(self.year) == _YEAR_DIGITS else ""), self.month[:9], self.day[:9]


@dataclass(slots=True)
class Asked:
    """What somebody asks for as it was typed; ``faults``: what is wrong, by field."""

    first: Day = Day()
    last: Day = Day()
    area: str = ""
    tables: tuple[str, ...] = ()
    period: Period | None = None
    faults: dict[str, str] = field(default_factory=dict)


def families() -> list[Family]:
    """Return the tables that can be chosen, each with its kin."""
    found = []
    for one in TABLES:
        if one.number[-1].isdigit():
            kin = [
                other.number for other in TABLES if other.number.rstrip("bcde") == one.number != other.number
            ]
            found.append(Family(one.number, one.title, ", ".join(kin)))
    return found


def asked_at_first(months: tuple[str, str] | None) -> Asked:
    """Return the form as it is opened: the first and the last of some months, all areas, all tables."""
    if months is None:
        return Asked()
    (year, month), (last_year, last_month) = (map(int, one.split("-")) for one in months)
    days = calendar.monthrange(last_year, last_month)[1]
    return Asked(Day("1", str(month), str(year)), Day(str(days), str(last_month), str(last_year)))


def read_asked(form: MultiDict[str, str], areas: Container[str]) -> Asked:
    """Read the form; nothing is raised, for everything wrong is told at once."""
    asked = Asked(
        first=_typed(form, "first"),
        last=_typed(form, "last"),
        area=form.get("area", "").strip(),
        tables=tuple(" ".join(form.getlist("tables")).replace(",", " ").upper().split()),
    )
    first, last = asked.first.read(), asked.last.read()
    if first is None:
        asked.faults["first"] = "First day: write day, month and year, such as 1 4 2025"
    if last is None:
        asked.faults["last"] = "Last day: write day, month and year, such as 31 3 2026"
    if first is not None and last is not None:
        _read_period(asked, first, last)
    if asked.area and asked.area not in areas:
        asked.faults["area"] = "Choose one of the areas"
    unknown = sorted({*asked.tables} - {one.number for one in TABLES})
    if unknown:
        asked.faults["tables"] = f"There is no table {' or '.join(unknown)}"
    return asked


def _typed(form: MultiDict[str, str], name: str) -> Day:
    return Day(*(form.get(f"{name}-{part}", "").strip() for part in ("day", "month", "year")))


def _read_period(asked: Asked, first: dt.date, last: dt.date) -> None:
    try:
        asked.period = read_period(f"{first}..{last}")
    except InputError as error:
        said = error.message.removeprefix("period: ")
        asked.faults["last"] = f"The period is wrong: {said}. Whole months are counted."
