"""Pictures of a linkage as a whole, as SVG, each beside a table with the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console_app.shapes import INK, bar, line, svg, words
from api.console_app.showing import signed
from api.store.link_figures import BINS, FIRST, WIDTH, ScoreFigures
from api.store.review_evidence import Spread, ViewSpread

__all__ = ["Dot", "dots_picture", "scores_picture", "spread_picture"]

_LINKED, _POSSIBLE, _APART, _GREY = "#1a7f8e", "#a8431f", "#6b7377", "#b1b4b6"

_WIDE, _LEFT, _RIGHT, _STRIP, _GAP = 900, 120, 24, 70, 26


@dataclass(frozen=True, slots=True)
class Dot:
    """A share with its interval, under a heading that begins with the first dot that has it."""

    heading: str
    name: str
    value: float
    low: float
    high: float


def scores_picture(scores: ScoreFigures, label: str) -> Markup:
    """Draw pairs by log odds in three strips, each to its own height, and the thresholds through all."""
    strips = (
        ("Linked", scores.linked, _LINKED),
        ("Possible", scores.possible, _POSSIBLE),
        ("Apart", scores.apart, _APART),
    )
    step, foot = (_WIDE - _LEFT - _RIGHT) / BINS, 34 + len(strips) * (_STRIP + _GAP)

    def x(log_odds: float) -> float:
        return _LEFT + (min(max(log_odds, FIRST), FIRST + BINS * WIDTH) - FIRST) / WIDTH * step

    parts = []
    for number, (name, counts, colour) in enumerate(strips):
        base = 34 + number * (_STRIP + _GAP) + _STRIP
        most = max(counts, default=0)
        parts.append(words(0, base - _STRIP / 2, name, bold=True))
        parts.append(words(0, base - _STRIP / 2 + 18, f"{sum(counts):,}"))
        parts.append(line(_LEFT, base, _WIDE - _RIGHT, base, _GREY))
        heights = [(place, max(2.0, count / most * _STRIP)) for place, count in enumerate(counts) if count]
        parts += [bar(_LEFT + at * step + 1, base - tall, step - 2, tall, colour) for at, tall in heights]
    for at, said, anchor in _thresholds(scores):
        parts.append(line(x(at), 22, x(at), foot - _GAP + 6, INK, width=2, dashes="6 4"))
        parts.append(words(x(at) + {"end": -2, "start": 2}[anchor], 14, said, anchor=anchor))
    marks = range(int(FIRST), int(FIRST + BINS * WIDTH) + 1, 10)
    parts += [words(x(one), foot, signed(one, 0), anchor="middle") for one in marks]
    return svg(_WIDE, foot + 8, label, parts)


def _thresholds(scores: ScoreFigures) -> list[tuple[float, str, str]]:
    """Return where lines stand and what is written above them; two that are one are one line."""
    if scores.low == scores.high:
        return [(scores.low, "threshold", "start")]
    return [(scores.low, "possible from", "end"), (scores.high, "link from", "start")]


_SPREAD_WIDE, _SILENT, _HALF = 300, 46, 34


def spread_picture(spread: ViewSpread, label: str) -> Markup:
    """Draw how a view is spread among matches (up) and strangers (down).

    The silent bar is the share of all of them; the rest is drawn to its own height, or it would be too flat.
    """
    base = 4 + _HALF
    parts = [line(0, base, _SPREAD_WIDE, base, _GREY)]
    for kind, colour, up in ((spread.matches, _LINKED, True), (spread.strangers, _APART, False)):
        for x, width, share in _bars(kind):
            tall = share * (_HALF - 2)
            parts.append(bar(x, base - tall if up else base, width, tall, colour))
    parts.append(line(_SILENT - 5, 2, _SILENT - 5, 2 * _HALF + 6, INK, width=2, dashes="6 4"))
    foot = 2 * _HALF + 22
    parts.append(words(0, foot, "silent", size=13))
    for share, anchor, said in ((0.0, "start", "0"), (0.5, "middle", ".5"), (1.0, "end", "1")):
        at = _SILENT + share * (_SPREAD_WIDE - _SILENT)
        parts.append(words(at, foot, said, anchor=anchor, size=13))
    return svg(_SPREAD_WIDE, foot + 4, label, parts)


def _bars(kind: Spread) -> list[tuple[float, float, float]]:
    """Return place, width and height, up to 1, of every bar: the silent one first."""
    most = max(kind.shares, default=0.0) or 1.0
    step = (_SPREAD_WIDE - _SILENT) / max(len(kind.shares), 1)
    found = [(4.0, _SILENT - 14.0, kind.silent)]
    return found + [
        (_SILENT + place * step + 0.5, step - 1, share / most) for place, share in enumerate(kind.shares)
    ]


_NAMES, _ROW, _TITLE = 270, 28, 34


def dots_picture(dots: Sequence[Dot], label: str) -> Markup:
    """Draw shares as dots with their intervals, on one scale that begins below the lowest."""
    floor = _floor(min((one.low for one in dots), default=0.0))
    wide = _WIDE - _NAMES - 76

    def x(share: float) -> float:
        return _NAMES + (share - floor) / (1 - floor) * wide

    parts, y, heading = [], 8.0, ""
    for one in dots:
        if one.heading != heading:
            heading, y = one.heading, y + _TITLE
            parts.append(words(0, y - 10, heading, bold=True))
        middle = y + _ROW / 2
        parts.append(words(_NAMES - 14, middle + 5, one.name, anchor="end"))
        parts.append(line(_NAMES, middle, _NAMES + wide, middle, "#e4e6e7"))
        parts.append(line(x(one.low), middle, x(one.high), middle, "#0b3c49", width=3))
        parts += [
            line(x(end), middle - 6, x(end), middle + 6, "#0b3c49", width=2) for end in (one.low, one.high)
        ]
        parts.append(
            Markup('<circle cx="{}" cy="{}" r="6" fill="{}"/>').format(
                round(x(one.value), 1), middle, _LINKED
            )
        )
        parts.append(words(_WIDE - 66, middle + 5, f"{100 * one.value:.1f}\u00a0%"))
        y += _ROW
    marks = [floor + (1 - floor) * share / 4 for share in range(5)]
    scale = [line(x(one), 30, x(one), y + 4, _GREY) for one in marks]
    scale += [words(x(one), y + 20, f"{100 * one:g}\u00a0%", anchor="middle", size=13) for one in marks]
    return svg(_WIDE, round(y + 28), label, scale + parts)


def _floor(lowest: float) -> float:
    """Return where a scale begins: a tenth, a half or all of it, whichever the lowest value leaves room."""
    return next((one for one in (0.96, 0.9, 0.8, 0.6) if lowest >= one), 0.0)
