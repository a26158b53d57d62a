"""Charts of docs/operations/capacity.md: what months took; how a linkage grows, measured and predicted."""

from pathlib import Path
from typing import Any

import altair as alt

from benchmarks.national.model import Model

__all__ = ["growth_chart", "months_chart", "write_charts"]

_IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
_WIDTH, _HEIGHT = 300, 220
_CORES = (2, 64, 1024)
_SIZES = tuple(10**power * step for power in range(5, 9) for step in (1, 2, 5) if 10**power * step <= 10**8)
_STAGES = {
    "check-encodings": "check encodings",
    "check-payload": "check payload",
    "find-urgent": "open/closed conflicts",
    "link": "linkage",
    "reconcile": "reconciliation",
}


def months_chart(model: Model) -> alt.HConcatChart:
    """Seconds of each stage, and bytes on disk, by month of the largest simulated nation."""
    months = model.nation["months"]
    stages = [
        {"month": month["month"], "stage": words, "value": month["jobs"][kind]["seconds"]}
        for month in months
        for kind, words in _STAGES.items()
        if kind in month["jobs"]
    ]
    disk = [
        {"month": month["month"], "stage": name, "value": size / 1e6}
        for month in months
        for name, size in (
            ("encodings", month["disk"]["encodings"]),
            ("payload", month["stores"]["payload"]["bytes"]),
            ("register", month["stores"]["register"]["bytes"]),
        )
    ]
    charts = _lines(stages, "seconds", "stage of a month") | _lines(disk, "MB on disk", "store")
    return charts.resolve_scale(color="independent")


def _lines(values: list[dict[str, Any]], title: str, legend: str) -> alt.Chart:
    return (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(
            x=alt.X("month:Q", title="month"),
            y=alt.Y("value:Q", title=title),
            color=alt.Color("stage:N", title=legend),
        )
        .properties(width=_WIDTH, height=_HEIGHT)
    )


def growth_chart(model: Model) -> alt.HConcatChart:
    """Hours of a full linkage on some cores, and memory, by rows: lines predicted, points measured."""
    hours = [
        {"rows": rows, "series": f"{cores:,} cores", "value": _hours(model, rows, cores)}
        for rows in _SIZES
        for cores in _CORES
    ]
    memory = [
        {"rows": rows, "series": "predicted", "value": model.linking_memory(rows) / 1e9} for rows in _SIZES
    ]
    linked = [one for one in model.points.get("linkages", []) if one["comparisons_per_second"]]
    measured_hours = [
        {
            "rows": one["estimate"]["rows"],
            "series": f"{one['threads']:,} cores",
            "value": one["comparisons"] / one["comparisons_per_second"] / 3600,
        }
        for one in linked
    ]
    measured_memory = [
        {"rows": one["estimate"]["rows"], "series": "measured", "value": one["peak_anonymous_bytes"] / 1e9}
        for one in linked
        if one["whole"]
    ]
    charts = _growing(hours, measured_hours, "hours of comparing") | _growing(
        memory, measured_memory, "memory, GB"
    )
    return charts.resolve_scale(color="independent")


def _hours(model: Model, rows: int, cores: int) -> float:
    return model.compare_seconds(model.comparisons(rows), cores) / 3600


def _growing(predicted: list[dict[str, Any]], measured: list[dict[str, Any]], title: str) -> alt.LayerChart:
    x = alt.X("rows:Q", title="rows of encodings", scale=alt.Scale(type="log"))
    y = alt.Y("value:Q", title=title, scale=alt.Scale(type="log"))
    color = alt.Color("series:N", title=None, sort=list(dict.fromkeys(one["series"] for one in predicted)))
    lines = alt.Chart(alt.Data(values=predicted)).mark_line().encode(x=x, y=y, color=color)
    points = (
        alt.Chart(alt.Data(values=measured)).mark_point(size=60, filled=True).encode(x=x, y=y, color=color)
    )
    return (lines + points).properties(width=_WIDTH, height=_HEIGHT)


def write_charts(model: Model, folder: Path = _IMAGES) -> list[Path]:
    """Write both charts as SVG and return their files."""
    made = {"capacity-months": months_chart(model), "capacity-growth": growth_chart(model)}
    paths = [folder / f"{name}.svg" for name in made]
    for path, chart in zip(paths, made.values(), strict=True):
        chart.save(path)
    return paths
