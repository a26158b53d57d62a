"""Measured figures of encoding profiles, and the light that each of them gets.

Figures belong to a digest: whatever changes a bit of a profile leaves it without figures, and a profile
without figures shows no light.  Attacks are lower bounds: red is known to fall, green is not known to.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import wrap
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from linkage.measured_data import MEASURED
from linkage.profile import EncodingProfile

__all__ = [
    "DENSE_WORDS",
    "LIGHTS",
    "METRICS",
    "Figure",
    "Light",
    "LinkageFigure",
    "Measured",
    "Metric",
    "MetricName",
    "cost_words",
    "light",
    "measured",
    "measured_source",
    "possible",
    "read_measured",
]

Light = Literal["green", "amber", "red"]
LIGHTS: Final[tuple[Light, ...]] = ("green", "amber", "red")

MetricName = Literal[
    "known-pairs-20",
    "known-pairs-100",
    "known-pairs-500",
    "most-confident-100",
    "graph-whole-overlap",
    "graph-partial-overlap",
    "graph-dense-class",
    "bit-frequency-sd",
    "popcount-correlation",
    "unique-encodings",
    "f1-cost",
]


@dataclass(frozen=True, slots=True)
class Metric:
    """One measure of a profile: from where to where it is green, and beyond what it is red.

    ``words``: what the figure is.  ``percent``: whether it is a share, shown in per cent.
    ``more_is_better``: green and red are then lower bounds.  ``green_itself``, ``red_itself``: whether the
    bound itself still is of that light.
    """

    name: MetricName
    words: str
    green: float
    red: float
    percent: bool = True
    more_is_better: bool = False
    green_itself: bool = True
    red_itself: bool = False


DENSE_WORDS: Final = "the same among children born on one day (limits were made for 1,000 of them)"
"""Where there may be fewer."""

METRICS: Final = (
    Metric("known-pairs-20", "other records re-identified from 20 known pairs", 0.01, 0.02),
    Metric("known-pairs-100", "other records re-identified from 100 known pairs", 0.02, 0.10),
    Metric("known-pairs-500", "other records re-identified from 500 known pairs", 0.10, 0.50),
    Metric(
        "most-confident-100", "right among the attacker's surest 5 % of guesses, 100 known pairs", 0.10, 0.25
    ),
    Metric(
        "graph-whole-overlap", "re-identified by graph matching without any pair, all overlapping", 0.01, 0.05
    ),
    Metric(
        "graph-partial-overlap",
        "re-identified by graph matching without any pair, 30 % overlapping",
        0.01,
        0.05,
    ),
    Metric("graph-dense-class", "the same among 1,000 children born on one day", 0.02, 0.25),
    Metric("bit-frequency-sd", "standard deviation of how often each bit is set", 0.04, 0.10, percent=False),
    Metric(
        "popcount-correlation",
        "correlation of the number of bits set with the number of tokens",
        0.2,
        0.6,
        percent=False,
        green_itself=False,
        red_itself=True,
    ),
    Metric("unique-encodings", "encodings that no other person has", 0.995, 0.97, more_is_better=True),
    Metric("f1-cost", "F1 lost against a plain CLK of the same data", 0.005, 0.02),
)


class Figure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A measured value: its mean over seeds, and the interval that holds it (95 %).

    Shares are between 0 and 1; a cost may be negative, which is a gain.
    """

    value: Annotated[float, Meta(ge=-1, le=1)]
    low: Annotated[float, Meta(ge=-1, le=1)]
    high: Annotated[float, Meta(ge=-1, le=1)]
    seeds: Annotated[int, Meta(ge=1)]

    def __post_init__(self) -> None:
        """Refuse an interval that does not hold its value, which also refuses what is no number."""
        if not self.low <= self.value <= self.high:
            raise ValueError("the interval does not hold the value")


class LinkageFigure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """F1 on one set of people; ``at``: with the shipped decision, or at the best threshold in hindsight.

    ``plain_text``: F1 of the best linkage of the same people's plain text, measured in the same run.
    """

    world: Annotated[str, Meta(min_length=1, max_length=64)]
    at: Literal["default", "best"]
    f1: Figure
    plain_text: Figure | None = None


class Measured(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything measured of one profile; ``setting``: what the attacker knew and the data were, in words."""

    setting: Annotated[str, Meta(min_length=1, max_length=500)]
    privacy: dict[MetricName, Figure]
    linkage: tuple[LinkageFigure, ...] = ()


_ONE_LINE, _PIECE = 88, 96
"""Characters of a setting that the formatter leaves on its key's line, and on a line of their own."""


def light(metric: Metric, value: float) -> Light:
    """Return the light of a value; between green and red lies amber.

    Raises ``ValueError`` for what is no number: it has no light.
    """
    if not math.isfinite(value):
        raise ValueError("what is no number has no light")
    sign = -1.0 if metric.more_is_better else 1.0
    above_green, above_red = sign * (value - metric.green), sign * (value - metric.red)
    if above_red > 0 or (metric.red_itself and above_red == 0):
        return "red"
    if above_green < 0 or (metric.green_itself and above_green == 0):
        return "green"
    return "amber"


_COST: Final = "f1-cost"
"""The one measure that may be below nothing, which is a gain; all others lie between 0 and 1."""


def possible(metric: Metric, figure: Figure) -> tuple[float, float]:
    """Return a figure's interval, within what the measure can be."""
    if metric.name == _COST:
        return figure.low, figure.high
    return max(figure.low, 0.0), min(figure.high, 1.0)


def cost_words(metric: Metric, value: float, *, digits: int) -> str | None:
    """Return a cost in points, better or worse; None for a measure that is no cost."""
    if metric.name != _COST:
        return None
    return f"{abs(100.0 * value):.{digits}f} points {'better' if value < 0.0 else 'worse'}"


def measured(profile: EncodingProfile) -> Measured | None:
    """Return what was measured of exactly this profile, or None."""
    return read_measured(MEASURED).get(profile.digest)


def read_measured(content: Mapping[str, object]) -> dict[str, Measured]:
    """Read figures by digest from plain values; raises ``msgspec.ValidationError`` where malformed."""
    return {digest: msgspec.convert(figures, Measured) for digest, figures in content.items()}


def measured_source(figures: Iterable[tuple[EncodingProfile, Measured]]) -> str:
    """Write figures, each with its profile, as the module that ships them."""
    lines = [
        '"""Written by ``python -m benchmarks.encoding --write``: measure again instead of editing."""',
        "",
        "MEASURED: dict[str, object] = {",
    ]
    for profile, found in figures:
        lines += [f"    # {profile.name}", f'    "{profile.digest}": {{', *_setting(found.setting)]
        lines += _block("privacy", "{}", _privacy_lines(found))
        lines += _block("linkage", "[]", _linkage_lines(found))
        lines.append("    },")
    return "\n".join([*lines, "}", ""])


def _block(name: str, brackets: str, inside: list[str]) -> list[str]:
    if not inside:
        return [f'        "{name}": {brackets},']
    return [f'        "{name}": {brackets[0]}', *inside, f"        {brackets[1]},"]


def _privacy_lines(found: Measured) -> list[str]:
    known = ((metric.name, found.privacy.get(metric.name)) for metric in METRICS)
    return [f'            "{name}": {_figure(figure)},' for name, figure in known if figure is not None]


def _linkage_lines(found: Measured) -> list[str]:
    lines = []
    for one in found.linkage:
        lines += ["            {", f'                "world": {_text(one.world)},']
        lines += [f'                "at": "{one.at}",', f'                "f1": {_figure(one.f1)},']
        if one.plain_text is not None:
            lines.append(f'                "plain_text": {_figure(one.plain_text)},')
        lines.append("            },")
    return lines


def _figure(figure: Figure) -> str:
    value, low, high = (round(number, 6) for number in (figure.value, figure.low, figure.high))
    return f'{{"value": {value!r}, "low": {low!r}, "high": {high!r}, "seeds": {figure.seeds}}}'


def _setting(text: str) -> list[str]:
    if len(text) <= _ONE_LINE:
        return [f'        "setting": {_text(text)},']
    pieces = wrap(text, _PIECE, drop_whitespace=False)
    return ['        "setting": (', *(f"            {_text(piece)}" for piece in pieces), "        ),"]


def _text(text: str) -> str:
    if '"' in text and "'" not in text:
        return repr(text)
    return msgspec.json.encode(text).decode()  # a JSON text is a Python text too
