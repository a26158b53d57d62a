"""What became of coded values: which words were taken for which code, how often, and which for none.

A word that the mapping or clew knows is safe to show: it is in a list that was written beforehand.  Anything
else may be somebody's note, and is shown as it is only where it is short and frequent.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cli.sources.masking import masked

__all__ = ["ValueLine", "ValueUse", "value_lines"]

_SHORT = 12
_FREQUENT = 5


class ValueUse(NamedTuple):
    """One value of one column: ``code`` is empty if it has no meaning; ``known``: it is a word of a list."""

    table: str
    column: str
    field: str
    value: str
    code: str
    known: bool


@dataclass(frozen=True, slots=True)
class ValueLine:
    """One line of the report; ``value`` can be shown."""

    table: str
    column: str
    field: str
    value: str
    code: str
    rows: int


def value_lines(uses: Counter[ValueUse]) -> Iterator[ValueLine]:
    """Yield the report, table by table and column by column, the most frequent value of each first.

    Values that are masked alike are one line.
    """
    lines: Counter[tuple[str, str, str, str, str]] = Counter()
    order = {place: at for at, place in enumerate(dict.fromkeys((use.table, use.column) for use in uses))}
    for use, rows in uses.items():
        shown = _shown(use, rows)
        lines[use.table, use.column, use.field, shown, use.code] += rows
    for line, rows in sorted(lines.items(), key=lambda one: (order[one[0][:2]], -one[1], one[0])):
        yield ValueLine(*line, rows)


def _shown(use: ValueUse, rows: int) -> str:
    if use.known or (len(use.value) <= _SHORT and rows >= _FREQUENT):
        return use.value
    return masked(use.value)
