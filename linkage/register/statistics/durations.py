"""How long absences lasted, as far as the precision of their sources can tell.

Where both start and end are known to the minute, a duration is exact.  Where either is a date, only calendar
days are known: an absence that ended the next day lasted a minute or 47 hours.  The two are therefore never
put into the same bands.
"""

from bisect import bisect_left, bisect_right

from linkage.register.spans import Point

__all__ = [
    "DAY_BANDS",
    "DFE_BANDS",
    "HOUR_BANDS",
    "OPEN_BANDS",
    "TIMED_BANDS",
    "WITHIN_HOURS",
    "band_of_hours",
    "dfe_band",
    "duration_band",
    "interview_timing",
    "open_band",
]

_HOUR, _DAY = 60, 24 * 60
TIMED_BANDS = ("under-8h", "8h-24h", "24h-48h", "2d-7d", "7d-28d", "28d-or-more")
_TIMED_LIMITS = (8 * _HOUR, _DAY, 2 * _DAY, 7 * _DAY, 28 * _DAY)
DAY_BANDS = ("same-day", "next-day", "2-days", "3-7-days", "8-28-days", "29-days-or-more")
_DAY_LIMITS = (1, 2, 3, 8, 29)
DFE_BANDS = ("up-to-2-days", "3-30-days", "over-30-days")
OPEN_BANDS = ("up-to-7-days", "8-28-days", "over-28-days")
HOUR_BANDS = ("up-to-24h", "24h-48h", "48h-72h", "72h-120h", "120h-168h", "over-168h")
"""Hours from return to interview, where both are known to the minute."""
_HOUR_LIMITS = tuple(hours * _HOUR for hours in (24, 48, 72, 120, 168))
WITHIN_HOURS = 72


def duration_band(start: Point, end: Point | None) -> str:
    """Return the band of a duration, ``open`` without an end."""
    if end is None:
        return "open"
    if start.minute is not None and end.minute is not None:
        return TIMED_BANDS[bisect_right(_TIMED_LIMITS, end.minute - start.minute)]
    return DAY_BANDS[bisect_right(_DAY_LIMITS, end.day - start.day)]


def dfe_band(start: Point, end: Point | None) -> str:
    """Return the band that the national return can tell, which counts calendar days."""
    return "open" if end is None else DFE_BANDS[bisect_right((3, 31), end.day - start.day)]


def open_band(start_day: int, last_day: int) -> str:
    """Return how long an absence had been open on a day, in days."""
    return OPEN_BANDS[bisect_right((8, 29), last_day - start_day)]


def interview_timing(returned: Point, held: Point) -> str:
    """Tell whether an interview was within 72 hours of the return.

    Where a time of day is wanting, up to two calendar days are surely within, four surely beyond, and three
    cannot be told; nor can anything where the interview seems to come before the return.
    """
    if returned.minute is not None and held.minute is not None:
        minutes = held.minute - returned.minute
        if minutes < 0:
            return "hours-not-known"
        return "within-72h" if minutes <= WITHIN_HOURS * _HOUR else "after-72h"
    days = held.day - returned.day
    if days < 0 or days == 3:
        return "hours-not-known"
    return "within-72h" if days < 3 else "after-72h"


def band_of_hours(returned: Point, held: Point) -> str:
    """Return the band of hours from return to interview, ``hours-not-known`` where a time is wanting."""
    if returned.minute is None or held.minute is None or held.minute < returned.minute:
        return "hours-not-known"
    return HOUR_BANDS[bisect_left(_HOUR_LIMITS, held.minute - returned.minute)]
