"""Exhaustive comparison of all pairs of rows, view by view, in tiles.

A pair is kept if in some view its agreement exceeds what unrelated records show.  With L bits, Hamming
distance h and bits set wa, wb, agreement is c = 1 − 2h/L, unrelated records are expected to agree by
(1 − 2wa/L)(1 − 2wb/L), whatever the diffusion, and the noise has a standard deviation of about 1/√L.
Multiplied out, with u = L − 2w, a view speaks if and only if

    2L·h + ua·ub < L²·(1 − z/√L)

which is decided in whole numbers, so that no platform rounds a pair in or out.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from linkage.errors import LimitError
from linkage.match.kernel_lists import NearestLists, empty_lists, listed_pairs
from linkage.match.kernel_nearest import fill_nearest
from linkage.match.kernel_scan import fill_hits
from linkage.match.kernel_sections import (
    Section,
    Strips,
    TileSize,
    comparisons_of_tile,
    cut_strips,
    sections,
    tiles,
)
from linkage.match.kernel_sequential import EXACT, PrefixTest, choose_test
from linkage.match.kernel_tiles import Look, OneView, noise_limit
from linkage.match.plan import Comparison, Plan, plan_tiles
from linkage.match.rows import RecordId, Rows
from linkage.match.turns import in_turn

__all__ = [
    "MAX_CANDIDATES",
    "Progress",
    "TileSize",
    "candidate_pairs",
    "fill_lists",
    "noise_limit",
    "score_limit",
    "warm_up",
]

Progress = Callable[[int, int], None]

MAX_CANDIDATES = 200_000_000
"""Pairs kept at most; 8 bytes each while the scan runs."""

_TILE = TileSize()
_FIRST_CAPACITY = 4096
_QUEUED_PER_THREAD = 4

_T = TypeVar("_T")


def candidate_pairs(
    rows: Rows,
    *,
    noise_z: float,
    new: NDArray[np.bool_] | None = None,
    nearest: int | None = None,
    miss: float = 0.0,
    tile: TileSize = _TILE,
    stages: Sequence[int] = (),
    threads: int = 0,
    max_pairs: int = MAX_CANDIDATES,
    progress: Progress | None = None,
) -> NDArray[np.int64]:
    """Compare all pairs of rows and return those that agree beyond noise in at least one view.

    Compared are rows that both have the view, belong to different records and do not come
    from one duplicate-free source; with ``new`` (n,) only pairs of which at least one row is new.

    With ``nearest`` a pair is also among the best so many of one of its two rows, counted apart among rows of
    that row's own source and among all others that it is compared with; the best have the smallest
    2L·h + ua·ub in a view that both have, and of equal ones the smaller row numbers.  This takes 16 bytes for
    each row and place and no more.  ``noise_z`` may then be 0 or below, so that every pair speaks.

    With ``miss`` above 0 a pair that one view alone would keep is missed with a probability of at most
    ``miss``, in exchange for speed (:mod:`linkage.match.kernel_sequential` says under which assumption); 0 is
    exact.

    ``tile``, ``threads`` (0: one per processor) and ``stages`` (the numbers of words after which early
    abandon looks at distances, rising; none to have them chosen) change no result.  ``progress`` is called
    with comparisons done and comparisons in all, which are exact and known before the first: pairs of rows
    that are set against each other, view by view, those among them of one record or source included.
    Returns (m, 2) row numbers, the smaller first, sorted, each pair once.
    Raises :class:`LimitError` beyond ``max_pairs``.
    """
    _check_settings(rows, miss, nearest, stages)
    workers = threads or os.cpu_count() or 1
    if nearest is None:
        scan = _Scan(rows, score_limit(rows.length, noise_z), miss, tile, stages, workers)
        with ThreadPoolExecutor(workers) as pool:
            keys = _all_pairs(scan, list(sections(rows, new, rows.apart)), pool, max_pairs, progress)
    else:
        lists = empty_lists(len(rows), nearest)
        plan, comparison = plan_tiles(rows, new=new), Comparison(noise_z, nearest, miss)
        fill_lists(
            rows, plan, comparison, lists, tile=tile, stages=stages, threads=workers, progress=progress
        )
        keys = np.unique(listed_pairs(lists))
    _check_count(len(keys), max_pairs)
    return np.stack([keys // max(len(rows), 1), keys % max(len(rows), 1)], axis=1)


def _check_settings(rows: Rows, miss: float, nearest: int | None, stages: Sequence[int]) -> None:
    if not 0 <= miss < 1 or (nearest is not None and nearest < 1):
        raise ValueError("miss is at least 0 and below 1, nearest at least 1")
    if list(stages) != sorted(set(stages)) or not all(0 < words <= rows.words.shape[2] for words in stages):
        raise ValueError("stages are numbers of words of a view, rising")  # beyond them memory is not ours


def score_limit(length: int, noise_z: float) -> int:
    """Return the score that pairs of rows must stay below to count; any does for a z far below 0."""
    return min(noise_limit(length, noise_z), 4 * length**2)


def _check_count(count: int, max_pairs: int) -> None:
    if count > max_pairs:
        raise LimitError(
            f"linkage: more than {max_pairs} pairs agree beyond noise",
            hint="records that are largely alike (test data, placeholders) are the usual cause: look at them",
        )


class _Scan:
    """What all tiles of one scan have in common."""

    def __init__(
        self, rows: Rows, limit: int, miss: float, tile: TileSize, stages: Sequence[int], threads: int
    ) -> None:
        self.rows, self.limit, self.tile, self.threads = rows, limit, tile, threads
        self._tests = [self._choose_test(view, miss) for view in range(len(rows.words))]
        self._ends = np.array(stages, dtype=np.int64)

    def _choose_test(self, view: int, miss: float) -> PrefixTest:
        if miss == 0:
            return EXACT
        there = self.rows.weights[view, self.rows.present[view]]
        return choose_test(self.rows.length, there, self.limit, miss)

    def view(self, view: int) -> OneView:
        """Return what comparing needs of one view."""
        rows = self.rows
        return OneView(rows.words[view], rows.weights[view], rows.record, rows.apart, rows.source)

    def look(self, view: int) -> Look:
        """Return which pairs count in one view, and after how many words to look."""
        test = self._tests[view]
        ends = np.array([test.words]) if test.words else self._ends
        return Look(self.limit, ends, test.limits)


def _all_pairs(
    scan: _Scan,
    parts: Sequence[Section],
    pool: ThreadPoolExecutor,
    max_pairs: int,
    progress: Progress | None,
) -> NDArray[np.int64]:
    """Return all pairs of which a view speaks as smaller number · n + larger number, sorted."""
    total = sum(section.comparisons for section in parts)
    keys, done = np.zeros(0, dtype=np.int64), 0
    _tell(progress, done, total)
    for section in parts:
        found, count = [keys], len(keys)
        starts = list(tiles(section, scan.tile))
        tasks = (partial(_scan_tile, scan, section, *start) for start in starts)
        for start, hits in zip(starts, in_turn(tasks, pool, _QUEUED_PER_THREAD * scan.threads), strict=True):
            found.append(hits[:, 0] * len(scan.rows) + hits[:, 1])
            count, done = count + len(hits), done + comparisons_of_tile(section, scan.tile, *start)
            _check_count(count, max_pairs)
            _tell(progress, done, total)
        keys = np.unique(np.concatenate(found))
    return keys


def fill_lists(
    rows: Rows,
    plan: Plan,
    comparison: Comparison,
    lists: NearestLists,
    *,
    tile: TileSize = _TILE,
    stages: Sequence[int] = (),
    threads: int = 0,
    from_tile: int = 0,
    progress: Progress | None = None,
    after_tile: Callable[[int], None] | None = None,
) -> None:
    """Offer every pair of a plan's tiles to lists of its rows, as :func:`candidate_pairs` says.

    Lists end the same in whatever order and by whomever tiles are compared, and whatever was offered before.
    ``from_tile``: so many tiles are in the lists already; ``after_tile`` is called with how many are, each
    time that nothing is being compared.
    """
    workers = threads or os.cpu_count() or 1
    limit = score_limit(rows.length, comparison.noise_z)
    scan = _Scan(rows, limit, comparison.miss, tile, stages, workers)
    counts = plan.comparisons(rows)
    done, total = int(counts[:from_tile].sum()), int(counts.sum())
    _tell(progress, done, total)
    with ThreadPoolExecutor(workers) as pool:
        for number, place in enumerate(plan.tiles()):
            if number < from_tile:
                continue
            for section in plan.sections(rows, place):
                for compared in _list_section(scan, section, lists, pool):
                    done += compared
                    _tell(progress, done, total)
            if after_tile is not None:
                after_tile(number + 1)


def _list_section(
    scan: _Scan, section: Section, lists: NearestLists, pool: ThreadPoolExecutor
) -> Iterator[int]:
    """Compare one section, and yield how many pairs were set against each other piece by piece."""
    strips = cut_strips(section, scan.tile, scan.threads)
    places = list(strips.tiles())
    tasks = (partial(_list_tile, scan, section.view, strips, *place, lists) for place in places)
    for place, _ in zip(places, in_turn(tasks, pool, _QUEUED_PER_THREAD * scan.threads), strict=True):
        yield strips.comparisons(*place)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _scan_tile(scan: _Scan, section: Section, row: int, column: int) -> NDArray[np.int64]:
    rows, tile = scan.rows, scan.tile
    lefts = section.left[row : row + tile.rows]
    rights = section.columns[column : column + tile.columns]
    if _all_apart(rows, lefts, rights):
        return np.zeros((0, 2), dtype=np.int64)
    lead = column - row if section.right is None else len(lefts)
    capacity = _FIRST_CAPACITY
    while True:
        hits = np.empty((capacity, 2), dtype=np.int64)
        count = fill_hits(scan.view(section.view), lefts, rights, lead, scan.look(section.view), hits)
        if count <= capacity:
            return hits[:count].copy()
        capacity = count


def _list_tile(scan: _Scan, view: int, strips: Strips, left: int, right: int, lists: NearestLists) -> None:
    rows, lefts, rights = scan.rows, strips.lefts[left], strips.rights[right]
    if _all_apart(rows, lefts, rights):
        return
    lead = 0 if strips.itself and left == right else len(lefts)
    with strips.hold(left, right):
        fill_nearest(scan.view(view), lefts, rights, lead, scan.look(view), lists)


def _all_apart(rows: Rows, lefts: NDArray[np.int32], rights: NDArray[np.int32]) -> bool:
    """Tell whether both sides lie wholly within one duplicate-free source."""
    first = rows.apart[lefts[0]]
    return bool(first >= 0 and (rows.apart[lefts] == first).all() and (rows.apart[rights] == first).all())


def warm_up() -> None:
    """Compile every kernel, or load it from its cache, so that the first linkage does not wait for it."""
    from linkage.match.similarity import similarities

    rows = Rows(
        ids=(RecordId("", "0"), RecordId("", "1")),
        words=np.zeros((1, 2, 1), dtype=np.uint64),
        weights=np.zeros((1, 2), dtype=np.int32),
        present=np.ones((1, 2), dtype=np.bool_),
        tiers=np.zeros(2, dtype=np.uint8),
        record=np.arange(2, dtype=np.int32),
        apart=np.full(2, -1, dtype=np.int32),
    )
    for nearest in (None, 1):
        pairs = candidate_pairs(rows, noise_z=0.0, nearest=nearest, threads=1)
    similarities(rows, pairs, diffusions=(1,), noise_z=0.0)
