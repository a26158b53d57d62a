"""Pictures of the pack: as SVG for pages, as PNG for documents, each said in words besides."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import vl_convert
from markupsafe import Markup

from api.console_app.linkage_pictures import Dot, dots_picture
from api.console_app.shapes import bar, line, svg, words
from api.evidence.data_flow import DATA_FLOW, DATA_FLOW_WORDS
from api.evidence.gathering import Seen
from api.evidence.tree import Drawing
from api.evidence.values import DataTable
from api.overview.specimen import RowField, row_fields
from api.overview.strength import ProfileAudit, profile_audits
from linkage.counted import counted

__all__ = ["FIGURES", "Picture", "drawing_of", "pictures"]

FIGURES = ("data-flow", "specimen-row", "audit-lights", "quality-groups")

_WIDE = 900
_DARK, _TEAL, _GREY = "#0b3c49", "#1a7f8e", "#505a5f"
_LIGHTS = {"green": "#00703c", "amber": "#a65f00", "red": "#b10e1e"}
_SCALE = 2.0
"""Dots of a PNG for each of an SVG, so that it prints sharply."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture before it is drawn as dots."""

    name: str
    caption: str
    words: str
    svg: str
    width: float


def pictures(seen: Seen, tables: Mapping[str, DataTable]) -> Iterator[Picture]:
    """Yield every picture; one that has nothing to show says so."""
    yield Picture("data-flow", "Who holds what, and where the walls are", DATA_FLOW_WORDS, DATA_FLOW, 980)
    profile = seen.profile
    yield _row_picture([] if profile is None else list(row_fields(profile)))
    audit = next((one for one in profile_audits(seen.connection) if one.in_force), None)
    yield _lights_picture(audit)
    yield _groups_picture(tables["quality-groups"])


def drawing_of(picture: Picture) -> Drawing:
    """Draw a picture as dots, too."""
    png = vl_convert.svg_to_png(picture.svg, scale=_SCALE)
    return Drawing(picture.name, picture.caption, picture.words, picture.svg, png, picture.width)


def _picture(name: str, caption: str, said: str, height: int, parts: Sequence[Markup]) -> Picture:
    return Picture(name, caption, said, _alone(svg(_WIDE, height, said, parts)), _WIDE)


def _alone(drawn: Markup) -> str:
    """Let a picture stand in a file of its own."""
    return str(drawn).replace('<svg class="clew-picture"', '<svg xmlns="http://www.w3.org/2000/svg"', 1)


def _row_picture(fields: Sequence[RowField]) -> Picture:
    caption = "One row of encodings, drawn to scale"
    if not fields:
        said = "No epoch is in force, so that the form of a row is not known here."
        return _picture("specimen-row", caption, said, 40, [words(0, 26, said)])
    total = sum(one.size for one in fields)
    parts, y = [], 10.0
    for one in fields:
        x, width = 250 + one.start / total * 560, max(one.size / total * 560, 1.5)
        parts.append(words(236, y + 17, one.name, anchor="end"))
        parts.append(line(250, y + 12, 810, y + 12, "#d8dbdd"))
        parts.append(bar(x, y + 2, width, 20, _TEAL if one.size > 16 else _DARK))
        parts.append(words(822, y + 17, counted(one.size, "byte")))
        y += 26
    names = ", ".join(f"{one.name} {one.size}" for one in fields)
    said = f"A row has {total:,} bytes, in this order: {names}. Nothing stands between them."
    return _picture("specimen-row", caption, said, round(y + 8), parts)


def _lights_picture(audit: ProfileAudit | None) -> Picture:
    caption = "Measures of the profile in force by their light"
    counted = {} if audit is None else audit.counted
    said = "No figure was measured for the profile in force."
    if audit is not None and audit.setting:
        listed = ", ".join(f"{count} {state}" for state, count in counted.items())
        said = f"Of {len(audit.lights)} measures of profile {audit.name}: {listed}."
    parts = [words(0, 20, said, bold=True)]
    y = 34.0
    for one in () if audit is None else audit.lights:
        colour = _LIGHTS.get(one.state, _GREY)
        parts += [
            bar(0, y, 110, 22, colour),
            words(55, y + 16, one.state, anchor="middle", bold=True, colour="#ffffff"),
        ]
        parts.append(words(124, y + 16, one.words))
        y += 28
    return _picture("audit-lights", caption, said, round(y + 6), parts)


def _groups_picture(table: DataTable) -> Picture:
    """Draw what the table prints and nothing else: what it suppresses is not drawn."""
    caption = "Precision of links by group, as the newest linkage states it"
    dots = [
        Dot(str(row[0]), str(row[1]), row[5], row[6], row[7])
        for row in table.rows
        if isinstance(row[5], float) and isinstance(row[6], float) and isinstance(row[7], float) and row[3]
    ]
    if not dots:
        said = "There is no group of which anything can be shown."
        return _picture("quality-groups", caption, said, 40, [words(0, 26, said)])
    least = min(dots, key=lambda one: (one.low, one.name))
    said = (
        f"The interval that reaches lowest is that of “{least.name}”: {100 * least.value:.1f}\u00a0% of its "
        f"links are expected to be right, {100 * least.low:.1f}\u00a0% at its lower end."
    )
    return Picture("quality-groups", caption, said, _alone(dots_picture(dots, said)), _WIDE)
