"""Charts of a privacy audit, as SVG: no script, nothing to fetch, no identifier.

Needs the extra ``lab``.
"""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from linkage.audited.measures import KNOWN
from linkage.audited.report import AuditReport, Finding
from linkage.audited.words import SIDES, findings_of, light_words, named
from linkage.lab.evaluation_charts import svg_of

__all__ = ["by_light", "by_pairs", "by_side", "lights_over_profiles"]

_WIDTH: Final = 460
_TICKS: Final = (0, 0.5, 1, 2, 5, 10, 20, 50, 100)
_BELOW: Final[dict[str, Any]] = {"orient": "bottom", "direction": "vertical", "labelLimit": 0}
"""A legend below a chart has room for words that a legend beside it would cut off."""
_NAMES: Final = ("green", "amber", "red", "no light", "says nothing")
_COLOURS: Final = alt.Scale(
    domain=list(_NAMES), range=["#2f7d4f", "#b07d12", "#b3261e", "#6b7280", "#6b7280"]
)
_SHAPES: Final = alt.Scale(domain=list(_NAMES), range=["circle", "triangle-up", "square", "diamond", "cross"])


def lights_over_profiles(reports: Sequence[AuditReport]) -> str:
    """Draw how many lights each profile has of each colour; the number is written in each bar."""
    rows = [
        {"profile": named(report), "light": light, "count": count, "order": place}
        for report in reports
        for place, light in enumerate(_NAMES)
        if (count := sum(light_words(report, one) == light for one in report.findings if one.light))
    ]
    base = _chart(rows).encode(
        y=alt.Y("profile:N", title="", sort=None, axis=alt.Axis(labelLimit=220)),
        x=alt.X("count:Q", title="measures", stack=True, axis=alt.Axis(tickMinStep=1)),
        order="order:Q",
    )
    bars = base.mark_bar().encode(color=alt.Color("light:N", scale=_COLOURS, sort=_NAMES, title="light"))
    return svg_of(bars.properties(width=_WIDTH, height=alt.Step(24)))


def by_light(report: AuditReport, *, percent: bool) -> str:
    """Draw every figure that has a light, with its interval and the ends of green and red."""
    found = [one for one in findings_of(report, "none") if one.light and one.percent == percent]
    rows = [_row(one, light_words(report, one)) for one in found]
    limits = [
        {"words": one.words, "limit": _scaled(one, value), "end": name}
        for one in found
        for name, value in (("green ends", one.green), ("red begins", one.red))
        if value is not None
    ]
    base = _chart(rows).encode(y=_words())
    title = "per cent (symmetric log)" if percent else "value"
    x = alt.X("value:Q", title=title, scale=_scale(symlog=percent), axis=_axis(symlog=percent))
    lines = base.mark_rule().encode(x=alt.X("low:Q", title=title, scale=_scale(symlog=percent)), x2="high:Q")
    points = base.mark_point(size=70, filled=True, opacity=1).encode(
        x=x,
        color=alt.Color("light:N", scale=_COLOURS, title="light"),
        shape=alt.Shape("light:N", scale=_SHAPES, title="light"),
    )
    ticks = (
        _chart(limits)
        .mark_tick(thickness=2, size=14)
        .encode(
            y=_words(),
            x=alt.X("limit:Q", scale=_scale(symlog=percent)),
            color=alt.Color(
                "end:N",
                scale=alt.Scale(domain=["green ends", "red begins"], range=["#2f7d4f", "#b3261e"]),
                title="limits",
            ),
        )
    )
    chart = alt.layer(lines, ticks, points).resolve_scale(color="independent", shape="independent")
    return svg_of(chart.properties(width=_WIDTH, height=alt.Step(24)))


def by_pairs(reports: Sequence[AuditReport]) -> str:
    """Draw what known pairs reach in every profile, over how many there are."""
    rows = [
        {
            "profile": named(report),
            "pairs": int(one.measure.removeprefix("known-pairs-")),
            "value": _scaled(one, one.value),
            "low": _scaled(one, one.low),
            "high": _scaled(one, one.high),
        }
        for report in reports
        for one in findings_of(report, "none")
        if one.measure.startswith("known-pairs-") and one.value is not None
    ]
    names = alt.Scale(domain=[named(report) for report in reports])
    title = "others re-identified, per cent (symmetric log)"
    base = _chart(rows).encode(
        x=alt.X(
            "pairs:Q",
            title="known pairs (log)",
            scale=alt.Scale(type="log"),
            axis=alt.Axis(values=list(KNOWN), labelOverlap=True),
        ),
        color=alt.Color("profile:N", title="profile", scale=names),
    )
    lines = base.mark_line().encode(
        y=alt.Y("value:Q", title=title, scale=_scale(symlog=True), axis=_axis(symlog=True))
    )
    points = base.mark_point(filled=True, size=60).encode(
        y="value:Q", shape=alt.Shape("profile:N", title="profile", scale=names)
    )
    rules = base.mark_rule(opacity=0.5).encode(y=alt.Y("low:Q", title=title), y2="high:Q")
    return svg_of((rules + lines + points).properties(width=_WIDTH, height=280))


def by_side(report: AuditReport) -> str:
    """Draw what each attack reaches with more and more in clear beside the encodings."""
    sided = {one.measure for one in findings_of(report, "payload")}
    rows = [
        {"knowledge": SIDES[side], **_row(one, "")}
        for side in SIDES
        for one in findings_of(report, side)
        if one.percent and one.value is not None and one.measure in sided
    ]
    colours = alt.Scale(domain=list(SIDES.values()), range=["#1b6ca8", "#c8553d", "#5b4b8a"])
    y_offset = alt.YOffset("knowledge:N", sort=list(SIDES.values()))
    base = _chart(rows).encode(
        y=_words(),
        yOffset=y_offset,
        color=alt.Color("knowledge:N", scale=colours, title="the attacker sees", legend=alt.Legend(**_BELOW)),
    )
    lines = base.mark_rule().encode(x=alt.X("low:Q", title="per cent"), x2="high:Q")
    points = base.mark_point(size=50, filled=True).encode(
        x=alt.X("value:Q", title="per cent"),
        shape=alt.Shape(
            "knowledge:N",
            scale=alt.Scale(domain=list(SIDES.values())),
            title="the attacker sees",
            legend=alt.Legend(**_BELOW),
        ),
    )
    return svg_of((lines + points).properties(width=_WIDTH, height=alt.Step(14)))


def _row(finding: Finding, light: str) -> dict[str, Any]:
    value, low, high = (_scaled(finding, one) for one in (finding.value, finding.low, finding.high))
    return {"words": finding.words, "value": value, "low": low, "high": high, "light": light}


def _scaled(finding: Finding, value: float | None) -> float | None:
    return 100 * value if finding.percent and value is not None else value


def _scale(*, symlog: bool) -> alt.Scale:
    return alt.Scale(type="symlog", constant=0.5) if symlog else alt.Scale()


def _axis(*, symlog: bool) -> alt.Axis:
    """Return an axis whose ticks stand apart; a logarithm's own crowd at its upper end."""
    return (
        alt.Axis(values=list(_TICKS), labelExpr="'' + datum.value", labelOverlap=True)
        if symlog
        else alt.Axis(labelOverlap=True)
    )


def _words() -> alt.Y:
    return alt.Y("words:N", title="", sort=None, axis=alt.Axis(labelLimit=420))


def _chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))
