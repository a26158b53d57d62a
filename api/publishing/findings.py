"""Hotspots and breaks of trend, as found in the released table of councils' months."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.publishing.words import PATTERNS
from linkage.register.released import ReleasedTable
from linkage.register.statistics.patterns import find_breaks, find_hotspots
from linkage.register.statistics.published import Beside, TableGroup

__all__ = ["Findings", "find_patterns", "findings_csv"]

_COLUMNS = ("pattern", "area_code", "area_name", "time", "figure", "low", "high", "compared_with", "chance")
_SERIES = "T13b"


@dataclass(frozen=True, slots=True)
class Findings:
    """Lines in the order of :attr:`columns`, and what they cannot tell."""

    lines: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = _COLUMNS
    note: str = PATTERNS


def find_patterns(groups: Iterable[TableGroup], beside: Beside) -> Findings | None:
    """Look for patterns in the table of councils' months; None if it is not among those released."""
    group = next((one for one in groups if one.number == _SERIES), None)
    return None if group is None else Findings(tuple(_lines(group.measures["incidents"], beside)))


def _lines(table: ReleasedTable, beside: Beside) -> Iterable[tuple[str, ...]]:
    labels = table.dimensions[0].labels
    for hot in find_hotspots(table, beside.coverage, rounding=beside.rounding):
        figures = (str(hot.count), f"{hot.low:.0f}", f"{hot.high:.0f}", f"{hot.expected:.0f}")
        yield ("hotspot", hot.area, labels.get(hot.area, hot.area), hot.time, *figures, f"{hot.chance:.4f}")
    for one in find_breaks(table, beside.coverage):
        figures = (f"{one.after:.0f}", "z", "z", f"{one.before:.0f}")
        yield ("break", one.area, labels.get(one.area, one.area), one.time, *figures, f"{one.chance:.4f}")


def findings_csv(lines: Sequence[Sequence[str]]) -> bytes:
    """Write findings as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(lines)
    return text.getvalue().encode()
