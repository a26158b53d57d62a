"""Estimates by group as governance sees them: sentences, a picture, and the same as a table."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from api.console_app.linkage_pictures import Dot, dots_picture
from api.overview.group_quality import EstimatorTold, row_said

__all__ = ["EstimatorShown", "shown"]


@dataclass(frozen=True, slots=True)
class EstimatorShown:
    """One estimator: what is claimed, in sentences; a picture of all groups, and what it shows in words."""

    told: EstimatorTold
    said: Sequence[str]
    drawn: Markup | None
    lowest: str


def shown(told: EstimatorTold) -> EstimatorShown:
    """Return one estimator for people."""
    dots = [
        Dot(one.kind[:1].upper() + one.kind[1:], one.group, one.share, one.low, one.high)
        for one in told.rows
        if one.share is not None and one.low is not None and one.high is not None
    ]
    said = [row_said(told.name, one) for one in told.claimed]
    if not said and any(one.tested for one in told.rows):
        said = ["No group is shown to differ from all others by more than chance."]
    if not dots:
        return EstimatorShown(told, said, None, "")
    lowest = min(dots, key=lambda one: (one.value, one.name))
    words = (
        f"The lowest share is that of “{lowest.name}” ({lowest.heading.lower()}): {100 * lowest.value:.1f} %."
    )
    return EstimatorShown(told, said, dots_picture(dots, f"{told.name}, group by group. {words}"), words)
