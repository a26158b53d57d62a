"""Rule 576: an episode that was open in last year's file must be in this year's, closed or open still.

Only the file of episodes is read again, through the same mapping; what is compared is whose an episode is and
the day on which it began.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.sources.codes import NO_VALUE, code_key, says_open
from cli.sources.columns import KeyReader, Line, Sheet
from cli.sources.dates import DateReader, local_day
from cli.sources.faults import FaultLog, RowFaults
from cli.sources.mapping import EpisodeTable, Mapping, as_column
from cli.sources.opening import Source
from linkage.errors import InputError

__all__ = ["compare_with_last_year"]

_RULE = "576"


@dataclass(frozen=True, slots=True, repr=False)
class _Begun:
    child: str
    first: dt.date


def compare_with_last_year(
    path: Path, this_year: Sheet, mapping: Mapping, *, shielded: Collection[str], log: FaultLog, problem: str
) -> None:
    """Warn of every episode that was open in last year's source and is not in this year's.

    Rows of this year's that are in quarantine count as there.  Raises :class:`InputError` if ``path`` has no
    table of episodes.
    """
    table = mapping.episodes
    last_year = table and Source(path, mapping, only="episodes").sheet("episodes", table.file, optional=False)
    if table is None or not last_year:
        raise InputError(
            f"mapping: {mapping.name} reads no episodes, so last year's cannot be compared",
            hint="leave --last-year out, or give the mapping a section [episodes]",
        )
    present = {begun for _, _, begun in _rows(this_year, table, mapping)}
    for line, reference, begun in _rows(last_year, table, mapping):
        if begun in present or begun.child in shielded or not _is_open(last_year, table, line):
            continue
        file = f"last year's {last_year.table.file}"
        RowFaults(log, "episodes", file, line.row.number, reference).warn(
            "", "", problem, "add the episode to this year's extract, with its end if the child was found",
            rule=_RULE,
        )  # fmt: skip


def _rows(sheet: Sheet, table: EpisodeTable, mapping: Mapping) -> Iterator[tuple[Line, str, _Begun]]:
    """Yield every row that says whose it is and when it began, with its reference."""
    key, child = KeyReader(sheet, table.key, entry="key"), KeyReader(sheet, table.child, entry="child")
    spec = table.fields.get("start")
    start = sheet.find(spec, entry="start") if spec is not None else None
    if spec is None or start is None:
        return
    dates = DateReader(as_column(spec).date_order or mapping.date_order)
    for line in sheet.lines():
        try:
            first = local_day(dates.read(start.text(line)))
        except (ValueError, OverflowError):
            continue
        if owner := child.text(line):
            yield line, key.text(line), _Begun(owner, first)


def _is_open(sheet: Sheet, table: EpisodeTable, line: Line) -> bool:
    spec = table.fields.get("end")
    end = sheet.find(spec, entry="end") if spec is not None else None
    return end is None or code_key(end.text(line)) in NO_VALUE or says_open(end.text(line))
