"""Merging by average link, best pair of clusters first, in exact whole numbers."""

import heapq
from collections.abc import Iterable, Sequence

from linkage.errors import InputError

__all__ = ["Merging", "contradiction"]


def contradiction() -> InputError:
    """Return the error for a known link between records that must stay apart."""
    return InputError(
        "known links: one joins records that a must-not-link or a duplicate-free source keeps apart",
        hint="withdraw one of the two, or the source's declaration",
    )


class Merging:
    """Clusters of records 0 to n − 1 while they grow.

    A pair's *excess* is by how much its weight, a whole number, is above that of a pair that was not kept:
    the excesses of the kept pairs alone then give the mean over all pairs, as excess / pairs + absent.  Means
    are compared as that fraction, scaled up until two different ones cannot meet.

    A cluster is kept at one of its records, that of the part with more neighbours when two merged; what
    orders ties is its smallest record.
    """

    def __init__(self, sources: Sequence[int], different: Iterable[Sequence[int]], *, threshold: int) -> None:
        """Start with every record alone.

        ``sources``: per record the number of its duplicate-free source, negative if it has none;
        ``different``: pairs that stay apart; ``threshold``: the mean excess that is not yet positive.
        """
        count = len(sources)
        self._threshold = threshold
        self._shift = 2 * (count * count).bit_length()
        self._forest = list(range(count))
        self._first = list(range(count))
        self._size = [1] * count
        self._sources: dict[int, set[int]] = {
            record: {source} for record, source in enumerate(sources) if source >= 0
        }
        self._enemies: dict[int, set[int]] = {}
        for a, b in different:
            self._enemies.setdefault(a, set()).add(b)
            self._enemies.setdefault(b, set()).add(a)
        self._excess: list[dict[int, int]] = [{} for _ in range(count)]
        self._queue: list[tuple[int, int, int]] = []
        self.merges: list[tuple[int, int, int, int]] = []
        """In order: the smallest records of the two clusters, the excess between them and how many pairs."""

    def root(self, record: int) -> int:
        """Return the record at which this record's cluster is kept."""
        forest = self._forest
        while forest[record] != record:
            forest[record] = forest[forest[record]]
            record = forest[record]
        return record

    def labels(self) -> list[int]:
        """Return per record the smallest record of its cluster."""
        return [self._first[self.root(record)] for record in range(len(self._forest))]

    def join_known(self, a: int, b: int) -> None:
        """Join the clusters of two records whatever their link.

        Raises :class:`InputError` if the two must stay apart.
        """
        a, b = self.root(a), self.root(b)
        if a == b:
            return
        if self._forbidden(a, b):
            raise contradiction()
        self._join(a, b)

    def add_pairs(self, pairs: Iterable[Sequence[int]], excesses: Iterable[int]) -> None:
        """Add kept pairs, each once: two records and the excess."""
        for (record_a, record_b), excess in zip(pairs, excesses, strict=True):
            a, b = self.root(record_a), self.root(record_b)
            if a != b:
                total = self._excess[a].get(b, 0) + excess
                self._excess[a][b] = self._excess[b][a] = total

    def run(self) -> None:
        """Merge the best pair of clusters that may merge while its mean is positive, and note each merge."""
        for a, neighbours in enumerate(self._excess):
            self._queue += self._links(a, {b: excess for b, excess in neighbours.items() if b > a})
        heapq.heapify(self._queue)
        while self._queue:
            key, first_a, first_b = heapq.heappop(self._queue)
            a, b = self.root(first_a), self.root(first_b)
            if self._first[a] != first_a or self._first[b] != first_b or a == b:
                continue  # one of the two is part of another cluster by now
            pairs = self._size[a] * self._size[b]
            if key != self._key(self._excess[a][b], pairs):
                continue  # one of the two has grown since
            self.merges.append((first_a, first_b, self._excess[a][b], pairs))
            kept = self._join(a, b)
            for link in self._links(kept, self._excess[kept]):
                heapq.heappush(self._queue, link)

    def _key(self, excess: int, pairs: int) -> int:
        return -((excess << self._shift) // pairs)

    def _links(self, a: int, neighbours: dict[int, int]) -> list[tuple[int, int, int]]:
        """Return what to queue: the links that are positive and allowed, now or never again."""
        first, size, enough = self._first, self._size, self._threshold * self._size[a]
        return [
            (self._key(excess, size[a] * size[b]), min(first[a], first[b]), max(first[a], first[b]))
            for b, excess in neighbours.items()
            if excess > enough * size[b] and not self._forbidden(a, b)
        ]

    def _forbidden(self, a: int, b: int) -> bool:
        if b in self._enemies.get(a, ()):
            return True
        mine, other = self._sources.get(a), self._sources.get(b)
        return mine is not None and other is not None and not mine.isdisjoint(other)

    def _join(self, a: int, b: int) -> int:
        """Merge two clusters and return the record at which the merged one is kept."""
        kept, gone = (a, b) if len(self._excess[a]) >= len(self._excess[b]) else (b, a)
        self._forest[gone] = kept
        self._first[kept] = min(self._first[kept], self._first[gone])
        self._size[kept] += self._size[gone]
        if gone in self._sources:
            self._sources.setdefault(kept, set()).update(self._sources.pop(gone))
        for enemy in self._enemies.pop(gone, ()):
            self._enemies[enemy].discard(gone)
            self._enemies[enemy].add(kept)
            self._enemies.setdefault(kept, set()).add(enemy)
        mine, theirs = self._excess[kept], self._excess[gone]
        self._excess[gone] = {}
        mine.pop(gone, None)
        theirs.pop(kept, None)
        for other, excess in theirs.items():
            around = self._excess[other]
            del around[gone]
            mine[other] = around[kept] = mine.get(other, 0) + excess
        return kept
