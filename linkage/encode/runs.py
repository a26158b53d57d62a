"""Token blocks, hashed once for each token and strung together once for each value.

All tokens of a value lie next to each other in one array, so a row's tokens are a few runs of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from linkage.encode.hashed import HashedTokens
from linkage.encode.positions import BLOCK, WORD, WORDS, Blocks
from linkage.encode.secrecy import NeverWrittenOut
from linkage.encode.tokens import bigram_codes, cut_all
from linkage.encode.vocabulary import Column, Growing, Numbers
from linkage.profile import Feature, Field

__all__ = ["Layout", "Occurrences", "TokenBlocks", "TokenRuns"]

_NUMBER: Final = np.dtype(np.intp)
_HALF_WORD: Final = np.dtype("<u2")
_FRACTION: Final = 16
"""Bits of a token's share behind the point, as many as a half word has."""

_Tokens = tuple[Blocks, NDArray[np.intp]]
"""The blocks of readings' tokens, one reading after another, and the number of each reading's."""


class TokenBlocks(NeverWrittenOut):
    """The keyed hashes T of tokens under their labels."""

    __slots__ = ("_by_label", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._by_label: dict[str, HashedTokens] = {}

    def under(self, label: str) -> HashedTokens:
        """Return the hashes of tokens under one label, 16 bytes each."""
        if label not in self._by_label:
            self._by_label[label] = HashedTokens(self._key, label)
        return self._by_label[label]


class Layout(NamedTuple):
    """Where the tokens of some rows lie: ``starts`` and ``lengths`` (rows, columns) of runs of blocks."""

    starts: NDArray[np.intp]
    lengths: NDArray[np.intp]

    def without(self, column: int, rows: NDArray[np.bool_]) -> "Layout":
        """Return the layout without the tokens of one column in some rows."""
        lengths = self.lengths.copy()
        lengths[rows, column] = 0
        return Layout(self.starts, lengths)

    def part(self, rows: slice) -> "Layout":
        """Return the layout of some of the rows."""
        return Layout(self.starts[rows], self.lengths[rows])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Occurrences:
    """The tokens of some rows, row by row: made once for all views that share them.

    ``per_row`` (rows,) is their number and ``blocks`` (tokens,) their hashes.  Each token sets ``k`` bits, or
    its share of what the row's tokens have together (docs/spec/encoding-1.md, section 6).
    """

    k: int
    per_row: NDArray[np.intp]
    blocks: Blocks

    @property
    def rows(self) -> NDArray[np.intp]:
        """The row of each token (tokens,)."""
        return np.arange(len(self.per_row)).repeat(self.per_row)

    @property
    def weight(self) -> NDArray[np.intp]:
        """The sum of k over the tokens of each row (rows,)."""
        return self.k * self.per_row

    def counted(self, counter: int, tokens: NDArray[np.intp]) -> Blocks:
        """Return T xor c of some of the tokens, in their order, for one c."""
        if not counter and len(tokens) == len(self.blocks):
            return self.blocks
        blocks = self.blocks.take(tokens)
        blocks.view(WORD)[::WORDS] ^= WORD.type(counter)
        return blocks

    def shares(self, positions: int, weight: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return how many of so many positions each token has (tokens,), in rows of so much weight (rows,).

        What is left of a whole number is rounded up for as many tokens, chosen by the first two octets of T.
        """
        scale = (np.intp(self.k * positions) << _FRACTION) // np.maximum(weight, 1)
        odds = self.blocks.view(_HALF_WORD)[:: BLOCK.itemsize // _HALF_WORD.itemsize]
        return np.asarray((scale.repeat(self.per_row) + odds) >> _FRACTION)


class TokenRuns(NeverWrittenOut):
    """The tokens of some features of equal k, for every reading of the columns that they cut."""

    def __init__(
        self, features: Sequence[Feature], columns: Mapping[Field, Column], blocks: TokenBlocks
    ) -> None:
        self.k = features[0].k
        self._cuts: dict[Column, _Cuts] = {}
        for feature in features:
            column = columns[feature.field]
            self._cuts.setdefault(column, _Cuts()).add(feature, blocks)
        self._blocks = Growing(BLOCK)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that the features cut."""
        return tuple(self._cuts)

    def layout(self, numbers: Numbers) -> Layout:
        """Return where the tokens of rows lie."""
        self._grow()
        starts = [cuts.starts.array.take(numbers[column]) for column, cuts in self._cuts.items()]
        lengths = [cuts.lengths.array.take(numbers[column]) for column, cuts in self._cuts.items()]
        return Layout(np.stack(starts, axis=1), np.stack(lengths, axis=1))

    def layout_of_readings(self, column: Column, first: int) -> Layout:
        """Return where the tokens of a column's readings lie, from the reading numbered ``first`` on."""
        self._grow()
        cuts = self._cuts[column]
        return Layout(cuts.starts.array[first:, None], cuts.lengths.array[first:, None])

    def gather(self, layout: Layout) -> Occurrences:
        """Return the tokens that lie where the layout says."""
        places = _places(layout.starts.reshape(-1), layout.lengths.reshape(-1))
        return Occurrences(self.k, layout.lengths.sum(axis=1), self._blocks.array.take(places))

    def _grow(self) -> None:
        """Take in the readings that the columns have met since."""
        for column, cuts in self._cuts.items():
            if len(cuts.starts) < len(column):
                found, lengths = cuts.tokens(column, len(cuts.starts))
                cuts.starts.add(len(self._blocks) + np.cumsum(lengths) - lengths)
                cuts.lengths.add(lengths)
                self._blocks.add(found)


class _Cuts(NeverWrittenOut):
    """The features that cut one column, and where the tokens of its readings lie."""

    def __init__(self) -> None:
        self._features: list[tuple[Feature, list[HashedTokens]]] = []
        self.starts = Growing(_NUMBER)
        self.lengths = Growing(_NUMBER)

    def add(self, feature: Feature, blocks: TokenBlocks) -> None:
        """Cut one more feature from the column."""
        for known, labels in self._features:
            if (known.field, known.kind, known.prefixes) == (feature.field, feature.kind, feature.prefixes):
                labels.append(blocks.under(feature.label))  # cut alike: the tokens only differ in their label
                return
        self._features.append((feature, [blocks.under(feature.label)]))

    def tokens(self, column: Column, first: int) -> _Tokens:
        """Return the tokens of the column's readings from the one numbered ``first`` on."""
        return _together(
            [
                _hashed(feature, column.values(feature.field, first), labels)
                for feature, labels in self._features
            ]
        )


def _hashed(feature: Feature, values: Sequence[str], labels: Sequence[HashedTokens]) -> _Tokens:
    """Return the tokens of one feature under several labels."""
    if feature.kind == "bigrams" and (found := bigram_codes(values)):
        codes, counts = found
        blocks = [label.of_bigrams(codes) for label in labels]
    else:
        texts, counts = cut_all(feature, values)
        blocks = [label.of(texts) for label in labels]
    if len(labels) == 1:
        return blocks[0], counts
    return np.stack(blocks, axis=1).reshape(-1), counts * len(labels)


def _together(parts: Sequence[_Tokens]) -> _Tokens:
    """Put what several features give of each reading next to each other."""
    if len(parts) == 1:
        return parts[0]
    lengths: NDArray[np.intp] = np.sum([counts for _, counts in parts], axis=0, dtype=_NUMBER)
    begun = np.cumsum(lengths) - lengths
    together = np.empty(lengths.sum(), dtype=BLOCK)
    for blocks, counts in parts:
        together[_places(begun, counts)] = blocks
        begun += counts
    return together, lengths


def _places(starts: NDArray[np.intp], lengths: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the places that runs cover, one run after another."""
    ends = np.cumsum(lengths)
    places = np.repeat(starts - (ends - lengths), lengths)
    places += np.arange(len(places))
    return places
