"""Which records hang together at all: connected components, all at once."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["connected_components"]


def connected_components(count: int, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for records 0 to ``count`` − 1 the smallest record (count,) of what edges (m,) connect each to.

    Every root hooks on its smallest neighbouring root, then all paths are cut short, until no edge joins two
    roots (after Shiloach and Vishkin, Journal of Algorithms 3, 1982).
    """
    roots = np.arange(count, dtype=np.int64)
    while len(left):
        a, b = roots[left], roots[right]
        apart = a != b
        left, right, a, b = left[apart], right[apart], a[apart], b[apart]
        np.minimum.at(roots, np.maximum(a, b), np.minimum(a, b))
        shorter = roots[roots]
        while (shorter != roots).any():
            roots, shorter = shorter, shorter[shorter]
    return roots
