"""When an absence was, at the precision of its source, and when two of them agree.

Days are calendar days in Europe/London, because that is what a date-only source wrote: a force's
2025-06-30T23:30Z and a council's 2025-07-01 are the same day.  Differences between two times of day are
taken in UTC, so that a change of the clocks neither adds an hour nor hides one.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from linkage.errors import InputError
from linkage.wire.moments import Moment
from linkage.wire.records import Episode

__all__ = ["Point", "Span", "Tolerance", "child_spans", "minutes_between", "month_of", "point"]

_LONDON = ZoneInfo("Europe/London")
_MINUTE = timedelta(minutes=1)
_DAY_MINUTES = 24 * 60


class Point(NamedTuple):
    """A moment made comparable: calendar day (proleptic ordinal) and, if known, minutes since 1970 in UTC."""

    day: int
    minute: int | None


def point(moment: Moment) -> Point:
    """Place a moment on London's calendar."""
    if moment.precision == "day":
        return Point(moment.at.toordinal(), None)
    return Point(moment.at.astimezone(_LONDON).toordinal(), int(moment.at.timestamp()) // 60)


def month_of(moment: Moment) -> str:
    """Return the calendar month in London, written ``YYYY-MM``: the month that coverage speaks of."""
    if moment.precision == "day":
        return moment.month
    local = moment.at.astimezone(_LONDON)
    return f"{local.year:04d}-{local.month:02d}"


class Span(NamedTuple):
    """One agency's episode as an interval; an open one ends where :func:`child_spans` says."""

    agency: str
    episode: Episode
    start: Point
    end: Point
    open: bool

    @property
    def handle(self) -> str:
        """The episode's handle."""
        return self.episode.handle

    @property
    def order(self) -> tuple[int, int, str]:
        """Earlier start first, a date before the times of that day, then the smaller handle."""
        return (self.start.day, -1 if self.start.minute is None else self.start.minute, self.episode.handle)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far two agencies' moments may differ and still agree, both limits included.

    ``day`` holds when either moment is a date without a time, ``minute`` when both have times.
    Raises :class:`InputError` if either is negative.
    """

    day: timedelta = timedelta(days=1)
    minute: timedelta = timedelta(hours=6)

    def __post_init__(self) -> None:
        """Refuse negative tolerances, under which nothing would agree with itself."""
        if min(self.day, self.minute) < timedelta(0):
            raise InputError("a tolerance may not be negative")

    @property
    def reach(self) -> int:
        """Whole days beyond which nothing agrees; six hours, too, can reach past midnight."""
        return max(self.day.days, -(-self.minute // timedelta(days=1)) + 1)

    def agree(self, left: Point, right: Point) -> bool:
        """Tell whether two moments agree."""
        return abs(minutes_between(left, right)) <= self._limit(left, right)

    def same_absence(self, left: Span, right: Span) -> bool:
        """Tell whether two intervals overlap when one is widened by the tolerance, or their starts agree."""
        return self.agree(left.start, right.start) or (
            self._reaches(left.end, right.start) and self._reaches(right.end, left.start)
        )

    def is_part(self, part: Span, whole: Span) -> bool:
        """Tell whether one interval lies within another that may be longer.

        It may begin earlier or end later by the tolerance, if it has more in common with the whole than a
        touch: an absence that began on the day on which another ended is one of its own.  Of an open one
        only its start counts.
        """
        end = part.start if part.open else part.end
        later, sooner = minutes_between(whole.start, part.start), minutes_between(end, whole.end)
        if later >= 0 and sooner >= 0:
            return True
        within = later >= -self._limit(whole.start, part.start) and sooner >= -self._limit(end, whole.end)
        touches = minutes_between(part.start, whole.end) <= 0 or minutes_between(whole.start, end) <= 0
        return within and not touches

    def _reaches(self, end: Point, start: Point) -> bool:
        return minutes_between(end, start) <= self._limit(end, start)

    def _limit(self, left: Point, right: Point) -> int:
        either_is_date = left.minute is None or right.minute is None
        return (self.day if either_is_date else self.minute) // _MINUTE


def minutes_between(left: Point, right: Point) -> int:
    """Return the signed minutes from left to right; whole days if either has no time of day."""
    if left.minute is None or right.minute is None:
        return (right.day - left.day) * _DAY_MINUTES
    return right.minute - left.minute


def child_spans(
    agency: str, episodes: Iterable[Episode], *, snapshot_end: int, tolerance: Tolerance
) -> list[Span]:
    """Make the episodes of one child record intervals, in order of start.

    An open episode runs to ``snapshot_end``, the last calendar day of the agency's snapshot, or to the next
    episode of the same record that begins beyond the day tolerance: a child who was seen leaving again had
    been back.  Otherwise one record that nobody closed would swallow every later absence of the child.
    """
    spans = sorted((_span(agency, episode) for episode in episodes), key=lambda span: span.order)
    starts = [span.start.day for span in spans]
    for index, span in enumerate(spans):
        if span.open:
            following = bisect_right(starts, span.start.day + tolerance.day.days)
            spans[index] = span._replace(end=_open_end(span, spans[following:][:1], snapshot_end))
    return spans


def _span(agency: str, episode: Episode) -> Span:
    start = point(episode.start)
    if episode.end is None:
        return Span(agency, episode, start, start, open=True)
    end = point(episode.end)
    # A time just before midnight UTC in summer and a date in UTC's calendar can seem to run backwards.
    return Span(agency, episode, start, Point(max(start.day, end.day), end.minute), open=False)


def _open_end(span: Span, following: list[Span], snapshot_end: int) -> Point:
    last = Point(max(span.start.day, snapshot_end), None)
    return min([last, *(later.start for later in following)], key=lambda end: end.day)
