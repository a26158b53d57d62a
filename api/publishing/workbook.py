"""A workbook: contents, notes, coverage, and one sheet for each table."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from api.publishing.findings import Findings
from api.publishing.places import GEOGRAPHY, TIME
from api.publishing.rows import Printed, numbered, printed
from api.publishing.words import SYMBOLS, general_notes, table_notes
from linkage.register.statistics.published import Beside, LinkedShares, TableGroup

__all__ = ["workbook"]

_NARROW, _WIDE = 14, 34


def workbook(groups: Sequence[TableGroup], beside: Beside, findings: Findings | None) -> bytes:
    """Write all tables into one workbook; the same tables give the same bytes."""
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        title = f"Children who go missing, {beside.period.code}"
        # The day of the period and not of the writing: a release can be made again, byte for byte.
        book.set_properties({"title": title, "created": dt.datetime.combine(beside.period.last, dt.time())})
        formats = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1}),
            "text": book.add_format({"text_wrap": True, "valign": "top"}),
            "figure": book.add_format({"num_format": "#,##0.#", "align": "right"}),
            "count": book.add_format({"num_format": "#,##0", "align": "right"}),
        }
        linked = LinkedShares(groups)
        _contents(book, groups, findings, title, formats)
        _notes(book, beside, formats)
        _coverage(book, beside, formats)
        if findings is not None:
            _patterns(book, findings, formats)
        for group in groups:
            _sheet(book, group, printed(group, beside, linked), formats)
    return data.getvalue()


def _contents(
    book: Any,
    groups: Sequence[TableGroup],
    findings: Findings | None,
    title: str,
    formats: dict[str, Any],
) -> None:
    sheet = book.add_worksheet("Contents")
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 1, 80)
    sheet.write_string(0, 0, title, formats["title"])
    sheet.write_row(2, 0, ("Sheet", "Table"), formats["head"])
    listed = [
        ("Notes", "How to read the figures, and what they cannot tell"),
        ("Coverage", "Who submitted what"),
    ]
    if findings is not None:
        listed.append(("Patterns", "Hotspots and breaks of trend"))
    listed += [(group.number, group.title) for group in groups]
    for line, (name, words) in enumerate(listed, start=3):
        sheet.write_url(line, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(line, 1, words)


def _notes(book: Any, beside: Beside, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Notes")
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 1, 110)
    sheet.write_string(0, 0, "Notes", formats["title"])
    lines = [("", note) for note in general_notes(beside)] + list(SYMBOLS)
    _lines(sheet, 2, lines, formats)


def _lines(sheet: Any, first: int, lines: Iterable[tuple[str, str]], formats: dict[str, Any]) -> None:
    for line, (mark, words) in enumerate(lines, start=first):
        sheet.write_string(line, 0, mark, formats["text"])
        sheet.write_string(line, 1, words, formats["text"])


def _coverage(book: Any, beside: Beside, formats: dict[str, Any]) -> None:
    """Write who submitted which months; it is about agencies and not about children, and is exact."""
    sheet = book.add_worksheet("Coverage")
    sheet.set_column(0, 6, _NARROW)
    sheet.set_column(1, 1, _WIDE)
    sheet.write_string(0, 0, "Months submitted, by council", formats["title"])
    head = ("Code", "Council", "Months", "Both sides", "Councils only", "Police only", "Neither")
    sheet.write_row(2, 0, head, formats["head"])
    for line, area in enumerate(beside.coverage.everywhere(), start=3):
        found = beside.coverage.covered([area])
        sheet.write_row(line, 0, (area, beside.directory.names.get(area, area)))
        counts = (found.months, found.both, found.councils_only, found.police_only, found.neither)
        sheet.write_row(line, 2, counts, formats["count"])


def _patterns(book: Any, findings: Findings, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Patterns")
    sheet.set_column(0, len(findings.columns) - 1, _NARROW)
    sheet.write_string(0, 0, "Hotspots and breaks of trend", formats["title"])
    sheet.write_string(1, 0, findings.note)
    sheet.write_row(3, 0, [name.replace("_", " ") for name in findings.columns], formats["head"])
    for line, cells in enumerate(findings.lines, start=4):
        sheet.write_row(line, 0, cells)


def _sheet(book: Any, group: TableGroup, rows: Printed, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(group.number)
    sheet.write_string(0, 0, f"{group.number} {group.title}", formats["title"])
    notes = table_notes(group)
    for line, note in enumerate(notes, start=1):
        sheet.write_string(line, 0, note)
    head = len(notes) + 2
    words = {one.name: one.title for one in group.dimensions}
    sheet.write_row(head, 0, [words.get(name, name) for name in rows.columns], formats["head"])
    first = len(TIME) + len(GEOGRAPHY) + len(rows.filters)
    sheet.set_column(0, first - 1, _NARROW)
    sheet.set_column(len(TIME) + len(GEOGRAPHY), max(first - 1, len(TIME) + len(GEOGRAPHY)), _WIDE)
    sheet.set_column(first, len(rows.columns) - 1, _NARROW)
    for line, row in enumerate(numbered(rows), start=head + 1):
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(line, column, cell)
            else:
                form = "count" if cell == int(cell) else "figure"
                sheet.write_number(line, column, cell, formats[form])
    sheet.freeze_panes(head + 1, 0)
    sheet.autofilter(head, 0, head + len(rows.rows), len(rows.columns) - 1)
