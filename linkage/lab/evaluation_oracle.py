"""The best that the same scores could have done, had somebody known where to cut them: seen with the truth.

Cut by cut, pairs whose log odds exceed the cut link and the linkage's own last step is taken: one to one
between two sources that are free of duplicates, average-link clustering otherwise.  One to one every distinct
score is tried, for a stricter cut only drops links; clustering is run anew at every cut of a grid, which is
then made finer about the best.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linkage.lab.evaluation_counts import numbered, pairs_within
from linkage.lab.evaluation_linked import Label, LinkedTables
from linkage.lab.evaluation_scores import PairScores
from linkage.match.clustering import cluster, one_to_one

__all__ = ["Cut", "Oracle", "oracle"]

_FIRST, _LAST, _STEP = -5.0, 7.0, 1.0
_FURTHER = 12
_MANY_PAIRS = 1 << 20
"""Beyond so many pairs the grid is twice as coarse: every cut is a clustering."""

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Cut:
    """What linking pairs with log odds above ``threshold`` gives."""

    threshold: float
    pairs: PairScores


@dataclass(frozen=True, slots=True)
class Oracle:
    """The cut with the highest F1 of pairs, chosen with the truth, and all that were tried, strictest last.

    ``exact``: every distinct score was tried; of those only some are among the ``cuts``.
    """

    best: Cut
    cuts: tuple[Cut, ...]
    exact: bool


def oracle(linked: LinkedTables, truth: Mapping[Label, str]) -> Oracle:
    """Find the best cut of a linkage's own log odds with the truth in hand; its decisions stay."""
    case = _Case.of(linked, truth)
    return _swept(case) if case.one_to_one else _searched(case)


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """Scored pairs of the records that are in any, and their persons (-1 unknown) and sources.

    All others stay alone at every cut.
    """

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    score: NDArray[np.float64]
    person: NDArray[np.int64]
    source: NDArray[np.int64]
    apart: NDArray[np.int32]
    across: bool
    one_to_one: bool
    true: int

    @classmethod
    def of(cls, linked: LinkedTables, truth: Mapping[Label, str]) -> "_Case":
        pairs, across = linked.linkage.pairs, linked.mode == "link"
        seen = np.unique(np.concatenate([pairs.left, pairs.right]))
        labels = [linked.labels[record] for record in seen.tolist()]
        source = numbered([label[0] for label in labels])
        free = np.array([label[0] in linked.duplicate_free for label in labels], dtype=np.bool_)
        known = [label for label in linked.clusters if label in truth]
        everywhere = numbered([label[0] for label in known]) if across else None
        names = {label[0] for label in linked.clusters}
        return cls(
            left=np.searchsorted(seen, pairs.left),
            right=np.searchsorted(seen, pairs.right),
            score=pairs.score,
            person=numbered([truth.get(label) for label in labels]),
            source=source,
            apart=np.where(free, source, -1).astype(np.int32),
            across=across,
            one_to_one=across or (len(names) == 2 and names <= linked.duplicate_free),
            true=pairs_within(numbered([truth[label] for label in known]), everywhere),
        )

    def at(self, threshold: float) -> Cut:
        """Cluster at one cut and score it."""
        labels = cluster(
            len(self.person), self.left, self.right, self.score - threshold, apart=self.apart
        ).astype(np.int64)
        known = self.person >= 0
        labels, person = labels[known], self.person[known]
        source = self.source[known] if self.across else None
        both = labels * (int(person.max(initial=0)) + 1) + person
        return Cut(threshold, PairScores(self.true, pairs_within(labels, source), pairs_within(both, source)))


def _swept(case: _Case) -> Oracle:
    """Try every distinct score of a one-to-one linkage: wherever it is cut, the same pairs come first."""
    lowest = float(case.score.min(initial=0.0))
    taken = np.flatnonzero(one_to_one(case.left, case.right, case.score - lowest + 1.0))
    taken = taken[np.argsort(-case.score[taken], kind="stable")]
    score = case.score[taken]
    left, right = case.person[case.left[taken]], case.person[case.right[taken]]
    found = np.append(0, np.cumsum((left >= 0) & (right >= 0)))
    correct = np.append(0, np.cumsum((left >= 0) & (left == right)))
    ends = np.append(0, np.flatnonzero(np.append(score[1:] != score[:-1], True)) + 1 if len(score) else [])
    ends = ends.astype(np.int64)
    cuts = [
        Cut(_below(score, end), PairScores(case.true, int(found[end]), int(correct[end])))
        for end in ends.tolist()
    ]
    best = _best(cuts)
    shown = {round(place) for place in np.linspace(0, len(cuts) - 1, _SHOWN).tolist()} | {cuts.index(best)}
    return Oracle(best, tuple(cuts[place] for place in sorted(shown, reverse=True)), exact=True)


def _below(score: NDArray[np.float64], end: int) -> float:
    """Return a threshold that exactly the first ``end`` scores, sorted downwards, exceed."""
    if end == len(score):
        return float(score[-1]) - 1.0 if end else 0.0
    return float(score[end] if end == 0 else (score[end - 1] + score[end]) / 2)


def _searched(case: _Case) -> Oracle:
    """Try a grid of cuts, further out while the best is at its end, then finer ones about the best."""
    step = _STEP * (2 if len(case.score) > _MANY_PAIRS else 1)
    tried = _tried(case.at, np.arange(_FIRST, _LAST + step / 2, step).tolist())
    for _ in range(_FURTHER):
        best, ends = _best(tried.values()).threshold, (min(tried), max(tried))
        if best not in ends or not len(case.score):
            break
        tried |= _tried(case.at, [best + (step if best == ends[1] else -step)])
    middle = _best(tried.values()).threshold
    tried |= _tried(case.at, [middle + part * step / 4 for part in (-3, -2, -1, 1, 2, 3)])
    cuts = tuple(tried[threshold] for threshold in sorted(tried))
    return Oracle(_best(cuts), cuts, exact=False)


def _tried(at: Callable[[float], Cut], thresholds: Iterable[float]) -> dict[float, Cut]:
    return {threshold: at(threshold) for threshold in thresholds}


def _best(cuts: Iterable[Cut]) -> Cut:
    """Pick the highest F1; of equals the strictest."""
    return max(cuts, key=lambda cut: (cut.pairs.f1, cut.threshold))
