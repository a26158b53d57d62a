"""Dates and times that remember how precisely their source knew them."""

import datetime as dt
import re
from typing import Literal, Self

__all__ = ["EARLIEST_YEAR", "LATEST_YEAR", "Moment", "Precision"]

Precision = Literal["day", "minute"]
_UTC = dt.UTC
EARLIEST_YEAR, LATEST_YEAR = 1900, 2199
"""Years beyond these are mistakes or mischief: what reckons with days must never overflow."""

_EXPECTED = "a moment is written YYYY-MM-DD or YYYY-MM-DDThh:mmZ"
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}Z)?")


class Moment:
    """A point in time at the precision of its source; immutable and comparable by value.

    ``at`` is UTC; at precision ``day`` it is midnight UTC of the calendar day that the source wrote and
    stands for the whole day.  Written ``2025-03-01`` or ``2025-03-01T14:30Z``.
    """

    # Not a dataclass: msgspec would write a dataclass as an object, where the format says text.
    __slots__ = ("at", "precision")

    at: dt.datetime
    precision: Precision

    def __init__(self, at: dt.datetime, precision: Precision) -> None:
        object.__setattr__(self, "at", at)
        object.__setattr__(self, "precision", precision)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a moment cannot be changed")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and (self.at, self.precision) == (other.at, other.precision)

    def __hash__(self) -> int:
        return hash((self.at, self.precision))

    def __repr__(self) -> str:
        return f"Moment.parse({str(self)!r})"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Moment.parse, (str(self),))

    @classmethod
    def day(cls, day: dt.date) -> Self:
        """Make a moment that is known to the day only."""
        return cls(dt.datetime(day.year, day.month, day.day, tzinfo=_UTC), "day")

    @classmethod
    def minute(cls, at: dt.datetime) -> Self:
        """Make a moment that is known to the minute; ``at`` must carry a time zone."""
        if at.tzinfo is None:
            raise ValueError("a date-time needs a time zone")
        return cls(at.astimezone(_UTC).replace(second=0, microsecond=0), "minute")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the written form; raises ValueError without repeating what it read."""
        if _WRITTEN.fullmatch(text) is None:
            raise ValueError(_EXPECTED)
        try:
            at = dt.datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(_EXPECTED) from None
        if not EARLIEST_YEAR <= at.year <= LATEST_YEAR:
            raise ValueError(f"a year lies between {EARLIEST_YEAR} and {LATEST_YEAR}")
        return cls(at, "minute") if at.tzinfo else cls(at.replace(tzinfo=_UTC), "day")

    @property
    def date(self) -> dt.date:
        """The calendar day."""
        return self.at.date()

    @property
    def month(self) -> str:
        """The calendar month, written ``YYYY-MM``."""
        return f"{self.at.year:04d}-{self.at.month:02d}"

    def __str__(self) -> str:
        # Not strftime: it writes years below 1000 with three digits on some platforms.
        return self.at.date().isoformat() if self.precision == "day" else f"{self.at:%Y-%m-%dT%H:%MZ}"
