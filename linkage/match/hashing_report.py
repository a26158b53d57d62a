"""What hashing is going to do, and what it did: figures for people, without a bit of any filter."""

from dataclasses import dataclass
from typing import Final

from linkage.match.hashing_tuning import Promise, Tables
from linkage.shares import Interval

__all__ = ["LARGEST_SHOWN", "HashPlan", "HashReport"]

LARGEST_SHOWN: Final = 10

_OF: Final[dict[Promise, str]] = {
    "likely": "pairs that are likely one person",
    "limit": "pairs that count at all",
}


@dataclass(frozen=True, slots=True)
class HashPlan:
    """What hashing would do, known before anything but samples is compared.

    ``digest``: the profile's, which tables follow from.  ``completeness``: the promise, and ``promise`` of
    which pairs; ``expected``: what the tables should find of them.  ``comparisons``: expected, samples
    included, and ``cost``, of hashing and all, in exhaustive comparisons; ``exhaustive``: comparing
    everything, exactly.  ``sampled``, ``likely``: records that it was tuned to, and the likely pairs among
    theirs.  ``to_check``: records that are compared exhaustively after the run.  ``largest``: rows of the ten
    largest blocks of each way's first table.  ``reason``: why everything is compared instead; empty if not.
    """

    digest: str
    views: tuple[str, ...]
    completeness: float
    promise: Promise
    tables: Tables
    expected: float
    comparisons: int
    cost: int
    exhaustive: int
    sampled: int
    likely: int
    to_check: int
    largest: tuple[int, ...]
    reason: str = ""

    @property
    def hashes(self) -> bool:
        """Whether candidates are hashed; else everything is compared, for ``reason``."""
        return not self.reason

    @property
    def count(self) -> int:
        """How many tables there are."""
        return sum(count for _, count in self.tables)

    @property
    def reduction(self) -> float:
        """The share of exhaustive comparisons that are spared (the reduction ratio)."""
        return 1.0 - self.comparisons / self.exhaustive if self.exhaustive else 0.0

    def lines(self) -> list[str]:
        """Say all of it in a few lines."""
        if not self.hashes:
            return [f"candidates: everything is compared, {self.exhaustive:,} comparisons: {self.reason}"]
        return [
            (
                f"candidates: hashed in {self.count:,} tables, about {self.comparisons:,} comparisons of "
                f"{self.exhaustive:,} (reduction {self.reduction:.4f})"
            ),
            (
                f"promised: {self.completeness:g} of {_OF[self.promise]}; expected {self.expected:.4f}, "
                f"to be checked on {self.to_check:,} records"
            ),
            f"tables: {_ways(self.tables, self.views)}",
            f"largest blocks: {_sizes(self.largest)} (tiled, none shortened)",
        ]


@dataclass(frozen=True, slots=True)
class HashReport:
    """What hashing did.  Shapes and words as in :class:`HashPlan`.

    ``tables``: all that were made, those added included; ``rounds``: how often the result was checked.
    ``comparisons``: pairs of rows set against each other, samples included.  ``measured``: which share of the
    promised pairs of records that nothing was tuned to was found, with its 95 % interval, and ``checked``,
    how many pairs those were.  ``exhaustive``: everything was compared after all, for ``plan.reason`` or
    because the promise was not kept; then nothing is missed.
    """

    plan: HashPlan
    tables: Tables
    rounds: int
    comparisons: int
    measured: Interval
    checked: int
    largest: tuple[int, ...]
    exhaustive: bool

    @property
    def kept(self) -> bool:
        """Whether the promise is known to be kept: 97.5 times in 100 as much as promised is found."""
        return self.exhaustive or self.measured.low >= self.plan.completeness

    @property
    def reduction(self) -> float:
        """The share of exhaustive comparisons that were spared."""
        return 1.0 - self.comparisons / self.plan.exhaustive if self.plan.exhaustive else 0.0

    def lines(self) -> list[str]:
        """Say all of it in a few lines."""
        if not self.plan.hashes:
            return ["candidates: everything was compared"]
        found = self.measured
        told = (
            f"of {self.checked:,} {_OF[self.plan.promise]} {found.value:.4f} were found "
            f"({found.low:.4f} to {found.high:.4f}), promised {self.plan.completeness:g}"
        )
        if self.exhaustive:
            return [f"candidates: everything was compared, for hashing did not keep its promise: {told}"]
        added = sum(count for _, count in self.tables) - self.plan.count
        more = f", {added:,} of them added after a check" if added else ""
        return [
            (
                f"candidates: hashed in {added + self.plan.count:,} tables{more}, {self.comparisons:,} "
                f"comparisons of {self.plan.exhaustive:,} (reduction {self.reduction:.4f})"
            ),
            f"completeness: {told}",
            f"largest blocks: {_sizes(self.largest)}",
        ]


def _ways(tables: Tables, views: tuple[str, ...]) -> str:
    ways = (f"{views[one.view]} {count} of {one.size} {one.family}" for one, count in tables)
    return "; ".join(ways)


def _sizes(largest: tuple[int, ...]) -> str:
    return ", ".join(f"{size:,}" for size in largest) if largest else "none of two rows"
