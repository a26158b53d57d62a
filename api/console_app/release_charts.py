"""Charts of a release as they would be published: each picture from its files, with table and sentence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.publishing.drawn import Drawn, charts_of
from api.publishing.tidy import file_name
from linkage.register.released import ReleasedTable
from linkage.register.statistics.published import group_tables

__all__ = ["MAIN", "ReleaseChart", "release_charts"]

MAIN: Sequence[tuple[str, str]] = (
    ("T13", ""),
    ("T15", "held-alike"),
    ("T15b", "held-alike"),
    ("T7", ""),
    ("T9", "within-72-hours"),
    ("T6", ""),
)
"""Trend, discrepancy by council and by force, duration, interviews within 72 hours, flows: table and name."""

_MOST_SQUARES = 400
"""A matrix of more squares is on the table's own page only: as a table it would be all of this one."""

_MOST_BYTES = 512 * 1024
"""A larger picture is among the files only: one of all councils by all councils has megabytes."""


@dataclass(frozen=True, slots=True)
class ReleaseChart:
    """A chart with its picture; None where an older release of Clew drew none, or one too large for a page.

    ``whole``: its table is short enough to stand beside it.
    """

    drawn: Drawn
    svg: Markup | None

    @property
    def whole(self) -> bool:
        """Say whether the table stands beside the chart."""
        return len(self.drawn.rows) * len(self.drawn.columns) <= _MOST_SQUARES


def release_charts(
    tables: Iterable[ReleasedTable], files: Mapping[str, bytes], wanted: Sequence[tuple[str, str]]
) -> list[ReleaseChart]:
    """Return those of the charts wanted, in their order, whose tables are in a release."""
    numbers = {number for number, _ in wanted}
    found: dict[tuple[str, str], ReleaseChart] = {}
    for group in group_tables(one for one in tables if one.number in numbers):
        for drawn in charts_of(group):
            picture = files.get(file_name(group, "svg", drawn.name))
            shown = None if picture is None or len(picture) > _MOST_BYTES else _within_page(picture)
            found[drawn.number, drawn.name] = ReleaseChart(drawn, shown)
    return [found[one] for one in wanted if one in found]


def _within_page(picture: bytes) -> Markup:
    """Return a picture to stand in a page, which says what it shows for those who do not see it.

    It is a file of the proposal, compared with its digest: our own drawing, of which a name of an area is the
    only part that somebody wrote, and the engine that draws has escaped it.
    """
    head, rest = picture.decode().split("<svg ", 1)
    return Markup(f'{head}<svg aria-hidden="true" focusable="false" {rest}')  # noqa: S704
