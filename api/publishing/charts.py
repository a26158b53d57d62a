"""Charts of released tables, as SVG: no script, nothing to fetch, and only figures that are in the table."""

import io
from typing import Any

import altair as alt

from linkage.register.counts import Dimension, Key
from linkage.register.statistics.published import TableGroup

__all__ = ["chart"]

_WIDTH, _LINE_HEIGHT, _STEP = 560, 240, 22
_COLOUR = "#1b6ca8"
_NOT_DRAWN = frozenset({"no-completed-interview"})
"""What would dwarf all that a chart is about; it is in the table."""
_ALONG = {"T13": "time", "T13b": "time", "T16": "area"}


def chart(group: TableGroup) -> str:
    """Draw a table's first measure over one dimension, at the total of all others.

    A matrix of two dimensions of areas is drawn as squares.  What is suppressed is drawn as its symbol.
    """
    names = [one.name for one in group.dimensions]
    if "host_area" in names:
        return _svg(_matrix(group))
    chosen = _ALONG.get(group.number, names[-1])
    dimension = group.dimensions[names.index(chosen)]
    rows = _along(group, dimension)
    return _svg(_months(rows) if chosen == "time" else _bars(rows, dimension.title, _measure(group)))


def _measure(group: TableGroup) -> str:
    names = list(group.measures)
    return next((name for name in names if name.startswith("incidents")), names[0])


def _along(group: TableGroup, dimension: Dimension) -> list[dict[str, Any]]:
    """Return the smallest parts of one dimension, with their figures."""
    cells = group.measures[_measure(group)].cells
    rows = []
    for code in dimension.codes:
        if dimension.parts(code) or code == dimension.total or code in _NOT_DRAWN:
            continue
        key: Key = tuple(code if one is dimension else one.total for one in group.dimensions)
        label = dimension.labels.get(code, code)
        if key in cells and cells[key].text != "z":
            value = cells[key].value
            rows.append(
                {"part": label, "value": value or 0, "text": "" if value is not None else cells[key].text}
            )
    return rows


def _bars(rows: list[dict[str, Any]], title: str, measure: str) -> alt.LayerChart:
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("part:N", sort=None, title="", axis=alt.Axis(labelLimit=320)),
        x=alt.X("value:Q", title=measure, axis=alt.Axis(tickMinStep=1)),
    )
    words = base.mark_text(align="left", dx=4).encode(text="text:N")
    bars: alt.LayerChart = base.mark_bar(color=_COLOUR) + words
    sized: alt.LayerChart = bars.properties(width=_WIDTH, height=alt.Step(_STEP), title=title)
    return sized


def _months(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Draw months as a line; one that is suppressed leaves a gap with its symbol."""
    shown = [row | {"value": None if row["text"] else row["value"]} for row in rows]
    base = alt.Chart(alt.InlineData(values=shown)).encode(x=alt.X("part:O", title="", sort=None))
    line = base.mark_line(color=_COLOUR, point=True).encode(
        y=alt.Y("value:Q", title="incidents", scale=alt.Scale(zero=True))
    )
    words = base.mark_text(baseline="bottom").encode(text="text:N", y=alt.value(_LINE_HEIGHT))
    both: alt.LayerChart = line + words
    sized: alt.LayerChart = both.properties(width=_WIDTH, height=_LINE_HEIGHT)
    return sized


def _matrix(group: TableGroup) -> alt.LayerChart:
    """Draw who is missing where, out of the responsible council's area."""
    cells = group.measures[_measure(group)].cells
    _, responsible, _, host = group.dimensions
    rows = [
        {
            "responsible": responsible.labels.get(one, one),
            "host": host.labels.get(other, other),
            "value": cell.value or 0,
            "text": cell.text if cell.value is None else "",
        }
        for (_, one, in_out, other), cell in cells.items()
        if in_out == "out" and not responsible.parts(one) and not host.parts(other) and cell.text != "z"
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("responsible:N", sort=None, title=responsible.title),
        x=alt.X("host:N", sort=None, title=host.title),
    )
    squares = base.mark_rect().encode(
        color=alt.Color("value:Q", title="incidents", scale=alt.Scale(type="symlog", scheme="blues"))
    )
    both: alt.LayerChart = squares + base.mark_text(fontSize=8).encode(text="text:N")
    sized: alt.LayerChart = both.properties(width=alt.Step(_STEP), height=alt.Step(_STEP))
    return sized


def _svg(drawn: alt.LayerChart) -> str:
    stream = io.StringIO()
    # A reader's letters may be wider than those that the chart was measured with.
    room = {"left": 60, "right": 60, "top": 8, "bottom": 8}
    drawn.configure(font="sans-serif", padding=room, view=alt.ViewConfig(stroke=None)).save(
        stream, format="svg"
    )
    return stream.getvalue()
