"""Where the tokens of some rows set bits, worked out once for all views that share the tokens.

A word of a token's AES block names a place within a row.  All words of all tokens of a view go through the
same few array operations, also those beyond a token's k: they are sent to a row of their own that nobody
reads, which costs less than picking them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.encode.positions import BLOCK, WORD, WORDS, Blocks
from linkage.encode.runs import Occurrences

__all__ = ["CHUNK_ROWS", "Cells", "Part", "Places", "together"]

CHUNK_ROWS: Final = 256
"""Rows whose filters are made at a time, a byte for each bit: their table stays in the processor's cache."""


class Part(NamedTuple):
    """The tokens of some rows, for one c.

    ``blocks`` (n,): T xor c; ``per_row`` (rows,): how many of them each row has; ``firsts`` (n,): where the
    row of each of a block's words begins; ``marks`` (n,): the row's mark, four times.
    """

    k: int
    counter: int
    per_row: NDArray[np.intp]
    blocks: Blocks
    firsts: Blocks
    marks: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Places:
    """All tokens of a view in some rows, and where the positions of each are counted from.

    ``blocks`` (n,): T xor c; ``per_row`` (parts x rows,): how many of them each row has, in each part;
    ``firsts`` (4 n,): where a word's row begins; ``marks`` (4 n,): the row's mark.
    """

    parts: Sequence[Part]
    per_row: NDArray[np.intp]
    blocks: Blocks
    firsts: NDArray[np.uint32]
    marks: NDArray[np.uint8]

    def token(self, block: int) -> tuple[int, int, list[int]]:
        """Return of the token that a block is of its k, its block for c = 0, and where its words begin."""
        begun = 0
        for part in self.parts:
            count = len(part.blocks)
            if block < begun + count:
                first = block - part.counter * count
                begins = [(first + turn * count) * WORDS for turn in range(-(-part.k // WORDS))]
                return part.k, first, begins
            begun += count
        raise IndexError(block)


class Cells:
    """A byte for each bit of ``CHUNK_ROWS`` filters, which holds the marks of the rows that have it set.

    Rows have the marks 1, 2, 4, ... 128 in turn, so that the OR of eight rows keeps them apart.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        unread = CHUNK_ROWS * length
        self._cells = np.empty(unread + length, dtype=np.uint8)
        rows = np.arange(CHUNK_ROWS, dtype=WORD)
        self._marks = np.repeat((1 << rows % 8).astype(np.uint8), WORDS).view(WORD)
        self._firsts = [
            np.where(np.arange(WORDS) < used, rows[:, None] * length, unread).astype(WORD).view(BLOCK)[:, 0]
            for used in range(WORDS + 1)
        ]
        self._room = np.empty(0, dtype=np.uint8)
        self._targets = np.empty(0, dtype=np.intp)

    def room(self, size: int) -> NDArray[np.uint8]:
        """Return room for some bytes, the same each time: memory that was used before is in the cache."""
        if len(self._room) < size:
            self._room = np.empty(size, dtype=np.uint8)
        return self._room

    def parts(self, found: Occurrences) -> list[Part]:
        """Return the tokens of at most ``CHUNK_ROWS`` rows for c = 0, 1, ... as far as their k goes."""
        rows = len(found.per_row)
        marks = self._marks[:rows].repeat(found.per_row)
        return [
            Part(
                found.k,
                counter,
                found.per_row,
                found.counted(counter),
                self._firsts[min(WORDS, found.k - counter * WORDS)][:rows].repeat(found.per_row),
                marks,
            )
            for counter in range(-(-found.k // WORDS))
        ]

    def filled(self, positions: NDArray[np.uint32], places: Places, rows: int) -> NDArray[np.uint8]:
        """Return the filters of ``rows`` rows, made up to a multiple of eight by empty ones.

        Valid until the next call, which may use ``positions`` up.
        """
        if len(self._targets) < len(positions):
            self._targets = np.empty(len(positions), dtype=np.intp)
        targets = self._targets[: len(positions)]
        np.add(positions, places.firsts, out=positions)
        targets[:] = positions
        used = self._cells[: -(-rows // 8) * 8 * self.length]
        used.fill(0)
        self._cells[targets] = places.marks
        return used.reshape(-1, self.length)


def together(parts: Sequence[Part]) -> Places:
    """Return the tokens of a view from those of its features."""
    return Places(
        parts,
        per_row=np.concatenate([part.per_row for part in parts]),
        blocks=np.concatenate([part.blocks for part in parts]),
        firsts=np.concatenate([part.firsts for part in parts]).view(WORD),
        marks=np.concatenate([part.marks for part in parts]).view(np.uint8),
    )
