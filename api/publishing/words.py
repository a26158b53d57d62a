"""What every file says of its figures: symbols, how to read them, what they cannot tell."""

import datetime as dt

from linkage.register.statistics.published import LEAST_BASE, Beside, TableGroup

__all__ = ["PATTERNS", "SYMBOLS", "general_notes", "table_notes"]

SYMBOLS = (
    ("c", "suppressed, so that no child can be recognised"),
    ("k", "more than nothing and less than half a per cent"),
    ("low", "more than nothing, and rounds to nothing"),
    ("u", f"too few for a mean or a median: fewer than {LEAST_BASE} as released"),
    ("x", "not available: nobody submitted what it would need"),
    ("z", "not applicable"),
)

_TABLES = {
    "T1": ("A child may have gone missing from the responsibility of several councils: children do not sum."),
    "T4": ("The legal status on the day of the start; short breaks are not counted as looked after."),
    "T5": ("The placement on the day of the start."),
    "T6": (
        "Responsible is who looked after the child that day, else whom the reports name, else, of a child "
        "missing from home, the council of the home's area. Where a child was out of that area, the table "
        "says where it was missing from, not where it went."
    ),
    "T7": (
        "Where a source has dates without times, the next day may mean a minute or 47 hours: such "
        "absences stand apart, and nothing can be said of them at 24 hours."
    ),
    "T7b": ("Calendar days from start to end, as the national return counts them."),
    "T8": (
        "Counts what began in the period: a child missing once at its end and again after it is one who"
        " was missing once. Absences that nobody reported are not there."
    ),
    "T8b": (
        "Three starts within 90 days, of which the third lies in the period. Two absences that were "
        "reported as one, or one as two, change it."
    ),
    "T9": (
        "incidents_percent is of all missing; of group, of the "
        "line that a line is part of: within 72 hours, of interviews completed. Only councils hold "
        "interviews. Where the return or the interview has a date only, three days cannot be told from 72 "
        "hours."
    ),
    "T9b": (
        "Of interviews completed. The median is worked out from the released bands as if interviews "
        "were spread evenly within each, to the nearest 6 hours; those with dates only are not in it."
    ),
    "T11": (
        "An absence may be open because a child is missing, or because nobody wrote down the return. "
        "None is open beyond a child's eighteenth birthday; the register has no birthdays."
    ),
    "T12": (
        "Placements in the 365 days to the end of the period, as far as the councils' extracts reach "
        "back. A move on the day on which the legal status changes, to the same kind of place, is not "
        "seen."
    ),
    "T12b": (
        "A change of placement near an absence need not have to do with it: a child may have been moved"
        " for safety, or may have left because a move was coming. Seven days before a period's end are "
        "not over."
    ),
    "T13": ("A child missing in two months is one child of their quarter."),
    "T14": ("Grades are the police's; forces do not grade alike."),
    "T1c": ("Away is counted apart and never added to missing."),
    "T15": ("Percentages include what could not be compared, for want of a submission."),
    "T16": (
        "A child that police alone hold may be one that no council knows, or one whose link was missed;"
        " these figures cannot tell which. Groups whose names are written in many ways are missed more "
        "often."
    ),
    "T18": (
        "Of completed interviews. One may have several codes: they do not sum. What was not coded was "
        "not therefore absent, and whoever declined an interview is not there."
    ),
}

PATTERNS = (
    "Hotspots and breaks are worked out from the released figures alone. A hotspot says that more "
    "absences were reported than that council's other quarters lead one to expect, beyond chance: not "
    "why, and not that more children went missing than were reported before. A break says that months "
    "after a point differ from those before it: a change of recording, of coverage or of a code looks "
    "the same as a change of what happened, and so may a season."
)


_DRAFT = "A draft, for the eyes of the register's operator. It is no release: do not publish or pass it on."
_KINDS = (
    "Missing means whereabouts not known; away means away without authorisation, whereabouts known. "
    "Tables count missing only, unless they say away."
)
_MEASURES = (
    "A call is one report by one agency, repeats included; an incident is one absence, however many "
    "report it; a child is one person, as far as records could be linked."
)
_ROUNDED = (
    "Figures are rounded; parts may not sum to totals. Percentages and means are made of the rounded figures."
)
_LINKS = (
    "A wrong link makes two children one; a missed link makes one child two, and may make one absence two."
)


def table_notes(group: TableGroup) -> tuple[str, ...]:
    """Return what must be said of one table: its own notes, its family's, and those of its release."""
    family = group.number.rstrip("bcde")
    own = _TABLES.get(group.number) or _TABLES.get(family)
    return (*((own,) if own else ()), *group.notes)


def general_notes(beside: Beside) -> tuple[str, ...]:
    """Return what must be said of all tables."""
    first, last = beside.period.first, beside.period.last
    coverage = beside.coverage.covered(beside.coverage.everywhere())
    quality = beside.quality
    if quality.low is None or quality.high is None:
        precision = "The linkage could not tell how many of its links are right."
    else:
        precision = (
            f"Of the links between records, {100 * quality.low:.1f} to {100 * quality.high:.1f} per cent are "
            "estimated to be right. That is one figure for all links: it is not known by group or area."
        )
    told = (
        f"Both sides, councils and police, submitted {coverage.both} of {coverage.months} months of "
        f"councils' areas; councils alone {coverage.councils_only}, police alone {coverage.police_only}, "
        f"nobody {coverage.neither}. coverage_percent is the share of both sides, of a row's area and time."
    )
    return (
        *((_DRAFT,) if beside.draft else ()),
        f"Absences that began from {_day(first)} to {_day(last)}, as held in cycle {beside.cycle}.",
        _KINDS,
        _MEASURES,
        _ROUNDED,
        told,
        f"{precision} {quality.possible:,} pairs of records could be neither linked nor told apart.",
        _LINKS,
    )


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"
