"""Who submitted which area and month: the denominators of every comparison."""

import datetime as dt
from collections.abc import Iterator, Mapping

from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import point
from linkage.wire.codes import Role
from linkage.wire.records import Coverage

__all__ = ["CoverageCalendar"]

_NOWHERE: frozenset[str] = frozenset()


class CoverageCalendar:
    """Coverage of every agency, asked by side, agency, area and month (``YYYY-MM``)."""

    def __init__(self, records: Mapping[str, AgencyRecords]) -> None:
        self._submitted: dict[Role, set[tuple[str, str]]] = {"council": set(), "police": set()}
        self._areas: dict[tuple[str, str], frozenset[str]] = {}
        last_days: dict[str, int] = {}
        for agency, entry in records.items():
            for row in entry.payload.coverage:
                if _may_state(agency, entry.role, row):
                    self._submitted[entry.role].add((row.area, row.month))
                key = (agency, row.month)
                self._areas[key] = self._areas.get(key, _NOWHERE) | {row.area}
                last_days[agency] = max(last_days.get(agency, 0), _last_day(row.month))
        latest = max(_days_mentioned(records), default=1)
        self._snapshot_ends = {agency: last_days.get(agency, latest) for agency in records}

    def covered(self, role: Role, area: str, month: str) -> bool:
        """Tell whether any agency of one side submitted an area and month."""
        return (area, month) in self._submitted[role]

    def areas(self, agency: str, month: str) -> frozenset[str]:
        """Return the areas that an agency submitted for a month."""
        return self._areas.get((agency, month), _NOWHERE)

    def snapshot_end(self, agency: str) -> int:
        """Return the calendar day (ordinal) up to which an agency's open episodes are known to run.

        It is the last day of the last month that the agency's coverage states; for an agency that states
        none, the last day that any record mentions.
        """
        return self._snapshot_ends[agency]


def _may_state(agency: str, role: Role, row: Coverage) -> bool:
    """Tell whether an agency may speak for an area.

    A council speaks for its own only: otherwise one council could make police episodes of another's area
    comparable, and a force would be told that nobody there looks after those children.
    """
    return role == "police" or row.area == agency


def _last_day(month: str) -> int:
    year, number = int(month[:4]), int(month[5:])
    following = dt.date(year + number // 12, number % 12 + 1, 1)
    return following.toordinal() - 1


def _days_mentioned(records: Mapping[str, AgencyRecords]) -> Iterator[int]:
    for entry in records.values():
        payload = entry.payload
        intervals = [(e.start, e.end) for e in payload.episodes]
        intervals += [(s.start, s.end) for s in payload.care_spells]
        for start, end in intervals:
            yield point(end or start).day
        for row in payload.coverage:
            yield _last_day(row.month)
