"""Counting pairs of records that share a group, without making the pairs."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["numbered", "pairs_within"]

Indices = NDArray[np.int64]


def numbered(values: Sequence[Hashable]) -> Indices:
    """Number distinct values from 0 in the order they come; -1 for None."""
    numbers: dict[Hashable, int] = {None: -1}
    return np.array([numbers.setdefault(value, len(numbers) - 1) for value in values], dtype=np.int64)


def pairs_within(groups: Indices, source: Indices | None = None) -> int:
    """Count the pairs of records of one group; with the ``source`` of each, only those across sources.

    All (n,), from 0.
    """
    count = _pairs(groups)
    return count if source is None else count - _pairs(groups * (int(source.max(initial=0)) + 1) + source)


def _pairs(groups: Indices) -> int:
    sizes = np.unique(groups, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())
