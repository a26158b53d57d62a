"""Which of many pairs name a record, found without looking at all of them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PairIndex"]


@dataclass(frozen=True, slots=True, eq=False)
class _Ends:
    """Pairs in the order of one of their records: those of a record begin at ``starts`` (records + 1,)."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, ends: NDArray[np.int64], records: int) -> "_Ends":
        order = np.argsort(ends, kind="stable")
        return cls(order, np.searchsorted(ends[order], np.arange(records + 1)))

    def naming(self, records: NDArray[np.int64]) -> NDArray[np.intp]:
        first = self.starts[records]
        counts = self.starts[records + 1] - first
        skipped = np.cumsum(counts) - counts
        return np.asarray(self.order[np.repeat(first - skipped, counts) + np.arange(int(counts.sum()))])


@dataclass(frozen=True, slots=True, eq=False)
class PairIndex:
    """Pairs of records by both of them; made in one pass over all pairs, asked for few records at a time."""

    left: _Ends
    right: _Ends

    @classmethod
    def of(cls, left: NDArray[np.int64], right: NDArray[np.int64], records: int) -> "PairIndex":
        """Index pairs (m,) of records, which are numbered from 0 to ``records`` - 1."""
        return cls(_Ends.of(left, records), _Ends.of(right, records))

    def naming(self, records: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return the numbers, in ascending order, of the pairs that name one of some records at least."""
        return np.unique(np.concatenate([self.left.naming(records), self.right.naming(records)]))
