"""Which tables, and how many: the cheapest that find pairs with the promised probability.

What a table costs is measured on a sample of the rows at hand: how many pairs of unrelated rows meet, which
no theory knows, for bits are far from evenly and independently set.  How likely a pair meets is exact
(:mod:`linkage.match.hashing_draws`).  A pair is found if it meets in one table at least of a view that
speaks.

- Promise ``limit``: every pair that just counts is found, in whichever view it counts, however full the two
  filters are, with the promised probability over the drawing of places.  Every view then has so many tables
  that the worst pair at its limit is.
- Promise ``likely``: pairs that are likely one person are found as often as promised, on average, as they lie
  in a sample compared exhaustively.  Table by table, whatever finds the most of what is still missing for its
  cost is added; that is within a logarithm of the cheapest, since finding has decreasing returns (Wolsey,
  Combinatorica 2, 1982).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from linkage.match.hashing_blocks import codes_of
from linkage.match.hashing_draws import BITS, FIRSTS, Hash, chances, drawn_order
from linkage.match.hashing_samples import Sample
from linkage.match.rows import Rows

__all__ = ["MOST_TABLES", "Option", "Promise", "Tables", "cover", "cover_limit", "missed", "options"]

Promise = Literal["likely", "limit"]

MOST_TABLES: Final = 20_000
"""More are never worth it: so many orders of a million rows take longer than a million's comparisons."""

_SIZES: Final = (
    *((BITS, size) for size in (8, 12, 16, 20, 24, 28, 32, 40, 48, 56)),
    *((FIRSTS, size) for size in (1, 2, 3, 4, 5, 6, 8)),
)
_MEASURED_ROWS: Final = 20_000
_MEASURED_TABLES: Final = 2
_AT_ONCE: Final = 32
"""Of many equal tables a thirty-second part is added at a time."""

_DIGITS: Final = 9
"""Products and sums differ in their last digits between processors: nothing is decided by those."""

# What hashing takes, in the time of one exhaustive comparison of 1,024 bits; measured once, and only a guide:
# a wrong guess costs time, never a pair.
_ROW, _BIT, _ORDER, _COMPARISON, _HIT = 80.0, 0.4, 8.0, 6.0, 10.0


@dataclass(frozen=True, slots=True)
class Option:
    """One way of hashing; what a table of it compares, and costs in exhaustive comparisons, as measured."""

    hashed: Hash
    comparisons: float
    cost: float


Tables = tuple[tuple[Hash, int], ...]
"""How many tables of which ways of hashing."""


def options(rows: Rows, new: NDArray[np.bool_] | None, sample: Sample, digest: str) -> list[Option]:
    """Return every way of hashing every view, with what a table compares and costs, measured on some rows."""
    found = []
    for view, there in enumerate(rows.present):
        numbers = np.flatnonzero(there).astype(np.int32)
        few = numbers[drawn_order(digest, f"measured\x00{view}", len(numbers))[:_MEASURED_ROWS]]
        all_pairs = _pairs(len(numbers), len(numbers) if new is None else int((there & new).sum()))
        scale = all_pairs / max(_pairs(len(few), len(few)), 1)
        hits = np.flatnonzero(sample.speaks[:, view])
        records = len(np.unique(rows.record if new is None else rows.record[new]))
        per_record = records / max(2 * sample.records, 1)
        for family, size in _SIZES:
            if size > rows.length:
                continue
            hashed = Hash(view, family, size)
            comparisons = scale * _meeting(rows, few, hashed, digest)
            expected = float(_chances(rows, sample, hashed)[hits].sum()) * per_record
            work = _ROW + (_BIT if family == BITS else _ORDER) * size
            cost = len(numbers) * work + comparisons * _COMPARISON + expected * _HIT * len(rows.words)
            found.append(Option(hashed, comparisons, cost))
    return found


def _pairs(count: int, new: int) -> int:
    return new * (new - 1) // 2 + new * (count - new)


def _meeting(rows: Rows, few: NDArray[np.int32], hashed: Hash, digest: str) -> float:
    """Return how many pairs of some rows meet in a table, the mean of several."""
    total = 0
    for table in range(_MEASURED_TABLES):
        sizes = np.unique(codes_of(rows, few, hashed, digest, table), return_counts=True)[1]
        total += int((sizes * (sizes - 1) // 2).sum())
    return total / _MEASURED_TABLES


def _chances(rows: Rows, sample: Sample, hashed: Hash) -> NDArray[np.float64]:
    """Return how likely the pairs of a sample (m,) are found in one table."""
    a, b = rows.weights[hashed.view, sample.pairs.pairs.T].astype(np.int64)
    distances = sample.pairs.distances[:, hashed.view].astype(np.int64)
    found = chances(hashed, distances, a, b, rows.length)
    return np.where(sample.speaks[:, hashed.view], found, 0.0)


def missed(rows: Rows, sample: Sample, tables: Tables) -> NDArray[np.float64]:
    """Return how likely each pair of a sample (m,) is found in none of the tables."""
    left = np.ones(len(sample.pairs))
    for hashed, count in tables:
        left *= (1.0 - _chances(rows, sample, hashed)) ** count
    return left


def cover(
    rows: Rows,
    samples: Sequence[Sample],
    choices: Sequence[Option],
    target: float,
    affordable: float,
    *,
    begun: Tables = (),
) -> Tables | None:
    """Return the tables that find the likely pairs of samples with the probability ``target`` on average.

    Tables are chosen by one half of the pairs, and then by the other as far as that is not found as well:
    what is chosen by a sample finds that sample better than the rest.  ``begun``: tables that are there
    already, and stay.  None where it would cost more than is ``affordable``.
    """
    known = [(sample, np.flatnonzero(sample.likely)) for sample in samples]
    left = np.concatenate([missed(rows, sample, begun)[which] for sample, which in known])
    found = np.stack(
        [
            np.concatenate([_chances(rows, sample, one.hashed)[which] for sample, which in known])
            for one in choices
        ]
    )
    half = np.concatenate([rows.record[sample.pairs.pairs[which, 0]] % 2 == 0 for sample, which in known])
    halves = [which for which in (half, ~half) if which.any()]
    costs = np.array([one.cost for one in choices])
    counts, spent = np.zeros(len(choices), dtype=np.int64), 0.0
    while short := [which for which in halves if left[which].mean() > 1.0 - target]:
        worth = found[:, short[0]] @ left[short[0]] / costs
        best = int(np.argmax(_rounded(worth)))
        more = 1 + int(counts[best]) // _AT_ONCE
        counts[best] += more
        spent += more * float(costs[best])
        left = left * (1.0 - found[best]) ** more
        if spent > affordable or counts.sum() > MOST_TABLES or not worth[best] > 0.0:
            return None
    return _added(begun, choices, counts)


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.round(values / max(float(values.max()), 1e-300), _DIGITS)


def _added(begun: Tables, choices: Sequence[Option], counts: NDArray[np.int64]) -> Tables:
    tables = dict(begun)
    for one, count in zip(choices, counts.tolist(), strict=True):
        if count:
            tables[one.hashed] = tables.get(one.hashed, 0) + count
    return tuple(sorted(tables.items()))


def cover_limit(
    rows: Rows, choices: Sequence[Option], limit: int, target: float, affordable: float
) -> Tables | None:
    """Return the tables that find every pair which just counts with the probability ``target``.

    None where it would cost more than is ``affordable``.
    """
    tables: list[tuple[Hash, int]] = []
    spent = 0.0
    for view in range(len(rows.words)):
        best: tuple[float, Hash, int] | None = None
        for one in (one for one in choices if one.hashed.view == view):
            worst = _worst(rows, one.hashed, limit)
            if worst is None:
                best = (0.0, one.hashed, 0)  # no two rows can ever count in this view
                break
            count = _tables_needed(worst, target)
            if count is not None and (best is None or count * one.cost < best[0]):
                best = (count * one.cost, one.hashed, count)
        if best is None or (spent := spent + best[0]) > affordable:
            return None
        tables += [(best[1], best[2])] if best[2] else []
    return tuple(sorted(tables))


def _tables_needed(chance: float, target: float) -> int | None:
    if chance >= 1.0:
        return 1
    if chance <= 0.0:
        return None
    count = math.ceil(round(math.log1p(-target) / math.log1p(-chance), _DIGITS))
    return count if count <= MOST_TABLES else None


def _worst(rows: Rows, hashed: Hash, limit: int) -> float | None:
    """Return how likely the pair that meets most rarely meets, of pairs that just count; None if none can."""
    length = rows.length
    weights = np.unique(rows.weights[hashed.view, rows.present[hashed.view]]).astype(np.int64)
    a, b = (one.ravel() for one in np.meshgrid(weights, weights))
    distances = (limit - 1 - (length - 2 * a) * (length - 2 * b)) // (2 * length)
    # Two filters differ in at least as many places as their weights do, and in no more than both have.
    distances = np.minimum(distances, np.minimum(a + b, 2 * length - a - b))
    possible = distances >= np.abs(a - b)
    if not possible.any():
        return None
    return float(chances(hashed, distances[possible], a[possible], b[possible], length).min())
