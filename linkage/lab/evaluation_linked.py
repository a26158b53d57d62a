"""Labelled data and what became of them when they were linked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from linkage.encode.identifiers import Identifiers
from linkage.match.clustering import ABSENT_WEIGHT
from linkage.match.linkage import Linkage, Source

__all__ = ["MODES", "EncodedTable", "Label", "LinkedTables", "Mode", "ScoredPair", "Table"]

Mode = Literal["link", "dedupe", "multi"]
MODES: tuple[Mode, ...] = get_args(Mode)

Label = tuple[str, str]
"""A record of labelled data: source and rec_id."""


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """One source of labelled data: its records' labels and identifiers, row by row.

    ``groups``: what else is known of the records, column by column; linkage never sees it, results are told
    apart by it.
    """

    name: str
    rec_ids: tuple[str, ...]
    identifiers: tuple[Identifiers, ...]
    duplicate_free: bool = False
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedTable:
    """A source as the linkage unit sees it, and the key from handles back to rec_ids, which it never sees."""

    source: Source
    rec_ids: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records and the weight of evidence between them, positive where the pair by itself would link."""

    left: Label
    right: Label
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class LinkedTables:
    """Every record's cluster; ``not_encodable`` records had no view at all and stay alone.

    ``linkage`` holds the pairs by handle; ``labels`` turns its records into labels.  ``duplicate_free``: the
    sources that were held to it.
    """

    mode: Mode
    clusters: Mapping[Label, int]
    not_encodable: int
    linkage: Linkage
    labels: tuple[Label, ...]
    duplicate_free: frozenset[str] = frozenset()

    def linked_pairs(self) -> list[ScoredPair]:
        """Return every pair that the clusters imply (in mode ``link`` across sources), best first.

        Two records of a cluster that do not agree beyond noise themselves get the weight of absent pairs.
        """
        weights = self._weights(self.linkage.pairs.link)
        members: dict[int, list[Label]] = {}
        for label, cluster in sorted(self.clusters.items()):
            members.setdefault(cluster, []).append(label)
        pairs = [
            ScoredPair(left, right, weights.get((left, right), ABSENT_WEIGHT))
            for group in members.values()
            for number, left in enumerate(group)
            for right in group[number + 1 :]
            if self.mode != "link" or left[0] != right[0]
        ]
        return sorted(pairs, key=_best_first)

    def near_pairs(self, below: float) -> list[ScoredPair]:
        """Return the pairs that do not link though their weight is above minus ``below``, best first."""
        pairs = self.linkage.pairs
        weights = self._weights(~pairs.link & (pairs.score > -below))
        return sorted((ScoredPair(*pair, weight) for pair, weight in weights.items()), key=_best_first)

    def _weights(self, which: NDArray[np.bool_]) -> dict[tuple[Label, Label], float]:
        pairs = self.linkage.pairs
        found = {}
        for left, right, weight in zip(
            pairs.left[which].tolist(), pairs.right[which].tolist(), pairs.score[which].tolist(), strict=True
        ):
            first, second = sorted((self.labels[left], self.labels[right]))
            found[first, second] = weight
        return found


def _best_first(pair: ScoredPair) -> tuple[float, Label, Label]:
    return (-pair.score, pair.left, pair.right)
