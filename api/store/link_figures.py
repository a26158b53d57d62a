"""What a linkage lets people see of itself as a whole: scores with their thresholds, and groups.

Counts of pairs and estimates alone: no handle, and no score of any pair.  It is of the newest linkage only,
and goes with it, with its epoch, and with any record that is erased.
"""

from typing import Literal

from msgspec import Struct, json

__all__ = ["BINS", "FIRST", "WIDTH", "GroupFigures", "LinkFigures", "ScoreFigures", "read_figures"]

FIRST, WIDTH, BINS = -20.0, 1.0, 40
"""Log odds are counted from where on, in classes of what width, and in how many; what lies beyond counts in
the first class or in the last."""


class GroupFigures(Struct, frozen=True, kw_only=True):
    """How the linkage fares with one group (:class:`linkage.match.quality_groups.GroupQuality`)."""

    kind: str
    name: str
    records: int
    linked: int
    links: int
    possible: int
    precision: float
    low: float
    high: float


class ScoreFigures(Struct, frozen=True, kw_only=True):
    """Pairs by their log odds, and by what the linkage took them for.

    ``low`` and ``high``: up to the one nobody need look, beyond the other neither; ``cut``: beyond it two
    records are one person for the time being.
    """

    low: float
    cut: float
    high: float
    apart: tuple[int, ...]
    possible: tuple[int, ...]
    linked: tuple[int, ...]


class LinkFigures(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it; ``noise``: how many standard deviations beyond chance a view must agree to speak."""

    version: Literal[1] = 1
    method: str
    calibration_error: float
    noise: float
    scores: ScoreFigures
    groups: tuple[GroupFigures, ...]

    def text(self) -> str:
        """Return it as it is stored."""
        return json.encode(self).decode()


def read_figures(text: str) -> LinkFigures:
    """Read what was stored."""
    return json.decode(text, type=LinkFigures)
