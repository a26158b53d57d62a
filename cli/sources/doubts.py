"""What may be true and seldom is: dates that stand for an unknown day, and durations that nobody means.

All are warnings.  The children-looked-after return puts the 15th where the day of birth is not known, other
systems the first of January or of the month, most of all for unaccompanied asylum-seeking children.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence

from linkage.wire.moments import Moment

__all__ = ["ADULT", "Doubt", "birth_doubt", "birthday", "crowded_days", "duration_doubts"]

ADULT = 18
_RETURN_DAY, _FIRST = 15, 1
_LONG = dt.timedelta(days=365)
_PLAUSIBLE = 1950
_ENOUGH = 40
_CROWDED = 6
"""A day of the month that one date of birth in six has, where one in thirty is to be expected."""

Doubt = tuple[str, str]
"""What is doubtful, and what to do."""

_CHECK_BIRTH = "check it; if only the year or month is known, give no more than that"


def birth_doubt(born: dt.date, *, uasc: bool) -> Doubt | None:
    """Return why a date of birth may stand for an unknown day, if it may."""
    if born.year < _PLAUSIBLE:  # a placeholder in whole, of which the encoder's own reader warns
        return None
    if (born.month, born.day) == (1, 1):
        return "the first of January, which often stands for a day that is not known", _CHECK_BIRTH
    if uasc and born.day in (_RETURN_DAY, _FIRST):
        day = "15th" if born.day == _RETURN_DAY else "first"
        return (
            f"the {day} of a month, for an unaccompanied child: it may stand for an unknown day",
            _CHECK_BIRTH,
        )
    return None


def crowded_days(births: Sequence[dt.date]) -> Iterator[tuple[int, int]]:
    """Yield the days of the month that too many of the dates of birth share, and how many do."""
    days = Counter(born.day for born in births)
    for day in (_FIRST, _RETURN_DAY):
        if len(births) >= _ENOUGH and days[day] * _CROWDED > len(births):
            yield day, days[day]


def birthday(born: dt.date, years: int) -> dt.date:
    """Return the day on which somebody becomes so old; of 29 February the first of March."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return dt.date(born.year + years, 3, 1)


def duration_doubts(
    start: Moment, end: Moment | None, born: dt.date | None, *, today: dt.date
) -> Iterator[Doubt]:
    """Yield what is doubtful about how long an episode lasted."""
    if end is None:
        if born is not None and today >= birthday(born, ADULT) > start.date:
            yield "still open, though the child is 18 by now", "give the end, at the latest the 18th birthday"
        elif today - start.date > _LONG:
            yield "open for more than a year", "check whether the child was found, and give the end"
        return
    if "day" not in (start.precision, end.precision) and end.at == start.at:
        yield "it lasted no time at all", "correct the start or the end"
    elif end.date - start.date > _LONG:
        yield "it lasted for more than a year", "check both dates"
