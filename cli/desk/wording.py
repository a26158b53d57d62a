"""How the page says things: hints without options of the command line, days as people write them."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from linkage.wire.moments import Moment

__all__ = ["at_time", "in_days", "sentence", "table_name", "words_for_page"]

_HERE: Final = ZoneInfo("Europe/London")
_SAID: Mapping[str, str] = {
    "--allow-empty if withdrawing is what you mean": (
        "tick ‘Let a file without children withdraw everything’ if that is what you mean"
    ),
    "--allow-withdrawals if withdrawing them is what you mean": (
        "tick ‘Let more than a fifth of the records be withdrawn’ if that is what you mean"
    ),
    "name each area that it holds whole with --area, or give a coverage table in the mapping": (
        "write each area that it holds whole under ‘Areas’ where you chose the file, or say in the mapping "
        "which table has the coverage"
    ),
    "name the list with --shield-list, or say --no-shield-list if there is none any more": (
        "choose the list again where you chose the file, or tick there that there is none any more"
    ),
    "name a folder of CSV files or workbooks, or one such file": (
        "choose an Excel workbook or CSV files with a row of headings"
    ),
    "name one with --mapping, as council-csv": "go to ‘Say which column is what’",
    "see clew agency check for what is wrong;": "check the file to see what is wrong;",
    "run clew agency join with the epoch descriptor and the wrapped key of the custodians": (
        "join the epoch first, with the files that the custodians gave you"
    ),
    "have custodians wrap the key for your card, and run clew agency join again": (
        "have custodians wrap the key for your card, and join the epoch again"
    ),
    "make one with clew agency init, or name the right folder with --workspace": "make your workspace first",
    "go on with clew agency join, or name another folder with --workspace": "go on by joining the epoch",
    "or write a mapping of your own after one of clew agency mapping show": "or write the mapping as text",
    "run the command again: it goes on where it stopped": (
        "press the button again: it goes on where it stopped"
    ),
    "docs/agency.md": "the guide for data officers",
}
"""What the command line's hints say, as this page says it."""

_SHEET = re.compile(r"(\.xls[xm]?)#", re.IGNORECASE)
_VALUES = re.compile(r"add it to \[values\.\w+\] in the mapping")


def words_for_page(text: str) -> str:
    """Return a message or a hint without names of options, which a page has not."""
    for said, here in _SAID.items():
        text = text.replace(said, here)
    text = _VALUES.sub("say on this page what it means", text)
    return _SHEET.sub(r"\1, sheet ", text.replace("in quarantine", "left out"))


def sentence(text: str) -> str:
    """Return a message with a capital at its beginning, unless that is the name of a file."""
    first = text.partition(" ")[0].rstrip(",")
    return text[:1].upper() + text[1:] if first.isalpha() else text


def table_name(file: str) -> str:
    """Return what a mapping calls a table, as a person would: the name of a file, and of its sheet."""
    name, sign, sheet = file.partition("#")
    return f"{name}, sheet {sheet}" if sign else name


def in_days(text: object) -> str:
    """Return a day as 1 April 2025; a period, as ``first..last`` or with its two days, as two of them."""
    days = str(text).split("..")
    return " to ".join(_day(dt.date.fromisoformat(day)) for day in days)


def at_time(moment: object) -> str:
    """Return a time in UTC as the clock in London shows it."""
    at = Moment.parse(str(moment)).at.replace(tzinfo=dt.UTC).astimezone(_HERE)
    return f"{_day(at.date())}, {at:%H:%M}"


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"
