"""Counted tables: what statistics make, disclosure control takes, and releases are written from.

A table has dimensions, and a cell for every combination of their codes, margins included.  A dimension is a
tree: every code but one has a parent, and that one, the total, comes first.  Two measures are never mixed in
one table: children, incidents and calls are counted apart.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

__all__ = ["Cell", "CountTable", "Dimension", "Key"]

Key = tuple[str, ...]
"""The codes of a cell, one for each dimension, in the table's order."""


class Cell(NamedTuple):
    """An exact count, and how much of it the one child makes who makes most of it."""

    value: int
    largest: int


class Dimension(Struct, frozen=True, kw_only=True):
    """One way of dividing: its codes in the order of printing, and what each is a part of.

    ``additive``: the parts of every code sum to it.  It is False where one child may be in several parts (a
    child missing in two months is one child of the year): there a code is at least its largest part, and at
    most the sum of its parts.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
    title: str
    codes: tuple[str, ...]
    parents: Mapping[str, str]
    labels: Mapping[str, str] = {}
    additive: bool = True

    @property
    def total(self) -> str:
        """The code that everything is a part of."""
        return self.codes[0]

    def parts(self, code: str) -> tuple[str, ...]:
        """Return the codes that are directly part of one."""
        return tuple(one for one in self.codes if self.parents.get(one) == code)


class CountTable(Struct, frozen=True, kw_only=True):
    """Exact counts of one measure; it never leaves the linkage unit as it is.

    ``cells`` has a cell for every combination of codes that can occur; one that is not there cannot
    (printed as ``z``, not applicable).  ``unavailable`` are those that the register cannot know, for want of
    coverage (printed as ``x``).
    """

    number: Annotated[str, Meta(pattern=r"^T[0-9]{1,2}[a-z]?$")]
    title: str
    measure: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
    dimensions: tuple[Dimension, ...]
    cells: Mapping[Key, Cell]
    unavailable: frozenset[Key] = frozenset()
