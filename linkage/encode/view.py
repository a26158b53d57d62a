"""One view: salted token positions, OR, diffusion."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encode.cells import CHUNK_ROWS, Cells, Places, together
from linkage.encode.diffusion import RECORDS_PER_WORD, Diffusion
from linkage.encode.keys import ViewKeys
from linkage.encode.positions import OVERRUN, WORDS, Blocks, PositionHash
from linkage.encode.runs import TokenRuns
from linkage.encode.secrecy import NeverWrittenOut
from linkage.encode.vocabulary import Column, Growing, Numbers

__all__ = ["PlainView", "ViewEncoder"]

_OCTET: Final = np.dtype(np.uint8)
_WORD: Final = np.dtype(np.uint64)


class ViewEncoder(NeverWrittenOut):
    """Makes the rows of one view, under that view's keys.

    Rows come by :meth:`add`, at most ``CHUNK_ROWS`` at a time and only the last of them fewer, and leave by
    :meth:`take`.
    """

    def __init__(self, keys: ViewKeys, *, diffusion: int, cells: Cells) -> None:
        """``cells``: to work in; one for all views stays in the cache."""
        length = cells.length
        self._positions = PositionHash(keys.position, length=length)
        self._length = length
        self._diffuse = Diffusion(keys.diffusion, length=length, inputs=diffusion) if diffusion > 1 else None
        self._cells = cells
        self._octets: list[NDArray[np.uint8]] = []

    def add(self, salts: Blocks, places: Places) -> None:
        """Make the filters of some rows: one salt block for each, and the places of their tokens."""
        cells = self._cells.filled(self._positions_of(salts, places), places, len(salts))
        if self._diffuse:
            # Octet (g, j) of the result holds bit j of rows 8 g to 8 g + 7, each row having its own mark.
            self._octets.append(np.bitwise_or.reduce(cells.reshape(-1, 8, self._length), axis=1))
        else:
            self._octets.append(np.packbits(cells.view(np.bool_), axis=1)[: len(salts)])

    def take(self, count: int) -> NDArray[np.uint8]:
        """Return the ``count`` rows added since the last time, (count, length / 8)."""
        octets = self._octets
        self._octets = []
        if self._diffuse:
            missing = -sum(map(len, octets)) % (RECORDS_PER_WORD // 8)
            octets.append(np.zeros((missing, self._length), dtype=_OCTET))
            return self._diffuse(np.concatenate(octets))[:count]
        return np.concatenate(octets)

    def _positions_of(self, salts: Blocks, places: Places) -> NDArray[np.uint32]:
        """Return the positions that all words of all tokens name, (4 n,)."""
        inputs = np.concatenate([salts] * len(places.parts)).repeat(places.per_row)
        words = inputs.view(_WORD)
        words ^= places.blocks.view(_WORD)
        found, passed = self._positions.of_words(inputs, self._cells.room(inputs.nbytes + OVERRUN))
        for block in set((passed // WORDS).tolist()):
            self._pass_over(found, inputs, *places.token(block))
        return found

    def _pass_over(
        self, found: NDArray[np.uint32], inputs: Blocks, count: int, first: int, begins: list[int]
    ) -> None:
        """Have a token with a word that names no position go on to further words: rare, so one at a time."""
        positions = self._positions(inputs[first : first + 1], count)[0]
        for counter, begin in enumerate(begins):
            some = positions[counter * WORDS : (counter + 1) * WORDS]
            found[begin : begin + len(some)] = some


class PlainView(NeverWrittenOut):
    """Makes the rows of a view with neither salt nor diffusion: the OR of its values' filters.

    Those filters do not change from row to row, so each is made once for its value.
    """

    def __init__(self, encoder: ViewEncoder, salt: Blocks, runs: Sequence[TokenRuns], cells: Cells) -> None:
        self._encoder = encoder
        self._salt = salt
        self._runs = runs
        self._cells = cells
        columns = dict.fromkeys(column for run in runs for column in run.columns)
        self._filters = {column: Growing(_OCTET, cells.length // 8) for column in columns}

    def rows(self, numbers: Numbers, silent: Mapping[Column, NDArray[np.bool_]]) -> NDArray[np.uint8]:
        """Return the rows with the given readings, (rows, length / 8), without what is ``silent`` in some."""
        found = (self._filters_of(column, numbers, silent) for column in self._filters)
        made = next(found)
        for filters in found:
            made |= filters
        return made

    def _filters_of(
        self, column: Column, numbers: Numbers, silent: Mapping[Column, NDArray[np.bool_]]
    ) -> NDArray[np.uint8]:
        filters = self._of_column(column).take(numbers[column], axis=0)
        if column in silent:
            filters[silent[column]] = 0
        return filters

    def _of_column(self, column: Column) -> NDArray[np.uint8]:
        known = self._filters[column]
        if len(known) < len(column):
            runs = [run for run in self._runs if column in run.columns]
            layouts = [(run, run.layout_of_readings(column, len(known))) for run in runs]
            count = len(column) - len(known)
            for start in range(0, count, CHUNK_ROWS):
                rows = slice(start, min(start + CHUNK_ROWS, count))
                tokens = [run.gather(layout.part(rows)) for run, layout in layouts]
                places = together(self._cells.parts(tokens))
                self._encoder.add(np.repeat(self._salt, rows.stop - start), places)
            known.add(self._encoder.take(count))
        return known.array
