"""Reports as files a caseworker opens: a workbook, a summary first, and its tables as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from cli.agency.cells import guarded
from cli.agency.class_words import NOTHING_FROM
from cli.agency.outputs import write_output
from cli.agency.report_sheets import SOON, URGENT, Sheet, sheets_of
from cli.agency.reporting import Report

__all__ = ["csv_bytes", "csv_files", "write_csv", "write_report"]


def csv_files(output: Path, report: Report) -> list[tuple[Path, Sheet]]:
    """Return where the CSV files of a report lie, one for each table."""
    return [(output.with_name(f"{output.stem}{sheet.suffix}.csv"), sheet) for sheet in sheets_of(report)]


def write_report(output: Path, report: Report) -> tuple[Path, ...]:
    """Write the workbook and the CSV files beside it; returns all of them."""
    write_output(output, _workbook(report))
    files = csv_files(output, report)
    for path, sheet in files:
        write_csv(path, [one.name for one in sheet.columns], [row for _, row in sheet.rows])
    return output, *(path for path, _ in files)


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


def _workbook(report: Report) -> bytes:
    data = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(data, options) as book:
        book.set_properties({"title": f"Clew report of {report.agency}, cycle {report.cycle}"})
        formats = _formats(book)
        _summary(book, report, formats)
        for sheet in sheets_of(report):
            _table(book, sheet, formats)
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
        "question": book.add_format({"bold": True, "font_size": 12}),
        "number": book.add_format({"valign": "top", "num_format": "#,##0"}),
    }


def _table(book: Any, content: Sheet, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet(content.title)
    head = 0
    if content.note:
        sheet.write_string(0, 0, content.note, formats["line"])
        head = 1
    for column, (_, heading, width) in enumerate(content.columns):
        sheet.set_column(column, column, width)
        sheet.write_string(head, column, heading, formats["head"])
    for number, (order, row) in enumerate(content.rows, start=head + 1):
        shade = _shade(formats, order)
        for column, cell in enumerate(row):
            # write_string: a reference that begins with = or looks like a number stays the text it is.
            sheet.write_string(number, column, cell, shade)
    sheet.freeze_panes(head + 1, 0)
    sheet.autofilter(head, 0, head + max(len(content.rows), 1), len(content.columns) - 1)
    sheet.set_landscape()
    sheet.repeat_rows(head)
    sheet.fit_to_pages(1, 0)


def _shade(formats: dict[str, Any], order: int) -> Any:
    return formats["urgent" if order == URGENT else "soon" if order < SOON else "plain"]


def _summary(book: Any, report: Report, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("Summary")
    sheet.set_column(0, 0, 42)
    sheet.set_column(1, 1, 12)
    sheet.set_column(2, 3, 60)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, f"Report of {report.agency}, cycle {report.cycle}", formats["title"])
    row = 2
    for label, text in _about(report):
        sheet.write_string(row, 0, label, formats["plain"])
        sheet.write_string(row, 1, text, formats["line"])
        row += 1
    for question, facts in _asked(report):
        row += 1
        sheet.write_string(row, 0, question, formats["question"])
        for label, value, where in facts:
            row += 1
            sheet.write_string(row, 0, label, formats["plain"])
            sheet.write_number(row, 1, value, formats["number"])
            sheet.write_string(row, 2, where, formats["line"])
        row += 1
    row += 1
    for column, heading in enumerate(("Class", "Episodes", "What it means", "What to do")):
        sheet.write_string(row, column, heading, formats["head"])
    for name, count, meaning, action, order in _classes(report):
        row += 1
        shade = _shade(formats, order)
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


_Facts = list[tuple[str, int, str]]


def _asked(report: Report) -> Iterator[tuple[str, _Facts]]:
    """Yield the questions that a reader comes with, each with figures and where their lines are."""
    own = [line.order for line in report.episodes]
    wrong = sum(order < NOTHING_FROM for order in own)
    facts: _Facts = [
        ("Your episodes in this report", len(own), "sheet Episodes"),
        (
            "of these, with something to look at",
            wrong,
            "sheet Episodes: the most urgent are at the top",
        ),
        ("Missing from your records", len(report.missing), "sheet Missing from your records"),
    ]
    if report.role == "council":
        facts.append(("Return interviews overdue", len(report.overdue), "sheet Return interviews overdue"))
    if report.unknown:
        facts.append(("Not in this workspace's crosswalk", report.unknown, "made in another workspace"))
    yield "Which of mine are wrong?", facts
    orders = own + [line.order for line in report.missing]
    yield (
        "What do I do?",
        [
            (
                "To look at today",
                sum(order == URGENT for order in orders),
                "red lines: one side says still missing",
            ),
            (
                "To look at soon",
                sum(URGENT < order < SOON for order in orders),
                "yellow lines of both sheets",
            ),
            ("Questions about your own records", len(report.questions), "sheet Questions"),
        ],
    )
    if report.previous_cycle is not None:
        since = f"since cycle {report.previous_cycle}: sheet Changes"
        yield (
            "What has changed?",
            [
                ("Was wrong and is now right", report.changed_to("now right"), since),
                ("New", report.changed_to("new"), since),
                ("Changed otherwise", report.changed_to("changed"), since),
                ("No longer in your snapshots", report.changed_to("no longer yours"), since),
            ],
        )


def _classes(report: Report) -> Iterator[tuple[str, int, str, str, int]]:
    found = {line.reconciliation_class: line for line in reversed(report.episodes)}
    counts = {name: sum(line.reconciliation_class == name for line in report.episodes) for name in found}
    for line in sorted(found.values(), key=lambda one: (one.order, one.reconciliation_class)):
        name = line.reconciliation_class
        yield name, counts[name], line.meaning, line.action, line.order
