"""Reports as files a caseworker opens: a workbook of three sheets, and the same as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from cli.agency.cells import guarded
from cli.agency.outputs import write_output
from cli.agency.reporting import Report

__all__ = ["csv_bytes", "csv_files", "write_csv", "write_report"]

_URGENT, _SOON = 0, 5

_EPISODES = (
    ("episode_reference", "Your episode reference", 24),
    ("child_reference", "Your child reference", 22),
    ("reconciliation_class", "Class", 28),
    ("meaning", "What it means", 52),
    ("action", "What to do", 52),
    ("change", "Since the last report", 26),
)
_MISSING = (
    ("child_reference", "Your child reference", 22),
    ("reconciliation_class", "Class", 28),
    ("month", "Month", 10),
    ("contact", "Ask", 14),
    ("query", "Query number", 18),
    ("meaning", "What it means", 52),
    ("action", "What to do", 52),
)


def csv_files(output: Path) -> tuple[Path, Path]:
    """Return where the two CSV files of a report lie: the episodes, and those missing from the records."""
    return output.with_suffix(".csv"), output.with_name(f"{output.stem}-missing.csv")


def write_report(output: Path, report: Report) -> tuple[Path, ...]:
    """Write the workbook and the CSV files beside it; returns all three."""
    episodes, missing = csv_files(output)
    write_output(output, _workbook(report))
    write_csv(episodes, [name for name, _, _ in _EPISODES], _episode_rows(report))
    write_csv(missing, [name for name, _, _ in _MISSING], _missing_rows(report))
    return output, episodes, missing


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a CSV file for its owner only."""
    write_output(path, csv_bytes(header, rows))


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return CSV that spreadsheets open rightly: UTF-8 with its mark, no cell taken for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _episode_rows(report: Report) -> Iterator[tuple[str, ...]]:
    for one in report.episodes:
        yield one.episode, one.child, one.reconciliation_class, one.meaning, one.action, one.change


def _missing_rows(report: Report) -> Iterator[tuple[str, ...]]:
    for one in report.missing:
        yield (
            one.child,
            one.reconciliation_class,
            one.month,
            one.contact,
            one.query,
            one.meaning,
            one.action,
        )


def _workbook(report: Report) -> bytes:
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"title": f"Clew report of {report.agency}, cycle {report.cycle}"})
        formats = _formats(book)
        _summary(book, report, formats)
        episodes = [(one.order, row) for one, row in zip(report.episodes, _episode_rows(report), strict=True)]
        missing = [(one.order, row) for one, row in zip(report.missing, _missing_rows(report), strict=True)]
        _table(book, "Episodes", _EPISODES, episodes, formats)
        _table(book, "Missing from your records", _MISSING, missing, formats)
    return data.getvalue()


def _formats(book: Any) -> dict[str, Any]:
    base = {"text_wrap": True, "valign": "top", "num_format": "@"}
    return {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({**base, "bold": True, "bg_color": "#1F4E5F", "font_color": "#FFFFFF"}),
        "urgent": book.add_format({**base, "bg_color": "#F8D7DA"}),
        "soon": book.add_format({**base, "bg_color": "#FFF3CD"}),
        "plain": book.add_format(base),
        "line": book.add_format({"valign": "top", "num_format": "@"}),
        "number": book.add_format({"valign": "top", "num_format": "#,##0"}),
    }


def _table(
    book: Any,
    title: str,
    columns: Sequence[tuple[str, str, int]],
    rows: Sequence[tuple[int, Sequence[str]]],
    formats: dict[str, Any],
) -> None:
    sheet = book.add_worksheet(title)
    for column, (_, heading, width) in enumerate(columns):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, heading, formats["head"])
    for number, (order, row) in enumerate(rows, start=1):
        shade = formats["urgent" if order == _URGENT else "soon" if order < _SOON else "plain"]
        for column, cell in enumerate(row):
            # write_string: a reference that begins with = or looks like a number stays the text it is.
            sheet.write_string(number, column, cell, shade)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(rows), 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.fit_to_pages(1, 0)


def _summary(book: Any, report: Report, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 3, 60)
    sheet.write_string(0, 0, f"Report of {report.agency}, cycle {report.cycle}", formats["title"])
    row = 2
    for label, text in _about(report):
        sheet.write_string(row, 0, label, formats["plain"])
        sheet.write_string(row, 1, text, formats["line"])
        row += 1
    row += 1
    for label, value in _facts(report):
        sheet.write_string(row, 0, label, formats["plain"])
        sheet.write_number(row, 1, value, formats["number"])
        row += 1
    row += 1
    for column, heading in enumerate(("Class", "Episodes", "What it means", "What to do")):
        sheet.write_string(row, column, heading, formats["head"])
    for name, count, meaning, action, order in _classes(report):
        row += 1
        shade = formats["urgent" if order == _URGENT else "soon" if order < _SOON else "plain"]
        sheet.write_string(row, 0, name, shade)
        sheet.write_number(row, 1, count, formats["number"])
        sheet.write_string(row, 2, meaning, shade)
        sheet.write_string(row, 3, action, shade)


def _about(report: Report) -> Iterator[tuple[str, str]]:
    yield "Agency", f"{report.name} ({report.agency})" if report.name else report.agency
    for period in report.periods:
        yield "Period submitted", period.replace("..", " to ")
    if report.date is not None:
        yield "Date of this report", report.date.isoformat()


def _facts(report: Report) -> Iterator[tuple[str, int]]:
    orders = [line.order for line in report.episodes] + [line.order for line in report.missing]
    yield "Your episodes in this report", len(report.episodes)
    yield "To look at today", sum(order == _URGENT for order in orders)
    yield "To look at soon", sum(_URGENT < order < _SOON for order in orders)
    yield "Missing from your records", len(report.missing)
    if report.previous_cycle is not None:
        yield f"Changed since cycle {report.previous_cycle}", report.changed
    if report.unknown:
        yield "Not in this workspace's crosswalk", report.unknown


def _classes(report: Report) -> Iterator[tuple[str, int, str, str, int]]:
    found = {line.reconciliation_class: line for line in reversed(report.episodes)}
    counts = {name: sum(line.reconciliation_class == name for line in report.episodes) for name in found}
    for line in sorted(found.values(), key=lambda one: (one.order, one.reconciliation_class)):
        name = line.reconciliation_class
        yield name, counts[name], line.meaning, line.action, line.order
