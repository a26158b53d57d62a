"""One view of one tier: salted token positions, OR, diffusion."""

from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encode.diffusion import RECORDS_PER_WORD, diffuse, diffusion_table, to_rows
from linkage.encode.framing import KeyedHash
from linkage.encode.keys import ViewKeys
from linkage.encode.positions import BLOCK_WORD, positions
from linkage.encode.vocabulary import Occurrences, Vocabulary
from linkage.profile import EncodingProfile, Feature

__all__ = ["ViewEncoder"]

_CHUNK: Final = 4096  # tokens at a time: arrays that stay in the processor's cache
_REMEMBERED_SALTS: Final = 1 << 14


class ViewEncoder:
    """Encodes batches of rows into one view, under that view's keys for one tier.

    It remembers the keyed hashes of salts and tokens it met, by value.
    """

    def __init__(self, keys: ViewKeys, profile: EncodingProfile) -> None:
        self._keys = keys
        self._length = profile.length
        self._inputs = profile.diffusion
        self._hash_salt = lru_cache(maxsize=_REMEMBERED_SALTS)(KeyedHash(keys.salt, "salt"))
        self._token_blocks: dict[tuple[Vocabulary, str], _TokenBlocks] = {}

    def forget_tokens(self) -> None:
        """Drop the tokens' hashes, when their vocabularies have been replaced."""
        self._token_blocks.clear()

    def encode(self, salts: Sequence[bytes], occurrences: Mapping[Feature, Occurrences]) -> NDArray[np.uint8]:
        """Return the rows' bits, (rows, bytes of a view).

        ``salts``: each row's length-prefixed component names and values, in the profile's order.
        """
        columns = self._bloom_filters(self._salt_blocks(salts), occurrences)
        packed = np.packbits(columns, axis=1, bitorder="little")
        if self._inputs > 1:
            packed = diffuse(packed, self._diffusion)
        return to_rows(packed)[: len(salts)]

    def _bloom_filters(
        self, salts: NDArray[np.uint64], occurrences: Mapping[Feature, Occurrences]
    ) -> NDArray[np.uint8]:
        """Return the filters before diffusion, a byte for each bit: (length, rows made up to whole words)."""
        width = -(-len(salts) // RECORDS_PER_WORD) * RECORDS_PER_WORD
        columns = np.zeros((self._length, width), dtype=np.uint8)
        cells = columns.reshape(-1)
        for count in sorted({feature.k for feature in occurrences}):
            found = [(feature, item) for feature, item in occurrences.items() if feature.k == count]
            rows = np.concatenate([item.rows for _, item in found])
            blocks = np.concatenate([self._blocks(feature, item) for feature, item in found])
            for start in range(0, len(rows), _CHUNK):
                chunk = slice(start, start + _CHUNK)
                inputs = np.bitwise_xor(blocks[chunk], np.take(salts, rows[chunk], axis=0))
                places = positions(self._keys.position, inputs, count=count, length=self._length)
                places *= width
                places += rows[chunk]
                cells[places] = 1
        return columns

    @cached_property
    def _diffusion(self) -> NDArray[np.intp]:
        return diffusion_table(self._keys.diffusion, length=self._length, inputs=self._inputs)

    def _salt_blocks(self, salts: Sequence[bytes]) -> NDArray[np.uint64]:
        return _first_blocks(list(map(self._hash_salt, salts)))

    def _blocks(self, feature: Feature, found: Occurrences) -> NDArray[np.uint64]:
        key = found.vocabulary, feature.label
        if key not in self._token_blocks:
            self._token_blocks[key] = _TokenBlocks(KeyedHash(self._keys.token, "token", feature.label))
        return self._token_blocks[key].of(found)


class _TokenBlocks:
    """The hashes T of a vocabulary's tokens under one label, each made when first met."""

    def __init__(self, token_hash: KeyedHash) -> None:
        self._hash = token_hash
        self._blocks = np.zeros((0, 2), dtype=BLOCK_WORD)
        self._known = np.zeros(0, dtype=np.bool_)

    def of(self, found: Occurrences) -> NDArray[np.uint64]:
        tokens = found.vocabulary.tokens
        self._make_room(len(tokens))
        new = np.unique(found.ids[~self._known[found.ids]])
        if len(new):
            hashes = [self._hash(tokens[number]) for number in new.tolist()]
            self._blocks[new] = _first_blocks(hashes)
            self._known[new] = True
        return np.take(self._blocks, found.ids, axis=0)

    def _make_room(self, size: int) -> None:
        if size > len(self._known):
            more = max(size, 2 * len(self._known)) - len(self._known)
            self._blocks = np.concatenate([self._blocks, np.zeros((more, 2), dtype=BLOCK_WORD)])
            self._known = np.concatenate([self._known, np.zeros(more, dtype=np.bool_)])


def _first_blocks(hashes: Sequence[bytes]) -> NDArray[np.uint64]:
    """Return the first 16 bytes of each 32-byte hash as a block of two words."""
    return np.frombuffer(b"".join(hashes), dtype=BLOCK_WORD).reshape(-1, 4)[:, :2]
