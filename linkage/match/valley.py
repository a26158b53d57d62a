"""One similarity, duplicates allowed, no labels: the valley between the noise and the matches.

Where records of one person are alike and strangers are not, the histogram of similarities falls from the
hill of strangers and rises again towards the matches.  Around the lowest place between, both sides are
fitted, and their ratio says how likely each pair is a match.  Without such a place nothing is decided.

A record with common names, or with many values, is similar to everybody: its *level*, the similarity of its
neighbours of middle rank, is taken off first, as far as that makes pairs clearer.

Households fill the valley: the children of one home agree on surname and address.  This is for data
without them (:func:`linkage.match.linkage.link` asks before).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.match.logistic import probability

__all__ = ["PAIRS_PER_RECORD", "Valley", "find_valley", "valley_log_odds"]

PAIRS_PER_RECORD: Final = 8
"""Of all pairs the most similar say where noise ends: as many as this for each record."""

_SHARES: Final = (0.0, 0.5, 1.0)
"""How much of a record's level may be taken off."""
_FIRST_RANK, _LAST_RANK = 8, 16

_BIN: Final = 0.0075
_SMOOTH: Final = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
_CLEAR, _RISE, _DEEP = 3.0, 0.1, 0.25
_WINDOW: Final = 30.0

_BENDS: Final = (0.02, 0.05, 0.1, 0.15, 0.2)
_ROUNDS, _NEWTON = 200, 3
_STEEPEST: Final = 30.0
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Valley:
    """The lowest place between noise and matches, and the slopes of both sides there.

    ``place``: its similarity; log odds of a match are ``height`` + ``slope`` · (similarity − ``place``).
    """

    place: float
    height: float
    slope: float

    def log_odds(self, similarity: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return natural log odds (m,) that pairs are matches."""
        return np.round(self.height + self.slope * (similarity - self.place), _DIGITS)


def valley_log_odds(
    similarity: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64], records: int
) -> NDArray[np.float64] | None:
    """Return log odds (m,) of pairs of ``records`` by the valley of their similarities; None without one.

    ``similarity``, ``left``, ``right`` (m,).  Of several corrections for the records' levels the one counts
    that makes most pairs clear: the largest sum of 2p − 1 over pairs more likely matches than not.
    """
    best: tuple[float, NDArray[np.float64]] | None = None
    levels = _levels(similarity, left, right, records)
    for share in _SHARES:
        corrected = similarity - share * ((levels[left] + levels[right]) / 2.0 - levels.mean())
        valley = find_valley(corrected, records)
        if valley is None:
            continue
        log_odds = valley.log_odds(corrected)
        gain = float(np.maximum(2.0 * probability(log_odds) - 1.0, 0.0).sum())
        if best is None or gain > best[0]:
            best = gain, log_odds
    return None if best is None else best[1]


def _levels(
    similarity: NDArray[np.float64], left: NDArray[np.int64], right: NDArray[np.int64], records: int
) -> NDArray[np.float64]:
    """Return each record's level (records,): the mean similarity of its neighbours of ranks 9 to 16."""
    record = np.concatenate([left, right])
    value = np.concatenate([similarity, similarity])
    order = np.lexsort((-value, record))
    record, value = record[order], value[order]
    rank = np.arange(len(record)) - np.searchsorted(record, np.arange(records))[record]
    middle = (rank >= _FIRST_RANK) & (rank < _LAST_RANK)
    count = np.bincount(record[middle], minlength=records)
    total = np.bincount(record[middle], value[middle], records)
    known = count > 0
    if not known.any():
        return np.zeros(records)
    levels = np.divide(total, count, out=np.zeros(records), where=known)
    return np.asarray(np.where(known, levels, levels[known].mean()))


def find_valley(similarity: NDArray[np.float64], records: int) -> Valley | None:
    """Find the valley in the highest pairs, eight per record; None if noise and matches are not apart.

    From the mode upwards it is the first minimum below a quarter of the mode that is followed by a rise of
    more than three standard errors and a tenth.
    """
    highest = np.sort(similarity)[::-1][: PAIRS_PER_RECORD * records]
    if len(highest) == 0 or highest[0] == highest[-1]:
        return None
    edges = np.arange(highest[-1], highest[0] + _BIN, _BIN)
    counts = np.histogram(highest, edges)[0].astype(np.float64)
    smooth = np.convolve(np.pad(counts, 2, mode="edge"), _SMOOTH, "valid")
    low = _first_low(smooth)
    if low is None:
        return None
    middle = (edges[:-1] + edges[1:]) / 2.0
    peak = low + int(smooth[low:].argmax())
    start = low
    while start > smooth.argmax() and smooth[start] < _WINDOW * max(smooth[low], 1.0):
        start -= 1
    height, slope = _sides(middle[start : peak + 1] - middle[low], counts[start : peak + 1])
    return Valley(float(middle[low]), height, slope) if slope > 0 else None


def _first_low(smooth: NDArray[np.float64]) -> int | None:
    variance = float((_SMOOTH**2).sum())
    mode = int(smooth.argmax())
    for place in range(mode + 1, len(smooth) - 1):
        after = smooth[place:]
        if smooth[place] >= _DEEP * smooth[mode] or smooth[place] > min(smooth[place - 1], smooth[place + 1]):
            continue
        rise = float(after.max() - smooth[place])
        noise = np.sqrt(variance * (after.max() + smooth[place]))
        if rise > _CLEAR * noise and rise > _RISE * smooth[place]:
            return place + int(smooth[place : place + int(after.argmax()) + 1].argmin())
    return None


def _sides(x: NDArray[np.float64], counts: NDArray[np.float64]) -> tuple[float, float]:
    """Fit exp(a − b·x) of noise and exp(c + d·x − q·max(x − v, 0)²) of matches; return c − a and b + d.

    Poisson likelihood, by expectation maximisation, for each of a few bends v of the matches' hill.
    """
    fits = [_fit(x, counts, bend) for bend in _BENDS]
    _, height, slope = max(fits, key=lambda fit: fit[0])
    return height, slope


def _fit(x: NDArray[np.float64], counts: NDArray[np.float64], bend: float) -> tuple[float, float, float]:
    ones = np.ones(len(x))
    designs = (np.stack([ones, -x], axis=1), np.stack([ones, x, -(np.maximum(x - bend, 0.0) ** 2)], axis=1))
    floor = np.log(max(float(counts.min()), 1.0) / 2.0)
    noise, match = np.array([floor, 20.0]), np.array([floor, 10.0, 10.0])
    for _ in range(_ROUNDS):
        expected = [_rate(designs[0], noise), _rate(designs[1], match)]
        share = expected[1] / (expected[0] + expected[1])
        noise = _poisson(designs[0], counts * (1.0 - share), noise)
        match = _poisson(designs[1], counts * share, match)
        match[2] = max(match[2], 0.0)
    total = _rate(designs[0], noise) + _rate(designs[1], match)
    return float((counts * np.log(total) - total).sum()), match[0] - noise[0], noise[1] + match[1]


def _rate(design: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.exp(np.clip(design @ weights, -_STEEPEST, _STEEPEST)))


def _poisson(
    design: NDArray[np.float64], counts: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Take a few steps of Newton's method towards the weights of a Poisson regression."""
    for _ in range(_NEWTON):
        expected = _rate(design, weights)
        gradient = design.T @ (counts - expected)
        curvature = (design * expected[:, None]).T @ design + 1e-3 * np.eye(len(weights))
        weights = weights + np.clip(np.linalg.solve(curvature, gradient), -5.0, 5.0)
    return weights
