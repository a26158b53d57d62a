"""Charts for the decision records, from what ``python -m benchmarks.encoding`` measured.

``python -m benchmarks.encoding.charts`` reads ``bench-results`` and writes ``docs/images``.
"""

import json
from pathlib import Path
from typing import Any

import altair as alt

_ROOT = Path(__file__).resolve().parent.parent.parent
_RESULTS = _ROOT / "bench-results"
_IMAGES = _ROOT / "docs" / "images"
_WIDTH, _HEIGHT = 520, 300


def national(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """Recall of true pairs by the threshold of noise, and the thresholds that unrelated pairs force."""
    curves = [
        {"z": float(z), "recall": recall, "profile": row["profile"], "records": row["noise"]}
        for row in rows
        for z, recall in row["recall"].items()
    ]
    forced = [{"z": z, "pairs": pairs} for pairs, (z, _) in rows[0]["forced"].items()]
    lines = (
        alt.Chart(alt.Data(values=curves))
        .mark_line(point=True)
        .encode(
            x=alt.X("z:Q", title="threshold, standard deviations of the noise", scale=alt.Scale(zero=False)),
            y=alt.Y("recall:Q", title="recall of true pairs", scale=alt.Scale(zero=False)),
            color=alt.Color("profile:N"),
            strokeDash=alt.StrokeDash(
                "records:N",
                title="noise of the records",
                sort=["none", "usual", "heavy"],
                legend=alt.Legend(symbolType="stroke"),
            ),
        )
    )
    marks = alt.Chart(alt.Data(values=forced)).mark_rule(color="grey").encode(x="z:Q")
    names = alt.Chart(alt.Data(values=forced)).mark_text(align="left", dx=3, baseline="top", color="grey")
    return (lines + marks + names.encode(x="z:Q", y=alt.value(2), text="pairs:N")).properties(
        width=_WIDTH, height=_HEIGHT
    )


def frontier(rows: list[dict[str, Any]]) -> alt.LayerChart:
    """F1 at heavy noise against what graph matching names of one day's children, variant by variant."""
    values = [{"f1": row["heavy"], "dense": row["dense"], "variant": row["variant"]} for row in rows]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("dense:Q", title="of one day's children, named by graph matching"),
        y=alt.Y("f1:Q", title="best F1, heavy noise", scale=alt.Scale(zero=False)),
    )
    names = base.mark_text(align="left", dx=5, fontSize=9).encode(text="variant:N")
    return (base.mark_circle(size=50) + names).properties(width=_WIDTH + 160, height=_HEIGHT + 80)


def main() -> None:
    for part, draw in (("national", national), ("ablation", frontier)):
        rows = json.loads((_RESULTS / f"encoding-{part}.json").read_text(encoding="utf-8"))
        draw(rows).save(_IMAGES / f"encoding-{part}.svg")


if __name__ == "__main__":
    main()
