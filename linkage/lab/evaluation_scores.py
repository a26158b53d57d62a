"""A finished linkage against the truth: pairs, B-cubed, clusters."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from linkage.lab.evaluation_linked import Label, LinkedTables

__all__ = ["BCubed", "PairScores", "Scores", "score"]


@dataclass(frozen=True, slots=True)
class PairScores:
    """Pairs of records of one person: how many are true, found, and both."""

    true: int
    found: int
    correct: int

    @property
    def precision(self) -> float:
        """Share of the pairs found that are true; 1 where none was found."""
        return self.correct / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found; 1 where there are none."""
        return self.correct / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _harmonic(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class BCubed:
    """Precision and recall seen from each record, on average (Bagga and Baldwin, 1998)."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _harmonic(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class Scores:
    """A linkage against the truth.

    ``unlabelled``: records that the truth does not name; they are linked but count nowhere here.  Clusters
    and persons of one record count as such.
    """

    pairs: PairScores
    bcubed: BCubed
    unlabelled: int
    clusters_found: int
    clusters_true: int
    largest_found: int
    largest_true: int


def _harmonic(precision: float, recall: float) -> float:
    together = precision + recall
    return 2 * precision * recall / together if together else 0.0


def score(linked: LinkedTables, truth: Mapping[Label, str]) -> Scores:
    """Score a finished linkage; ``truth``: the person of every record it names.

    In mode ``link`` only pairs across the two sources count, in the other modes every pair.
    """
    records = [label for label in linked.clusters if label in truth]
    apart = linked.mode == "link"
    found = {label: linked.clusters[label] for label in records}
    true = {label: truth[label] for label in records}
    both = {label: (found[label], true[label]) for label in records}
    sizes_found, sizes_true = Counter(found.values()), Counter(true.values())
    sizes_both = Counter(both.values())
    pairs = PairScores(
        true=_count_pairs(true, apart=apart),
        found=_count_pairs(found, apart=apart),
        correct=_count_pairs(both, apart=apart),
    )
    count = max(len(records), 1)
    bcubed = BCubed(
        sum(sizes_both[both[label]] / sizes_found[found[label]] for label in records) / count,
        sum(sizes_both[both[label]] / sizes_true[true[label]] for label in records) / count,
    )
    return Scores(
        pairs=pairs,
        bcubed=bcubed,
        unlabelled=len(linked.clusters) - len(records),
        clusters_found=len(sizes_found),
        clusters_true=len(sizes_true),
        largest_found=max(sizes_found.values(), default=0),
        largest_true=max(sizes_true.values(), default=0),
    )


def _count_pairs(groups: Mapping[Label, object], *, apart: bool) -> int:
    """Count pairs of records in one group; with ``apart`` only those from different sources."""
    pairs = sum(size * (size - 1) // 2 for size in Counter(groups.values()).values())
    if apart:
        within = Counter((label[0], group) for label, group in groups.items())
        pairs -= sum(size * (size - 1) // 2 for size in within.values())
    return pairs
