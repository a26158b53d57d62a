"""Days and times as people of England and Wales read them; inside the unit everything is UTC."""

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Flask

__all__ = ["add_filters", "day_words", "hour_words", "time_words"]

_LONDON = ZoneInfo("Europe/London")


def day_words(stamped: str) -> str:
    """Return the day of a stamp, as 23 November 2026; one that is a day alone is that day in every zone."""
    moment = _local(stamped)
    return f"{moment.day} {moment:%B %Y}"


def time_words(stamped: str) -> str:
    """Return day and time of a stamp, as 23 November 2026, 14:05."""
    return f"{day_words(stamped)}, {_local(stamped):%H:%M}"


def hour_words(stamped: str) -> str:
    """Return the time of day of a stamp, as 14:05."""
    return f"{_local(stamped):%H:%M}"


def _local(stamped: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(stamped)
    if len(stamped) == len("2026-11-23"):
        return moment
    # Without a zone it is UTC, as all is inside; astimezone would take it for this machine's.
    return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(_LONDON)


def add_filters(app: Flask) -> None:
    """Let templates write ``{{ one.added_at | day }}`` and ``| time``."""
    app.add_template_filter(day_words, "day")
    app.add_template_filter(time_words, "time")
