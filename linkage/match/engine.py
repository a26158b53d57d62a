"""Who runs a linkage: plan, kernels and reduction are the same code for all, only the running differs.

An engine compares the tiles of a plan and clusters weighed pairs.  What it is made of is for it to say:
:class:`LocalEngine` is this process and its threads, others are clusters of machines.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from linkage.errors import LimitError
from linkage.match.candidates import Candidates
from linkage.match.clustering import Link, cluster
from linkage.match.kernel import MAX_CANDIDATES, Progress, fill_lists
from linkage.match.kernel_lists import NearestLists, empty_lists, listed_pairs
from linkage.match.plan import STRIP_ROWS, Comparison, Plan
from linkage.match.rows import Rows

__all__ = [
    "Clustering",
    "Engine",
    "Journal",
    "LocalEngine",
    "distinct_pairs",
    "require_few",
    "tile_candidates",
]

_MOST_PER_ROW: Final = 20
"""Pairs that are kept for each row at most, where rows are many: three times what noise brings."""


class Clustering(Protocol):
    """Clusters weighed pairs; arguments and outcome as :func:`linkage.match.clustering.cluster` has them."""

    def __call__(
        self,
        count: int,
        left: NDArray[np.int64],
        right: NDArray[np.int64],
        weights: NDArray[np.float64],
        *,
        apart: NDArray[np.int32],
        same: Iterable[Link],
        different: Iterable[Link],
    ) -> NDArray[np.int32]:
        """Return each record's cluster (count,): the smallest record in it."""
        ...


class Engine(Protocol):
    """Compares and clusters; every engine returns the same, bit by bit.

    But one: :class:`linkage.match.hashing.HashedEngine` may miss pairs, and says how many.
    """

    @property
    def strip_rows(self) -> int:
        """How many rows a strip of its plans has."""
        ...

    def candidates(
        self, rows: Rows, plan: Plan, comparison: Comparison, progress: Progress | None = None
    ) -> Candidates:
        """Compare the tiles of a plan and return the pairs that are among the best of one of their rows.

        ``progress`` gets comparisons done and in all, which are those that the plan counts.
        """
        ...

    @property
    def clusters(self) -> Clustering:
        """What clusters weighed pairs, as :func:`linkage.match.clustering.cluster` does."""
        ...


class Journal(Protocol):
    """Where a comparison keeps how far it is, so that whoever is stopped or killed goes on from there."""

    def resume(self, digest: str, lists: NearestLists) -> int:
        """Fill lists with what was saved of this plan, and return how many of its tiles are in them."""
        ...

    def due(self) -> bool:
        """Say whether it is time to save again."""
        ...

    def save(self, digest: str, tiles: int, lists: NearestLists) -> None:
        """Keep lists in which so many tiles of a plan are, and perhaps some of the next."""
        ...


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """This process: threads share each tile; lists, 16 bytes a row and place, are all that grows.

    ``threads`` 0 means one per processor; with a ``journal`` a comparison can be interrupted between tiles.
    """

    threads: int = 0
    journal: Journal | None = None
    strip_rows: int = STRIP_ROWS

    def candidates(
        self, rows: Rows, plan: Plan, comparison: Comparison, progress: Progress | None = None
    ) -> Candidates:
        """Compare the tiles of a plan; raises :class:`LimitError` where far too many pairs are kept."""
        lists = empty_lists(len(rows), comparison.nearest)
        if self.journal is None:
            fill_lists(rows, plan, comparison, lists, threads=self.threads, progress=progress)
        else:
            self._resumed(self.journal, rows, plan, comparison, lists, progress)
        listed = distinct_pairs(lists)
        del lists
        return Candidates.of(rows, listed)

    def _resumed(
        self,
        journal: Journal,
        rows: Rows,
        plan: Plan,
        comparison: Comparison,
        lists: NearestLists,
        progress: Progress | None,
    ) -> None:
        digest = plan.digest(rows, comparison)
        tiles = journal.resume(digest, lists)

        def after_tile(count: int) -> None:
            nonlocal tiles
            tiles = count
            if journal.due():
                journal.save(digest, tiles, lists)

        try:
            fill_lists(
                rows,
                plan,
                comparison,
                lists,
                threads=self.threads,
                from_tile=tiles,
                progress=progress,
                after_tile=after_tile,
            )
        finally:  # what a stop finds half compared may be offered again
            journal.save(digest, tiles, lists)

    @property
    def clusters(self) -> Clustering:
        """What clusters weighed pairs."""
        return cluster


def tile_candidates(
    rows: Rows,
    left: NDArray[np.int32],
    right: NDArray[np.int32] | None,
    comparison: Comparison,
    *,
    threads: int = 1,
) -> Candidates:
    """Compare one tile by itself: ``left`` with ``right``, or with itself for None.

    Of all tiles of a plan together, :func:`linkage.match.candidates.reduced` keeps what the whole plan would.
    ``rows`` need to hold no more than those two strips, in the order that they have among all rows: then
    equal scores fall alike.
    """
    strips = (left,) if right is None else (left, right)
    plan = Plan(strips, np.array([[0, len(strips) - 1]], dtype=np.int32))
    return LocalEngine(threads).candidates(rows, plan, comparison)


def require_few(pairs: int, rows: int) -> None:
    """Raise :class:`LimitError` where far too many pairs of rows were kept."""
    most = max(MAX_CANDIDATES, _MOST_PER_ROW * rows)
    if pairs > most:
        raise LimitError(
            f"linkage: more than {most} pairs agree beyond noise",
            hint="records that are largely alike (test data, placeholders) are the usual cause: look at them",
        )


def distinct_pairs(lists: NearestLists) -> NDArray[np.int64]:
    """Return the pairs of rows (m, 2) that are in lists, sorted, each once.

    Raises :class:`LimitError` where they are far too many.
    """
    count = max(len(lists.keys), 1)
    keys = np.unique(listed_pairs(lists))
    require_few(len(keys), count)
    return np.stack([keys // count, keys % count], axis=1)
