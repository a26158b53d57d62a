"""The pairs of rows that a comparison keeps, with all that weighing asks of their bits: distances.

Whoever compared a tile hands over its pairs with their distances in every view, so that nobody after needs
the bits again.  Which of several tiles' pairs are among the best of a row is decided by lists that end the
same in whatever order they are filled (:mod:`linkage.match.kernel_lists`): pairs of all tiles, put together
and reduced again, are the pairs of the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled, popcount
from linkage.match.kernel_lists import empty_lists, listed_pairs, offer
from linkage.match.rows import Rows

__all__ = ["Candidates", "pair_distances", "pair_scores", "reduced"]

_PAIRS_AT_A_TIME = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Pairs of rows, the smaller first, sorted, each once.

    Shapes: ``pairs`` (m, 2) int64; ``distances`` (m, views) uint16, or int32 where views are longer than
    65,535 bits: the Hamming distance in every view, whatever that says where a row lacks the view.
    """

    pairs: NDArray[np.int64]
    distances: NDArray[np.uint16] | NDArray[np.int32]

    @classmethod
    def of(cls, rows: Rows, pairs: NDArray[np.int64]) -> "Candidates":
        """Return pairs (m, 2) of rows with their distances."""
        return cls(pairs, pair_distances(rows, pairs))

    @classmethod
    def joined(cls, parts: "Sequence[Candidates]") -> "Candidates":
        """Put several, at least one, together: sorted, and what is in more than one of them once."""
        pairs = np.concatenate([part.pairs for part in parts])
        distances = np.concatenate([part.distances for part in parts])
        order = np.lexsort((pairs[:, 1], pairs[:, 0]))
        pairs, distances = pairs[order], distances[order]
        first = np.ones(len(pairs), dtype=np.bool_)
        first[1:] = (pairs[1:] != pairs[:-1]).any(axis=1)
        return cls(pairs[first], distances[first])

    def __len__(self) -> int:
        return len(self.pairs)

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp] | slice) -> "Candidates":
        """Return some of the pairs."""
        return Candidates(self.pairs[which], self.distances[which])


def pair_distances(rows: Rows, pairs: NDArray[np.int64]) -> NDArray[np.uint16] | NDArray[np.int32]:
    """Return the Hamming distances (m, views) of pairs (m, 2) of rows."""
    left, right = np.ascontiguousarray(pairs.T)  # of one layout, or each would be compiled by itself
    short = rows.length <= np.iinfo(np.uint16).max
    distances = np.empty((len(pairs), len(rows.words)), dtype=np.uint16 if short else np.int32)
    found = np.empty(len(pairs), dtype=np.int32)
    for view, words in enumerate(rows.words):
        _fill_distances(words, left, right, found)
        distances[:, view] = found
    return distances


def pair_scores(rows: Rows, candidates: Candidates) -> NDArray[np.int64]:
    """Return the score 2L·h + ua·ub of each pair (m,) in the view that says most for it.

    It is what lists are ordered by; larger than any score there is for a pair without a view in common.
    """
    length = rows.length
    best = np.full(len(candidates), 4 * length**2, dtype=np.int64)
    for start in range(0, len(candidates), _PAIRS_AT_A_TIME):
        some = candidates.take(slice(start, start + _PAIRS_AT_A_TIME))
        left, right = some.pairs.T
        part = best[start : start + len(some)]
        for view, distances in enumerate(some.distances.T):
            u = length - 2 * rows.weights[view].astype(np.int64)
            score = 2 * length * distances.astype(np.int64) + u[left] * u[right]
            there = rows.present[view, left] & rows.present[view, right]
            np.minimum(part, score, out=part, where=there)
    return best


def reduced(rows: Rows, candidates: Candidates, nearest: int) -> Candidates:
    """Return the pairs among the ``nearest`` best of one of their rows, in its own source or in others."""
    lists = empty_lists(len(rows), nearest)
    left, right = np.ascontiguousarray(candidates.pairs.T)
    offer(lists, left, right, rows.source, pair_scores(rows, candidates))
    count = max(len(rows), 1)
    keys = np.unique(listed_pairs(lists))
    return candidates.take(np.searchsorted(left * count + right, keys))


@compiled
def _fill_distances(
    words: NDArray[np.uint64],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    distances: NDArray[np.int32],
) -> None:
    for pair in range(len(left)):
        distance = 0
        for word in range(words.shape[1]):
            distance += popcount(words[left[pair], word] ^ words[right[pair], word])
        distances[pair] = distance
