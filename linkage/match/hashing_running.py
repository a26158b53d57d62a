"""The running of a hashed comparison: table after table, checked at the end, extended where it must be."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import pair_scores
from linkage.match.hashing_blocks import Blocks, BlockSize, blocks_of, compare_blocks
from linkage.match.hashing_draws import Hash
from linkage.match.hashing_planning import Planned, extended
from linkage.match.hashing_report import LARGEST_SHOWN, HashReport
from linkage.match.hashing_samples import compare_sample
from linkage.match.hashing_tuning import Tables
from linkage.match.kernel import Progress
from linkage.match.kernel_lists import NearestLists, offer
from linkage.match.rows import Rows
from linkage.match.turns import in_turn
from linkage.shares import wilson_interval

__all__ = ["found_in", "run_hashing"]

_ROUNDS: Final = 3
"""Checks at most: each is one more chance for luck to look like completeness."""

_SPARES: Final = (0.125, 0.0625)
"""What tables that are added are to miss of what the promise allows, round by round."""

_NUMBER: Final = (1 << 31) - 1


def run_hashing(
    rows: Rows,
    made: Planned,
    lists: NearestLists,
    pool: ThreadPoolExecutor,
    threads: int,
    progress: Progress | None = None,
    size: BlockSize | None = None,
) -> HashReport:
    """Fill lists by hashing, check the promise on records that nothing was tuned to, and report.

    Where the plan is to compare everything, or the promise is not kept in the end, lists are not to be used.
    """
    if not made.plan.hashes:
        return HashReport(made.plan, (), 0, 0, wilson_interval(0, 0), 0, (), exhaustive=True)
    run = _Run(rows, made, lists, pool, threads, progress, size or BlockSize())
    tables: Tables | None = made.plan.tables
    while tables is not None:
        run.compare(tables)
        if run.check() or run.rounds == _ROUNDS:
            break
        tables = extended(rows, made, run.samples, run.tables, _SPARES[run.rounds - 1])
    return run.report()


class _Run:
    """How far a hashed comparison is."""

    def __init__(
        self,
        rows: Rows,
        made: Planned,
        lists: NearestLists,
        pool: ThreadPoolExecutor,
        threads: int,
        progress: Progress | None,
        size: BlockSize,
    ) -> None:
        self.samples, self.rounds = [made.sample], 0
        self.tables: Tables = ()
        self._rows, self._made, self._lists, self._size = rows, made, lists, size
        self._pool, self._threads, self._progress = pool, threads, progress
        self._compared, self._sampled = made.sample.comparisons, made.plan.sampled
        self._largest = np.zeros(0, dtype=np.int64)
        self._measured, self._checked = wilson_interval(0, 0), 0

    @property
    def _kept(self) -> bool:
        return self._measured.low >= self._made.plan.completeness

    def compare(self, tables: Tables) -> None:
        """Compare what meets in tables that were not there before."""
        made, limit = self._made, self._made.limit
        before = dict(self.tables)
        tasks = (
            partial(_blocks, self._rows, made, hashed, table)
            for hashed, count in tables
            for table in range(before.get(hashed, 0), count)
        )
        for blocks in in_turn(tasks, self._pool, self._threads):
            compare_blocks(self._rows, blocks, limit, self._lists, self._pool, self._threads, self._size)
            self._largest = np.sort(np.concatenate([self._largest, blocks.sizes]))[-LARGEST_SHOWN:]
            self._tell(int(blocks.comparisons.sum()))
        self.tables = tables

    def check(self) -> bool:
        """Compare some more records with all, and say whether the promise is known to be kept."""
        made, begin = self._made, self._sampled
        self._sampled = min(begin + made.plan.to_check, len(made.order))
        chosen = made.order[begin : self._sampled]
        sample = compare_sample(self._rows, chosen, made.profile, made.limit, self._pool, self._threads)
        self.samples.append(sample)
        self.rounds += 1
        promised = sample.promised(likely=made.plan.promise == "likely")
        found = found_in(self._lists, self._rows, sample.pairs.pairs[promised])
        self._measured, self._checked = wilson_interval(int(found.sum()), len(found)), len(found)
        self._tell(sample.comparisons)
        return self._kept

    def report(self) -> HashReport:
        """Put what samples found into the lists, since it is known, and say how it went."""
        for sample in self.samples:
            known = sample.pairs.take(sample.likely)
            left, right = np.ascontiguousarray(known.pairs.T)
            offer(self._lists, left, right, self._rows.source, pair_scores(self._rows, known))
        return HashReport(
            plan=self._made.plan,
            tables=self.tables,
            rounds=self.rounds,
            comparisons=self._compared,
            measured=self._measured,
            checked=self._checked,
            largest=tuple(self._largest[::-1].tolist()),
            exhaustive=not self._kept,
        )

    def _tell(self, compared: int) -> None:
        self._compared += compared
        if self._progress is not None:
            expected = max(self._made.plan.comparisons, self._compared)
            self._progress(self._compared, expected)


def _blocks(rows: Rows, made: Planned, hashed: Hash, table: int) -> Blocks:
    numbers = np.flatnonzero(rows.present[hashed.view]).astype(np.int32)
    return blocks_of(rows, numbers, made.new, hashed, made.plan.digest, table)


def found_in(lists: NearestLists, rows: Rows, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell of every pair (m, 2) whether it is in a list of one of its rows."""
    found = np.zeros(len(pairs), dtype=np.bool_)
    kinds = (rows.source[pairs[:, 0]] != rows.source[pairs[:, 1]]).astype(np.int64)
    places = np.arange(lists.keys.shape[2])
    for row, other in (pairs.T, pairs.T[::-1]):
        there = places < lists.counts[row, kinds][:, None]
        same = (lists.keys[row, kinds] & _NUMBER) == other[:, None]
        found |= (there & same).any(axis=1)
    return found
