"""The clock as a value, so that what depends on time can be shown in a test."""

import datetime as dt
from collections.abc import Callable

__all__ = ["Clock", "day_of", "stamp", "utc_now"]

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def stamp(moment: dt.datetime) -> str:
    """Return a moment as text whose order is the order of time; databases hold this form."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def day_of(stamped: str) -> str:
    """Return the beginning of a stamp's day, as a stamp: what is stored where no more than the day is needed.

    Nobody can set it beside what happened elsewhere at that minute; docs/operations/privacy.md lists all.
    """
    return f"{stamped[:10]}T00:00:00.000000Z"
