"""Charts of released tables, as SVG: no script, nothing to fetch, and only figures that are in the table."""

import io
from typing import Any

import altair as alt

from api.publishing.drawn import SYMBOL_WORDS, Drawn
from linkage.register.released import ReleasedCell

__all__ = ["chart"]

_WIDTH, _LINE_HEIGHT, _STEP, _SQUARE = 560, 240, 24, 34
_COLOUR, _WHOLE, _GREY, _SQUARES = "#1b6ca8", "#0b3c49", "#505a5f", ("#f3f8fb", "#0b3c49")
_DARK = 0.68
"""From which part of the largest a square is dark enough for white figures."""
_MOST_FIGURES = 400
"""In a matrix of more squares than these, symbols alone are written: figures would not be legible."""


def chart(drawn: Drawn) -> str:
    """Draw a chart; what is suppressed is drawn as its symbol, and not as nothing."""
    return _svg({"months": _months, "bars": _bars, "shares": _shares, "matrix": _matrix}[drawn.kind](drawn))


def _rows(drawn: Drawn, sign: str = "") -> list[dict[str, Any]]:
    """Return a row's name, its value, 0 where there is none, and what is written beside it."""
    return [
        {
            "part": row.name,
            "value": row.cells[0].value or 0,
            "figure": "" if row.cells[0].value is None else f"{row.cells[0].text}{sign}",
            "symbol": _symbol(row.cells[0]),
            "whole": drawn.kind == "shares" and place == 0,
        }
        for place, row in enumerate(drawn.rows)
    ]


def _symbol(cell: ReleasedCell) -> str:
    """Return what is written where there is no figure."""
    if cell.value is not None:
        return ""
    words = SYMBOL_WORDS.get(cell.text)
    return f"{cell.text} ({words})" if words else cell.text


def _bars(drawn: Drawn) -> alt.LayerChart:
    measure = drawn.measure.replace("_", " ")
    return _lying(drawn, _rows(drawn), alt.X("value:Q", title=measure, axis=alt.Axis(tickMinStep=1)))


def _shares(drawn: Drawn) -> alt.LayerChart:
    """Draw percentages, the first of them of all areas."""
    hundred = alt.Scale(domain=[0, 100])
    return _lying(drawn, _rows(drawn, " %"), alt.X("value:Q", title=drawn.columns[0].lower(), scale=hundred))


def _lying(drawn: Drawn, rows: list[dict[str, Any]], along: alt.X) -> alt.LayerChart:
    """Draw lying bars with what is printed beside each."""
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("part:N", sort=None, title="", axis=alt.Axis(labelLimit=320)), x=along
    )
    bars = base.mark_bar().encode(color=alt.condition("datum.whole", alt.value(_WHOLE), alt.value(_COLOUR)))
    figures = base.mark_text(align="left", dx=4, fontSize=12).encode(text="figure:N")
    symbols = base.mark_text(align="left", dx=4, fontSize=12, color=_GREY).encode(text="symbol:N")
    both: alt.LayerChart = bars + figures + symbols
    sized: alt.LayerChart = both.properties(width=_WIDTH, height=alt.Step(_STEP), title=drawn.head)
    return sized


def _months(drawn: Drawn) -> alt.LayerChart:
    """Draw months as a line; one that is suppressed leaves a gap with its symbol."""
    rows = [
        {
            "part": row.name,
            "value": row.cells[0].value,
            "text": "" if row.cells[0].value is not None else row.cells[0].text,
        }
        for row in drawn.rows
    ]
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("part:O", title="", sort=None, axis=alt.Axis(labelAngle=-45))
    )
    line = base.mark_line(color=_COLOUR, point={"color": _COLOUR, "size": 50}).encode(
        y=alt.Y("value:Q", title=drawn.measure.replace("_", " "), scale=alt.Scale(zero=True))
    )
    words = base.mark_text(baseline="bottom", dy=-4, fontSize=12, color=_GREY).encode(
        text="text:N", y=alt.value(_LINE_HEIGHT)
    )
    both: alt.LayerChart = line + words
    sized: alt.LayerChart = both.properties(width=_WIDTH, height=_LINE_HEIGHT)
    return sized


def _matrix(drawn: Drawn) -> alt.LayerChart:
    """Draw a square for each cell, dark for many; one that is suppressed has no colour, only its symbol."""
    cells: list[dict[str, Any]] = [
        {"row": row.name, "column": column, "value": cell.value, "text": cell.text}
        for row in drawn.rows
        for column, cell in zip(drawn.columns, row.cells, strict=True)
        if cell.text != "z"
    ]
    most = max((cell["value"] or 0 for cell in cells), default=0) or 1
    few = len(cells) <= _MOST_FIGURES
    for cell in cells:
        value = cell["value"]
        cell |= {
            "dark": value is not None and value > most * _DARK,
            "text": cell["text"] if few or value is None else "",
        }
    base = alt.Chart(alt.InlineData(values=cells)).encode(
        y=alt.Y(
            "row:N", sort=[row.name for row in drawn.rows], title=drawn.head, axis=alt.Axis(labelLimit=320)
        ),
        x=alt.X(
            "column:N",
            sort=list(drawn.columns),
            title="Missing from",
            axis=alt.Axis(labelLimit=320, labelAngle=-45),
        ),
    )
    scale = alt.Scale(domain=[0, most], range=list(_SQUARES))
    drawn_squares = (
        base.transform_filter("isValid(datum.value)")
        .mark_rect(stroke="white")
        .encode(color=alt.Color("value:Q", title=drawn.measure.replace("_", " "), scale=scale))
    )
    hidden = base.transform_filter("!isValid(datum.value)").mark_rect(
        fill="white", stroke=_GREY, strokeDash=[2, 2]
    )
    words = base.mark_text(fontSize=11 if few else 8).encode(
        text="text:N", color=alt.condition("datum.dark", alt.value("white"), alt.value("#0b0c0c"))
    )
    both: alt.LayerChart = drawn_squares + hidden + words
    step = _SQUARE if few else 22
    sized: alt.LayerChart = both.properties(width=alt.Step(step), height=alt.Step(step))
    return sized


def _svg(drawn: alt.LayerChart) -> str:
    stream = io.StringIO()
    # A reader's letters may be wider than those that the chart was measured with.
    room = {"left": 60, "right": 60, "top": 8, "bottom": 8}
    axis = alt.AxisConfig(labelFontSize=12, titleFontSize=13, labelColor="#0b0c0c", titleColor="#0b0c0c")
    drawn.configure(font="sans-serif", padding=room, view=alt.ViewConfig(stroke=None), axis=axis).save(
        stream, format="svg"
    )
    return stream.getvalue()
