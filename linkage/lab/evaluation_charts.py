"""Charts of an evaluation, as SVG: no script, nothing to fetch, no identifier.

Needs the extra ``lab``.
"""

import io
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from linkage.differences import GroupDifference
from linkage.lab.evaluation_calibration import Reliability, WeighedPairs
from linkage.lab.evaluation_groups import GroupScores
from linkage.lab.evaluation_intervals import Share
from linkage.lab.evaluation_oracle import Oracle
from linkage.lab.evaluation_report import LargeCluster
from linkage.lab.evaluation_scores import PairScores

__all__ = [
    "by_difference",
    "by_group",
    "by_threshold",
    "largest_clusters",
    "reliability_curve",
    "score_distributions",
    "svg_of",
]

_WIDTH, _HEIGHT = 560, 280
_REACH, _BIN = 15.0, 0.5
_SAME, _OTHER = "one person", "two persons"
_COLOURS = alt.Scale(domain=[_SAME, _OTHER], range=["#1b6ca8", "#c8553d"])
_CLAIMED, _CHANCE = "more than chance", "no more than chance"
_VERDICTS = alt.Scale(domain=[_CLAIMED, _CHANCE], range=["#c8553d", "#6b7377"])
_SHAPES = alt.Scale(domain=[_CLAIMED, _CHANCE], range=["diamond", "circle"])
_MEASURES = alt.Scale(domain=["precision", "recall"], range=["#1b6ca8", "#c8553d"])


def score_distributions(weighed: WeighedPairs) -> str:
    """Draw how many pairs have which log odds, those of one person and those of two."""
    edges = np.arange(-_REACH, _REACH + _BIN / 2, _BIN)
    clipped = np.clip(weighed.log_odds, -_REACH, _REACH - _BIN / 2)
    rows = []
    for what, which in ((_SAME, weighed.same), (_OTHER, ~weighed.same)):
        counts = np.histogram(clipped[which], edges)[0].tolist()
        rows += [
            {"from": low, "to": low + _BIN, "pairs": count, "truly": what}
            for low, count in zip(edges.tolist(), counts, strict=False)
            if count
        ]
    bars = (
        _chart(rows)
        .mark_bar(opacity=0.6, binSpacing=0)
        .encode(
            x=alt.X("from:Q", bin="binned", title="log odds that a pair is one person"),
            x2="to:Q",
            y=alt.Y("pairs:Q", stack=None, scale=alt.Scale(type="symlog"), title="pairs (symmetric log)"),
            color=alt.Color("truly:N", scale=_COLOURS, title="truly"),
        )
    )
    return svg_of(_sized(bars + _rule(0.0, "even odds", above=_HEIGHT - 16)))


def reliability_curve(found: Reliability) -> str:
    """Draw the share of pairs that are one person over the probability that was stated, bin by bin."""
    rows = [
        {"stated": one.stated, "true": one.true.value, "low": one.true.low, "high": one.true.high}
        for one in found.bins
    ]
    base = _chart(rows).encode(
        x=alt.X("stated:Q", title="probability stated", scale=alt.Scale(domain=[0, 1]))
    )
    even = _chart([{"stated": 0, "true": 0}, {"stated": 1, "true": 1}])
    line = even.mark_line(color="grey", strokeDash=[4, 4]).encode(x="stated:Q", y="true:Q")
    intervals = base.mark_rule(color="#1b6ca8").encode(y="low:Q", y2="high:Q")
    points = base.mark_circle(size=50, color="#1b6ca8").encode(
        y=alt.Y("true:Q", title="share that are one person", scale=alt.Scale(domain=[0, 1]))
    )
    return svg_of(_sized(line + intervals + points))


def by_threshold(oracle: Oracle, default: PairScores, *, cut: float = 0.0) -> str:
    """Draw precision and recall over the cut of log odds, the default's and the oracle's cuts marked."""
    shares = {"precision": "precision", "recall": "recall"}
    rows = [
        {"cut": one.threshold, "share": getattr(one.pairs, name), "measure": name}
        for one in oracle.cuts
        for name in shares
    ]
    marked = [{"cut": cut, "share": getattr(default, name), "measure": name} for name in shares]
    encoded: dict[str, Any] = {
        "x": alt.X("cut:Q", title="pairs with log odds above this link"),
        "y": alt.Y("share:Q", title="", scale=alt.Scale(zero=False)),
        "color": alt.Color("measure:N", scale=_MEASURES, title=""),
    }
    lines = _chart(rows).mark_line(interpolate="linear").encode(**encoded)
    points = _chart(marked).mark_point(size=90, filled=True).encode(**encoded)
    rules = _rule(cut, "default") + _rule(oracle.best.threshold, "oracle (truth seen)", above=18)
    return svg_of(_sized(lines + rules + points))


def by_group(groups: Sequence[GroupScores]) -> str:
    """Draw precision and recall of every group with their intervals."""
    rows = [
        {
            "group": f"{one.kind}: {one.name}",
            "measure": name,
            "value": share.value,
            "low": share.low,
            "high": share.high,
        }
        for one in groups
        for name, share in _shares(one)
        if share.whole
    ]
    base = _chart(rows).encode(
        y=alt.Y("group:N", title="", sort=None, axis=alt.Axis(labelLimit=260)),
        color=alt.Color("measure:N", scale=_MEASURES, legend=None),
    )
    lines = base.mark_rule().encode(
        x=alt.X("low:Q", title="", scale=alt.Scale(zero=False, domainMax=1)), x2="high:Q"
    )
    points = base.mark_circle(size=40).encode(x="value:Q")
    chart = (lines + points).properties(width=_WIDTH // 2, height=alt.Step(16))
    return svg_of(chart.facet(column=alt.Column("measure:N", title="")))


def by_difference(groups: Sequence[GroupDifference]) -> str:
    """Draw each group's share less that of all others, with its interval, and what is more than chance."""
    rows = [
        {
            "group": f"{one.kind}: {one.name}",
            "measure": one.outcome,
            "value": one.difference.value,
            "low": one.difference.low,
            "high": one.difference.high,
            "verdict": _CLAIMED if one.claimed else _CHANCE,
        }
        for one in groups
        if one.difference is not None
    ]
    base = _chart(rows).encode(
        y=alt.Y("group:N", title="", sort=None, axis=alt.Axis(labelLimit=260)),
        color=alt.Color("verdict:N", scale=_VERDICTS, title=""),
    )
    lines = base.mark_rule().encode(x=alt.X("low:Q", title="less all others' share"), x2="high:Q")
    points = base.mark_point(filled=True, size=50).encode(
        x="value:Q", shape=alt.Shape("verdict:N", scale=_SHAPES, title="")
    )
    none = base.mark_rule(color="grey", strokeDash=[4, 4]).encode(x=alt.datum(0), y=alt.value(0))
    chart = (none + lines + points).properties(width=_WIDTH // 2, height=alt.Step(16))
    return svg_of(chart.facet(column=alt.Column("measure:N", title="")))


def _shares(group: GroupScores) -> list[tuple[str, Share]]:
    return [("precision", group.precision), ("recall", group.recall)]


def largest_clusters(clusters: Sequence[LargeCluster]) -> str:
    """Draw the largest clusters: how many records each holds, and of how many persons."""
    rows = [
        {
            "cluster": number,
            "records": one.records,
            "truly": _SAME if one.persons == 1 else _OTHER,
            "persons": f"{one.persons} person" + "s" * (one.persons != 1),
        }
        for number, one in enumerate(clusters, 1)
    ]
    base = _chart(rows).encode(
        y=alt.Y("cluster:O", title="the largest clusters"),
        x=alt.X("records:Q", title="records", axis=alt.Axis(tickMinStep=1)),
    )
    bars = base.mark_bar().encode(color=alt.Color("truly:N", scale=_COLOURS, legend=None))
    return svg_of(_sized(bars + base.mark_text(align="left", dx=4).encode(text="persons:N"), alt.Step(22)))


def _chart(rows: Sequence[dict[str, Any]]) -> alt.Chart:
    return alt.Chart(alt.InlineData(values=list(rows)))


def _rule(place: float, name: str, *, above: int = 2) -> alt.LayerChart:
    """Draw a line across with its name at the foot, ``above`` pixels from the axis."""
    marked = _chart([{"place": place, "name": name}])
    text = marked.mark_text(align="left", dx=4, baseline="bottom", color="#555")
    line = marked.mark_rule(color="grey").encode(x="place:Q")
    name_of = text.encode(x="place:Q", y=alt.value(_HEIGHT - above), text="name:N")
    both: alt.LayerChart = line + name_of
    return both


def _sized(chart: alt.LayerChart, height: int | alt.Step = _HEIGHT) -> alt.LayerChart:
    sized: alt.LayerChart = chart.properties(width=_WIDTH, height=height)
    return sized


def svg_of(chart: alt.Chart | alt.LayerChart | alt.FacetChart) -> str:
    """Return a chart as SVG, with room for letters of any reader's fonts."""
    stream = io.StringIO()
    # A reader's letters may be wider than those that the chart was measured with.
    room = {"left": 60, "right": 60, "top": 8, "bottom": 8}
    chart.configure(font="sans-serif", padding=room, view=alt.ViewConfig(stroke=None)).save(
        stream, format="svg"
    )
    return stream.getvalue()
