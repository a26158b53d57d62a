"""The report, read with the agency's own references, and taken away as files."""

import io
import secrets
import shutil
import zipfile
from collections import Counter
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from cli.agency.progress import Stages
from cli.agency.pulling import stored_cycle, stored_report
from cli.agency.report_sheets import SOON, URGENT, Sheet, sheets_of
from cli.agency.saying import today
from cli.agency.spreadsheet import write_report
from cli.desk.forms import passphrase
from cli.desk.showing import begun, go, saved, show
from cli.desk.state import State
from cli.desk.work import Work
from keys.files import private_folder

__all__ = ["report_pages"]

_SHOWN_ROWS = 500
_PROSE_WIDTH = 34
"""Columns as wide as that in the workbook hold sentences."""
_NOT_FOR_READING = ("answer", "reconciliation_class")
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def report_pages(state: State, work: Work) -> Blueprint:
    """Make the pages."""
    blueprint = Blueprint("reports", __name__)

    @blueprint.get("/report")
    def report() -> ResponseReturnValue:
        if state.report is None:
            return _ask_to_open(state)
        sheets = list(sheets_of(state.report))
        counts = [(number, sheet, _urgency(sheet)) for number, sheet in enumerate(sheets, start=1)]
        return show(state, "report", "Your report", report=state.report, counts=counts)

    @blueprint.post("/report")
    def open_stored() -> ResponseReturnValue:
        return _open_stored(state, work)

    @blueprint.get("/report/<int:number>")
    def sheet(number: int) -> ResponseReturnValue:
        if state.report is None:
            return go("/unit")
        sheets = list(sheets_of(state.report))
        if not 1 <= number <= len(sheets):
            return go("/report")
        state.report_read = True
        chosen = _for_reading(sheets[number - 1])
        values: dict[str, Any] = {"urgent": URGENT, "soon": SOON, "most": _SHOWN_ROWS, "prose": _PROSE_WIDTH}
        return show(state, "sheet", chosen.title, sheet=chosen, **values)

    @blueprint.get("/report/report.xlsx")
    def workbook() -> ResponseReturnValue:
        return _files(state, tables=False)

    @blueprint.get("/report/report-tables.zip")
    def tables() -> ResponseReturnValue:
        return _files(state, tables=True)

    return blueprint


def _ask_to_open(state: State) -> ResponseReturnValue:
    """Ask for the passphrase, where a report was pulled before; the references are under it."""
    cycle = stored_cycle(state.workspace)
    if cycle is None:
        return go("/unit")
    return show(state, "stored_report", "Read the report", field="passphrase", cycle=cycle)


def _open_stored(state: State, work: Work) -> ResponseReturnValue:
    phrase = passphrase()

    def act(stages: Stages) -> None:
        stages.stage("opening your keys")
        identity = state.workspace.identity(phrase)
        stages.stage("finding your references")
        state.report = stored_report(state.workspace, identity, today=today())
        state.report_read = False

    return begun(work, "Opening the report", act, back="/report", then="/report")


def _for_reading(sheet: Sheet) -> Sheet:
    """Leave out names of classes, which a sentence beside them says, and commands: there are pages for them.

    Both stand in the workbook.
    """
    keep = [place for place, column in enumerate(sheet.columns) if column.name not in _NOT_FOR_READING]
    rows = tuple((order, tuple(row[place] for place in keep)) for order, row in sheet.rows)
    note = sheet.note.replace(
        "clew agency check --fixes lists the rows.", "Check the file again to see the rows."
    )
    return sheet._replace(columns=tuple(sheet.columns[place] for place in keep), rows=rows, note=note)


def _urgency(sheet: Sheet) -> tuple[int, int]:
    orders = Counter("today" if order == URGENT else "soon" for order, _ in sheet.rows if order < SOON)
    return orders["today"], orders["soon"]


def _files(state: State, *, tables: bool) -> ResponseReturnValue:
    """Write the report as the command does, into the private folder, and hand it over from there."""
    if state.report is None:
        return go("/unit")
    folder = private_folder(state.place / secrets.token_hex(8))
    try:
        book, *others = write_report(folder / "report.xlsx", state.report)
        if not tables:
            return saved(book.read_bytes(), "report.xlsx", _WORKBOOK)
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in others:
                archive.write(path, path.name)
        return saved(packed.getvalue(), "report-tables.zip", "application/zip")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
