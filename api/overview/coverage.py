"""Which months each side's snapshots speak of, by area.

A month counts as submitted if the period of a snapshot that stands contains it.  What a snapshot states of
areas within is payload, which only the register worker opens; its statistics go by that.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select

from api.store import schema
from api.store.areas import read_directory

__all__ = ["MONTHS", "AreaCoverage", "Calendar", "Side", "coverage_calendar", "newest_months"]

Side = Literal["both", "council", "police", "neither"]

MONTHS = 12
"""How many months a calendar shows at once."""


@dataclass(frozen=True, slots=True)
class AreaCoverage:
    """One council's area, its police force, and who submitted which of the calendar's months."""

    code: str
    name: str
    region: str
    force: str
    months: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Areas by months; ``earlier`` and ``later``: last month of the calendars before and after, if any."""

    months: tuple[str, ...]
    areas: Sequence[AreaCoverage]
    earlier: str | None
    later: str | None
    unlisted: tuple[str, ...]

    def count(self, side: Side) -> int:
        """Count the area-months that one, both or neither side submitted."""
        return sum(one.months.count(side) for one in self.areas)


def coverage_calendar(connection: Connection, last: str | None = None) -> Calendar:
    """Return the calendar of the months up to ``last`` (``YYYY-MM``), or up to the newest submitted one."""
    submitted = _submitted(connection)
    known = sorted({month for months in submitted.values() for month in months})
    if not known:
        return Calendar((), (), None, None, ())
    end = known[-1] if last is None else min(max(last, known[0]), known[-1])
    months = tuple(_back(end, MONTHS))
    areas, unlisted = _areas(connection, submitted, months)
    earlier = _back(months[0], 2)[0] if known[0] < months[0] else None
    later = min(_forward(end, MONTHS), known[-1]) if end < known[-1] else None
    return Calendar(months, areas, earlier, later, unlisted)


def newest_months(connection: Connection) -> tuple[str, str] | None:
    """Return the first and the last of the newest twelve months that snapshots speak of, if any does."""
    known = {month for months in _submitted(connection).values() for month in months}
    return (max(min(known), _back(max(known), MONTHS)[0]), max(known)) if known else None


def _submitted(connection: Connection) -> dict[str, set[str]]:
    """Return by agency the months of the snapshots that stand."""
    table, agencies = schema.submissions, schema.agencies
    query = (
        select(table.c.agency, table.c.period_start, table.c.period_end)
        .join(agencies, agencies.c.code == table.c.agency)
        .where(table.c.state == "accepted", agencies.c.removed_at.is_(None))
        .distinct()
    )
    found: dict[str, set[str]] = defaultdict(set)
    for agency, start, end in connection.execute(query):
        found[agency].update(_between(start[:7], end[:7]))
    return found


def _areas(
    connection: Connection, submitted: dict[str, set[str]], months: tuple[str, ...]
) -> tuple[list[AreaCoverage], tuple[str, ...]]:
    """Return every area of the directory, and councils that are not in it by themselves."""
    agencies = schema.agencies
    enrolled = connection.execute(
        select(agencies.c.code, agencies.c.role, agencies.c.name)
        .where(agencies.c.removed_at.is_(None))
        .order_by(agencies.c.code)
    ).all()
    directory = read_directory(connection)
    rows = [
        AreaCoverage(
            one.area_code,
            one.area_name,
            one.region_name,
            one.force_name,
            _sides(months, submitted.get(one.area_code, ()), submitted.get(one.force_code, ())),
        )
        for one in directory.areas.values()
    ]
    placed = set(directory.areas) | {one.force_code for one in directory.areas.values()}
    unlisted = [one for one in enrolled if one.code not in placed]
    for one in unlisted:
        own = submitted.get(one.code, ())
        council = one.role == "council"
        sides = _sides(months, own if council else (), () if council else own)
        rows.append(AreaCoverage(one.code, one.name, "not in the area directory", "", sides))
    return rows, tuple(one.code for one in unlisted)


def _sides(months: Iterable[str], council: Iterable[str], police: Iterable[str]) -> tuple[Side, ...]:
    words: dict[tuple[bool, bool], Side] = {
        (True, True): "both",
        (True, False): "council",
        (False, True): "police",
        (False, False): "neither",
    }
    ours, theirs = set(council), set(police)
    return tuple(words[month in ours, month in theirs] for month in months)


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _month(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _between(first: str, last: str) -> list[str]:
    return [_month(one) for one in range(_number(first), _number(last) + 1)]


def _back(last: str, count: int) -> list[str]:
    return _between(_month(_number(last) - count + 1), last)


def _forward(month: str, count: int) -> str:
    return _month(_number(month) + count)
