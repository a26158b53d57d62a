"""A few records compared with all, exhaustively: what hashing is tuned to, and what it is measured by.

Only the lists of the sampled records are filled.  Of the pairs in them those are *likely* that are more
likely one person than not, as the profile's experience weighs them (:mod:`linkage.match.decision`); of one
plain filter those that have one chance in twenty.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.decision import Judge
from linkage.match.experience import WEIGHING_Z
from linkage.match.kernel_lists import NearestLists, empty_lists
from linkage.match.kernel_nearest import fill_nearest
from linkage.match.kernel_tiles import Look, OneView
from linkage.match.rows import Rows
from linkage.match.similarity import similarities_of
from linkage.match.turns import in_turn
from linkage.match.weighing import is_plain
from linkage.profile import EncodingProfile

__all__ = ["PLACES", "Sample", "compare_sample"]

PLACES: Final = 12
"""Best others of a sampled row that are looked at, in its own source and in all others."""

_LEAST_OF_ONE_FILTER: Final = -3.0
"""Log odds: one in twenty.  Of one plain filter, what is likely is told by a pair's neighbours more than by
its similarity, and those are not known of a sample."""

_STRIP: Final = 512
_COLUMNS: Final = 1 << 16
_NUMBER: Final = (1 << 31) - 1
_CLOSED: Final = -(1 << 62)
_DIGITS: Final = 6
"""Log odds differ in their last digits between processors: nothing is decided by those."""

_NO_TEST: Final = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Pairs that exhaustive comparison keeps of some records, each once, the smaller row first, sorted.

    ``records``: how many were compared, in so many ``comparisons``.  ``speaks`` (m, views) bool: the view
    counts, so that hashing it can find the pair; ``likely`` (m,) bool.
    """

    records: int
    comparisons: int
    pairs: Candidates
    speaks: NDArray[np.bool_]
    likely: NDArray[np.bool_]

    def promised(self, *, likely: bool) -> NDArray[np.bool_]:
        """Mark the pairs (m,) that a promise is about: the likely ones, or all that count."""
        return self.likely if likely else np.ones(len(self.pairs), dtype=np.bool_)


def compare_sample(
    rows: Rows,
    records: NDArray[np.int64],
    profile: EncodingProfile,
    limit: int,
    pool: ThreadPoolExecutor,
    threads: int,
) -> Sample:
    """Compare all rows of some records (any,) with all rows, and weigh what was found."""
    chosen = np.flatnonzero(np.isin(rows.record, records)).astype(np.int32)
    pairs = Candidates.of(rows, _nearest_of(rows, chosen, limit, pool, threads))
    compared = int((rows.present[:, chosen].sum(axis=1) * rows.present.sum(axis=1)).sum())
    return Sample(len(records), compared, pairs, _speaks(rows, pairs, limit), _likely(rows, pairs, profile))


def _speaks(rows: Rows, found: Candidates, limit: int) -> NDArray[np.bool_]:
    left, right = found.pairs.T
    u = rows.length - 2 * rows.weights.astype(np.int64)
    both = rows.present[:, left] & rows.present[:, right]
    scores = 2 * rows.length * found.distances.T.astype(np.int64) + u[:, left] * u[:, right]
    return np.asarray((scores < limit) & both).T


def _likely(rows: Rows, pairs: Candidates, profile: EncodingProfile) -> NDArray[np.bool_]:
    if len(pairs) == 0:
        return np.zeros(0, dtype=np.bool_)
    judge = Judge(profile)
    found = similarities_of(rows, pairs, diffusions=profile.diffusions, noise_z=WEIGHING_Z)
    source = rows.source[pairs.pairs]
    log_odds = judge.weigh(judge.describe(found), source[:, 0] == source[:, 1])
    least = _LEAST_OF_ONE_FILTER if is_plain(profile) else 0.0
    return np.asarray(np.round(log_odds, _DIGITS) > least)


def _nearest_of(
    rows: Rows, chosen: NDArray[np.int32], limit: int, pool: ThreadPoolExecutor, threads: int
) -> NDArray[np.int64]:
    """Return the pairs in the lists of the chosen rows, sorted, each once.

    The chosen rows are copied in front of all rows.  Only the copies' lists are open; those of the rows
    themselves are full of something better than anything there is, so that nothing is read for their sake.
    """
    lists = empty_lists(len(chosen) + len(rows), PLACES)
    room = lists.keys.shape[2]
    lists.counts[len(chosen) :] = room
    lists.keys[len(chosen) :, :, -1] = _CLOSED
    if len(chosen):
        for view in range(len(rows.words)):
            for _ in in_turn(_tasks(rows, chosen, view, limit, lists), pool, 2 * threads):
                pass
    places = np.arange(room) < lists.counts[: len(chosen), :, None]
    others = (lists.keys[: len(chosen)][places] & _NUMBER) - len(chosen)
    own = np.repeat(chosen.astype(np.int64), lists.counts[: len(chosen)].sum(axis=1))
    keys = np.unique(np.minimum(own, others) * len(rows) + np.maximum(own, others))
    return np.stack([keys // max(len(rows), 1), keys % max(len(rows), 1)], axis=1)


def _tasks(
    rows: Rows, chosen: NDArray[np.int32], view: int, limit: int, lists: NearestLists
) -> Iterator[Callable[[], None]]:
    """Yield the comparisons of one view; no two change one list."""
    numbers = np.concatenate([chosen, np.arange(len(rows), dtype=np.int32)])
    one = OneView(
        np.concatenate([rows.words[view, chosen], rows.words[view]]),
        rows.weights[view, numbers],
        rows.record[numbers],
        rows.apart[numbers],
        rows.source[numbers],
    )
    there = rows.present[view, numbers]
    lefts, rights = (
        _ordered(one, np.flatnonzero(there[part]) + part.start)
        for part in (slice(0, len(chosen)), slice(len(chosen), len(numbers)))
    )
    look = Look(limit, _NO_TEST, _NO_TEST)
    for start in range(0, len(lefts), _STRIP):
        yield partial(_compare, one, lefts[start : start + _STRIP], rights, look, lists)


def _compare(
    one: OneView, lefts: NDArray[np.int32], rights: NDArray[np.int32], look: Look, lists: NearestLists
) -> None:
    for start in range(0, len(rights), _COLUMNS):
        fill_nearest(one, lefts, rights[start : start + _COLUMNS], len(lefts), look, lists)


def _ordered(one: OneView, numbers: NDArray[np.intp]) -> NDArray[np.int32]:
    """Order rows by source and weight, so that bounds within a tile are tight."""
    return numbers[np.lexsort((one.weights[numbers], one.source[numbers]))].astype(np.int32)
