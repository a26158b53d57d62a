"""Shapes that pictures are made of, as SVG: no script, no style of their own."""

from collections.abc import Sequence

from markupsafe import Markup

__all__ = ["INK", "bar", "line", "svg", "words"]

INK = "#0b0c0c"


def bar(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    """Fill a rectangle."""
    return Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"/>').format(
        round(x, 1), round(y, 1), round(width, 1), round(height, 1), colour
    )


def line(
    ax: float, ay: float, bx: float, by: float, colour: str, *, width: int = 1, dashes: str = ""
) -> Markup:
    """Draw a line; ``dashes``: lengths of strokes and gaps of a broken one."""
    broken = Markup(' stroke-dasharray="{}"').format(dashes) if dashes else Markup("")
    return Markup('<path d="M{} {}L{} {}" stroke="{}" stroke-width="{}"{}/>').format(
        round(ax, 1), round(ay, 1), round(bx, 1), round(by, 1), colour, width, broken
    )


def words(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    size: int = 14,
    bold: bool = False,
    colour: str = INK,
) -> Markup:
    """Write a line of text; ``y`` is where its letters stand."""
    weight = Markup(' font-weight="700"') if bold else Markup("")
    return Markup(
        '<text x="{}" y="{}" font-size="{}" font-family="arial, sans-serif" text-anchor="{}" '
        'fill="{}"{}>{}</text>'
    ).format(round(x, 1), round(y, 1), size, anchor, colour, weight, text)


def svg(width: int, height: int, label: str, parts: Sequence[Markup]) -> Markup:
    """Put shapes together into a picture; ``label`` is what somebody hears who does not see it."""
    head = Markup(
        '<svg class="clew-picture" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">'
    )
    return head.format(width, height, width, height, label) + Markup("").join(parts) + Markup("</svg>")
