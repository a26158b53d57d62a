"""What an agency's own system exports: tables of text under the agency's own references."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from linkage.lab.agencies import Agency
from linkage.lab.draws import Draws
from linkage.lab.households import Child
from linkage.lab.mess import Recorded
from linkage.lab.names import canary_name
from linkage.lab.recording import Report

__all__ = ["Extract", "Table", "Trace", "british_day", "local_references", "note", "numbered", "yes_no"]

_NOTES = 0.04
_TEXTS = (
    "Spoke to {name}'s carer, last seen near the precinct. Log {canary}.",
    "{name} rang at 21:10 and would not say where. See {canary}.",
    "Friend of {name} thinks they took the coach. Reference {canary}.",
)


@dataclass(frozen=True, slots=True)
class Table:
    """Column names and rows of text, as a CSV file holds them."""

    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Extract:
    """One agency's export, and the (area, month) pairs of absences that it covers."""

    agency: Agency
    tables: dict[str, Table]
    coverage: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Trace:
    """What every local reference stands for, noted while extracts are written."""

    entity_of: dict[tuple[str, str], str] = field(default_factory=dict)
    report_of: dict[tuple[str, str], Report] = field(default_factory=dict)
    canaries: dict[str, None] = field(default_factory=dict)

    def plant(self, child: Child, record: Recorded) -> None:
        """Note the canaries that a record carries."""
        if child.canary:
            planted = (record.middle, record.address if record.address == child.home.line else "")
            self.canaries.update(dict.fromkeys(text for text in planted if text))

    def plant_note(self, canary: str) -> None:
        """Note the canary in a free text."""
        self.canaries[canary] = None


def british_day(day: dt.date | None) -> str:
    """A date as councils write it, dd/mm/yyyy; blank for none."""
    return "" if day is None else f"{day.day:02d}/{day.month:02d}/{day.year:04d}"


def yes_no(answer: bool) -> str:  # noqa: FBT001
    """Y or N."""
    return "Y" if answer else "N"


def local_references(prefix: str, count: int, draws: Draws) -> list[str]:
    """Unique references in random order, of at least eight characters, letters among them.

    A shorter or purely numeric one could turn up by accident in any file that is searched for leaks.
    """
    number, references = 104_000, []
    for _ in range(count):
        number += draws.between(1, 9)
        references.append(f"{prefix}{number:07d}")
    return draws.shuffled(references)


def numbered(prefix: str, reports: Iterable[Report], draws: Draws) -> list[tuple[str, Report]]:
    """Give reports references that grow with their start; a second report's is larger than the first's."""
    number, found = 1000, []
    for report in sorted(reports, key=lambda r: (r.start, r.absence.event, r.second)):
        number += draws.between(1, 4)
        found.append((f"{prefix}{number:07d}", report))
    return found


def note(forename: str, draws: Draws, trace: Trace) -> str:
    """A free text that must never leave the agency, with a canary in it; mostly blank."""
    if not draws.chance(_NOTES):
        return ""
    canary = canary_name(draws)
    trace.plant_note(canary)
    return draws.pick(_TEXTS).format(name=forename, canary=canary)
