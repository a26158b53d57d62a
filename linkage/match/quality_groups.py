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

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.choices import Choice
from linkage.match.linkage import Known, Linkage
from linkage.match.quality import Estimate, precision_of
from linkage.match.quality_pairs import Stakes, implied_pairs, settled
from linkage.shares import wilson_interval

__all__ = ["GroupQuality", "RecordGroup", "quality_of_groups"]


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
    linkage: Linkage, groups: Sequence[RecordGroup], *, known: Iterable[Known] = (), level: float = 0.95
) -> tuple[GroupQuality, ...]:
    """Estimate the precision of a finished linkage's links for each group.

    ``known`` and ``level`` as for :func:`linkage.match.quality.estimate_quality`; the group of all records
    has the same figures as the linkage itself.
    """
    claimed = implied_pairs(linkage, settled(linkage, known)).only_kept()
    return tuple(_of_group(linkage, claimed, one, level) for one in groups)


def _of_group(linkage: Linkage, claimed: Stakes, group: RecordGroup, level: float) -> GroupQuality:
    pairs, own = linkage.pairs, claimed.some(group.holds(claimed.left, claimed.right))
    linked = np.zeros(len(linkage.records), dtype=np.bool_)
    linked[own.left] = linked[own.right] = True
    possible = (pairs.choice == Choice.POSSIBLE) & group.holds(pairs.left, pairs.right)
    return GroupQuality(
        kind=group.kind,
        name=group.name,
        records=int(group.records.sum()),
        linked=int((linked & group.records).sum()),
        links=own.pairs,
        possible=int(possible.sum()),
        precision=_of_so_many(precision_of(linkage, own, level=level), own.pairs, whole=claimed.pairs),
    )


def _of_so_many(expected: Estimate, links: int, *, whole: int) -> Estimate:
    """Widen what is expected of some links of a linkage to what so few of them allow to say."""
    if links in (0, whole):
        return expected
    counted = wilson_interval(expected.value * links, links)
    return Estimate(expected.value, min(expected.low, counted.low), max(expected.high, counted.high))
