"""Whom a linkage serves well, and whom less: the precision of its links, group by group, and how many link.

Nobody has labels here.  What is said of a group is what the linkage's own log odds let us expect of its links
(:mod:`linkage.match.quality`), with the interval of that; a group whose evidence is thin shows a wider one.
That interval allows for weights that are off as a whole, and not for weights that are off for one group, of
whose few links nothing shows it.  So a group's interval is never narrower than that of as many links that
somebody drew and looked at (Wilson).
A share of linked records is counted and estimates nothing, but a group that links less than others under
the same roof may be one whose pairs are missed.

A pair belongs to a group of records if one of its records does, and to a group *between* two kinds if it has
one record of each.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.choices import Choice
from linkage.match.linkage import Known, Linkage
from linkage.match.pair_index import PairIndex
from linkage.match.quality import Estimate, Precision
from linkage.match.quality_pairs import Stakes, implied_pairs, settled
from linkage.shares import wilson_interval

__all__ = ["GroupQuality", "RecordGroup", "quality_of_groups"]

_SMALL: Final = 4
"""A group with fewer than one in so many records is looked up, a larger one is sought among all pairs."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordGroup:
    """Some records of a linkage (n,); with ``other`` a pair needs a record of each.

    ``kind``: what tells the groups apart that are to be compared, ``name``: which of them this is.
    """

    kind: str
    name: str
    one: NDArray[np.bool_]
    other: NDArray[np.bool_] | None = None

    @property
    def records(self) -> NDArray[np.bool_]:
        """The records that could be in a pair of the group for the group's sake (n,)."""
        return self.one if self.other is None else self.one | self.other

    def holds(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which pairs (m,) belong to the group."""
        if self.other is None:
            return np.asarray(self.one[left] | self.one[right])
        one, other = self.one, self.other
        return np.asarray((one[left] & other[right]) | (other[left] & one[right]))


@dataclass(frozen=True, slots=True)
class GroupQuality:
    """How a linkage fares with one group.

    ``linked``: records of it that a link of the group holds; ``links``: kept pairs of it that ended together;
    ``possible``: possible links of it; ``precision``: what share of the links is right.
    """

    kind: str
    name: str
    records: int
    linked: int
    links: int
    possible: int
    precision: Estimate


def quality_of_groups(
    linkage: Linkage, groups: Iterable[RecordGroup], *, known: Iterable[Known] = (), level: float = 0.95
) -> tuple[GroupQuality, ...]:
    """Estimate the precision of a finished linkage's links for each group.

    ``known`` and ``level`` as for :func:`linkage.match.quality.estimate_quality`; the group of all records
    has the same figures as the linkage itself.
    """
    claimed = implied_pairs(linkage, settled(linkage, known)).only_kept()
    places = np.flatnonzero(linkage.pairs.choice == Choice.POSSIBLE)
    possible = _Pairs.of(linkage.pairs.left[places], linkage.pairs.right[places], len(linkage.records))
    links = _Pairs.of(claimed.left, claimed.right, len(linkage.records))
    estimate = Precision(linkage, level=level)
    return tuple(_of_group(claimed, links, possible, estimate, one) for one in groups)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """Pairs (m,) of records, found by group: of a small group without looking at all of them."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    index: PairIndex

    @classmethod
    def of(cls, left: NDArray[np.int64], right: NDArray[np.int64], records: int) -> "_Pairs":
        return cls(left, right, PairIndex.of(left, right, records))

    def held_by(self, group: RecordGroup) -> NDArray[np.intp]:
        """Return the numbers of the pairs that belong to a group, in ascending order."""
        if group.other is None and _SMALL * int(group.one.sum()) < len(group.one):
            return self.index.naming(np.flatnonzero(group.one))
        return np.flatnonzero(group.holds(self.left, self.right))


def _of_group(
    claimed: Stakes, links: _Pairs, possible: _Pairs, estimate: Precision, group: RecordGroup
) -> GroupQuality:
    own = claimed.some(links.held_by(group))
    linked = np.zeros(len(group.one), dtype=np.bool_)
    linked[own.left] = linked[own.right] = True
    return GroupQuality(
        kind=group.kind,
        name=group.name,
        records=int(group.records.sum()),
        linked=int((linked & group.records).sum()),
        links=own.pairs,
        possible=len(possible.held_by(group)),
        precision=_of_so_many(estimate.of(own), own.pairs, whole=claimed.pairs),
    )


def _of_so_many(expected: Estimate, links: int, *, whole: int) -> Estimate:
    """Widen what is expected of some links of a linkage to what so few of them allow to say."""
    if links in (0, whole):
        return expected
    counted = wilson_interval(expected.value * links, links)
    return Estimate(expected.value, min(expected.low, counted.low), max(expected.high, counted.high))
