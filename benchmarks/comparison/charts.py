"""Charts of growth, from what ``python -m benchmarks.comparison`` measured, into ``docs/images``."""

import json
from pathlib import Path
from typing import Any

import altair as alt

__all__ = ["growth_chart", "main"]

_ROOT = Path(__file__).resolve().parent.parent.parent
_RESULT = _ROOT / "bench-results" / "comparison.json"
_WIDTH, _HEIGHT = 300, 240


def growth_chart(rows: list[dict[str, Any]]) -> alt.HConcatChart:
    """Seconds and peak memory by rows, with all pairs that speak and with the best candidates only."""
    values = [
        {**row, "kept": f"best {row['nearest']}" if row["nearest"] else "all that speak"} for row in rows
    ]
    base = (
        alt.Chart(alt.Data(values=values))
        .mark_line(point=True)
        .encode(x=alt.X("rows:Q", title="rows of one view"), color=alt.Color("kept:N", title="pairs kept"))
        .properties(width=_WIDTH, height=_HEIGHT)
    )
    return base.encode(y=alt.Y("seconds:Q", title="seconds")) | base.encode(
        y=alt.Y("peak_mib:Q", title="peak memory, MiB")
    )


def main() -> None:
    rows = json.loads(_RESULT.read_text(encoding="utf-8"))["growth"]
    growth_chart(rows).save(_ROOT / "docs" / "images" / "comparison-growth.svg")


if __name__ == "__main__":
    main()
