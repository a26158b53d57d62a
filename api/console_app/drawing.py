"""Charts as plain SVG without scripts and styles; each stands above a table with the same figures.

Colours have a contrast of three and more on white, and no chart tells anything by colour alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.overview.quality import LinkRunRow

__all__ = ["BarChart", "PrecisionChart", "bar_chart", "precision_chart"]

_LINE, _LEFT, _WIDE = 26, 300, 380
_HIGH, _STEP = 200, 44


@dataclass(frozen=True, slots=True)
class BarChart:
    """A bar for each row: its name, figure, width and top; ``said``: the chart in a sentence."""

    title: str
    bars: Sequence[tuple[str, float, float, int]]
    left: int
    size: tuple[int, int]
    said: str


@dataclass(frozen=True, slots=True)
class PrecisionChart:
    """A point and an interval for each linkage, and lines of the scale, all as places in the picture."""

    points: Sequence[tuple[int, float, float, float, int]]
    lines: Sequence[tuple[float, str]]
    size: tuple[int, int]
    foot: int
    said: str


def bar_chart(title: str, rows: Sequence[tuple[str, float]]) -> BarChart | None:
    """Draw a bar for each row, and say the largest in words; None where there is nothing to draw."""
    if not rows:
        return None
    most = max(value for _, value in rows) or 1
    bars = [
        (_words(name), value, round(_WIDE * value / most, 1), place * _LINE)
        for place, (name, value) in enumerate(rows)
    ]
    name, value = max(rows, key=lambda one: one[1])
    said = f"{_words(name)} is the largest, with {value:,}." if value else "all are nothing."
    return BarChart(title, bars, _LEFT, (_LEFT + _WIDE + 80, len(rows) * _LINE + 8), said)


def _words(name: str) -> str:
    return name.replace("_", " ").lower() if name.isupper() else name


def precision_chart(runs: Sequence[LinkRunRow]) -> PrecisionChart | None:
    """Draw what linkages state of the precision of their links, each with its interval."""
    known = [
        (one.id, one.precision, one.precision_low or 0.0, one.precision_high or 1.0)
        for one in runs
        if one.precision is not None
    ]
    if not known:
        return None
    floor = max(0.0, int(min(low for _, _, low, _ in known) * 20) / 20 - 0.05)

    def height(share: float) -> float:
        return round(_HIGH * (1 - (share - floor) / (1 - floor)) + 10, 1)

    return PrecisionChart(
        points=[
            (70 + place * _STEP, height(middle), height(low), height(high), number)
            for place, (number, middle, low, high) in enumerate(known)
        ],
        lines=[(height(share), f"{round(100 * share, 1):g} %") for share in (floor, (floor + 1) / 2, 1.0)],
        size=(100 + len(known) * _STEP, _HIGH + 50),
        foot=_HIGH + 10,
        said=f"The newest of {len(known)} states that {100 * known[-1][1]:.1f} % of its links are right.",
    )
