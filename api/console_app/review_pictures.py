"""Pictures of a pair under review, as SVG: no script, no style of their own, each beside its table."""

from collections.abc import Sequence
from itertools import accumulate
from math import cos, pi, sin

from markupsafe import Markup

from api.console_app.shapes import bar, line, svg
from api.console_app.showing import signed
from api.store.review_evidence import Evidence, SeenEdge, SeenView, ViewSpread

__all__ = ["persons_graph", "records_graph", "view_picture", "weights_picture"]

_MATCHES, _STRANGERS, _PAIR, _AGAINST, _LINE = "#1a7f8e", "#6b7377", "#0b0c0c", "#a8431f", "#b1b4b6"

_WIDTH, _SILENT, _HALF, _AXIS = 300, 46, 34, 18


def view_picture(view: SeenView, spread: ViewSpread, label: str) -> Markup:
    """Draw how a view is spread among matches (up) and strangers (down), and where the pair stands.

    Each kind is drawn to its own height: what counts is where most of it lies.
    """
    height = 2 * _HALF + _AXIS + 14
    base = 14 + _HALF
    parts = [line(0, base, _WIDTH, base, _LINE)]
    for kind, colour, up in ((spread.matches, _MATCHES, True), (spread.strangers, _STRANGERS, False)):
        most = max((kind.silent, *kind.shares), default=0.0) or 1.0
        bars = [(4.0, _SILENT - 14.0, kind.silent)]
        step = (_WIDTH - _SILENT) / max(len(kind.shares), 1)
        bars += [(_SILENT + at * step + 0.5, step - 1, share) for at, share in enumerate(kind.shares)]
        for x, width, share in bars:
            tall = share / most * (_HALF - 2)
            parts.append(bar(x, base - tall if up else base, width, tall, colour))
    parts += _axis(height)
    at = _place(view)
    if at is not None:
        parts.append(line(at, 8, at, height - _AXIS, _PAIR, width=3))
        parts.append(
            Markup('<path d="M{} 2h12l-6 9z" fill="{}"/>').format(
                round(min(max(at, 6), _WIDTH - 6) - 6, 1), _PAIR
            )
        )
    return svg(_WIDTH, height, label, parts)


def _place(view: SeenView) -> float | None:
    if view.similarity is None:
        return None
    if view.state == "silent":
        return _SILENT / 2 - 3.0
    return _SILENT + view.similarity * (_WIDTH - _SILENT)


def _axis(height: int) -> list[Markup]:
    text = Markup(
        '<text x="{}" y="{}" font-size="13" font-family="arial, sans-serif" text-anchor="{}">{}</text>'
    )
    marks = [(2, "start", "silent")]
    marks += [
        (round(_SILENT + share * (_WIDTH - _SILENT)), anchor, said)
        for share, anchor, said in ((0.0, "start", "0"), (0.5, "middle", ".5"), (1.0, "end", "1"))
    ]
    return [text.format(x, height - 4, anchor, said) for x, anchor, said in marks]


def weights_picture(steps: Sequence[tuple[str, float]], label: str) -> Markup:
    """Draw weights of evidence one after the other, from nothing to their sum."""
    ends = list(accumulate(weight for _, weight in steps))
    low, high = min(0.0, *ends), max(0.0, *ends)
    names, width, row = 360, 636, 24
    scale = (width - names - 60) / max(high - low, 1e-9)

    def x(value: float) -> float:
        return names + 4 + (value - low) * scale

    parts = [line(x(0), 0, x(0), row * (len(steps) + 1), _LINE)]
    words = Markup('<text x="{}" y="{}" font-size="13" font-family="arial, sans-serif"{}>{}</text>')
    for number, ((name, weight), end) in enumerate(zip(steps, ends, strict=True)):
        left, right = sorted((x(end - weight), x(end)))
        colour = _MATCHES if weight >= 0 else _AGAINST
        parts.append(bar(left, number * row + 4, max(right - left, 1.0), row - 8, colour))
        parts.append(words.format(0, number * row + 17, "", name))
        parts.append(words.format(round(right + 6, 1), number * row + 17, "", signed(weight)))
    total = ends[-1] if ends else 0.0
    left, right = sorted((x(0), x(total)))
    y = len(steps) * row
    parts.append(bar(left, y + 4, max(right - left, 1.0), row - 8, _PAIR))
    parts.append(words.format(0, y + 17, Markup(' font-weight="700"'), "Log odds"))
    parts.append(words.format(round(right + 6, 1), y + 17, Markup(' font-weight="700"'), signed(total)))
    return svg(width, row * (len(steps) + 1), label, parts)


_SIDE, _RING, _NODE = 460, 150, 36


def persons_graph(seen: Evidence, label: str) -> Markup:
    """Draw the records around a pair as a ring, and the pairs among them; weakest links thick and broken."""
    names = [("AB"[place] if place < 2 else str(place + 1)) for place in range(len(seen.records))]
    return records_graph([one.agency for one in seen.records], names, seen.edges, label, marked=2)


def records_graph(
    agencies: Sequence[str],
    names: Sequence[str],
    edges: Sequence[SeenEdge],
    label: str,
    *,
    marked: int = 0,
) -> Markup:
    """Draw records as a ring, each with name and agency, and pairs among them; the first are ``marked``."""
    angles = _angles(len(agencies))
    top = max((sin(angle) for angle in angles), default=0.0)
    low = min((sin(angle) for angle in angles), default=0.0)
    margin = _NODE + 6
    ring = max(_RING, len(agencies) * _NODE * 2.3 / (2 * pi))
    side = _SIDE + 2 * (ring - _RING)
    places = [(side / 2 - ring * cos(one), margin + ring * (top - sin(one))) for one in angles]
    parts: list[Markup] = []
    for one in sorted(edges, key=lambda edge: (edge.weakest, {edge.left, edge.right} == {0, 1})):
        colour = _AGAINST if one.weakest else _MATCHES if one.linked else _STRANGERS
        (ax, ay), (bx, by) = places[one.left], places[one.right]
        dashes = "" if one.linked and not one.weakest else "10 5" if one.weakest else "2 5"
        parts.append(line(ax, ay, bx, by, colour, width=5 if one.weakest else 2, dashes=dashes))
    for number, (agency, name, (x, y)) in enumerate(zip(agencies, names, places, strict=True)):
        fill = "#0b3c49" if number < marked else "#fff"
        ink = "#fff" if number < marked else "#0b0c0c"
        parts.append(
            Markup(
                '<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}" stroke="#0b3c49" stroke-width="2"/>'
                '<text x="{x}" y="{high}" fill="{ink}" font-size="14" font-weight="700" '
                'font-family="arial, sans-serif" text-anchor="middle">{name}</text>'
                '<text x="{x}" y="{low}" fill="{ink}" font-size="12" font-family="arial, sans-serif" '
                'text-anchor="middle">{agency}</text>'
            ).format(
                x=round(x, 1),
                y=round(y, 1),
                high=round(y - 1, 1),
                low=round(y + 13, 1),
                r=_NODE,
                fill=fill,
                ink=ink,
                name=name,
                agency=agency,
            )
        )
    return svg(round(side), round(2 * margin + ring * (top - low)), label, parts)


def _angles(count: int) -> list[float]:
    """Return where each record lies: the two of the pair opposite each other, the rest above and below."""
    above, below = (count - 1) // 2, (count - 2) // 2
    rest = [pi * (number + 1) / (above + 1) for number in range(max(above, 0))]
    rest += [-pi * (number + 1) / (below + 1) for number in range(max(below, 0))]
    return [0.0, pi, *rest][:count]
