"""What truly happened: every absence of every child in the period."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from linkage.lab.agencies import Country
from linkage.lab.care import CareSpell, looked_after_on
from linkage.lab.draws import Draws, Weighted
from linkage.lab.households import Address, Child, draw_address, eighteenth_birthday
from linkage.lab.rates import Rates

__all__ = ["SEPARATION", "Absence", "Place", "draw_absences"]

SEPARATION = 10
"""Days between the end of one absence and the start of the next, at least.

Recording moves an interval by a day at most, or towards a neighbour only while eight days are left, so that
it is never in doubt which recorded intervals belong to one event.
"""

_CARE_COUNTS = Weighted(((1, 0.38), (2, 0.18), (3, 0.10), (5, 0.12), (8, 0.10), (12, 0.07), (18, 0.05)))
_HOME_COUNTS = Weighted(((1, 0.62), (2, 0.18), (3, 0.08), (4, 0.05), (7, 0.04), (12, 0.03)))
_HOURS = (
    (0.0, 0.5), (0.30, 8.0), (0.65, 24.0), (0.90, 48.0), (0.975, 168.0), (0.995, 672.0), (1.0, 1400.0),
)  # fmt: skip
_START_HOUR = Weighted(
    ((6, 1), (7, 2), (8, 4), (9, 3), (10, 3), (11, 3), (12, 4), (13, 4), (14, 4), (15, 8), (16, 9), (17, 9),
     (18, 10), (19, 10), (20, 10), (21, 9), (22, 6), (23, 3))
)  # fmt: skip
_YOUNGEST = 4
_LATEST_OPEN = 120
_STILL_MISSING_UASC = 4
_NOT_IN_CARE = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where an absence began, in the words and codes in which agencies write it."""

    area: str
    kind: str
    postcode: str


@dataclass(frozen=True, slots=True)
class Absence:
    """One true absence: ``kind`` M where the whereabouts were unknown, A where they were known.

    ``end`` is None for a child who was still missing when the period ended; times are local, to the minute,
    and never between midnight and 2 o'clock, so that a day is the same day in UTC.
    """

    event: str
    child: Child
    kind: str
    start: dt.datetime
    end: dt.datetime | None
    spell: CareSpell | None
    place: Place
    last: bool
    room_before: int
    """Whole days by which a record may start earlier without touching the record of another absence."""
    room_after: int


@dataclass(frozen=True, slots=True)
class _Interval:
    start: dt.datetime
    end: dt.datetime


class _Diary:
    """Draws the absences of one child after another."""

    def __init__(self, country: Country, period: tuple[dt.date, dt.date], rates: Rates, seed: int) -> None:
        self.country = country
        self.first, self.last = period
        self.rates = rates
        self.draws = Draws(seed, "absences")
        # A stream of its own, so that what police leave out of an extract changes no other child.
        self.spare = Draws(seed, "absences of last resort")
        self.years = ((self.last - self.first).days + 1) / 365.25
        self.events = 0

    def absences(self, child: Child, spells: Sequence[CareSpell]) -> list[Absence]:
        """The absences of one child, in order and well apart."""
        first = max(self.first, child.born + dt.timedelta(days=365 * _YOUNGEST))
        last = min(self.last, eighteenth_birthday(child.born) - dt.timedelta(days=1))
        wanted = self.wanted(child) if first <= last else 0
        times = [time for time in self.intervals(wanted, first, last) if self.kept(child, spells, time)]
        places = [self.place(child, looked_after_on(spells, time.start.date())) for time in times]
        if not child.looked_after:
            times, places = self.seen_by_police(child, times, places, first, last)
        return [self.absence(child, spells, times, number, place) for number, place in enumerate(places)]

    def wanted(self, child: Child) -> int:
        """How many absences to try for; a child at home who is never missing is in nobody's records."""
        draws = self.draws
        if not child.looked_after:
            return self.times_years(draws.weighted(_HOME_COUNTS))
        age = (self.last - child.born).days // 365
        rate = self.rates.goes_missing_10_15 if age < 16 else self.rates.goes_missing_16_plus
        rate = rate if age >= 10 else self.rates.goes_missing_under_10
        count = draws.weighted(_CARE_COUNTS)
        return self.times_years(count) if draws.chance(1 - (1 - rate) ** self.years) else 0

    def times_years(self, count: int) -> int:
        """A yearly count for the whole period."""
        return max(1, round(count * self.years)) if count > 1 else count

    def intervals(self, wanted: int, first: dt.date, last: dt.date) -> list[_Interval]:
        """Up to ``wanted`` intervals that begin between two days, spread evenly, :data:`SEPARATION` apart."""
        lengths: list[tuple[int, int]] = []
        used, window = 0, (last - first).days + 1
        for _ in range(wanted):
            minutes = int(self.draws.quantile(_HOURS) * 60)
            days = minutes // 1440 + 2
            if used + days > window:
                break
            lengths.append((minutes, days + SEPARATION))
            used += days + SEPARATION
        slack = max(0, window - used)
        gaps = sorted(self.draws.below(slack + 1) for _ in lengths)
        found: list[_Interval] = []
        before = 0
        for gap, (minutes, days) in zip(gaps, lengths, strict=True):
            found.append(self.interval(first + dt.timedelta(days=gap + before), minutes, self.draws))
            before += days
        return found

    def interval(self, day: dt.date, minutes: int, draws: Draws) -> _Interval:
        """An absence of a given length that begins at some hour of a day."""
        start = dt.datetime(day.year, day.month, day.day)  # noqa: DTZ001
        start += dt.timedelta(hours=draws.weighted(_START_HOUR), minutes=draws.below(60))
        end = start + dt.timedelta(minutes=minutes)
        if end.hour < 2:
            end += dt.timedelta(hours=2)
        return _Interval(start, end)

    def kept(self, child: Child, spells: Sequence[CareSpell], time: _Interval) -> bool:
        """Whether an absence happened; looked-after children go missing from home less than from care."""
        away_from_care = looked_after_on(spells, time.start.date()) is None
        return self.draws.chance(_NOT_IN_CARE) or not (child.looked_after and away_from_care)

    def place(self, child: Child, spell: CareSpell | None) -> Place:
        """Where an absence began."""
        draws, councils = self.draws, self.country.councils
        home = spell.address if spell else child.home
        kind = spell.place if spell else "home"
        if draws.chance(self.rates.elsewhere):
            elsewhere = draw_address(self.country, draws.below(len(councils)), draws)
            return _placed(self.country, elsewhere, draws.pick(("school", "hospital", "other")))
        return _placed(self.country, home, kind)

    def seen_by_police(
        self, child: Child, times: list[_Interval], places: list[Place], first: dt.date, last: dt.date
    ) -> tuple[list[_Interval], list[Place]]:
        """Make sure that a child whom only police can know has one absence in a month that police submit."""
        if any(
            self.submitted(place.area, time.start.date()) for time, place in zip(times, places, strict=True)
        ):
            return times, places
        home = _placed(self.country, child.home, "home")
        days = [first + dt.timedelta(days=number) for number in range((last - first).days + 1)]
        day = self.spare.pick([day for day in days if self.submitted(home.area, day)])
        return [self.interval(day, 600, self.spare)], [home]

    def submitted(self, area: str, day: dt.date) -> bool:
        """Whether police submit what began in an area on a day."""
        return self.country.submits(self.country.force_of(area), area, f"{day.year:04d}-{day.month:02d}")

    def absence(
        self, child: Child, spells: Sequence[CareSpell], times: list[_Interval], number: int, place: Place
    ) -> Absence:
        """One absence, with the room that its neighbours leave."""
        self.events += 1
        time, last = times[number], number == len(times) - 1
        before = times[number - 1].end.date() if number else None
        after = None if last else times[number + 1].start.date()
        spell = looked_after_on(spells, time.start.date())
        kind = self.kind(spell)
        return Absence(
            event=f"V{self.events:08d}",
            child=child,
            kind=kind,
            start=time.start,
            end=None if last and self.still_missing(child, time, kind) else time.end,
            spell=spell,
            place=place,
            last=last,
            room_before=min(_room(before, time.start.date()), (time.start.date() - self.first).days),
            room_after=min(_room(time.end.date(), after), max(0, (self.last - time.end.date()).days)),
        )

    def kind(self, spell: CareSpell | None) -> str:
        """M or A: away from care without leave, or of no apparent risk to police."""
        known = self.draws.chance(self.rates.away if spell else self.rates.no_apparent_risk)
        return "A" if known else "M"

    def still_missing(self, child: Child, time: _Interval, kind: str) -> bool:
        """Whether the child had not come back when the period ended."""
        rate = self.rates.still_missing * (_STILL_MISSING_UASC if child.uasc else 1)
        never = self.draws.chance(rate) and (self.last - time.start.date()).days < _LATEST_OPEN
        return (never and kind == "M") or time.end.date() > self.last


def _placed(country: Country, address: Address, kind: str) -> Place:
    return Place(country.councils[address.council].code, kind, address.postcode)


def _room(end: dt.date | None, start: dt.date | None) -> int:
    """Days that each of two neighbours may stretch towards the other, so that eight days stay between."""
    if end is None or start is None:
        return 365
    return max(0, (start - end).days - SEPARATION) // 2


def draw_absences(
    children: Sequence[Child],
    care: dict[str, tuple[CareSpell, ...]],
    country: Country,
    period: tuple[dt.date, dt.date],
    rates: Rates,
    seed: int,
) -> tuple[Absence, ...]:
    """Draw all absences, child by child, each child's in order of time."""
    diary = _Diary(country, period, rates, seed)
    return tuple(each for child in children for each in diary.absences(child, care[child.entity]))
