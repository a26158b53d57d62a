"""The fix list: every fault of a source, for whoever mends it.  It stays with the agency.

As CSV it is a table of faults.  As a workbook it has, beside that, the rules with what each flagged, what
every coded value was taken for, and where every row went.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from cli.agency.outputs import write_output
from cli.agency.spreadsheet import write_csv
from cli.sources.faults import FaultLog
from cli.sources.rules import OUTCOMES, RULES
from cli.sources.value_uses import value_lines

__all__ = ["FIX_COLUMNS", "write_fixes"]

FIX_COLUMNS = (
    "file",
    "row",
    "column",
    "your_reference",
    "found",
    "rule",
    "severity",
    "problem",
    "what_to_do",
)
_WIDTHS = (22, 8, 20, 22, 18, 8, 10, 52, 52)
_MOST_ROWS = 1_000_000
"""What a sheet holds; a list that is longer has all its rows as CSV only."""


def write_fixes(path: Path, log: FaultLog) -> None:
    """Write the fix list, errors first; values are masked, references are the agency's own.

    The name's ending decides: ``.xlsx`` is a workbook, everything else CSV.
    """
    if path.suffix.casefold() == ".xlsx":
        write_output(path, _workbook(log))
    else:
        write_csv(path, FIX_COLUMNS, _rows(log))


def _rows(log: FaultLog) -> Iterator[tuple[str, ...]]:
    for fault in (*log.errors(), *log.warnings()):
        yield (
            fault.file,
            str(fault.row),
            fault.column,
            fault.reference,
            fault.found,
            fault.rule,
            fault.severity,
            fault.problem,
            fault.cure,
        )


def _workbook(log: FaultLog) -> bytes:
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"title": "Clew fix list"})
        sheets = _Sheets(book)
        sheets.add("Fixes", [name.replace("_", " ") for name in FIX_COLUMNS], _WIDTHS, list(_rows(log)))
        sheets.add(
            "Rules", ("rule", "what it says", "what happens", "rows flagged"), (8, 70, 26, 14), _rules(log)
        )
        values = ("table", "column", "field", "value", "taken for", "rows")
        sheets.add("Values", values, (16, 24, 18, 30, 24, 10), _values(log))
        tables = ("table", "read", "good", "quarantined", "shielded", "outside")
        sheets.add("Rows", tables, (16, 10, 10, 14, 12, 10), _tallies(log))
    return data.getvalue()


def _rules(log: FaultLog) -> list[tuple[str | int, ...]]:
    flagged = log.rule_rows()
    return [(rule, words, OUTCOMES[rule], len(flagged.get(rule, ()))) for rule, words in RULES.items()]


def _values(log: FaultLog) -> list[tuple[str | int, ...]]:
    return [
        (line.table, line.column, line.field, line.value, line.code or "nothing: not understood", line.rows)
        for line in value_lines(log.values)
    ]


def _tallies(log: FaultLog) -> list[tuple[str | int, ...]]:
    return [
        (name, one.read, one.kept, one.quarantined, one.shielded, one.outside)
        for name, one in log.tallies.items()
    ]


class _Sheets:
    """Adds tables to a workbook, each on a sheet of its own."""

    def __init__(self, book: Any) -> None:
        self._book = book
        base = {"text_wrap": True, "valign": "top", "num_format": "@"}
        self._head = book.add_format({**base, "bold": True, "bg_color": "#1F4E5F", "font_color": "#FFFFFF"})
        self._error = book.add_format({**base, "bg_color": "#F8D7DA"})
        self._plain = book.add_format(base)
        self._number = book.add_format({"valign": "top", "num_format": "#,##0"})

    def add(
        self,
        title: str,
        header: Sequence[str],
        widths: Sequence[int],
        rows: Sequence[Sequence[str | int]],
    ) -> None:
        sheet = self._book.add_worksheet(title)
        for column, (name, width) in enumerate(zip(header, widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, self._head)
        for number, row in enumerate(rows[:_MOST_ROWS], start=1):
            shade = self._error if "error" in row else self._plain
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell, self._number)
                else:  # as a string: a reference that begins with = stays the text it is
                    sheet.write_string(number, column, cell, shade)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(rows), 1), len(header) - 1)
        sheet.set_landscape()
        sheet.repeat_rows(0)
        sheet.fit_to_pages(1, 0)
