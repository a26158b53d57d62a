"""The form by which a release is asked for: what was typed, and what is wrong with it, field by field."""

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from linkage.errors import InputError
from linkage.register.statistics.periods import Period, read_period
from linkage.register.statistics.tables import TABLES

__all__ = ["Asked", "Family", "families", "read_asked"]


@dataclass(frozen=True, slots=True)
class Family:
    """A table and those that go with it; ``kin``: their numbers."""

    number: str
    title: str
    kin: str


@dataclass(slots=True)
class Asked:
    """What somebody asks for as it was typed; ``faults``: what is wrong, by field."""

    first: str = ""
    last: str = ""
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


def read_asked(form: MultiDict[str, str], areas: Container[str]) -> Asked:
    """Read the form; nothing is raised, for everything wrong is told at once."""
    asked = Asked(
        first=form.get("first", "").strip(),
        last=form.get("last", "").strip(),
        area=form.get("area", "").strip(),
        tables=tuple(" ".join(form.getlist("tables")).replace(",", " ").upper().split()),
    )
    for name, words, example in (("first", "First day", "2025-04-01"), ("last", "Last day", "2026-03-31")):
        if not _is_day(getattr(asked, name)):
            asked.faults[name] = f"{words}: write a day as {example}"
    if not asked.faults:
        _read_period(asked)
    if asked.area and asked.area not in areas:
        asked.faults["area"] = "Choose one of the areas"
    unknown = sorted({*asked.tables} - {one.number for one in TABLES})
    if unknown:
        asked.faults["tables"] = f"There is no table {' or '.join(unknown)}"
    return asked


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read_period(asked: Asked) -> None:
    try:
        asked.period = read_period(f"{asked.first}..{asked.last}")
    except InputError as error:
        said = error.message.removeprefix("period: ")
        asked.faults["last"] = f"The period is wrong: {said}. Whole months are counted."
