"""What a reviewer may see of a pair, as the linking worker leaves it: no handle, no bit of an encoding.

Similarities are rounded to what the eye reads; exact ones would tell more of a filter than a reviewer needs.
"""

from typing import Literal

from msgspec import Struct, json

__all__ = ["Evidence", "Neighbour", "Seen", "SeenEdge", "SeenView", "Spread", "ViewSpread"]


class Seen(Struct, frozen=True, kw_only=True):
    """Where a view's similarity stands among those of matches, or of strangers.

    ``speaks``: in what share of them the view agrees beyond noise; ``low``, ``median``, ``high``: a tenth,
    half and nine tenths of those lie below; ``below``: share of all of them that agree less than this pair.
    """

    speaks: float
    low: float | None
    median: float | None
    high: float | None
    below: float | None


class SeenView(Struct, frozen=True, kw_only=True):
    """What one view says of the pair (:class:`linkage.match.explanation.ViewEvidence`).

    ``rests_on``: what both records must share for the view to speak (:data:`linkage.profile.Component`).
    """

    view: str
    rests_on: tuple[str, ...]
    state: Literal["speaks", "silent", "missing"]
    similarity: float | None
    deviations: float | None
    weight: float
    matches: Seen
    strangers: Seen


class Neighbour(Struct, frozen=True, kw_only=True):
    """A record around the pair by its agency alone; ``person``: 0 if it is now of the first one's person."""

    agency: str
    person: int


class SeenEdge(Struct, frozen=True, kw_only=True):
    """A pair among the records around; see :class:`linkage.match.review_cases.Edge`."""

    left: int
    right: int
    log_odds: float
    linked: bool
    weakest: bool


class Evidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the linking worker lets reviewers see; ``records``: the two of the pair first."""

    version: Literal[1] = 1
    method: str
    linked: bool
    reasons: tuple[str, ...]
    log_odds: float
    probability: float
    start: float
    numbers: float
    others: float
    views: tuple[SeenView, ...]
    records: tuple[Neighbour, ...]
    edges: tuple[SeenEdge, ...]

    def text(self) -> str:
        """Return it as it is stored."""
        return json.encode(self).decode()


class Spread(Struct, frozen=True, kw_only=True):
    """Shares of pairs: in which the view is silent, and in classes of similarity from 0 to 1."""

    silent: float
    shares: tuple[float, ...]


class ViewSpread(Struct, frozen=True, kw_only=True):
    """How one view is spread among the pairs of a linkage."""

    view: str
    matches: Spread
    strangers: Spread
