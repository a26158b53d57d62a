"""In which order a column's dates are written, by the dates themselves.

``13/05/2025`` can only be day before month and ``05/13/2025`` only month before day; ``05/06/2025`` may be
either.  A column of which some dates are one and some the other leaves every date of the third kind in doubt:
no reader may guess.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cli.sources.dates import DateOrder
from linkage.errors import InputError

__all__ = ["DOUBTFUL", "Evidence", "may_be_either", "require_order", "weigh"]

_NUMBERS = re.compile(r"\s*(\d{1,2})\s?[-/.]\s?(\d{1,2})\s?[-/.]\s?(?:\d{4}|\d{2})(?!\d).*", re.DOTALL)
_MONTHS = range(1, 13)
_DAYS = range(1, 32)
_SLIPS = 50
"""One date in so many may be a slip; beyond that the column has two orders."""

_FEWEST = 2
"""A column's only date may simply be wrong: that is a fault of its row."""

DOUBTFUL = (
    "could be either of two days: the column has dates in both orders",
    "write the column's dates in one order, best as 2025-06-05, and export again",
)
"""Problem and cure of a date that may be either, in such a column."""

Reading = Literal["dmy", "mdy", "either", "none"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """How many dates of a column can be of each order only, how many of either; where each first stood."""

    dmy: int = 0
    mdy: int = 0
    either: int = 0
    first_dmy: int = 0
    first_mdy: int = 0

    def count(self, order: DateOrder) -> int:
        """Return how many dates can only be of one order."""
        return self.dmy if order == "dmy" else self.mdy

    def first(self, order: DateOrder) -> int:
        """Return the row of the first of them."""
        return self.first_dmy if order == "dmy" else self.first_mdy

    @property
    def order(self) -> DateOrder | None:
        """The order that the dates show, if they show one and do not conflict."""
        if self.conflicts or not self.dmy + self.mdy:
            return None
        return "dmy" if self.dmy >= self.mdy else "mdy"

    @property
    def conflicts(self) -> bool:
        """Whether more of the dates are in the rarer order than slips explain."""
        return min(self.dmy, self.mdy) * _SLIPS > max(self.dmy, self.mdy)


def weigh(values: Iterable[tuple[int, str]]) -> Evidence:
    """Return what a column's dates show; ``values``: each with its row."""
    counts: dict[Reading, int] = {"dmy": 0, "mdy": 0, "either": 0, "none": 0}
    firsts: dict[Reading, int] = {}
    for row, text in values:
        reading = _reading(text)
        counts[reading] += 1
        firsts.setdefault(reading, row)
    return Evidence(
        counts["dmy"], counts["mdy"], counts["either"], firsts.get("dmy", 0), firsts.get("mdy", 0)
    )


def may_be_either(text: str) -> bool:
    """Tell whether a text is a date of two readings."""
    return _reading(text) == "either"


def require_order(evidence: Evidence, order: DateOrder, *, file: str, column: str) -> None:
    """Raise :class:`InputError` for a column whose dates are all in the other order than is expected."""
    other: DateOrder = "mdy" if order == "dmy" else "dmy"
    against = evidence.count(other)
    if evidence.count(order) or not against or against + evidence.either < _FEWEST:
        return
    words = {"dmy": "day before month", "mdy": "month before day"}
    raise InputError(
        f"{file}, {column}: the dates have the {words[other]} (row {evidence.first(other)} shows it), the "
        f"mapping expects the {words[order]}",
        hint=f'write date_order = "{other}" into the mapping, for all columns or for this one as '
        f'{{ column = "…", date_order = "{other}" }}',
    )


def _reading(text: str) -> Reading:
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return "none"
    first, second = int(match[1]), int(match[2])
    as_dmy = first in _DAYS and second in _MONTHS
    as_mdy = first in _MONTHS and second in _DAYS
    if as_dmy and as_mdy:
        return "none" if first == second else "either"
    return "dmy" if as_dmy else "mdy" if as_mdy else "none"
