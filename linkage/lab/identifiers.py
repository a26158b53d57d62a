"""Every identifier of a world, in every form in which it might leak."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence

from linkage.lab.extracts import Extract, Table

__all__ = ["COMPACT_DATE", "collect_identifiers"]

COMPACT_DATE = "compact date of birth"

_COLUMNS = {
    "name": ("forename", "middle_name", "surname", "known_as", "forenames", "alias"),
    "postcode": ("postcode", "home_postcode", "missing_from_postcode"),
    "address": ("address", "home_address"),
    "reference": ("child_id", "child_ref", "episode_id", "report_ref", "upn"),
    "free text": ("notes",),
}
_FULL_NAMES = (("forename", "surname"), ("forenames", "surname"))
_CLEAR_DATES = ("start", "end", "offered_date", "completed", "reported", "last_seen", "found")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_SHORTEST_WORD = 3


def collect_identifiers(extracts: Sequence[Extract], canaries: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Collect all identifiers in the extracts, by kind.

    Names stand whole, word by word and as full names, dates of birth in every written form, postcodes with
    and without their space; then addresses, local references, free texts and canaries.  A date of birth that
    is also the date of some care spell or episode is left out, because those may travel in clear and finding
    it would prove nothing.  So are words of one or two letters: initials and codes.
    """
    tables = [table for extract in extracts for table in extract.tables.values()]
    found = {kind: _cells(tables, names) for kind, names in _COLUMNS.items()}
    found["name"] |= _words(found["name"])
    found["full name"] = _full_names(tables)
    found["postcode"] |= dict.fromkeys(text.replace(" ", "") for text in found["postcode"])
    found["canary"] = dict.fromkeys(canaries)
    clear = {_day(text) for text in _cells(tables, _CLEAR_DATES)}
    births = dict.fromkeys(_day(text) for text in _cells(tables, ("date_of_birth",)))
    hidden = [born for born in births if born not in clear]
    found["date of birth"] = dict.fromkeys(form for born in hidden for form in _written(born))
    found[COMPACT_DATE] = dict.fromkeys(form for born in hidden for form in _compact(born))
    return {kind: tuple(sorted(texts)) for kind, texts in found.items()}


def _cells(tables: Iterable[Table], columns: Sequence[str]) -> dict[str, None]:
    """The distinct texts in some columns, blanks and what is too short to mean anything left out."""
    texts: dict[str, None] = {}
    for table in tables:
        for place in (table.columns.index(name) for name in columns if name in table.columns):
            texts.update(dict.fromkeys(row[place] for row in table.rows))
    return {text: None for text in texts if len(text) >= _SHORTEST_WORD}


def _words(names: Mapping[str, None]) -> dict[str, None]:
    words = (word for name in names for word in re.split(r"[\s-]+", name))
    return dict.fromkeys(word for word in words if len(word) >= _SHORTEST_WORD)


def _full_names(tables: Iterable[Table]) -> dict[str, None]:
    names: dict[str, None] = {}
    for table in tables:
        for first, last in _FULL_NAMES:
            if first in table.columns and last in table.columns:
                one, other = table.columns.index(first), table.columns.index(last)
                names.update(dict.fromkeys(f"{row[one]} {row[other]}" for row in table.rows))
    return names


def _day(text: str) -> dt.date:
    """Read a date that an extract wrote, dd/mm/yyyy or ISO, with or without a time."""
    if text[2] == "/":
        return dt.date(int(text[6:10]), int(text[3:5]), int(text[:2]))
    return dt.date.fromisoformat(text[:10])


def _written(born: dt.date) -> tuple[str, ...]:
    day, month, year = f"{born.day:02d}", f"{born.month:02d}", f"{born.year:04d}"
    name = _MONTHS[born.month - 1]
    return (
        f"{year}-{month}-{day}",
        f"{day}/{month}/{year}",
        f"{day}-{month}-{year}",
        f"{day}.{month}.{year}",
        f"{year}/{month}/{day}",
        f"{day}/{month}/{year[2:]}",
        f"{born.day} {name} {year}",
        f"{day} {name[:3]} {year}",
    )


def _compact(born: dt.date) -> tuple[str, ...]:
    day, month, year = f"{born.day:02d}", f"{born.month:02d}", f"{born.year:04d}"
    return year + month + day, day + month + year
