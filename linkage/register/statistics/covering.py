"""Which areas and months each side submitted: beside every figure, for a figure says no more than that.

Coverage is about agencies and not about children, and is published as it is.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from linkage.register.areas import AreaDirectory
from linkage.register.counts import Dimension
from linkage.register.coverage import CoverageCalendar
from linkage.register.statistics.facts import NOT_STATED
from linkage.register.statistics.periods import Period, quarter_of, year_of
from linkage.register.statistics.trees import UNKNOWN_REGION

__all__ = ["AreaMonths", "Covered"]


class Covered(NamedTuple):
    """Of how many councils' months how many were submitted by both sides, by one alone, by neither."""

    months: int
    both: int
    councils_only: int
    police_only: int

    @property
    def neither(self) -> int:
        """Return the months of which the register knows nothing."""
        return self.months - self.both - self.councils_only - self.police_only

    @property
    def percent(self) -> float | None:
        """Return the share that both sides submitted, None where there is nothing to submit."""
        return None if self.months == 0 else 100 * self.both / self.months


class AreaMonths:
    """Coverage of a period, asked by area of any level and month, quarter or year."""

    def __init__(
        self, calendar: CoverageCalendar, directory: AreaDirectory, period: Period, found: Iterable[str] = ()
    ) -> None:
        unlisted = sorted(set(found) - set(directory.areas) - {NOT_STATED})
        sides = {
            (area, month): (calendar.covered("council", area, month), calendar.covered("police", area, month))
            for area in (*directory.areas, *unlisted)
            for month in period.months
        }
        self._set(directory, period, unlisted, sides)

    @classmethod
    def again(
        cls,
        directory: AreaDirectory,
        period: Period,
        unlisted: Iterable[str],
        submitted: Mapping[tuple[str, str], tuple[bool, bool]],
    ) -> "AreaMonths":
        """Return the coverage that had these areas that were not listed, and these submissions."""
        made = cls.__new__(cls)
        made._set(directory, period, unlisted, submitted)
        return made

    def _set(
        self,
        directory: AreaDirectory,
        period: Period,
        unlisted: Iterable[str],
        sides: Mapping[tuple[str, str], tuple[bool, bool]],
    ) -> None:
        self._directory = directory
        self._unlisted = list(unlisted)
        self._months = _months_by_time(period)
        self._sides = dict(sides)

    @property
    def unlisted(self) -> tuple[str, ...]:
        """Return the areas that were found and are not in the directory."""
        return tuple(self._unlisted)

    @property
    def submitted(self) -> Mapping[tuple[str, str], tuple[bool, bool]]:
        """Return by area and month whether councils and police submitted it."""
        return self._sides

    def covered(self, councils: Iterable[str], time: str | None = None) -> Covered:
        """Return the coverage of some councils' areas, in one part of the period or all of it."""
        months = self._months[time]
        sides = [self._sides[area, month] for area in councils for month in months]
        return Covered(
            len(sides),
            sides.count((True, True)),
            sides.count((True, False)),
            sides.count((False, True)),
        )

    def everywhere(self) -> list[str]:
        """Return all councils, listed or found."""
        return [*self._directory.areas, *self._unlisted]

    def councils(self, code: str, dimension: Dimension) -> list[str]:
        """Return the councils below a code of an area or force dimension."""
        if code == dimension.total:
            return self.everywhere()
        listed = self._directory.within(code)
        if listed or code == NOT_STATED:
            return sorted(listed)
        return self._unlisted if code == UNKNOWN_REGION else [one for one in self._unlisted if one == code]


def _months_by_time(period: Period) -> dict[str | None, list[str]]:
    """Return the months of the period, and of every year, quarter and month of it."""
    found: dict[str | None, list[str]] = {None: list(period.months), period.code: list(period.months)}
    for month in period.months:
        for time in {month, quarter_of(month), year_of(month)} - {period.code}:
            found.setdefault(time, []).append(month)
    return found
