"""Tables: rows of text under a header, whatever kind of file they came from."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from linkage.errors import InputError

__all__ = ["HEADER_ROWS", "Row", "Table", "header_hits", "header_key", "table_of"]

HEADER_ROWS = 20
"""Rows among which the header is looked for: titles and remarks stand above it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number as a spreadsheet counts (the first line is 1) and its cells, stripped of spaces."""

    number: int
    cells: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Row(number={self.number}, cells=…)"


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A table read whole; ``misfits`` are rows with another number of cells than the header has.

    ``delimiter`` is empty unless it was text.  ``cut``: the text ends without a line end where every other
    line has one, as a file that was copied in part does.
    """

    file: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    misfits: tuple[Row, ...]
    encoding: str
    delimiter: str
    cut: bool = False


def header_key(name: str) -> str:
    """Return a column name as it is compared: ``Date of Birth`` and ``date_of_birth`` are one column."""
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split())


def header_hits(rows: Sequence[Row], wanted: Set[str]) -> int:
    """Return how many of the wanted names (as :func:`header_key` writes them) the best header row has."""
    return max((_hits(row, wanted) for row in rows[:HEADER_ROWS]), default=0)


def table_of(
    file: str, rows: Sequence[Row], wanted: Iterable[str], *, encoding: str, delimiter: str, cut: bool = False
) -> Table:
    """Return rows as a table: the header is the row among the first twenty with most of the wanted names.

    Raises :class:`InputError` if there is no row at all.
    """
    start = _header_position(rows, {header_key(name) for name in wanted})
    if start is None:
        raise InputError(
            f"{file}: there is no header row: nothing is in it",
            hint="the first row must hold the names of the columns; is it the right file?",
        )
    header = _without_trailing_blanks(rows[start].cells)
    fitting, misfits = _fitted(rows[start + 1 :], len(header))
    return Table(file, header, fitting, misfits, encoding, delimiter, cut)


def _hits(row: Row, wanted: Set[str]) -> int:
    return len(wanted & {header_key(cell) for cell in row.cells if cell})


def _header_position(rows: Sequence[Row], wanted: Set[str]) -> int | None:
    positions = range(min(len(rows), HEADER_ROWS))
    return max(positions, key=lambda position: _hits(rows[position], wanted), default=None)


def _without_trailing_blanks(cells: tuple[str, ...]) -> tuple[str, ...]:
    width = len(cells)
    while width and not cells[width - 1]:
        width -= 1
    return cells[:width]


def _fitted(rows: Iterable[Row], width: int) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Part the rows into those as wide as the header and those that are not; blank cells at the end go."""
    fitting: list[Row] = []
    misfits: list[Row] = []
    for row in rows:
        cells = _without_trailing_blanks(row.cells[width:])
        if cells or len(row.cells) < width:
            misfits.append(row)
        else:
            fitting.append(Row(row.number, row.cells[:width]))
    return tuple(fitting), tuple(misfits)
