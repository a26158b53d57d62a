"""Measured figures in words.  A light is shown only where somebody measured."""

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap

from linkage.measured import (
    LIGHTS,
    METRICS,
    Figure,
    Light,
    LinkageFigure,
    Measured,
    Metric,
    cost_words,
    light,
    possible,
)

__all__ = ["NOT_MEASURED", "TO_MEASURE", "figure_words", "lights", "lights_summary", "lights_words"]

NOT_MEASURED = "not measured"
_WIDTH = 100
TO_MEASURE = "measure a shipped profile with `python -m benchmarks.encoding --write`, in a source tree"


def lights(found: Measured | None) -> dict[str, Light]:
    """Return the light of every metric that was measured."""
    if found is None:
        return {}
    return {
        metric.name: light(metric, found.privacy[metric.name].value)
        for metric in METRICS
        if metric.name in found.privacy
    }


def lights_summary(found: Measured | None) -> str:
    """Return how many lights there are of each colour."""
    counted = Counter(lights(found).values())
    if not counted:
        return NOT_MEASURED
    shown = [f"{counted[one]} {one}" for one in LIGHTS if counted[one]]
    left = len(METRICS) - counted.total()
    return ", ".join([*shown, f"{left} {NOT_MEASURED}"] if left else shown)


def lights_words(found: Measured | None) -> Iterator[str]:
    """Say every light with its figure, and how well the profile links."""
    if found is None:
        yield f"  {NOT_MEASURED}: no light is shown for this profile"
        yield f"  {TO_MEASURE}"
        return
    yield from _wrapped(f"  {found.setting}", indent=2)
    yield "  Attacks are lower bounds: red is known to fall, green is not known to."
    coloured = lights(found)
    for metric in METRICS:
        if metric.name in coloured:
            figure = found.privacy[metric.name]
            value = f"{_figure(metric, figure)}; {_bounds(metric)}"
            yield from _wrapped(f"  {coloured[metric.name]:<13} {metric.words}: {value}")
        else:
            yield f"  {NOT_MEASURED:<13} {metric.words}"
    for one in found.linkage:
        yield from _wrapped(f"  linkage       {_linkage(one)}")


def _wrapped(line: str, indent: int = 16) -> list[str]:
    return wrap(line, _WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def figure_words(metric: Metric, found: Measured | None) -> str:
    """Return a metric's light and figure in few words."""
    figure = None if found is None else found.privacy.get(metric.name)
    if figure is None:
        return NOT_MEASURED
    return f"{light(metric, figure.value)} {_value(metric, figure.value)}"


def _figure(metric: Metric, figure: Figure) -> str:
    value, low, high = (_value(metric, number) for number in (figure.value, *possible(metric, figure)))
    return f"{value} ({low} to {high}, {_seeds(figure)})"


def _seeds(figure: Figure) -> str:
    return "1 seed" if figure.seeds == 1 else f"{figure.seeds} seeds"


def _value(metric: Metric, value: float) -> str:
    return cost_words(metric, value, digits=2) or _number(metric, value)


def _number(metric: Metric, value: float) -> str:
    return f"{100.0 * value:.2f} %" if metric.percent else f"{value:.3f}"


def _bounds(metric: Metric) -> str:
    green, red = _number(metric, metric.green), _number(metric, metric.red)
    if metric.more_is_better:
        return f"green from {green}, red below {red}"
    upto = "up to" if metric.green_itself else "below"
    above = "from" if metric.red_itself else "above"
    return f"green {upto} {green}, red {above} {red}"


def _linkage(one: LinkageFigure) -> str:
    at = "at its default" if one.at == "default" else "at the best threshold in hindsight"
    figure = one.f1
    words = (
        f"{one.world}, {at}: F1 {figure.value:.4f} ({figure.low:.4f} to {figure.high:.4f}, {_seeds(figure)})"
    )
    return words if one.plain_text is None else f"{words}; plain text {one.plain_text.value:.4f}"
