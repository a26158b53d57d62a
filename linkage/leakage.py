"""What encodings give away by themselves, to whoever holds them with neither a key nor a list of people.

Pure measures of bits, for an agency that looks at its own bundle and for the laboratory.  Rows that are few
differ by chance alone: where a figure has a chance of its own, that is taken out.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["FEWEST_ROWS", "ColumnLeak", "column_leak", "unique_share", "weight_correlation"]

FEWEST_ROWS: Final = 100
"""Below this chance speaks louder than any profile, and no figure of a view tells anything."""

_LEAST_ROWS: Final = 3
"""With which a correlation means anything at all."""

_MOST_ROWS: Final = 10_000
"""Of which columns are compared: more would tell a correlation more finely than a hundredth."""


@dataclass(frozen=True, slots=True)
class ColumnLeak:
    """What the columns of one view say.

    ``frequency_sd``: standard deviation, over columns, of how often each bit is set; ``beyond_chance``: what
    is left of it without what so few rows give by chance.  ``correlation``: root mean square, over pairs of
    columns, of how far they go together beyond chance.  ``entropy``: mean over columns, in bits; 1 is most.
    """

    frequency_sd: float
    beyond_chance: float
    correlation: float
    entropy: float


def column_leak(opened: NDArray[np.uint8]) -> ColumnLeak:
    """Measure the columns of one view's rows (n, bits), a bit an element; n is at least 2."""
    often = opened.mean(axis=0)
    each = often * (1.0 - often)
    spread = float(often.var())
    return ColumnLeak(
        frequency_sd=float(np.sqrt(spread)),
        beyond_chance=float(np.sqrt(max(0.0, spread - each.mean() / (len(opened) - 1)))),
        correlation=_correlation(opened[:_MOST_ROWS]),
        entropy=float(np.mean(_entropy(often) + _entropy(1.0 - often))),
    )


def _correlation(opened: NDArray[np.uint8]) -> float:
    often = opened.mean(axis=0)
    told = (often > 0.0) & (often < 1.0)
    columns = int(told.sum())
    if columns < 2:
        return 0.0
    scale = np.sqrt(often[told] * (1.0 - often[told]))
    standard = ((opened[:, told] - often[told]) / scale).astype(np.float32)
    together = standard.T @ standard / np.float32(len(opened))
    square = (float(np.square(together, dtype=np.float64).sum()) - columns) / (columns * (columns - 1))
    return float(np.sqrt(max(0.0, square - 1.0 / (len(opened) - 1))))


def _entropy(share: NDArray[np.float64]) -> NDArray[np.float64]:
    return -share * np.log2(share, out=np.zeros_like(share), where=share > 0.0)


def weight_correlation(bits: NDArray[np.uint8], tokens: NDArray[np.int64]) -> float | None:
    """Return how far the bits set in packed rows (n, bytes) go with the rows' numbers of tokens (n,).

    The absolute correlation, without what so few rows give by chance (adjusted for n); None where one of the
    two never varies, so that nothing can go with it.
    """
    weights = np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
    if len(bits) < _LEAST_ROWS or weights.std() == 0.0 or tokens.std() == 0.0:
        return None
    square, chance = float(np.corrcoef(weights, tokens)[0, 1]) ** 2, 1.0 / (len(bits) - 1)
    return float(np.sqrt(max(0.0, (square - chance) / (1.0 - chance))))


def unique_share(rows: NDArray[np.uint8]) -> float:
    """Return the share of rows (n, …) that no other row equals; 1 of no rows."""
    if not len(rows):
        return 1.0
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    whole = flat.view(np.dtype((np.void, flat.shape[1])))[:, 0]
    counts = np.unique(whole, return_counts=True)[1]
    return float((counts == 1).sum() / len(rows))
