"""A stand-in for disclosure control where a test is about what comes after it: rounds, and hides 1 to 5."""

from collections.abc import Iterable

from linkage.register.counts import CountTable
from linkage.register.released import ReleasedCell, ReleasedTable


def rounded(tables: Iterable[CountTable]) -> list[ReleasedTable]:
    """Round to 5; whoever publishes must use the real one, which also hides what could be worked out."""
    return [
        ReleasedTable(
            number=table.number,
            title=table.title,
            measure=table.measure,
            dimensions=table.dimensions,
            cells={key: _cell(cell.value, key in table.unavailable) for key, cell in table.cells.items()},
            notes=("Rounded to 5.",),
        )
        for table in tables
    ]


def _cell(value: int, dark: bool) -> ReleasedCell:
    if dark:
        return ReleasedCell("x", None)
    if 0 < value <= 5:
        return ReleasedCell("c", None)
    near = 5 * ((value + 2) // 5)
    return ReleasedCell(str(near), near)
