"""The rules by which tables may leave: frozen, versioned, and named by their digest in every release."""

import hashlib
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.canonical import canonical

__all__ = ["DisclosurePolicy"]

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$")]


class DisclosurePolicy(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is rounded, what is suppressed, and how much a suppressed cell must leave open.

    ``base``: counts are rounded to its multiples.  ``threshold``: counts from 1 to it are suppressed;
    ``cross_threshold`` in cells that are divided in two or more ways beside time.  ``protection``: of every
    suppressed cell the highest and the lowest value that fit all that was ever published differ by at least
    so much.  ``dominance_percent``: a count of which one child makes this share is suppressed, and so is one
    that fewer than ``contributors`` children make; ``dominance_protection`` is how far, in per cent of the
    count and to both sides, it must stay open.  ``revision``: by how much a count must have changed before
    what was published of it is changed.  ``at_most``: pairs of measures of which the first is never more than
    the second.  ``same``: a dimension and code, and those of another dimension that are of the same absences
    by definition: with all else alike, their cells are one quantity.  ``time`` and ``places``: names of
    dimensions that say when and where; to be alone in one of them says nothing of a child, as it does in
    every other dimension.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-disclosure-policy"] = "clew-disclosure-policy"
    version: int = 1
    base: Annotated[int, Meta(ge=10, le=100)] = 10
    threshold: Annotated[int, Meta(ge=5, le=100)] = 5
    cross_threshold: Annotated[int, Meta(ge=5, le=100)] = 10
    protection: Annotated[int, Meta(ge=4, le=99)] = 4
    dominance_percent: Annotated[int, Meta(ge=50, le=90)] = 80
    contributors: Annotated[int, Meta(ge=2, le=100)] = 3
    dominance_protection: Annotated[int, Meta(ge=10, le=100)] = 20
    revision: Annotated[int, Meta(ge=5, le=100)] = 5
    at_most: tuple[tuple[Name, Name], ...] = (("children", "incidents"), ("incidents", "calls"))
    same: tuple[tuple[Name, str, Name, str], ...] = ()
    time: tuple[Name, ...] = ("period", "time", "time_period")
    places: tuple[Name, ...] = (
        "area",
        "council",
        "country",
        "force",
        "geography",
        "host",
        "host_area",
        "nation",
        "region",
        "responsible",
        "responsible_area",
    )

    def __post_init__(self) -> None:
        """Refuse rules that contradict each other."""
        if self.cross_threshold < self.threshold:
            raise ValueError("cross_threshold is below threshold")
        if self.protection >= self.threshold:
            raise ValueError("protection is not below threshold: no cell from 1 to threshold can reach it")
        if self.base % 2 or self.revision > self.base // 2:
            raise ValueError("base is odd, or revision is more than half of it")

    def canonical_code(self, dimension: str, code: str) -> tuple[str, str]:
        """Return as what a code is known: itself, unless it is the same as one of another dimension."""
        for name, one, other, known in self.same:
            if (name, one) == (dimension, code):
                return other, known
        return dimension, code

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form, in hex."""
        return hashlib.sha256(canonical(self)).hexdigest()
