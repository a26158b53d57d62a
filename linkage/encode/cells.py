"""Where the tokens of some rows set bits, worked out once for all views that share the tokens.

A word of a token's AES block names a place within a row.  All words of all tokens of a view go through the
same few array operations, also those beyond a token's k: they are sent to a row of their own that nobody
reads, which costs less than picking them out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from linkage.encode.positions import BLOCK, WORD, WORDS, Blocks
from linkage.encode.runs import Occurrences

__all__ = ["CHUNK_ROWS", "Cells", "Part", "Places", "together"]

CHUNK_ROWS: Final = 256
"""Rows whose filters are made at a time, a byte for each bit: their table stays in the processor's cache."""


class Part(NamedTuple):
    """The tokens of some rows that need a block for one c.

    ``blocks`` (n,): T xor c; ``counts`` (n,): how many positions each token has in all; ``tokens`` (n,):
    which tokens they are, in ascending order; ``per_row`` (rows,): how many of them each row has; ``firsts``
    (n,): where the row of each of a block's words begins; ``marks`` (n,): the row's mark, four times.
    """

    counter: int
    blocks: Blocks
    counts: NDArray[np.intp]
    tokens: NDArray[np.intp]
    per_row: NDArray[np.intp]
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
        """Return of a block's token how many positions it has, its block for c = 0, where words begin."""
        begun, first = 0, 0
        for number, part in enumerate(self.parts):
            first = begun if part.counter == 0 else first
            if block < begun + len(part.blocks):
                token = int(part.tokens[block - begun])
                count = int(part.counts[block - begun])
                begins = list(self._begins(number - part.counter, first, token, -(-count // WORDS)))
                return count, begins[0] // WORDS, begins
            begun += len(part.blocks)
        raise IndexError(block)

    def _begins(self, number: int, begun: int, token: int, counters: int) -> Iterator[int]:
        """Say where the words of a token begin in its parts, the first of which begins at a block."""
        for part in self.parts[number : number + counters]:
            yield (begun + int(part.tokens.searchsorted(token))) * WORDS
            begun += len(part.blocks)


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
        self._firsts = np.array(
            [
                np.where(np.arange(WORDS) < used, rows[:, None] * length, unread)
                .astype(WORD)
                .view(BLOCK)[:, 0]
                for used in range(WORDS + 1)
            ]
        )
        self._room = np.empty(0, dtype=np.uint8)
        self._targets = np.empty(0, dtype=np.intp)

    def room(self, size: int) -> NDArray[np.uint8]:
        """Return room for some bytes, the same each time: memory that was used before is in the cache."""
        if len(self._room) < size:
            self._room = np.empty(size, dtype=np.uint8)
        return self._room

    def parts(self, found: Sequence[Occurrences], positions: int | UnsetType = UNSET) -> list[Part]:
        """Return the tokens of at most ``CHUNK_ROWS`` rows, for c = 0, 1, ... as far as any needs a block.

        ``positions``: what all of a row's tokens share; without it each token has its k.
        """
        if positions is UNSET:
            counts = [np.full(len(one.blocks), one.k, dtype=np.intp) for one in found]
        else:
            weight: NDArray[np.intp] = np.sum([one.weight for one in found], axis=0, dtype=np.intp)
            counts = [one.shares(positions, weight) for one in found]
        return [part for one, count in zip(found, counts, strict=True) for part in self._parts_of(one, count)]

    def _parts_of(self, found: Occurrences, counts: NDArray[np.intp]) -> Iterator[Part]:
        tokens, row, per_row = np.arange(len(counts)), found.rows, found.per_row
        for counter in range(-(-int(counts.max(initial=1)) // WORDS)):
            if len(tokens) and counts.min() <= counter * WORDS:
                more = np.flatnonzero(counts > counter * WORDS)
                tokens, row, counts = tokens.take(more), row.take(more), counts.take(more)
                per_row = np.bincount(row, minlength=len(found.per_row))
            used = np.minimum(counts - counter * WORDS, WORDS)
            yield Part(
                counter,
                found.counted(counter, tokens),
                counts,
                tokens,
                per_row,
                self._firsts.take(used * CHUNK_ROWS + row),
                self._marks.take(row),
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


def together(parts: Sequence[Part]) -> Places:
    """Return the tokens of a view from those of its features."""
    return Places(
        parts,
        per_row=np.concatenate([part.per_row for part in parts]),
        blocks=np.concatenate([part.blocks for part in parts]),
        firsts=np.concatenate([part.firsts for part in parts]).view(WORD),
        marks=np.concatenate([part.marks for part in parts]).view(np.uint8),
    )
