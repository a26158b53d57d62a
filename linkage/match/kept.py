"""What a finished comparison leaves for the next one, so that only what is new is compared with everything.

A row's list holds the best others of its own source, or of all other sources, in an order without ties
(score, then number).  Every list here is the beginning of the list that would hold everybody: whole, or cut
off after some place.  Then

- rows that stand as they were keep what is known between them.  They keep their order too, since numbers
  follow names, so what is left of the beginning of a list is a beginning;
- a list that was cut off and has lost so many that fewer are left than a linkage asks for is *open*: who
  comes next is not known.  Its row is compared anew with everybody, as new and changed rows are;
- whoever comes new into a list that was cut off counts up to its last known place and not beyond.

So lists end as if everything had been compared.  They are kept longer than a linkage asks for, by
:data:`RESERVE`: a row's neighbours change many times before it is open.

A list is not stored but follows from the pairs that are in anybody's list: those of a row in the order of
their scores, as far as its list is known.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.candidates import Candidates
from linkage.match.kept_rows import ABSENT, RowNames

__all__ = [
    "RESERVE",
    "WHOLE",
    "Compared",
    "Kept",
    "Standing",
    "best_of",
    "joined",
    "quieter",
    "standing",
    "without",
]

RESERVE: Final = 10
"""Places of a list beyond those that a linkage asks for."""

WHOLE: Final = -1
"""The depth of a list that nothing was cut off: there is nobody else."""

Distances = NDArray[np.uint16] | NDArray[np.int32]

_NOBODY: Final = np.iinfo(np.int64).max
_HALVES_AT_A_TIME: Final = 1 << 23
_PAIRS_AT_A_TIME: Final = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Pairs of rows as :class:`Candidates` are, with numbers (m, 2) of half the size: they are kept long."""

    pairs: NDArray[np.int32]
    distances: Distances

    @classmethod
    def of(cls, candidates: Candidates) -> "Compared":
        """Return the pairs of a comparison."""
        return cls(candidates.pairs.astype(np.int32), candidates.distances)

    def candidates(self) -> Candidates:
        """Return them as those of a comparison."""
        return Candidates(self.pairs.astype(np.int64), self.distances)

    def __len__(self) -> int:
        return len(self.pairs)

    def take(self, which: NDArray[np.bool_]) -> "Compared":
        """Return some of the pairs."""
        return self if which.all() else Compared(self.pairs[which], self.distances[which])


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What is known of some rows: the beginnings of their lists.

    ``terms``: a digest of what decides which pairs count (:func:`linkage.match.keeping.terms_of`);
    ``limit``: only pairs with a score below it do; ``length``: bits of a view; ``nearest``: the longest that
    a list is known.  ``depths`` (n, 2) int16: how many of its best others of its own source, and of all
    others, are known of each row; :data:`WHOLE` where those are all.
    """

    terms: str
    limit: int
    length: int
    nearest: int
    rows: RowNames
    compared: Compared
    depths: NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What of it holds for the rows of now: as :class:`Kept`; ``new`` (n,) bool must be compared with all."""

    rows: RowNames
    compared: Compared
    depths: NDArray[np.int16]
    new: NDArray[np.bool_]

    @classmethod
    def of_nothing(cls, now: RowNames) -> "Standing":
        """Return what holds where nothing was compared before."""
        nothing = Compared(np.zeros((0, 2), np.int32), np.zeros((0, now.weights.shape[1]), np.uint16))
        depths = np.full((len(now), 2), WHOLE, dtype=np.int16)
        return cls(now, nothing, depths, np.ones(len(now), dtype=np.bool_))


def standing(kept: Kept, now: RowNames, *, least: int) -> Standing:
    """Return what still holds; lists that cannot show ``least`` others any more are open."""
    number = kept.rows.numbers_in(now)
    stays = number >= 0
    there = number[kept.compared.pairs]
    alive = np.asarray((there >= 0).all(axis=1))
    depths = kept.depths.copy()
    lists = _Lists(kept.rows, kept.compared, kept.length)
    _shorten(lists, alive, depths, stays)
    now_depths = np.full((len(now), 2), WHOLE, dtype=np.int16)
    now_depths[number[stays]] = depths[stays]
    new = np.ones(len(now), dtype=np.bool_)
    new[number[stays]] = ((depths[stays] != WHOLE) & (depths[stays] < least)).any(axis=1)
    return Standing(now, Compared(there[alive], kept.compared.distances[alive]), now_depths, new)


def _shorten(
    lists: "_Lists", alive: NDArray[np.bool_], depths: NDArray[np.int16], stays: NDArray[np.bool_]
) -> None:
    """Take those that are gone out of the depths (n, 2) of lists that were cut off."""
    lost = lists.owners_of(~alive)
    lost &= (depths != WHOLE).reshape(-1) & np.repeat(stays, 2)
    flat = depths.reshape(-1)
    for owner, pair, rank in lists.in_order(lost):
        left = alive[pair] & (rank < flat[owner])
        flat[owner] = np.bincount(owner[left], minlength=len(flat))[owner]


def quieter(kept: Kept, limit: int) -> Kept:
    """Return what would be kept if only pairs with a score below a lower limit had counted."""
    lists = _Lists(kept.rows, kept.compared, kept.length)
    counts = lists.scores() < limit
    depths = kept.depths.copy()
    flat = depths.reshape(-1)
    for owner, pair, rank in lists.in_order(lists.owners_of(~counts) & (flat != WHOLE)):
        flat[owner[~counts[pair] & (rank < flat[owner])]] = WHOLE  # whoever comes after does not count either
    return replace(kept, limit=limit, compared=kept.compared.take(counts), depths=depths)


def without(kept: Kept, gone: NDArray[np.bool_]) -> Kept:
    """Return what is left of it without some rows (n,): as if it had never met them."""
    rows = kept.rows.take(~gone)
    left = standing(kept, rows, least=1)
    return replace(kept, rows=rows, compared=left.compared, depths=left.depths)


def joined(before: Standing, found: Compared, kept: Kept) -> Kept:
    """Return what is known after ``before.new`` rows were compared with each other and with all others.

    ``found``: the pairs of that comparison, among the best ``kept.nearest`` of either row; of ``kept`` only
    what decides which pairs count is read.
    """
    pairs, known = _merged(before.compared, found)
    lists = _Lists(before.rows, pairs, kept.length)
    depths = before.depths.copy()
    flat, fresh = depths.reshape(-1), np.repeat(before.new, 2)
    flat[fresh] = WHOLE
    gained = lists.owners_of(~known) & (flat != WHOLE)
    for owner, pair, rank in lists.in_order(gained):
        deep = _reached(known[pair], rank, flat[owner])
        flat[owner[deep]] = np.minimum(rank[deep] + 1, kept.nearest)
    crowded = lists.counts >= kept.nearest
    flat[crowded & (flat == WHOLE)] = kept.nearest
    limits = np.where(flat == WHOLE, np.int64(_NOBODY), flat)
    return replace(kept, rows=before.rows, compared=pairs.take(lists.among(limits)), depths=depths)


def _reached(
    known: NDArray[np.bool_], rank: NDArray[np.int64], depth: NDArray[np.int16]
) -> NDArray[np.bool_]:
    """Mark in every list the last of those that were known before as its beginning."""
    so_far = np.cumsum(known, dtype=np.int64)
    starts = np.flatnonzero(rank == 0)
    before: NDArray[np.int64] = so_far[starts] - known[starts]
    within: NDArray[np.int64] = so_far - np.repeat(before, np.diff(starts, append=len(rank)))
    return np.asarray(known & (within == depth))


def _merged(old: Compared, new: Compared) -> tuple[Compared, NDArray[np.bool_]]:
    """Return all pairs, each once, and which of them (m,) were there before."""
    if not len(new):
        return old, np.ones(len(old), dtype=np.bool_)
    if not len(old):
        return new, np.zeros(len(new), dtype=np.bool_)
    ours, theirs = _keys(old.pairs), _keys(new.pairs)
    at = np.searchsorted(ours, theirs)
    again = np.zeros(len(new), dtype=np.bool_)
    inside = at < len(ours)
    again[inside] = ours[at[inside]] == theirs[inside]
    at = at[~again]
    pairs = np.insert(old.pairs, at, new.pairs[~again], axis=0)
    distances = np.insert(old.distances, at, new.distances[~again], axis=0)
    return Compared(pairs, distances), np.insert(np.ones(len(old), dtype=np.bool_), at, values=False)


def _keys(pairs: NDArray[np.int32]) -> NDArray[np.int64]:
    return pairs[:, 0].astype(np.int64) << 32 | pairs[:, 1]


def best_of(rows: RowNames, compared: Compared, length: int, nearest: int) -> Compared:
    """Return the pairs that are among the best ``nearest`` of one of their rows, as lists have them."""
    lists = _Lists(rows, compared, length)
    return compared.take(lists.among(np.full(2 * len(rows), nearest, dtype=np.int64)))


class _Lists:
    """The lists that pairs make.  A list is named 2 · row, or one more for that of other sources."""

    def __init__(self, rows: RowNames, compared: Compared, length: int) -> None:
        self._weights, self._length = rows.weights, length
        self._compared = compared
        source = rows.source()
        pairs = compared.pairs
        others = source[pairs[:, 0]] != source[pairs[:, 1]]
        self._owners = 2 * pairs + others[:, None].astype(np.int32)
        self._count = 2 * len(rows)
        self.counts = np.bincount(self._owners.reshape(-1), minlength=self._count)

    def owners_of(self, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell which lists (2n,) hold some of the pairs (m,)."""
        marked = np.zeros(self._count, dtype=np.bool_)
        marked[self._owners[which].reshape(-1)] = True
        return marked

    def among(self, limits: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which pairs (m,) stand in one of their lists before the place that ``limits`` (2n,) names."""
        roomy = self.counts <= limits
        found: NDArray[np.bool_] = roomy[self._owners].any(axis=1)
        for owner, pair, rank in self.in_order(self.owners_of(~found)):
            found[pair[rank < limits[owner]]] = True
        return found

    def in_order(
        self, wanted: NDArray[np.bool_]
    ) -> Iterator[tuple[NDArray[np.int32], NDArray[np.intp], NDArray[np.int64]]]:
        """Yield some of the lists (2n,), whole ones, some at a time: list, pair and place of everybody."""
        for first, last in _shared_out(np.where(wanted, self.counts, 0)):
            mine = wanted[self._owners] & (self._owners >= first) & (self._owners < last)
            pair, side = np.nonzero(mine)
            owner = self._owners[pair, side]
            other = self._owners[pair, 1 - side]
            order = np.lexsort((other, self.scores(pair), owner))
            owner, pair = owner[order], pair[order]
            starts = np.flatnonzero(np.diff(owner, prepend=-1))
            rank = np.arange(len(owner)) - np.repeat(starts, np.diff(starts, append=len(owner)))
            yield owner, pair, rank

    def scores(self, which: NDArray[np.intp] | None = None) -> NDArray[np.int64]:
        """Return 2L·h + ua·ub of some pairs, or of all, in the view in which it is smallest."""
        which = np.arange(len(self._compared)) if which is None else which
        scores = np.empty(len(which), dtype=np.int64)
        for start in range(0, len(which), _PAIRS_AT_A_TIME):
            some = which[start : start + _PAIRS_AT_A_TIME]
            a, b = (self._weights[self._compared.pairs[some, side]].astype(np.int64) for side in (0, 1))
            spoken = (self._length - 2 * a) * (self._length - 2 * b)
            spoken += 2 * self._length * self._compared.distances[some].astype(np.int64)
            spoken[(a == ABSENT) | (b == ABSENT)] = _NOBODY
            scores[start : start + _PAIRS_AT_A_TIME] = spoken.min(axis=1, initial=_NOBODY)
        return scores


def _shared_out(counts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of lists that hold about so many entries as fit, none where there are no entries."""
    ends = np.cumsum(counts)
    total, first = int(ends[-1]) if len(ends) else 0, 0
    done = 0
    while done < total:
        last = max(int(np.searchsorted(ends, done + _HALVES_AT_A_TIME, side="right")), first + 1)
        if int(ends[last - 1]) > done:
            yield first, last
        first, done = last, int(ends[last - 1])
