"""Return interviews that are overdue: for the council alone that is responsible for the child."""

import datetime as dt
from collections.abc import Iterable, Mapping

from linkage.register.classes import Classified
from linkage.register.snapshots import AgencyRecords
from linkage.register.spans import Point, point
from linkage.wire.moments import Moment
from linkage.wire.records import ReturnInterview

__all__ = ["Interviews"]

HOURS = 72
_MINUTES = HOURS * 60
_DAYS = HOURS // 24
_ENDED = frozenset({"declined", "unable"})
"""Outcomes after which no interview is to be expected any more."""


class Interviews:
    """Every council's interviews, and the moment up to which each council's records are known."""

    def __init__(self, records: Mapping[str, AgencyRecords], as_of: Mapping[str, dt.datetime]) -> None:
        """``as_of``: when each agency's latest snapshot was made; of one without, nothing is overdue."""
        self._as_of = {agency: point(Moment.minute(moment)) for agency, moment in as_of.items()}
        self._settled = {
            (agency, one.episode)
            for agency, entry in records.items()
            if entry.role == "council"
            for one in entry.payload.interviews
            if _is_settled(one)
        }

    def overdue(self, reports: Iterable[Classified]) -> list[tuple[str, str]]:
        """Return (council, episode) of its own absences whose interview is overdue.

        An episode that the council holds for another one's child is that one's affair, and a duplicate has
        no interview of its own.
        """
        return [
            (one.span.agency, one.span.handle)
            for one in reports
            if one.role == "council"
            and one.reconciliation_class != "DUPLICATE_WITHIN_AGENCY"
            and one.span.episode.responsible in {None, one.span.agency}
            and (one.span.agency, one.span.handle) not in self._settled
            and self.is_late(one, one.span.agency)
        ]

    def is_late(self, report: Classified, council: str) -> bool:
        """Tell whether a missing child had been back for 72 hours when a council made its snapshot.

        A return of which only the day is known counts from the end of that day.
        """
        as_of, span = self._as_of.get(council), report.span
        if as_of is None or span.open or span.episode.kind != "missing":
            return False
        return _elapsed(span.end, as_of)


def _is_settled(interview: ReturnInterview) -> bool:
    return interview.completed is not None or interview.outcome in _ENDED


def _elapsed(end: Point, as_of: Point) -> bool:
    if end.minute is None or as_of.minute is None:
        return as_of.day > end.day + _DAYS
    return as_of.minute - end.minute > _MINUTES
