"""Bit positions of tokens: AES as a pseudo-random function, a whole batch in one call.

A token's positions in a view come from encrypting T xor S xor c, where T and S are 16-byte keyed hashes of
token and salt and c counts blocks.  This is not encryption of data, so the objection to ECB (equal blocks
show) does not apply: nobody ever sees an output block, only which of ``length`` positions its words name;
equal inputs are meant to give equal positions; and the inputs are distinct pseudo-random blocks, on which
AES under a secret key cannot be told from a random function until about 2^64 of them.
"""

from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from linkage.encode.cmac import BLOCK_BYTES
from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["BLOCK", "OVERRUN", "WORD", "WORDS", "Blocks", "PositionHash"]

BLOCK: Final = np.dtype(np.complex128)
"""The type that blocks are moved as: 16 bytes in one item.  Nothing is ever computed with it."""

Blocks = NDArray[np.complex128]

WORDS: Final = 4
"""Of 32 bits in a block."""
WORD: Final = np.dtype("<u4")

OVERRUN: Final = BLOCK_BYTES - 1
"""Bytes beyond its output that OpenSSL may ask room for."""

_NONE: Final = np.empty(0, dtype=np.intp)


class PositionHash(NeverWrittenOut):
    """Gives tokens their positions, below ``length``, under one 32-byte key."""

    __slots__ = ("_encryptor", "_length", "_most")

    def __init__(self, key: bytes, *, length: int) -> None:
        self._encryptor = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()  # noqa: S305 - see above
        self._length = length
        self._most = (1 << 32) // length * length - 1

    def __call__(self, blocks: Blocks, count: int) -> NDArray[np.uint32]:
        """Return ``count`` positions for each block T xor S, (n, count); a block's positions may repeat.

        Words above the largest multiple of ``length`` are passed over, so every position is equally likely.
        """
        found = [self._of_one(blocks[row : row + 1], count) for row in range(len(blocks))]
        return np.array(found, dtype=WORD).reshape(len(blocks), count)

    def of_words(
        self, blocks: Blocks, room: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
        """Return what the four words of every block T xor S xor c name (4 n,), and which words name none.

        ``room``: of ``OVERRUN`` bytes more than ``blocks``.  What is returned is valid while it is.
        """
        size = blocks.nbytes
        self._encryptor.update_into(blocks.view(np.uint8).data, room[: size + OVERRUN].data)
        words = room[:size].view(WORD)
        if self._length & (self._length - 1) == 0:
            return np.bitwise_and(words, WORD.type(self._length - 1), out=words), _NONE
        passed = np.flatnonzero(words > self._most) if words.size and words.max() > self._most else _NONE
        wholes = words // WORD.type(self._length)  # numpy divides much faster than it takes a remainder
        wholes *= WORD.type(self._length)
        words -= wholes
        return words, passed

    def _of_one(self, block: Blocks, count: int) -> NDArray[np.uint32]:
        blocks = -(-count // WORDS)
        kept = np.empty(0, dtype=WORD)
        while len(kept) < count:
            counted = np.repeat(block, blocks)
            counted.view(WORD)[::WORDS] ^= np.arange(blocks, dtype=WORD)
            words, passed = self.of_words(counted, np.empty(counted.nbytes + OVERRUN, dtype=np.uint8))
            kept = np.delete(words, passed)
            blocks += 1
        return kept[:count]
