"""Every table of whole numbers that fits a release, one after the other: slow, obvious, for tiny tables."""

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from linkage.register.counts import Key
from linkage.register.released import ReleasedCell

__all__ = ["possible_values"]


def possible_values(
    cells: Mapping[Key, ReleasedCell],
    truth: Mapping[Key, int],
    thresholds: Mapping[Key, int],
    *,
    most: int,
) -> dict[Key, set[int]]:
    """Return the values that each suppressed cell of a table of two by two parts can have.

    Keys are (row, column) of ``T``, ``A``, ``B``.  Whoever attacks is told of each suppressed cell that is
    small that it is at most the threshold, and tries every count of every part up to ``most``.
    """
    grid = np.indices((most + 1,) * 4).reshape(4, -1)
    leaves = dict(zip(itertools.product("AB", "AB"), grid, strict=True))
    every = {key: _sum(leaves, key) for key in cells}
    fits = np.ones(grid.shape[1], dtype=bool)
    for key, cell in cells.items():
        if cell.value is not None:
            low = 0 if cell.value == 0 else max(cell.value - 5, thresholds[key] + 1)
            high = 0 if cell.value == 0 else cell.value + 4
            fits &= (every[key] >= low) & (every[key] <= high)
        elif truth[key] <= thresholds[key]:
            fits &= every[key] <= thresholds[key]
    return {key: set(every[key][fits].tolist()) for key, cell in cells.items() if cell.value is None}


def _sum(leaves: Mapping[tuple[str, str], npt.NDArray[np.int64]], key: Key) -> npt.NDArray[np.int64]:
    rows = "AB" if key[0] == "T" else key[0]
    columns = "AB" if key[1] == "T" else key[1]
    return np.sum([leaves[one] for one in itertools.product(rows, columns)], axis=0)
