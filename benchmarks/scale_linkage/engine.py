"""The local engine under a stopwatch, and beside it the kernel called plainly on the same rows.

After every so many tiles the kernel alone compares the rows of the next tile, threads and all, with copies of
the lists as they are: what no plan, queue, journal or progress takes any of.  Then the engine compares that
tile.  The two take turns, so that whatever else the machine does disturbs both alike.
"""

import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.clustering import Link
from linkage.match.engine import Journal, LocalEngine
from linkage.match.kernel import Progress, TileSize, noise_limit
from linkage.match.kernel_lists import NearestLists
from linkage.match.kernel_nearest import fill_nearest
from linkage.match.kernel_sections import sections_of_tile
from linkage.match.kernel_sequential import EXACT
from linkage.match.kernel_tiles import Look, OneView
from linkage.match.plan import STRIP_ROWS, Comparison, Plan
from linkage.match.rows import Rows

__all__ = ["MeasuredEngine", "Rate", "StoppedError", "TilesTimed", "kernel_rate"]


class StoppedError(Exception):
    """The comparison was told to stop; the journal has what was done."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Comparisons, the seconds that they took, and those of processor on all threads."""

    comparisons: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """Comparisons a second."""
        return self.comparisons / self.seconds if self.seconds else 0.0


@dataclass(slots=True)
class TilesTimed:
    """What one session compared: tiles before it and after it, all of it, and tiles that both compared."""

    before: int = 0
    tiles: int = 0
    of: int = 0
    done: int = 0
    total: int = 0
    engine: Rate = Rate(0, 0.0, 0.0)
    twice: list[tuple[Rate, Rate]] = field(default_factory=list)
    """Tiles compared by the engine and by the kernel alone."""


class MeasuredEngine:
    """A :class:`LocalEngine` (and an engine like it) that says how long everything took."""

    def __init__(
        self,
        journal: Journal | None,
        *,
        stop: Callable[[], bool],
        threads: int = 0,
        strip_rows: int = STRIP_ROWS,
        kernel_every: int = 25,
    ) -> None:
        """``stop`` is asked after every tile; ``kernel_every``: tiles between two of the kernel's own."""
        self.strip_rows = strip_rows
        self.timed = TilesTimed()
        self.seconds: dict[str, float] = {}
        self.pairs = 0
        self._journal, self._stop, self._threads, self._every = journal, stop, threads, kernel_every

    def candidates(
        self, rows: Rows, plan: Plan, comparison: Comparison, progress: Progress | None = None
    ) -> Candidates:
        """Compare, timed; raises :class:`StoppedError` once it is time to stop."""
        watch = _Watch(self, rows, plan, comparison, self._journal)
        began = time.perf_counter()
        try:
            found = LocalEngine(self._threads, watch, self.strip_rows).candidates(
                rows, plan, comparison, progress
            )
        finally:
            self.seconds["compare"] = time.perf_counter() - began - watch.kernel_seconds
            self.seconds["kernel alone"] = watch.kernel_seconds
        self.pairs = len(found)
        return found

    def clusters(
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
        """Cluster, timed."""
        began = time.perf_counter()
        found = LocalEngine(self._threads).clusters(
            count, left, right, weights, apart=apart, same=same, different=different
        )
        self.seconds["cluster"] = self.seconds.get("cluster", 0.0) + time.perf_counter() - began
        return found

    def should_stop(self) -> bool:
        """Say whether it is time to stop."""
        return self._stop()

    def is_turn(self, tile: int) -> bool:
        """Say whether the kernel alone compares a tile too."""
        return tile % self._every == 0

    def plain(self, rows: Rows, plan: Plan, tile: int, comparison: Comparison, lists: NearestLists) -> Rate:
        """Let the kernel alone compare a tile."""
        return kernel_rate(rows, plan, tile, comparison, lists, threads=self._threads)


class _Watch:
    """A journal that looks at the clock: the engine asks it after every tile whether to save."""

    def __init__(
        self, engine: MeasuredEngine, rows: Rows, plan: Plan, comparison: Comparison, inner: Journal | None
    ) -> None:
        self._engine, self._inner = engine, inner
        self._rows, self._plan, self._comparison = rows, plan, comparison
        self._counts = plan.comparisons(rows)
        self._lists: NearestLists | None = None
        self._next: Rate | None = None
        self._mark = self._cpu = 0.0
        self.kernel_seconds = 0.0

    def resume(self, digest: str, lists: NearestLists) -> int:
        """Go on where the journal is."""
        tiles = self._inner.resume(digest, lists) if self._inner else 0
        timed = self._engine.timed
        timed.before = timed.tiles = tiles
        timed.of, timed.total = len(self._counts), int(self._counts.sum())
        timed.done = int(self._counts[:tiles].sum())
        self._lists = lists
        self._plain(tiles)
        self._mark, self._cpu = time.perf_counter(), time.process_time()
        return tiles

    def due(self) -> bool:
        """Note the tile that is over, let the kernel have its turn, and stop if it is time."""
        seconds, cpu = time.perf_counter() - self._mark, time.process_time() - self._cpu
        timed = self._engine.timed
        rate = Rate(int(self._counts[timed.tiles]), seconds, cpu)
        timed.engine = _sum(timed.engine, rate)
        if self._next is not None:
            timed.twice.append((rate, self._next))
        timed.tiles += 1
        timed.done += rate.comparisons
        if timed.tiles < timed.of and self._engine.should_stop():
            raise StoppedError
        self._plain(timed.tiles)
        self._mark, self._cpu = time.perf_counter(), time.process_time()
        return self._inner.due() if self._inner else False

    def save(self, digest: str, tiles: int, lists: NearestLists) -> None:
        """Save; what that takes is the next tile's."""
        if self._inner:
            self._inner.save(digest, tiles, lists)

    def _plain(self, tile: int) -> None:
        self._next = None
        if tile >= len(self._counts) or not self._engine.is_turn(tile) or self._lists is None:
            return
        began = time.perf_counter()
        self._next = self._engine.plain(self._rows, self._plan, tile, self._comparison, self._lists)
        self.kernel_seconds += time.perf_counter() - began


def kernel_rate(
    rows: Rows,
    plan: Plan,
    tile: int,
    comparison: Comparison,
    lists: NearestLists,
    *,
    threads: int = 0,
    size: TileSize = TileSize(),  # noqa: B008 - frozen
) -> Rate:
    """Compare a tile of a plan with the kernel alone, into copies of lists; preparing is not timed.

    Each thread has a share of the left rows, all of the right ones, and lists of its own.
    """
    count = threads or os.cpu_count() or 1
    left, right = (plan.strips[strip] for strip in list(plan.tiles())[tile])
    itself = left is right
    numbers = left if itself else np.concatenate([left, right])
    local = rows.take(np.sort(numbers))
    own = np.searchsorted(np.sort(numbers), left).astype(np.int32)
    other = None if itself else np.searchsorted(np.sort(numbers), right).astype(np.int32)
    limit = min(noise_limit(rows.length, comparison.noise_z), 4 * rows.length**2)
    look = Look(limit, np.zeros(0, dtype=np.int64), EXACT.limits)
    works: list[list[tuple[OneView, NDArray[np.int32], NDArray[np.int32], int]]] = [[] for _ in range(count)]
    compared, turn = 0, 0
    for section in sections_of_tile(local, own, other, local.source):
        view = OneView(
            local.words[section.view], local.weights[section.view], local.record, local.apart, local.source
        )
        for start in range(0, len(section.left), size.rows):
            lefts = section.left[start : start + size.rows]
            for first in range(0 if section.right is not None else start, len(section.columns), size.columns):
                rights = section.columns[first : first + size.columns]
                lead = first - start if section.right is None else len(lefts)
                works[turn % count].append((view, lefts, rights, lead))
                compared += _compared(lefts, rights, lead, itself=section.right is None)
            turn += 1
    copies = [_copy(lists, np.sort(numbers)) for _ in works]
    began, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda pair: _all(pair[0], look, pair[1]), zip(works, copies, strict=True)))
    return Rate(compared, time.perf_counter() - began, time.process_time() - cpu)


def _sum(one: Rate, other: Rate) -> Rate:
    return Rate(
        one.comparisons + other.comparisons,
        one.seconds + other.seconds,
        one.cpu_seconds + other.cpu_seconds,
    )


def _compared(lefts: NDArray[np.int32], rights: NDArray[np.int32], lead: int, *, itself: bool) -> int:
    if not itself:
        return len(lefts) * len(rights)
    return int(np.clip(np.arange(len(rights)) + lead, 0, len(lefts)).sum())


def _copy(lists: NearestLists, numbers: NDArray[np.int32]) -> NearestLists:
    return NearestLists(lists.keys[numbers], lists.counts[numbers])


def _all(
    work: list[tuple[OneView, NDArray[np.int32], NDArray[np.int32], int]], look: Look, lists: NearestLists
) -> None:
    for view, lefts, rights, lead in work:
        fill_nearest(view, lefts, rights, lead, look, lists)
