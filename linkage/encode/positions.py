"""Bit positions of tokens: AES as a pseudo-random function, a whole batch in one call.

A token's positions in a view come from encrypting T xor S xor c, where T and S are 16-byte keyed hashes of
token and salt and c counts blocks.  This is not encryption of data, so the objection to ECB (equal blocks
show) does not apply: nobody ever sees an output block, only which of ``length`` positions its words name;
equal inputs are meant to give equal positions; and the inputs are distinct pseudo-random blocks, on which
AES under a secret key cannot be told from a random function until about 2^64 of them.
"""

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

__all__ = ["BLOCK_WORD", "positions"]

BLOCK_WORD = np.dtype("<u8")
"""Blocks are handled as two little-endian 64-bit words, on every machine."""


def positions(key: bytes, blocks: NDArray[np.uint64], *, count: int, length: int) -> NDArray[np.int64]:
    """Return ``count`` positions below ``length`` for each block T xor S.

    ``key``: 32 bytes.  ``blocks``: (n, 2) little-endian words.  Returns (count, n).  Words are reduced
    modulo ``length`` (bias below 2^-48 for lengths up to 65,536); a block's positions may repeat.
    """
    # Counter first and token last keeps numpy's inner loops long.
    inputs = np.empty((-(-count // 2), len(blocks), 2), dtype=BLOCK_WORD)
    inputs[:] = blocks
    for counter in range(1, len(inputs)):
        inputs[counter, :, 0] ^= BLOCK_WORD.type(counter)
    encrypted = _encrypt(key, inputs).reshape(inputs.shape)
    words = encrypted.transpose(0, 2, 1).reshape(-1, len(blocks))[:count]
    divisor = BLOCK_WORD.type(length)
    wholes = words // divisor  # numpy divides by a scalar much faster than it takes a remainder
    wholes *= divisor
    words -= wholes
    return words.view(np.int64)


def _encrypt(key: bytes, inputs: NDArray[np.uint64]) -> NDArray[np.uint64]:
    plain = inputs.reshape(-1).view(np.uint8)
    # OpenSSL may write up to one block less a byte beyond the input's length.
    room = np.empty(plain.size + 15, dtype=np.uint8)
    encryptor = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()  # noqa: S305 - see the module's text
    encryptor.update_into(plain.data, room.data)
    return room[: plain.size].view(BLOCK_WORD)
