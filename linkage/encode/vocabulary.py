"""Values cut into numbered tokens, each value once, so that a batch's tokens are one array look-up away."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encode.framing import length_prefixed
from linkage.encode.tokens import tokens
from linkage.profile import Feature

__all__ = ["Occurrences", "Vocabulary"]

_MOST_VALUES: Final = 1 << 17


class Vocabulary:
    """The distinct tokens of one way of cutting (kind and prefixes), numbered from 0 as they appear.

    ``tokens``: each with its length, as it is hashed.  The vocabulary remembers every value it cut, so an
    owner that meets many must replace it when :attr:`full`.  Keyed by values only: tokens' keyed hashes are
    kept by the views.
    """

    def __init__(self, feature: Feature) -> None:
        self._feature = feature
        self._numbers: dict[str, int] = {}
        self._values: dict[str, int] = {"": 0}
        self._ends = array("q", [0, 0])  # tokens of value v: from _ends[v] to _ends[v + 1]
        self._ids = array("q")
        self.tokens: list[bytes] = []

    @property
    def full(self) -> bool:
        """Whether it has grown so far that its owner should start a new one."""
        return len(self._values) > _MOST_VALUES

    def occurrences(self, values: Sequence[str]) -> "Occurrences":
        """Cut one value per row into tokens."""
        for value in set(values).difference(self._values):
            self._add(value)
        chosen = np.fromiter(map(self._values.__getitem__, values), dtype=np.int64, count=len(values))
        ends = np.frombuffer(self._ends, dtype=np.int64)
        starts = ends[chosen]
        counts = ends[chosen + 1] - starts
        rows = np.repeat(np.arange(len(values)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        places = np.repeat(starts, counts) + within
        ids = np.frombuffer(self._ids, dtype=np.int64)[places] if len(places) else places
        return Occurrences(self, rows, ids)

    def _add(self, value: str) -> None:
        for token in tokens(self._feature, value):
            number = self._numbers.setdefault(token, len(self.tokens))
            if number == len(self.tokens):
                self.tokens.append(length_prefixed(token))
            self._ids.append(number)
        self._ends.append(len(self._ids))
        self._values[value] = len(self._values)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Occurrences:
    """Tokens of a batch: for each occurrence its row (ascending) and its number in the vocabulary."""

    vocabulary: Vocabulary
    rows: NDArray[np.intp]
    ids: NDArray[np.int64]

    def of_rows(self, place: NDArray[np.intp]) -> "Occurrences":
        """Return the occurrences of the rows r with ``place[r]`` not negative, renumbered to ``place[r]``."""
        rows = place[self.rows]
        kept = rows >= 0
        return Occurrences(self.vocabulary, rows[kept], self.ids[kept])
