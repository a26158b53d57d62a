"""Absences that somebody else holds and the council that looks after the child does not."""

from collections.abc import Iterable

from linkage.register.coverage import CoverageCalendar
from linkage.register.persons import Holdings
from linkage.register.spans import Span, month_of
from linkage.wire.codes import Role

__all__ = ["unseen_by"]


def unseen_by(
    span: Span, role: Role, holders: Iterable[str], holdings: Holdings, calendar: CoverageCalendar
) -> tuple[str, ...]:
    """Return the responsible councils that lack an absence out of their area, in order.

    Such a council looked after the child on the day of the start, submitted that month, and is none of the
    ``holders``, the councils with an episode of the absence; and either it had placed the child in another
    council's area, or a council that did not look after the child holds the absence.  What a council calls
    away is nobody else's to know.
    """
    if role == "council" and span.episode.kind == "away":
        return ()
    care = holdings.in_care(span.start.day)
    if not care:
        return ()
    holding, month = set(holders), month_of(span.episode.start)
    hosted = bool(holding - {one.agency for one in care})
    return tuple(
        sorted(
            {
                one.agency
                for one in care
                if one.agency not in holding
                and (hosted or one.out_of_area)
                and calendar.covered("council", one.agency, month)
            }
        )
    )
