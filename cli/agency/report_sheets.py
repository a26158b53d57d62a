"""The tables of a report: one sheet of the workbook each, and one CSV file beside it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cli.agency.data_quality import DataQuality
from cli.agency.reporting import Report

__all__ = ["SOON", "URGENT", "Column", "Sheet", "sheets_of"]

URGENT, SOON = 0, 5
"""Lines of order 0 are for today, those below 5 for soon."""

_PLAIN = 9


class Column(NamedTuple):
    """A column's name in CSV, its heading in the workbook, and its width there."""

    name: str
    heading: str
    width: int


class Sheet(NamedTuple):
    """One table; a row comes with its order of urgency.  ``suffix``: of the CSV file's name."""

    title: str
    suffix: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    note: str = ""


_EPISODE = Column("episode_reference", "Your episode reference", 22)
_CHILD = Column("child_reference", "Your child reference", 20)
_CLASS = Column("reconciliation_class", "Class", 26)
_MEANING = Column("meaning", "What it means", 48)
_ACTION = Column("action", "What to do", 48)
_QUERY = Column("query", "Query number", 16)


def sheets_of(report: Report) -> Iterator[Sheet]:
    """Yield every table of a report but its summary."""
    yield _episodes(report)
    yield _missing(report)
    if report.role == "council":
        yield _interviews(report)
    yield _changes(report)
    yield _questions(report)
    yield _data(report.quality)


def _episodes(report: Report) -> Sheet:
    differs = Column("differs", "What differs", 16)
    change = Column("change", "Since the last report", 24)
    rows = (
        (
            one.order,
            (
                one.episode,
                one.child,
                one.reconciliation_class,
                one.differs,
                one.meaning,
                one.action,
                one.change,
            ),
        )
        for one in report.episodes
    )
    columns = (_EPISODE, _CHILD, _CLASS, differs, _MEANING, _ACTION, change)
    return Sheet("Episodes", "", columns, tuple(rows))


def _missing(report: Report) -> Sheet:
    columns = (
        _CHILD,
        _CLASS,
        Column("month", "Month", 10),
        Column("contact", "Ask", 14),
        _QUERY,
        _MEANING,
        _ACTION,
    )
    rows = (
        (
            one.order,
            (one.child, one.reconciliation_class, one.month, one.contact, one.query, one.meaning, one.action),
        )
        for one in report.missing
    )
    return Sheet("Missing from your records", "-missing", columns, tuple(rows))


def _interviews(report: Report) -> Sheet:
    rows = ((SOON - 1, (one.child, one.episode, one.query, one.action)) for one in report.overdue)
    note = "Back for 72 hours when your snapshot was made, and no interview recorded as held or declined."
    return Sheet(
        "Return interviews overdue", "-interviews", (_CHILD, _EPISODE, _QUERY, _ACTION), tuple(rows), note
    )


def _changes(report: Report) -> Sheet:
    columns = (
        Column("what", "What changed", 16),
        _EPISODE,
        _CHILD,
        _QUERY,
        Column("was", "Was", 34),
        Column("now", "Is now", 34),
        _ACTION,
    )
    rows = (
        (one.order, (one.what, one.episode, one.child, one.query, one.was, one.now, one.action))
        for one in report.changes
    )
    note = (
        "This is your first report: there is nothing to compare it with."
        if report.previous_cycle is None
        else f"Compared with your report of cycle {report.previous_cycle}; what is as it was is not listed."
    )
    return Sheet("Changes", "-changes", columns, tuple(rows), note)


def _questions(report: Report) -> Sheet:
    columns = (
        Column("question", "Question", 40),
        _CHILD,
        Column("other_reference", "And", 20),
        _QUERY,
        Column("answer", "How to answer", 60),
    )
    rows = (
        (_PLAIN, (one.question, one.child, one.other, one.query, _answer(one.query, pair=bool(one.other))))
        for one in report.questions
    )
    note = (
        "About your own records only. At least half of them are drawn by lot, so that a question says "
        "nothing: look at your record, not at why it was asked."
    )
    return Sheet("Questions", "-questions", columns, tuple(rows), note)


def _answer(query: str, *, pair: bool) -> str:
    codes = "same-child or not-same-child" if pair else "record-right or error-corrected"
    return f"clew agency answer {query} --as {codes}"


def _data(quality: DataQuality | None) -> Sheet:
    columns = (
        Column("what", "What", 14),
        Column("table", "Table", 16),
        Column("column", "Column", 22),
        Column("rule", "Rule", 8),
        Column("found", "Found", 48),
        Column("rows", "Rows", 10),
        Column("action", "What to do", 48),
    )
    if quality is None:
        return Sheet("Your data", "-data", columns, (), "Nothing was encoded in this workspace.")
    rows = [(_PLAIN, row) for row in _table_rows(quality)]
    rows += [
        (
            SOON - 1 if one.severity == "error" else _PLAIN,
            (
                *_fault_row(one.severity, one.table, one.column),
                one.rule,
                one.problem,
                str(one.rows),
                one.cure,
            ),
        )
        for one in quality.faults
    ]
    note = (
        f"Counted on this machine when you encoded {quality.period.replace('..', ' to ')}; nobody else is "
        "told. clew agency check --fixes lists the rows."
    )
    return Sheet("Your data", "-data", columns, tuple(rows), note)


def _fault_row(severity: str, table: str, column: str) -> Sequence[str]:
    return "left out" if severity == "error" else "used, but check", table.replace("_", " "), column


def _table_rows(quality: DataQuality) -> Iterator[tuple[str, ...]]:
    for one in quality.tables:
        table = one.table.replace("_", " ")
        for found, rows in (
            ("rows read", one.read),
            ("rows sent", one.kept),
            ("rows left out because of errors", one.quarantined),
            ("rows outside the period", one.outside),
            ("rows of children on your shield list", one.shielded),
        ):
            if rows or found == "rows read":
                yield "count", table, "", "", found, f"{rows:,}", ""
