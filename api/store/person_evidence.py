"""Why a person's records are one person, as the linking worker leaves it: no handle and no bit."""

from typing import Literal

from msgspec import Struct, json

from api.store.review_evidence import Evidence, SeenEdge, ViewSpread

__all__ = ["PersonEvidence", "SeenPair"]


class SeenPair(Struct, frozen=True, kw_only=True):
    """Two of the records, by their places, and what speaks for and against their being one person."""

    left: int
    right: int
    evidence: Evidence


class PersonEvidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds a person together.

    ``places``: of the sheet's records those that were compared, in order; places in ``edges`` and ``pairs``
    count among these.  ``agencies``: of each of them.  ``pairs``: the fewest that hold all together, the
    weakest first; ``spreads``: how every view is spread in the linkage, to read them against.
    """

    version: Literal[1] = 1
    places: tuple[int, ...]
    agencies: tuple[str, ...]
    edges: tuple[SeenEdge, ...]
    pairs: tuple[SeenPair, ...]
    spreads: tuple[ViewSpread, ...]

    def text(self) -> str:
        """Return it as it is stored."""
        return json.encode(self).decode()
