"""What charts of released tables show: which cells, as they are printed, and each chart in a sentence.

A chart, the table beside it and the sentence are made of the same rows.  What is suppressed is shown by its
symbol, and is nowhere taken for nothing.
"""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from linkage.register.counts import Dimension, Key
from linkage.register.released import ReleasedCell
from linkage.register.statistics.published import TableGroup, percent_of

__all__ = ["SYMBOL_WORDS", "Drawn", "DrawnRow", "charts_of"]

Kind = Literal["months", "bars", "shares", "matrix"]

_NOT_DRAWN = frozenset({"no-completed-interview"})
"""What would dwarf all that a chart is about; it is in the table."""
_ALONG = {"T13": "time", "T13b": "time", "T16": "area"}
_NOTHING = ReleasedCell("z", None)
_MONTH = re.compile(r"\d{4}-\d{2}")
SYMBOL_WORDS: Mapping[str, str] = {"c": "suppressed", "x": "not available", "u": "of too few"}
"""What is said of symbols in a chart; the others are shown as they are."""


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """A line of a chart's table: what it is about, and its cells as they are printed."""

    name: str
    cells: tuple[ReleasedCell, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart: ``head`` names what rows are about, ``columns`` their cells, of which the first is drawn.

    ``months``: a line; ``bars``: a bar for each row; ``shares``: a bar of a hundred for each; ``matrix``: a
    square for each cell.  ``name``: of a second chart of a table, as in a file's name.
    """

    number: str
    kind: Kind
    title: str
    measure: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[DrawnRow, ...]
    name: str = ""

    @property
    def said(self) -> str:
        """The chart in a sentence or two."""
        found = {"months": _said_of_months, "bars": _said_of_bars}.get(self.kind)
        if found is None:
            found = _said_of_shares if self.kind == "shares" else _said_of_matrix
        hidden = _hidden(
            [cell for row in self.rows for cell in (row.cells if self.matrix else row.cells[:1])]
        )
        return " ".join(filter(None, (found(self), hidden)))

    @property
    def matrix(self) -> bool:
        """Say whether every cell is drawn, and not the first of each row alone."""
        return self.kind == "matrix"


@dataclass(frozen=True, slots=True)
class _Share:
    """A chart of percentages: which cell of the last dimension is shown as part of which."""

    part: str
    whole: str | None
    title: str
    columns: tuple[str, str, str]
    name: str


_ALIKE = _Share(
    part="MATCHED",
    whole=None,
    title="Incidents that councils and police hold alike",
    columns=("Per cent held alike", "Incidents held alike", "All incidents"),
    name="held-alike",
)
_SHARES: Mapping[str, _Share] = {
    "T9": _Share(
        part="within-72h",
        whole="completed",
        title="Return interviews completed within 72 hours of return",
        columns=("Per cent within 72 hours", "Within 72 hours", "Completed"),
        name="within-72-hours",
    ),
    "T15": _ALIKE,
    "T15b": _ALIKE,
}


def charts_of(group: TableGroup) -> list[Drawn]:
    """Return the charts of a table: one of its first measure, and one of shares where that says more."""
    names = [one.name for one in group.dimensions]
    if "host_area" in names:
        return [_matrix(group)]
    chosen = group.dimensions[names.index(_ALONG.get(group.number, names[-1]))]
    first = Drawn(
        number=group.number,
        kind="months" if chosen.name == "time" else "bars",
        title=group.title,
        measure=_measure(group),
        head="Month" if chosen.name == "time" else chosen.title,
        columns=(_words(_measure(group)).capitalize(),),
        rows=tuple(_along(group, chosen)),
    )
    share = _SHARES.get(group.number)
    return [first] if share is None else [first, _shares(group, share)]


def _can_be(cell: ReleasedCell) -> bool:
    return cell.text != "z"


def _measure(group: TableGroup) -> str:
    names = list(group.measures)
    return next((name for name in names if name.startswith("incidents")), names[0])


def _words(name: str) -> str:
    return name.replace("_", " ")


def _label(dimension: Dimension, code: str) -> str:
    if dimension.name == "time" and _MONTH.fullmatch(code):
        return f"{calendar.month_abbr[int(code[5:])]} {code[:4]}"
    return dimension.labels.get(code, code)


def _leaves(dimension: Dimension) -> list[str]:
    """Return the smallest parts, or the whole where it has none."""
    wholes = {dimension.parents.get(code) for code in dimension.codes}
    found = [code for code in dimension.codes if code not in wholes and code != dimension.total]
    return found or [dimension.total]


def _along(group: TableGroup, dimension: Dimension) -> Iterator[DrawnRow]:
    """Yield the smallest parts of one dimension, with their figures at the total of all others."""
    cells = group.measures[_measure(group)].cells
    for code in _leaves(dimension):
        key: Key = tuple(code if one is dimension else one.total for one in group.dimensions)
        if code not in _NOT_DRAWN and key in cells and cells[key].text != "z":
            yield DrawnRow(_label(dimension, code), (cells[key],))


def _shares(group: TableGroup, share: _Share) -> Drawn:
    """Return the share of one cell in another by area or force, all of them first."""
    place, last = group.divided_by[0], group.dimensions[-1]
    cells = group.measures[_measure(group)].cells
    rows = []
    for code in dict.fromkeys((place.total, *_leaves(place))):
        codes = {one.name: one.total for one in group.dimensions} | {place.name: code}
        part, whole = (
            cells.get(tuple((codes | {last.name: wanted}).values()), _NOTHING)
            for wanted in (share.part, share.whole or last.total)
        )
        text = percent_of(part, whole)
        if text != "z":
            percent = ReleasedCell(text, int(text) if text.isdigit() else None)
            name = "All areas" if code == place.total else _label(place, code)
            rows.append(DrawnRow(name, (percent, part, whole)))
    by = "police force" if place.name == "force" else "council"
    return Drawn(
        number=group.number,
        kind="shares",
        title=f"{share.title}, by {by}",
        measure=_measure(group),
        head=place.title,
        columns=share.columns,
        rows=tuple(rows),
        name=share.name,
    )


def _matrix(group: TableGroup) -> Drawn:
    """Return who is missing where, out of the responsible council's area."""
    cells = group.measures[_measure(group)].cells
    period, responsible, _, host = group.dimensions

    def cell(one: str, other: str) -> ReleasedCell:
        return cells.get((period.total, one, "out", other), _NOTHING)

    others = _leaves(host)
    lines = {one: {other: cell(one, other) for other in others} for one in _leaves(responsible)}
    lines = {one: found for one, found in lines.items() if any(_can_be(shown) for shown in found.values())}
    hosts = [other for other in others if any(_can_be(found[other]) for found in lines.values())]
    rows = [
        DrawnRow(_label(responsible, one), tuple(found[other] for other in hosts))
        for one, found in lines.items()
    ]
    return Drawn(
        number=group.number,
        kind="matrix",
        title="Missing out of the responsible council's area: whose children, and where",
        measure=_measure(group),
        head="Responsible council",
        columns=tuple(_label(host, other) for other in hosts),
        rows=tuple(rows),
    )


def _shown(rows: Sequence[DrawnRow]) -> list[tuple[int, str]]:
    """Return what is drawn as figures, with its name."""
    return [(row.cells[0].value, row.name) for row in rows if row.cells[0].value is not None]


def _said_of_months(drawn: Drawn) -> str:
    shown = _shown(drawn.rows)
    if not shown:
        return "No month has a figure."
    (least, then), (most, when) = min(shown, key=_figure), max(shown, key=_figure)
    if least == most:
        return f"{most:,} {_words(drawn.measure)} in every month that has a figure."
    return f"The most {_words(drawn.measure)} are in {when}, {most:,}; the fewest in {then}, {least:,}."


def _said_of_bars(drawn: Drawn) -> str:
    shown = _shown(drawn.rows)
    if not shown:
        return "No row has a figure."
    most, name = max(shown, key=_figure)
    return f"The largest figure is {most:,} {_words(drawn.measure)}: {name}."


def _said_of_shares(drawn: Drawn) -> str:
    whole, shown = drawn.rows[:1], _shown(drawn.rows[1:])
    text = f"{whole[0].name}: {_percent(whole[0].cells[0])}." if whole else ""
    if len(shown) > 1:
        (least, then), (most, when) = min(shown, key=_figure), max(shown, key=_figure)
        text += f" From {least} % ({then}) to {most} % ({when})."
    return text or "No row has a figure."


def _said_of_matrix(drawn: Drawn) -> str:
    flows = [
        (cell.value, row.name, column)
        for row in drawn.rows
        for column, cell in zip(drawn.columns, row.cells, strict=True)
        if cell.value
    ]
    if not flows:
        return "No council's children are shown to be missing from another's area."
    most, one, other = max(flows, key=lambda flow: flow[0])
    what = f"{most:,} {_words(drawn.measure)}"
    return f"The largest figure is {what}: children of {one}, missing from {other}."


def _figure(one: tuple[int, str]) -> int:
    return one[0]


def _percent(cell: ReleasedCell) -> str:
    return f"{cell.text} %" if cell.value is not None else f"no figure ({cell.text})"


def _hidden(cells: Sequence[ReleasedCell]) -> str:
    """Say how many of the cells have a symbol, and which."""
    drawn = [cell for cell in cells if cell.text != "z"]
    found = []
    for mark, words in SYMBOL_WORDS.items():
        count = sum(cell.text == mark for cell in drawn)
        if count:
            found.append(f"{count:,} of {len(drawn):,} {'is' if count == 1 else 'are'} {words} ({mark})")
    return f"{'; '.join(found)}." if found else ""
