"""Pairs of records by the rows that spoke for them: the best of their variants, described anew."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.match.decision import Judge
from linkage.match.exact import number_evidence
from linkage.match.experience import WEIGHING_Z
from linkage.match.rows import Rows
from linkage.match.similarity import Similarities, similarities
from linkage.match.weighing import is_plain
from linkage.profile import EncodingProfile

__all__ = ["BestRows", "Described", "chance_deviations"]

_PAIRS_AT_A_TIME = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Pairs of records (m,) by one row of each.

    ``pairs`` (m, 2) int64: the rows; ``within`` (m,) bool: both are of one source; ``found``: what the views
    say; ``numbers`` (m,): what exact tokens say.
    """

    pairs: NDArray[np.int64]
    within: NDArray[np.bool_]
    found: Similarities
    numbers: NDArray[np.float64]

    def take(self, which: NDArray[np.bool_]) -> "Described":
        """Return some of the pairs."""
        return Described(self.pairs[which], self.within[which], self.found.take(which), self.numbers[which])

    def evidence(self, judge: Judge) -> NDArray[np.float64]:
        """Return how well each kind of pair explains everything that is said (m, kinds), as logarithms."""
        return judge.with_numbers(judge.describe(self.found), self.numbers)


class BestRows:
    """Which rows speak for a pair of records, as :mod:`linkage.match.weighing` chooses them."""

    def __init__(self, rows: Rows, profile: EncodingProfile) -> None:
        self.rows, self._profile, self._judge = rows, profile, Judge(profile)
        self._order = np.argsort(rows.record, kind="stable")
        self._counts = np.bincount(rows.record, minlength=len(rows.ids))
        self._first = np.cumsum(self._counts) - self._counts

    def described(self, left: NDArray[np.int64], right: NDArray[np.int64]) -> Described:
        """Describe pairs of records (m,), each by its best two rows."""
        which, pairs = self._all_rows(left, right)
        if len(pairs) == len(left):
            return self._described(pairs)
        rank = np.concatenate(
            [np.zeros(0), *(self._rank(piece) for piece in self._pieces(pairs))]
        )  # of all variants at once the views would not fit
        order = np.lexsort((-rank, which))
        first = np.searchsorted(which[order], np.arange(len(left)))
        return self._described(pairs[order[first]])

    def _all_rows(
        self, left: NDArray[np.int64], right: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return every pair of rows (any, 2) of pairs of records, and the number of each one's pair."""
        counts = self._counts[left] * self._counts[right]
        which = np.repeat(np.arange(len(left)), counts)
        number = np.arange(len(which)) - (np.cumsum(counts) - counts)[which]
        a, b = left[which], right[which]
        rows = [
            self._order[self._first[a] + number // self._counts[b]],
            self._order[self._first[b] + number % self._counts[b]],
        ]
        return which, np.sort(np.stack(rows, axis=1), axis=1)

    def _rank(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Rank pairs of rows; those that no comparison would have kept come last."""
        rank = self._judge.rank(self._described(pairs).evidence(self._judge))
        return np.where(self.brought_by_views(pairs), rank, rank - 1e6)

    def brought_by_views(self, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Tell which pairs of rows (m, 2) the views bring; a number alone may have brought others."""
        if is_plain(self._profile):
            return np.ones(len(pairs), dtype=np.bool_)
        diffusions, z = self._profile.diffusions, self._profile.decision.noise_z
        parts = [
            similarities(self.rows, piece, diffusions=diffusions, noise_z=z).active.any(axis=1)
            for piece in self._pieces(pairs)
        ]
        return np.concatenate(parts)

    def _described(self, pairs: NDArray[np.int64]) -> Described:
        diffusions = self._profile.diffusions
        parts = [
            similarities(self.rows, piece, diffusions=diffusions, noise_z=WEIGHING_Z)
            for piece in self._pieces(pairs)
        ]
        source = self.rows.source[pairs]
        numbers = number_evidence(self.rows, pairs)
        return Described(pairs, source[:, 0] == source[:, 1], Similarities.joined(parts), numbers)

    def _pieces(self, pairs: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        starts = range(0, max(len(pairs), 1), _PAIRS_AT_A_TIME)
        return [pairs[start : start + _PAIRS_AT_A_TIME] for start in starts]


def chance_deviations(rows: Rows, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return by how many standard deviations the filters of rows (m, 2) agree beyond chance: (m, views).

    Two unrelated filters of L bits with u = L − 2·popcount agree by u·u / L on average, give or take √L.
    """
    left, right = pairs[:, 0], pairs[:, 1]
    distances = np.bitwise_count(rows.words[:, left] ^ rows.words[:, right]).sum(axis=2, dtype=np.int64)
    ua, ub = (rows.length - 2 * rows.weights[:, one].astype(np.int64) for one in (left, right))
    expected = rows.length**2 - 2 * rows.length * distances - ua * ub
    return np.asarray(expected.T / rows.length**1.5)
