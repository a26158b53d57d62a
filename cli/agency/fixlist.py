"""The fix list: every fault of a source as CSV, for whoever mends it.  It stays with the agency."""

from collections.abc import Iterator
from pathlib import Path

from cli.agency.spreadsheet import write_csv
from cli.sources.faults import FaultLog

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


def write_fixes(path: Path, log: FaultLog) -> None:
    """Write the fix list, errors first; values are masked, references are the agency's own."""
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
