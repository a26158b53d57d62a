"""Who writes down which absence, and how: the truth about reconciliation, by construction.

Every absence is held by a council, by police or by both; where both hold it, one side's start or end may
be moved by 2 to 6 days, or left open.  A start only ever moves earlier and an end only later, so the two
sides' intervals always overlap, and only as far as leaves eight days to the child's other absences.  The
class of each report follows from what was done to it here; nothing is compared.

A council in whose area another council's child lives may hold the absence as well, just as police do.  What
somebody holds of a child that a council looked after, and that council does not, is out of its sight.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from linkage.lab.agencies import Agency, Country
from linkage.lab.care import CareSpell, looked_after_on
from linkage.lab.draws import Draws
from linkage.lab.missing import Absence
from linkage.lab.rates import Rates

__all__ = ["Report", "write_reports"]

_COUNCIL_MOVES = 0.6
_BOTH_MOVE = 0.25
_SHORTEST_SHIFT, _LONGEST_SHIFT = 2, 6
_COUNCIL_LEFT_OPEN = 0.6
_MOST_MINUTES_LATER = 300
_POLICE_KNOW_RESPONSIBLE = 0.85
_POLICE_NAME_HOST = 0.03
_POLICE_NAME_HOME = 0.3
_COUNCIL_ALONE_AFTER_CARE = 0.25
_SHORTEST_SPLIT = 4
"""Days: two parts of one each, and two between, which neither agency's tolerance bridges."""
_CONFLICTS = {
    "OPEN_CLOSED_CONFLICT",
    "SPLIT_MERGE",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
    "TYPE_CONFLICT",
}
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Report:
    """One agency's report of an absence; ``truth`` is the reconciliation class of perfect linkage.

    A council's times are known to the day only: whoever writes them out drops the time of day.
    """

    agency: Agency
    absence: Absence
    kind: str
    start: dt.datetime
    end: dt.datetime | None
    responsible: str
    """The responsible council as this report gives it; blank where police do not know."""
    truth: str
    second: bool = False
    part: int = 0
    """Which part of an absence that is held as two; 0 for the whole."""

    @property
    def month(self) -> str:
        """The month in which the report says the absence began."""
        return f"{self.start.year:04d}-{self.start.month:02d}"


@dataclass(frozen=True, slots=True)
class _Sides:
    council: Report | None
    police: Report | None
    match: str = "MATCHED"
    """The class of both, if both are submitted."""
    host: Report | None = None
    split: str = ""
    """The role of the side that holds it as two."""

    @property
    def holders(self) -> set[str]:
        """The councils that hold it."""
        return {report.agency.code for report in (self.council, self.host) if report is not None}


class _Recorder:
    """Writes the reports of one absence after another."""

    def __init__(
        self,
        country: Country,
        care: dict[str, tuple[CareSpell, ...]],
        period: tuple[dt.date, dt.date],
        hosting: Mapping[str, Collection[str]],
        rates: Rates,
        seed: int,
    ) -> None:
        self.country = country
        self.care = care
        self.first, self.last = period
        self.hosting = hosting
        self.rates = rates
        self.draws = Draws(seed, "reports")
        # A stream of its own: what it decides changes nothing about the other reports.
        self.beside = Draws(seed, "reports beside")
        self.by_code = {council.code: council for council in country.councils}

    def reports(self, absence: Absence) -> Iterator[Report]:
        """The reports of one absence that reach the linkage unit, each with its class."""
        timed = self.divided(self.timed(self.sides(absence), absence), absence)
        sides = self.submitted(self.hosted(timed, absence))
        for report in (sides.council, sides.police, sides.host):
            if report is not None:
                parts = self.parts(report) if report.agency.role == sides.split else (report,)
                firsts = [replace(part, truth=self.truth(part, sides)) for part in parts]
                yield from firsts
                again = list(self.second(firsts[0]))
                yield from again if len(firsts) == 1 else ()

    def sides(self, absence: Absence) -> _Sides:
        """Who holds an absence, before anybody makes a mistake about its times."""
        point, alone = self.draws.uniform(), self.draws.chance(_COUNCIL_ALONE_AFTER_CARE)
        police, council = self.police_report(absence), self.council_report(absence)
        if council is None:
            return _Sides(None, police)
        if absence.kind == "A":
            return self.away(council, police, absence)
        if absence.spell is None:
            recorded = point < self.rates.recorded_after_care
            return _Sides(council if recorded else None, None if recorded and alone else police)
        forgotten = self.rates.council_forgets
        if point < forgotten:
            return _Sides(None, police)
        if point < forgotten + self.rates.police_not_told:
            return _Sides(council, None)
        if self.beside.chance(self.rates.graded_no_risk):
            return _Sides(council, replace(police, kind="NAR"), "TYPE_CONFLICT")
        return _Sides(council, police)

    def away(self, council: Report, police: Report, absence: Absence) -> _Sides:
        """Who holds a child's absence whose whereabouts were known: the council, and sometimes police."""
        if absence.spell is None:
            return _Sides(None, police)
        if not self.beside.chance(self.rates.away_reported):
            return _Sides(council, None)
        match = "TYPE_CONFLICT" if council.kind == "A" else "MATCHED"
        return _Sides(council, replace(police, kind="M"), match)

    def council_report(self, absence: Absence) -> Report | None:
        """The report that the responsible council would write, or the one last responsible."""
        spells = self.care[absence.child.entity]
        if not spells:
            return None
        council = self.country.councils[(absence.spell or spells[-1]).council]
        kind = "M" if council.code in self.country.everything_missing else absence.kind
        return Report(council, absence, kind, absence.start, absence.end, council.code, "")

    def police_report(self, absence: Absence) -> Report:
        """The report that the force of the area would write, to the minute."""
        force = self.country.force_of(absence.place.area)
        kind = "M" if absence.kind == "M" else "NAR"
        return Report(force, absence, kind, absence.start, absence.end, self.responsible(absence), "")

    def responsible(self, absence: Absence) -> str:
        """The responsible council as police have it: right, the host instead, or not known."""
        point, councils, spell = self.draws.uniform(), self.country.councils, absence.spell
        if spell is None:
            return councils[absence.child.home.council].code if point < _POLICE_NAME_HOME else ""
        if point < _POLICE_NAME_HOST:
            return councils[spell.host].code
        return councils[spell.council].code if point < _POLICE_KNOW_RESPONSIBLE else ""

    def timed(self, sides: _Sides, absence: Absence) -> _Sides:
        """Put the errors into the times of one side or the other."""
        point, open_closed = self.draws.uniform(), self.draws.chance(self.rates.open_closed_conflict)
        if sides.council is None or sides.police is None:
            return replace(sides, council=self.drifted(sides.council, start=True, end=True))
        if open_closed and absence.last:
            return self.open_closed(sides, sides.council, sides.police)
        wants_start = point < self.rates.start_conflict
        wants_end = not wants_start and point < self.rates.start_conflict + self.rates.end_conflict
        if wants_start and absence.room_before >= _SHORTEST_SHIFT:
            return self.start_moved(sides, absence, also_end=self.draws.chance(_BOTH_MOVE))
        if wants_end and absence.end is not None and absence.room_after >= _SHORTEST_SHIFT:
            moved = self.end_moved(replace(sides, match="MATCHED_END_CONFLICT"), absence)
            return replace(moved, council=self.drifted(moved.council, start=True, end=False))
        return replace(sides, council=self.drifted(sides.council, start=True, end=True))

    def open_closed(self, sides: _Sides, council: Report, police: Report) -> _Sides:
        """One side says that the child is still missing, the other that the child came back."""
        council_open = self.draws.chance(_COUNCIL_LEFT_OPEN)
        end = council.end or min(council.start + _DAY, dt.datetime.combine(self.last, dt.time(23, 59)))
        return replace(
            sides,
            council=self.drifted(replace(council, end=None if council_open else end), start=True, end=True),
            police=replace(police, end=end if council_open else None),
            match="OPEN_CLOSED_CONFLICT",
        )

    def start_moved(self, sides: _Sides, absence: Absence, *, also_end: bool) -> _Sides:
        """One side has the start days earlier, and perhaps one side the end days later."""
        shift = -dt.timedelta(days=self.shift(absence.room_before))
        moved = self.moved(sides, shift, dt.timedelta(0))
        if also_end and absence.end is not None and absence.room_after >= _SHORTEST_SHIFT:
            moved = self.end_moved(moved, absence)
        return replace(moved, match="MATCHED_START_CONFLICT")

    def end_moved(self, sides: _Sides, absence: Absence) -> _Sides:
        """One side has the end days later."""
        return self.moved(sides, dt.timedelta(0), dt.timedelta(days=self.shift(absence.room_after)))

    def shift(self, room: int) -> int:
        return self.draws.between(_SHORTEST_SHIFT, min(_LONGEST_SHIFT, room))

    def moved(self, sides: _Sides, start: dt.timedelta, end: dt.timedelta) -> _Sides:
        """Move the start and the end of the one side or the other."""
        which = "council" if self.draws.chance(_COUNCIL_MOVES) else "police"
        report = sides.council if which == "council" else sides.police
        if report is None:
            return sides
        later = None if report.end is None else report.end + end
        changed = replace(report, start=report.start + start, end=later)
        return replace(sides, council=changed) if which == "council" else replace(sides, police=changed)

    def drifted(self, report: Report | None, *, start: bool, end: bool) -> Report | None:
        """A council's dates a day off here and there, where they stay in order and within the period."""
        if report is None:
            return None
        first = self.day_off(report.start) if start else report.start
        last = self.day_off(report.end) if end and report.end is not None else report.end
        if last is not None and last.date() < first.date():
            return report
        return replace(report, start=first, end=last)

    def day_off(self, time: dt.datetime) -> dt.datetime:
        drifts, later = self.draws.chance(self.rates.date_drifts), self.draws.chance(0.5)
        other = time + (_DAY if later else -_DAY)
        return other if drifts and self.first <= other.date() <= self.last else time

    def divided(self, sides: _Sides, absence: Absence) -> _Sides:
        """Let one side hold a long absence as two, where nothing else was done to it."""
        wanted, council = self.beside.chance(self.rates.split_in_two), self.beside.chance(_COUNCIL_MOVES)
        both = sides.council is not None and sides.police is not None
        if not wanted or not both or sides.match in _CONFLICTS - {"TYPE_CONFLICT"} or absence.end is None:
            return sides
        days = (absence.end.date() - absence.start.date()).days
        if days < _SHORTEST_SPLIT or (absence.end - _DAY).month != absence.start.month:
            return sides  # in another month one part might be withheld without the other
        return replace(
            sides,
            council=sides.council and replace(sides.council, start=absence.start, end=absence.end),
            police=sides.police and replace(sides.police, start=absence.start, end=absence.end),
            match="SPLIT_MERGE",
            split="council" if council else "police",
        )

    def parts(self, report: Report) -> tuple[Report, ...]:
        """The two that one side holds: the first day and the last."""
        if report.end is None:
            return (report,)
        first = replace(report, end=report.start + _DAY, part=1)
        return first, replace(report, start=report.end - _DAY, part=2)

    def hosted(self, sides: _Sides, absence: Absence) -> _Sides:
        """Let the host council write down what police told it, or else the responsible council."""
        wanted, spell = self.beside.chance(self.rates.host_reports), absence.spell
        told = sides.police or sides.council
        if not wanted or spell is None or told is None or absence.kind != "M" or sides.split:
            return sides
        host = self.country.councils[spell.host]
        if absence.child.entity not in self.hosting.get(host.code, ()):
            return sides
        responsible = self.country.councils[self.care[absence.child.entity][-1].council].code
        kind = "A" if told.kind == "NAR" else told.kind
        return replace(sides, host=replace(told, agency=host, kind=kind, responsible=responsible))

    def submitted(self, sides: _Sides) -> _Sides:
        """Drop what an agency did not submit."""
        return replace(
            sides,
            council=self.kept(sides.council),
            police=self.kept(sides.police),
            host=self.kept(sides.host),
        )

    def kept(self, report: Report | None) -> Report | None:
        if report is None:
            return None
        own = report.agency.role == "council"
        area = report.agency.code if own else report.absence.place.area
        return report if self.country.submits(report.agency, area, report.month) else None

    def truth(self, report: Report, sides: _Sides) -> str:
        """The class of a report: what was done to a pair of them, or why it stands alone."""
        found = self.by_sides(report, sides)
        if found not in _CONFLICTS and self.overlooked(report, sides.holders):
            return "OUT_OF_AREA_UNSEEN"
        return found

    def by_sides(self, report: Report, sides: _Sides) -> str:
        """The class of a report, councils and police looked at alone."""
        if report.agency.role == "council":
            if sides.police is None:
                return self.council_only(report)
            return "MATCHED" if report.agency not in {sides.council and sides.council.agency} else sides.match
        if sides.council is not None:
            return sides.match
        return "MATCHED" if sides.host is not None else self.police_only(report)

    def overlooked(self, report: Report, holders: set[str]) -> bool:
        """Whether a council that looked after the child that day, and submitted, lacks the absence.

        It must have been out of its area, or be held by a council that did not look after the child.
        """
        if report.agency.role == "council" and report.kind == "A":
            return False
        day, councils = report.start.date(), self.country.councils
        care = [
            spell
            for spell in self.care[report.absence.child.entity]
            if spell.start <= day and (spell.end is None or day <= spell.end)
        ]
        strangers = holders - {councils[spell.council].code for spell in care}
        return any(
            councils[spell.council].code not in holders
            and (strangers or spell.host != spell.council)
            and self.country.submits(councils[spell.council], councils[spell.council].code, report.month)
            for spell in care
        )

    def council_only(self, report: Report) -> str:
        area = report.responsible
        if not self.country.submits(self.country.force_of(area), area, report.month):
            return "NOT_COMPARABLE"
        return f"COUNCIL_ONLY_{report.kind}"

    def police_only(self, report: Report) -> str:
        area = report.responsible or report.absence.place.area
        if not self.country.submits(self.by_code[area], area, report.month):
            return "NOT_COMPARABLE"
        spells = self.care[report.absence.child.entity]
        if not spells:
            return "POLICE_ONLY_UNLINKED"
        in_care = looked_after_on(spells, report.start.date()) is not None
        return "POLICE_ONLY_CLA" if in_care else "POLICE_ONLY_NOT_CLA"

    def second(self, report: Report) -> Iterator[Report]:
        """A second report of the same absence by the same agency, begun a little later, if there is room."""
        wanted, point = self.draws.chance(self.rates.second_report), self.draws.uniform()
        start = self.later_start(report, point)
        # In another month it might be withheld while the first is not, or the other way round.
        if wanted and start is not None and start.month == report.start.month and start.hour >= 2:
            yield replace(report, start=start, truth="DUPLICATE_WITHIN_AGENCY", second=True)

    def later_start(self, report: Report, point: float) -> dt.datetime | None:
        """A start strictly later than the report's, within it, and within tolerance."""
        if report.agency.role == "council":
            # On the day of the end it could be a new absence rather than the same one again.
            next_day = report.start + _DAY
            return next_day if report.end is None or next_day.date() < report.end.date() else None
        minutes = _MOST_MINUTES_LATER
        if report.end is not None:
            minutes = min(minutes, int((report.end - report.start).total_seconds()) // 60 - 1)
        return report.start + dt.timedelta(minutes=1 + int(point * minutes)) if minutes > 1 else None


def write_reports(
    absences: Sequence[Absence],
    country: Country,
    care: dict[str, tuple[CareSpell, ...]],
    period: tuple[dt.date, dt.date],
    hosting: Mapping[str, Collection[str]],
    rates: Rates,
    seed: int,
) -> tuple[Report, ...]:
    """Write every report that reaches the linkage unit, in the order of absences.

    ``hosting``: by council code, the children whom it knows and does not look after.
    """
    recorder = _Recorder(country, care, period, hosting, rates, seed)
    return tuple(report for absence in absences for report in recorder.reports(absence))
