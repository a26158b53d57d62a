"""How evenly columns are set, and whether they are set together.

Attacks that know no pair and no list of the very people begin with columns: those set most often stand for
the commonest tokens (Kuzu and others, PETS 2011), and columns that are set together belong to one token
(Christen, Vidanage, Ranbaduge and Schnell, Pattern-mining based cryptanalysis of Bloom filters for
privacy-preserving record linkage, PAKDD 2018).

The attacker knows: the encodings only.
"""

from dataclasses import dataclass

import numpy as np

from linkage.lab.attacks.knowledge import Encoded
from linkage.leakage import FEWEST_ROWS, column_leak

__all__ = ["ColumnPairs", "column_pairs"]


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
        if len(rows) >= min(FEWEST_ROWS, len(encoded) // 2):
            found = column_leak(encoded.ones(view, rows))
            entropies.append(found.entropy)
            together.append(found.correlation)
    if not entropies:
        raise ValueError("no view has enough rows")
    return ColumnPairs(min(entropies), max(together))
