"""How evenly columns are set, and whether they are set together.

Attacks that know no pair and no list of the very people begin with columns: those set most often stand for
the commonest tokens (Kuzu and others, PETS 2011), and columns that are set together belong to one token
(Christen, Vidanage, Ranbaduge and Schnell, Pattern-mining based cryptanalysis of Bloom filters for
privacy-preserving record linkage, PAKDD 2018).

The attacker knows: the encodings only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.lab.attacks.knowledge import Encoded

__all__ = ["ColumnPairs", "column_pairs"]

_LEAST_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class ColumnPairs:
    """The worst view's figures.

    ``entropy``: mean over columns, in bits, 1 where a bit is as often set as not.  ``together``: how far two
    columns correlate, the root of the mean square over all pairs, less what chance gives so many rows.
    """

    entropy: float
    together: float


def column_pairs(encoded: Encoded) -> ColumnPairs:
    """Measure everybody's encodings; a view that fewer than 100 people, or half of all, have is left out.

    Raises :class:`ValueError` where that leaves no view.
    """
    entropies, together = [], []
    for view in range(encoded.present.shape[1]):
        rows = np.flatnonzero(encoded.present[:, view])
        if len(rows) >= min(_LEAST_ROWS, len(encoded) // 2):
            bits = encoded.ones(view, rows)
            entropies.append(_entropy(bits.mean(axis=0)))
            together.append(_together(bits))
    if not entropies:
        raise ValueError("no view has enough rows")
    return ColumnPairs(min(entropies), max(together))


def _entropy(share: NDArray[np.float64]) -> float:
    inside = share[(share > 0) & (share < 1)]
    bits = -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
    return float(bits.sum() / len(share))


def _together(bits: NDArray[np.uint8]) -> float:
    """Return the correlation of columns beyond the one in rows that independent columns show."""
    centred = bits - bits.mean(axis=0, dtype=np.float32)
    size = np.sqrt((centred**2).sum(axis=0))
    centred = centred[:, size > 0] / size[size > 0]
    columns = centred.shape[1]
    if columns < 2:
        return 0.0
    squares = float(((centred.T @ centred).astype(np.float64) ** 2).sum()) - columns
    beyond = squares / (columns * (columns - 1)) - 1 / (len(bits) - 1)
    return float(np.sqrt(max(beyond, 0.0)))
