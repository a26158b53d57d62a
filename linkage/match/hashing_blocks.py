"""Blocks of one table: rows of one view with the same code, and how their pairs are compared.

Small blocks are compared many at a time in one compiled call; a large one is cut into tiles, as exhaustive
comparison cuts everything, and never shortened.  Which it is changes no hit: a pair hits if it is compared
and the block's view speaks.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from linkage.match.hashing_draws import BITS, FIRSTS, Hash, orders_of
from linkage.match.hashing_kernel import code_by_bits, code_by_firsts, keep_news, meet_in_blocks
from linkage.match.kernel_lists import NearestLists, empty_lists, offer
from linkage.match.kernel_scan import fill_hits
from linkage.match.kernel_tiles import Look, OneView
from linkage.match.rows import RecordId, Rows

__all__ = ["BlockSize", "Blocks", "blocks_of", "codes_of", "compare_blocks", "warm_up"]

_T = TypeVar("_T")

_NO_TEST: Final = np.zeros(0, dtype=np.int64)
_FIRST_CAPACITY: Final = 4096
_AT_ONCE: Final = 4
"""Batches or tiles that each thread has before lists are changed: 6 to 24 MB of hits each at the most."""


@dataclass(frozen=True, slots=True)
class BlockSize:
    """From which size on a block is tiled, a tile's rows and columns, comparisons of small blocks at a time.

    Changes no result, only memory and time.
    """

    large: int = 256
    tile: int = 1024
    batch: int = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The blocks of one table that hold anything to compare.

    ``order`` (rows with the view,): row numbers, block by block; ``begins``, ``ends``, ``fresh`` (blocks,)
    int64: where each lies there, and how many of its first rows are compared with all of it.  The others are
    not compared with each other.
    """

    view: int
    order: NDArray[np.int32]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    fresh: NDArray[np.int64]

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of every block (blocks,)."""
        return self.ends - self.begins

    @property
    def comparisons(self) -> NDArray[np.int64]:
        """Pairs of rows of every block (blocks,) that are set against each other."""
        return self.fresh * (self.fresh - 1) // 2 + self.fresh * (self.sizes - self.fresh)


def codes_of(
    rows: Rows, numbers: NDArray[np.int32], hashed: Hash, digest: str, table: int
) -> NDArray[np.uint64]:
    """Return the code of every row of ``numbers`` in one table; rows with equal codes meet."""
    codes = np.empty(len(numbers), dtype=np.uint64)
    places = orders_of(digest, hashed, table, rows.length)
    fill = code_by_bits if hashed.family == BITS else code_by_firsts
    fill(rows.words[hashed.view], numbers, places, codes)
    return codes


def blocks_of(
    rows: Rows,
    numbers: NDArray[np.int32],
    new: NDArray[np.bool_] | None,
    hashed: Hash,
    digest: str,
    table: int,
) -> Blocks:
    """Return one table's blocks of the rows ``numbers``; with ``new`` (n,) of pairs with a new row."""
    codes = codes_of(rows, numbers, hashed, digest, table)
    one = np.uint64(1)
    old = np.zeros(len(numbers), np.uint64) if new is None else (~new[numbers]).astype(np.uint64)
    codes = (codes << one) | old  # new rows come first in their block
    order = np.argsort(codes)
    codes, old = codes[order] >> one, old[order]
    starts = np.flatnonzero(np.concatenate([[True], codes[1:] != codes[:-1]])) if len(codes) else order
    ends = np.append(starts[1:], len(codes)) if len(codes) else order
    fresh = np.add.reduceat(one - old, starts).astype(np.int64) if len(codes) else order
    counts = (ends - starts > 1) & (fresh > 0)
    return Blocks(
        hashed.view,
        numbers[order],
        starts[counts].astype(np.int64),
        ends[counts].astype(np.int64),
        fresh[counts].astype(np.int64),
    )


def compare_blocks(
    rows: Rows,
    blocks: Blocks,
    limit: int,
    lists: NearestLists,
    pool: ThreadPoolExecutor,
    threads: int,
    size: BlockSize,
) -> None:
    """Compare all pairs of all blocks, and offer those of which the blocks' view speaks to the lists of both.

    Lists are only read while anything is compared, and changed in between by this thread alone.
    """
    tasks = _tasks(rows, blocks, limit, lists, size)
    while some := list(islice(tasks, _AT_ONCE * threads)):
        for left, right, scores in list(pool.map(_run, some)):
            offer(lists, left, right, rows.source, scores)


def _run(task: Callable[[], _T]) -> _T:
    return task()


def _tasks(
    rows: Rows, blocks: Blocks, limit: int, lists: NearestLists, size: BlockSize
) -> Iterator[Callable[[], NDArray[np.int64]]]:
    """Yield comparisons; each returns the hits (3, m) that change a list: two rows, and their best score."""
    large = blocks.sizes > size.large
    small = np.flatnonzero(~large)
    batch = np.cumsum(blocks.comparisons[small]) // size.batch
    for part in np.split(small, np.flatnonzero(batch[1:] != batch[:-1]) + 1):
        if len(part):
            yield partial(_meet, rows, blocks, part, limit, lists)
    for block in np.flatnonzero(large):
        for left, right, lead in _tiles(rows, blocks, int(block), size.tile):
            yield partial(_tile, rows, blocks.view, left, right, lead, limit, lists)


def _meet(
    rows: Rows, blocks: Blocks, which: NDArray[np.intp], limit: int, lists: NearestLists
) -> NDArray[np.int64]:
    hits = np.empty((3, int(blocks.comparisons[which].sum())), dtype=np.int64)
    view, all_words = _view(rows, blocks.view), np.array([rows.words.shape[2]])
    count = meet_in_blocks(
        view, Look(limit, all_words, _NO_TEST), rows.words, rows.weights, rows.present,
        blocks.order, blocks.begins[which], blocks.ends[which], blocks.fresh[which], lists, hits,
    )  # fmt: skip
    return hits[:, :count].copy()


def _view(rows: Rows, view: int) -> OneView:
    return OneView(rows.words[view], rows.weights[view], rows.record, rows.apart, rows.source)


def _tiles(
    rows: Rows, blocks: Blocks, block: int, tile: int
) -> Iterator[tuple[NDArray[np.int32], NDArray[np.int32], int]]:
    """Yield the tiles of one block: rows, columns, and the lead of columns over rows."""
    begin, end, fresh = (int(one[block]) for one in (blocks.begins, blocks.ends, blocks.fresh))
    middle = begin + fresh
    lefts = _cut(rows, blocks.view, blocks.order[begin:middle], tile)
    rights = _cut(rows, blocks.view, blocks.order[middle:end], tile)
    for place, left in enumerate(lefts):
        yield left, left, 0
        for right in (*lefts[place + 1 :], *rights):
            yield left, right, len(left)


def _cut(rows: Rows, view: int, numbers: NDArray[np.int32], size: int) -> list[NDArray[np.int32]]:
    """Cut rows into strips by their weights, so that bounds within a tile are tight."""
    numbers = numbers[np.argsort(rows.weights[view, numbers], kind="stable")]
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]


def _tile(
    rows: Rows,
    view: int,
    lefts: NDArray[np.int32],
    rights: NDArray[np.int32],
    lead: int,
    limit: int,
    lists: NearestLists,
) -> NDArray[np.int64]:
    one = _view(rows, view)
    look, capacity = Look(limit, _NO_TEST, _NO_TEST), _FIRST_CAPACITY
    while True:
        pairs = np.empty((capacity, 2), dtype=np.int64)
        count = fill_hits(one, lefts, rights, lead, look, pairs)
        if count <= capacity:
            break
        capacity = count
    hits = np.zeros((3, count), dtype=np.int64)
    hits[:2] = pairs[:count].T
    news = keep_news(rows.words, rows.weights, rows.present, rows.source, lists, hits)
    return hits[:, :news].copy()


def warm_up() -> None:
    """Compile what hashing runs, or load it from its cache."""
    rows = Rows(
        ids=(RecordId("", "0"), RecordId("", "1")),
        words=np.zeros((1, 2, 1), dtype=np.uint64),
        weights=np.zeros((1, 2), dtype=np.int32),
        present=np.ones((1, 2), dtype=np.bool_),
        tiers=np.zeros(2, dtype=np.uint8),
        record=np.arange(2, dtype=np.int32),
        apart=np.full(2, -1, dtype=np.int32),
    )
    lists, numbers = empty_lists(2, 1), np.arange(2, dtype=np.int32)
    with ThreadPoolExecutor(1) as pool:
        for family, large in ((BITS, 1), (FIRSTS, 2)):
            blocks = blocks_of(rows, numbers, None, Hash(0, family, 1), "", 0)
            compare_blocks(rows, blocks, rows.length**2, lists, pool, 1, BlockSize(large=large))
