"""Early abandon: after how many words to look at distances, chosen tile by tile from a sample of its pairs.

Distances only grow from word to word.  A pair whose first words already differ in more places than the whole
may is dropped without reading on, and nothing is ever lost by that, whatever the number of words.  Whether it
saves time depends on the data: where filters are sparse or a bound is tight, most pairs are gone after a few
words; of diffused filters under a loose bound hardly any is, and then all words are read at once.
"""

import numpy as np
from numpy.typing import NDArray

from linkage.match.compiled import compiled, popcount
from linkage.match.kernel_block import LANES, ROWS_AT_ONCE
from linkage.match.kernel_sequential import LOOK, PASSED, WHOLE_GROUP

__all__ = ["choose_ends"]

_MOST_SAMPLES, _FEWEST_SAMPLES = 16, 4
_GROUPS_PER_SAMPLE = 512
_WORTHWHILE = 0.97
"""An early look must promise to save this much at least, since the sample may flatter it."""
_STRIDE = 0x9E3779B1
"""Spreads the sampled blocks evenly and without a pattern (2^32 over the golden ratio)."""


@compiled
def choose_ends(
    rows: NDArray[np.uint64],
    columns: NDArray[np.uint64],
    bounds: NDArray[np.int64],
    others: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return after how many words to look at distances, rising: one number, or that and all words.

    With one number, pairs that pass are finished one by one, with two, a group of 64 together.
    ``rows``, ``columns``, ``bounds`` (rows,) and ``others`` (blocks, 8; or none) as the comparison has them.
    The sample is of groups evenly spread over the tile: the same tile gives the same answer.
    """
    groups, words = len(rows) // ROWS_AT_ONCE, rows.shape[1]
    samples = min(_MOST_SAMPLES, max(_FEWEST_SAMPLES, groups * len(columns) // _GROUPS_PER_SAMPLE))
    passing, reached = np.zeros(words + 1), np.zeros(words + 1)
    for sample in range(samples):
        first = sample * groups // samples * ROWS_AT_ONCE
        block = (sample * _STRIDE >> 8) % len(columns)
        _count_passing(rows, first, columns, block, bounds, others, passing, reached)
    passing, reached = passing / samples, reached / samples
    best = _WORTHWHILE * (words + LOOK + passing[words] * PASSED)
    ends = np.full(1, words)
    for word in range(1, words):
        by_pair = word + LOOK + passing[word] * PASSED
        together = word + LOOK + reached[word] * (words - word + WHOLE_GROUP) + passing[words] * PASSED
        if by_pair < best and by_pair <= together:
            best, ends = by_pair, np.full(1, word)
        elif together < best:
            best, ends = together, np.array([word, words])
    return ends


@compiled
def _count_passing(
    rows: NDArray[np.uint64],
    first: int,
    columns: NDArray[np.uint64],
    block: int,
    bounds: NDArray[np.int64],
    others: NDArray[np.int64],
    passing: NDArray[np.float64],
    reached: NDArray[np.float64],
) -> None:
    """Add for one group, by words read, how many pairs are within bounds and whether any is."""
    words = rows.shape[1]
    counts = np.zeros(words + 1)
    for row in range(first, first + ROWS_AT_ONCE):
        for lane in range(LANES):
            bound = bounds[row]
            if len(others) > 0:
                bound = max(bound, others[block, lane])
            distance = np.int64(0)
            for word in range(words):
                distance += np.int64(popcount(rows[row, word] ^ columns[block, word, lane]))
                if distance > bound:
                    break
                counts[word + 1] += 1
    for word in range(words + 1):
        passing[word] += counts[word]
        reached[word] += counts[word] > 0
