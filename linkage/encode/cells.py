"""Where the tokens of some rows set bits, worked out once for all views that share the tokens.

A word of a token's AES block, modulo the length of a filter, is a place within a row.  All words of all
tokens of a view go through the same few array operations, also those beyond a token's k: they are sent to a
row of their own that nobody reads, which costs less than picking them out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.encode.positions import BLOCK, WORD, WORDS, Blocks
from linkage.encode.runs import Occurrences

__all__ = ["CHUNK_ROWS", "Cells", "Places", "Span"]

CHUNK_ROWS: Final = 256
"""Rows whose filters are made at a time, a byte for each bit: their table stays in the processor's cache."""


class Span(NamedTuple):
    """Tokens of one k; ``begins``: where among all blocks theirs begin, for c = 0, 1, ... in turn."""

    k: int
    tokens: int
    begins: list[int]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Places:
    """The tokens of some rows, and where the positions of each are counted from.

    ``blocks`` (n,): T xor c; ``per_row`` (turns x rows,): how many of them each row has, in each of several
    turns through the rows; ``firsts`` (4 n,): where a word's row begins; ``marks`` (4 n,): the row's mark.
    """

    turns: int
    per_row: NDArray[np.intp]
    blocks: Blocks
    firsts: NDArray[np.uint32]
    marks: NDArray[np.uint8]
    spans: list[Span]

    def token(self, block: int) -> tuple[int, int, list[int]]:
        """Return k of the token that a block is of, the token's number in its span, and the span's begins."""
        for k, count, begins in self.spans:
            for begin in begins:
                if begin <= block < begin + count:
                    return k, block - begin, begins
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
        self._targets = np.empty(0, dtype=np.intp)
        self._room = np.empty(0, dtype=np.uint8)

    def room(self, size: int) -> NDArray[np.uint8]:
        """Return room for some bytes, the same each time: memory that was used before is in the cache."""
        if len(self._room) < size:
            self._room = np.empty(size, dtype=np.uint8)
        return self._room

    def places(self, occurrences: Sequence[Occurrences]) -> Places:
        """Return where the tokens of at most ``CHUNK_ROWS`` rows set bits."""
        rows = len(occurrences[0].per_row)
        blocks: list[Blocks] = []
        firsts: list[Blocks] = []
        per_row: list[NDArray[np.intp]] = []
        spans: list[Span] = []
        begun = 0
        for found in occurrences:
            span = Span(found.k, len(found.blocks), [])
            spans.append(span)
            for counter in range(-(-found.k // WORDS)):
                used = min(WORDS, found.k - counter * WORDS)
                blocks.append(found.counted(counter))
                firsts.append(np.repeat(self._firsts[used][:rows], found.per_row))
                per_row.append(found.per_row)
                span.begins.append(begun)
                begun += span.tokens
        every = np.concatenate(per_row)
        marks = np.repeat(np.concatenate([self._marks[:rows]] * len(per_row)), every)
        return Places(
            turns=len(per_row),
            per_row=every,
            blocks=np.concatenate(blocks),
            firsts=np.concatenate(firsts).view(WORD),
            marks=marks.view(np.uint8),
            spans=spans,
        )

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
