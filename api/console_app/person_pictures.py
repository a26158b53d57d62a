"""A person's episodes over time as SVG: a row for each record, a bar from its first month to its last."""

from collections.abc import Sequence

from markupsafe import Markup

from api.console_app.review_pictures import bar, line, svg
from linkage.register.timelines import MonthSpan

__all__ = ["timeline_picture"]

_TOLD, _ALONE, _INK, _LINE = "#1a7f8e", "#a8431f", "#0b0c0c", "#b1b4b6"
_NAMES, _WIDE, _ROW, _AXIS = 250, 560, 30, 26
_NARROWEST = 5.0
_APART = 72
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_TEXT = Markup(
    '<text x="{}" y="{}" font-size="14" font-family="arial, sans-serif" text-anchor="{}">{}</text>'
)


def timeline_picture(
    names: Sequence[tuple[int, str]], episodes: Sequence[MonthSpan], label: str
) -> Markup | None:
    """Draw the episodes of records, given by place and name; None where there is nothing to draw.

    Full bars are told by another agency too; an outline is told by one alone; an arrow is still open.
    """
    if not episodes:
        return None
    first, last = min(_number(one.first) for one in episodes), max(_number(one.last) for one in episodes)
    months = last - first + 1
    step = _WIDE / months
    height = _AXIS + _ROW * len(names)
    parts = _axis(first, months, step, height)
    for row, (place, name) in enumerate(names):
        y = _AXIS + row * _ROW
        parts.append(line(0, y, _NAMES + _WIDE, y, _LINE))
        parts.append(_TEXT.format(0, y + 20, "start", name))
        for one in episodes:
            if one.record == place:
                parts += _episode(one, first, step, y)
    return svg(_NAMES + _WIDE + 16, height + 2, label, parts)


def _episode(one: MonthSpan, first: int, step: float, y: float) -> list[Markup]:
    x = _NAMES + (_number(one.first) - first) * step
    width = max((_number(one.last) - _number(one.first) + 1) * step - 2, _NARROWEST)
    if one.told:
        drawn = [bar(x, y + 7, width, 16, _TOLD)]
    else:
        outline = Markup(
            '<rect x="{}" y="{}" width="{}" height="14" fill="#fff" stroke="{}" stroke-width="2"/>'
        )
        drawn = [outline.format(round(x + 1, 1), y + 8, round(max(width - 2, 3), 1), _ALONE)]
    if one.open:
        end = round(x + width + 1, 1)
        drawn.append(Markup('<path d="M{} {}l9 8-9 8z" fill="{}"/>').format(end, y + 7, _INK))
    return drawn


def _axis(first: int, months: int, step: float, height: float) -> list[Markup]:
    """Mark the first month and then as many months or years as there is room for."""
    parts = []
    every = next((one for one in (1, 3, 6, 12, 24, 60) if one * step >= _APART), 120)
    for number in range(first, first + months):
        x = _NAMES + (number - first) * step
        if number != first and (number % every or x < _NAMES + _APART):
            continue
        year, month = divmod(number, 12)
        parts.append(line(x, _AXIS - 8, x, height, _LINE))
        said = f"{_MONTHS[month]} {year}" if every < 12 or number == first else str(year)
        parts.append(_TEXT.format(round(x + 2, 1), 14, "start", said))
    return parts


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1
