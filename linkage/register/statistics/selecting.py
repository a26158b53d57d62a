"""Which rows each table is counted from."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from linkage.register.statistics.counting import Rows
from linkage.register.statistics.divisions import repeats_band
from linkage.register.statistics.durations import open_band
from linkage.register.statistics.facts import AbsenceFact, Facts
from linkage.register.statistics.periods import Period

__all__ = ["SELECTIONS", "Selection"]

_WINDOW_DAYS = 90
_MANY = 3
_YEAR_DAYS = 365
_NOT_COMPLETED = "no-completed-interview"


@dataclass(frozen=True)
class Selection:
    """The absences and children that one run of all tables is about."""

    facts: Facts
    period: Period

    def _began(self, kind: str) -> list[tuple[int, AbsenceFact]]:
        months = frozenset(self.period.months)
        return [
            (unit, one)
            for unit, one in enumerate(self.facts.absences)
            if one.month in months and one.kind == kind
        ]

    @cached_property
    def missing(self) -> list[tuple[int, AbsenceFact]]:
        """Return the absences with whereabouts not known that began in the period, each with its number."""
        return self._began("missing")

    @cached_property
    def away(self) -> list[tuple[int, AbsenceFact]]:
        """Return those with whereabouts known."""
        return self._began("away")

    @cached_property
    def starts(self) -> dict[int, list[int]]:
        """Return by child the start days of all its missing absences, those before the period too."""
        found: dict[int, list[int]] = defaultdict(list)
        for one in self.facts.absences:
            if one.kind == "missing":
                found[one.person].append(one.start.day)
        return {person: sorted(days) for person, days in found.items()}


def _rows(
    selection: Selection,
    found: Sequence[tuple[int, AbsenceFact]],
    more: Mapping[str, Callable[[AbsenceFact], str]] | None = None,
) -> Rows:
    """Make a row of each absence, with every column that is asked for when it is read."""
    return Rows(
        [one.person for _, one in found],
        [unit for unit, _ in found],
        [len(one.reports) for _, one in found],
        _Columns(selection, [one for _, one in found], more or {}),
    )


class _Columns(Mapping[str, Sequence[str]]):
    """Columns made when they are asked for: most tables use two or three of two dozen."""

    _PERSONAL = frozenset({"sex", "ethnicity", "uasc", "held_by"})
    _RENAMED: Mapping[str, str] = {"area": "responsible", "host_area": "host", "time": "month"}

    def __init__(
        self,
        selection: Selection,
        absences: Sequence[AbsenceFact],
        more: Mapping[str, Callable[[AbsenceFact], str]],
    ) -> None:
        self._persons = selection.facts.persons
        self._absences = absences
        self._more = more

    def __getitem__(self, name: str) -> Sequence[str]:
        if name in self._more:
            return [self._more[name](one) for one in self._absences]
        if name in self._PERSONAL:
            return [getattr(self._persons[one.person], name) for one in self._absences]
        field = self._RENAMED.get(name, name)
        return [getattr(one, field) for one in self._absences]

    def __iter__(self) -> Iterator[str]:
        yield from (*self._more, *self._PERSONAL, *self._RENAMED)

    def __len__(self) -> int:
        return len(list(iter(self)))


def _missing(selection: Selection) -> Rows:
    return _rows(
        selection,
        selection.missing,
        {
            "interview": lambda one: "not-ended" if one.interview is None else one.interview.stage,
            "interview_hours": lambda one: _hours(one) or _NOT_COMPLETED,
        },
    )


def _away(selection: Selection) -> Rows:
    return _rows(selection, selection.away)


def _hours(one: AbsenceFact) -> str | None:
    return None if one.interview is None else one.interview.hours


def _reasons(selection: Selection) -> Rows:
    return _coded(selection, "reason", lambda one: one.interview.reasons if one.interview else ())


def _harms(selection: Selection) -> Rows:
    return _coded(selection, "harm", lambda one: one.interview.harms if one.interview else ())


def _coded(selection: Selection, name: str, codes: Callable[[AbsenceFact], Iterable[str]]) -> Rows:
    """Make a row for every code of every completed interview, and one for every absence without any."""
    found = [
        (unit, one, code) for unit, one in selection.missing for code in (*codes(one),) or (_NOT_COMPLETED,)
    ]
    rows = _rows(selection, [(unit, one) for unit, one, _ in found])
    columns = {shared: rows.columns[shared] for shared in ("time", "area", "placement")}
    return Rows(rows.persons, rows.units, rows.weights, columns | {name: [code for _, _, code in found]})


def _open(selection: Selection) -> Rows:
    """Missing that had begun by the last day of the period, and had not ended by then or are disputed."""
    last = selection.period.last.toordinal()
    found = [
        (unit, one)
        for unit, one in enumerate(selection.facts.absences)
        if one.kind == "missing" and one.start.day <= last
        if one.end is None or one.end.day > last or one.state == "disputed"
    ]
    return _rows(
        selection,
        found,
        {
            "open_days": lambda one: open_band(one.start.day, last),
            "open_state": lambda one: "disputed" if one.state == "disputed" else "open",
            "time": lambda _: selection.period.code,
        },
    )


def _children(selection: Selection, column: str, value: Callable[[int, int], str]) -> Rows:
    """Make a row for every child and council it was missing from; ``value``: of child and times missing."""
    times: dict[int, int] = defaultdict(int)
    for _, one in selection.missing:
        times[one.person] += 1
    pairs = sorted({(one.person, one.responsible) for _, one in selection.missing})
    return Rows(
        [person for person, _ in pairs],
        list(range(len(pairs))),
        [1] * len(pairs),
        {
            "time": [selection.period.code] * len(pairs),
            "area": [area for _, area in pairs],
            column: [value(person, times[person]) for person, _ in pairs],
        },
    )


def _repeats(selection: Selection) -> Rows:
    return _children(selection, "repeats", lambda _, times: repeats_band(times))


def _three_in_90(selection: Selection) -> Rows:
    """Children whose third missing of some 90 days began in the period; the first two may lie before it."""
    first, last = selection.period.first.toordinal(), selection.period.last.toordinal()

    def flag(person: int, _: int) -> str:
        days = selection.starts[person]
        thirds = zip(days, days[_MANY - 1 :], strict=False)
        hit = any(third - start < _WINDOW_DAYS and first <= third <= last for start, third in thirds)
        return "yes" if hit else "no"

    return _children(selection, "three_in_90", flag)


def _looked_after(selection: Selection) -> Rows:
    """Children looked after in the period, once for every council, with placements and whether missing."""
    first, last = selection.period.first.toordinal(), selection.period.last.toordinal()
    missing = {one.person for _, one in selection.missing}
    found: list[tuple[int, str, str]] = []
    for person, facts in enumerate(selection.facts.persons):
        councils = {
            one.agency
            for one in facts.placements
            if one.first <= last and (one.last is None or one.last >= first)
        }
        recent = sum(
            one.first <= last and (one.last is None or one.last > last - _YEAR_DAYS)
            for one in facts.placements
        )
        number = "3-or-more" if recent >= _MANY else str(max(1, recent))
        found += [(person, council, number) for council in sorted(councils)]
    return Rows(
        [person for person, _, _ in found],
        list(range(len(found))),
        [1] * len(found),
        {
            "time": [selection.period.code] * len(found),
            "area": [area for _, area, _ in found],
            "placements": [number for _, _, number in found],
            "went_missing": ["yes" if person in missing else "no" for person, _, _ in found],
        },
    )


def _calls(selection: Selection) -> Rows:
    """Make a row for every report, with its class; ``force`` and ``area`` are those of the absence."""
    found = [(one, report) for _, one in selection.missing for report in one.reports]
    return Rows(
        [one.person for one, _ in found],
        list(range(len(found))),
        [1] * len(found),
        {
            "time": [one.month for one, _ in found],
            "area": [one.responsible for one, _ in found],
            "force": [one.force for one, _ in found],
            "reconciliation_class": [report.reconciliation_class for _, report in found],
        },
    )


SELECTIONS: Mapping[str, Callable[[Selection], Rows]] = {
    "missing": _missing,
    "away": _away,
    "reasons": _reasons,
    "harms": _harms,
    "open": _open,
    "repeats": _repeats,
    "three-in-90": _three_in_90,
    "looked-after": _looked_after,
    "calls": _calls,
}
"""By the name under which tables ask for them."""
