"""The best threshold of scored pairs, found with the truth in hand: what nobody can know who links.

Anybody's pairs can be scored so, a peer's as well as our own; it is the measure of what a default gives away.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from linkage.lab.evaluation_counts import pairs_within
from linkage.lab.evaluation_linked import Mode

__all__ = ["BestF1", "BestScores", "ScoredPairs", "best_f1"]

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPairs:
    """Pairs by the numbers of their records, a score each (n,), and the seconds that scoring took."""

    left: Indices
    right: Indices
    score: NDArray[np.float64]
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class BestF1:
    """Precision, recall and F1 of pairs where F1 is highest: where scores of at least ``threshold`` link."""

    precision: float
    recall: float
    f1: float
    threshold: float


@dataclass(frozen=True, slots=True)
class BestScores:
    """The best F1 of pairs as scored, after one-to-one (mode ``link``), and of components (other modes)."""

    pairs: BestF1
    one_to_one: BestF1 | None
    components: BestF1 | None

    @property
    def best(self) -> BestF1:
        """The highest F1 of the three."""
        each = (self.pairs, self.one_to_one, self.components)
        return max((one for one in each if one is not None), key=lambda one: one.f1)


def best_f1(
    left: ArrayLike,
    right: ArrayLike,
    score: ArrayLike,
    entity: ArrayLike,
    *,
    mode: Mode,
    source: ArrayLike | None = None,
) -> BestScores:
    """Find the best threshold of scored pairs (n,) against the truth, exactly: every distinct score is tried.

    ``entity`` (records,): the person of each record; ``source`` (records,): where it is from, needed in mode
    ``link``, where only pairs across sources count, found or true.  Recall counts over all true pairs, scored
    or not.  A pair that occurs twice counts once, with its higher score.  Raises :class:`ValueError` for a
    score that is not a number, a record paired with itself, and mode ``link`` without sources.
    """
    persons = np.unique(np.asarray(entity), return_inverse=True)[1].astype(np.int64)
    places = None
    if mode == "link":
        if source is None:
            raise ValueError("best_f1: mode link needs the source of each record")
        places = np.unique(np.asarray(source), return_inverse=True)[1].astype(np.int64)
    pairs = _best_first(
        np.asarray(left, np.int64), np.asarray(right, np.int64), np.asarray(score, np.float64)
    )
    if places is not None:
        pairs = _take(pairs, places[pairs.left] != places[pairs.right])
    true = pairs_within(persons, places)
    return BestScores(
        pairs=_best_of_pairs(pairs, persons, true),
        one_to_one=_best_of_pairs(_take(pairs, _one_to_one(pairs)), persons, true)
        if mode == "link"
        else None,
        components=None if mode == "link" else _best_of_components(pairs, persons, true),
    )


def _best_first(left: Indices, right: Indices, score: NDArray[np.float64]) -> ScoredPairs:
    if np.isnan(score).any():
        raise ValueError("best_f1: a score is not a number")
    if (left == right).any():
        raise ValueError("best_f1: a record is paired with itself")
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low, -score))
    first = np.unique(np.stack([low[order], high[order]], axis=1), axis=0, return_index=True)[1]
    order = order[np.sort(first)]
    return ScoredPairs(low[order], high[order], score[order])


def _take(pairs: ScoredPairs, which: NDArray[np.bool_]) -> ScoredPairs:
    return ScoredPairs(pairs.left[which], pairs.right[which], pairs.score[which])


def _one_to_one(pairs: ScoredPairs) -> NDArray[np.bool_]:
    """Mark the pairs that a greedy one-to-one linkage takes; cut at any threshold it takes the same ones."""
    taken: set[int] = set()
    marked = np.zeros(len(pairs.score), bool)
    for place, pair in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)):
        if taken.isdisjoint(pair):
            taken.update(pair)
            marked[place] = True
    return marked


def _best_of_pairs(pairs: ScoredPairs, entity: Indices, true: int) -> BestF1:
    correct = np.cumsum(entity[pairs.left] == entity[pairs.right])
    return _best(pairs.score, np.arange(1, len(correct) + 1), correct, true)


def _best_of_components(pairs: ScoredPairs, entity: Indices, true: int) -> BestF1:
    """Join records pair by pair, best first, keeping count of the pairs that the components imply."""
    groups = _Components(entity)
    found, correct = np.empty(len(pairs.score), np.int64), np.empty(len(pairs.score), np.int64)
    for place, (left, right) in enumerate(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True)):
        groups.join(left, right)
        found[place], correct[place] = groups.found, groups.correct
    return _best(pairs.score, found, correct, true)


class _Components:
    """Components that grow; how many pairs of records they hold, and how many of those are of one person."""

    def __init__(self, entity: Indices) -> None:
        self.found = self.correct = 0
        self._group = list(range(len(entity)))
        self._members = [[number] for number in self._group]
        self._persons = [Counter([person]) for person in entity.tolist()]

    def join(self, left: int, right: int) -> None:
        """Join the components of two records, the smaller into the larger."""
        large, small = self._group[left], self._group[right]
        if large == small:
            return
        if len(self._members[large]) < len(self._members[small]):
            large, small = small, large
        self.found += len(self._members[large]) * len(self._members[small])
        persons = self._persons[large]
        self.correct += sum(count * persons[person] for person, count in self._persons[small].items())
        persons.update(self._persons[small])
        for member in self._members[small]:
            self._group[member] = large
        self._members[large] += self._members[small]
        self._members[small] = []


def _best(score: NDArray[np.float64], found: Indices, correct: Indices, true: int) -> BestF1:
    """Pick the highest F1 among the distinct scores and none linked; of equals the strictest."""
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if len(score) else np.empty(0, np.int64)
    thresholds = np.append(np.inf, score[ends])
    found, correct = np.append(0, found[ends]), np.append(0, correct[ends])
    # 2·correct / (found + true) is the harmonic mean; with nothing true and nothing found all is right.
    f1 = np.where(found + true > 0, 2 * correct / np.maximum(found + true, 1), 1.0)
    best = int(f1.argmax())
    return BestF1(
        precision=float(correct[best] / found[best]) if found[best] else 1.0,
        recall=float(correct[best] / true) if true else 1.0,
        f1=float(f1[best]),
        threshold=float(thresholds[best]),
    )
