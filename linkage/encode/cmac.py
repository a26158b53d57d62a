"""AES-CMAC of many messages at a time: the cipher is called once for each block of the longest.

``cryptography`` has CMAC of one message; a call for each token would cost more than all else that is done
to it.
Source: RFC 4493 and NIST SP 800-38B, here with 256-bit keys.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["BLOCK_BYTES", "Cmac"]

BLOCK_BYTES: Final = 16

_BITS: Final = 8 * BLOCK_BYTES
_REDUCTION: Final = 0x87
_PADDING: Final = 0x80


class Cmac(NeverWrittenOut):
    """The message authentication code of messages of any lengths under one 32-byte key."""

    __slots__ = ("_encryptor", "_padded", "_whole")

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(algorithms.AES256(key), modes.ECB()).encryptor()  # noqa: S305 - CMAC's own
        subkey = _doubled(self._encryptor.update(bytes(BLOCK_BYTES)))
        self._whole = np.frombuffer(subkey, dtype=np.uint8)
        self._padded = np.frombuffer(_doubled(subkey), dtype=np.uint8)

    def __call__(self, messages: Sequence[bytes]) -> bytes:
        """Return the 16-byte code of each message, one after another."""
        lengths = np.fromiter(map(len, messages), dtype=np.intp, count=len(messages))
        blocks = np.maximum(-(-lengths // BLOCK_BYTES), 1)
        if not len(blocks) or blocks.min() == blocks.max():
            return self._of_equally_many(messages, lengths, int(blocks.max(initial=1))).tobytes()
        codes = np.empty((len(messages), BLOCK_BYTES), dtype=np.uint8)
        for count in np.unique(blocks).tolist():
            rows = np.flatnonzero(blocks == count)
            some = [messages[row] for row in rows.tolist()]
            codes[rows] = self._of_equally_many(some, lengths[rows], count)
        return codes.tobytes()

    def _of_equally_many(
        self, messages: Sequence[bytes], lengths: NDArray[np.intp], blocks: int
    ) -> NDArray[np.uint8]:
        """Return the codes (n, 16) of messages that have equally many blocks."""
        size = blocks * BLOCK_BYTES
        joined = bytearray().join([message.ljust(size, b"\0") for message in messages])
        text = np.frombuffer(joined, dtype=np.uint8).reshape(-1, size)
        short = np.flatnonzero(lengths < size)
        text[short, lengths[short]] = _PADDING
        last = text[:, -BLOCK_BYTES:]
        last ^= np.where((lengths < size)[:, None], self._padded, self._whole)
        codes = np.zeros((len(messages), BLOCK_BYTES), dtype=np.uint8)
        for start in range(0, size, BLOCK_BYTES):
            codes = codes ^ text[:, start : start + BLOCK_BYTES]
            codes = np.frombuffer(self._encryptor.update(codes.data), dtype=np.uint8).reshape(codes.shape)
        return codes


def _doubled(block: bytes) -> bytes:
    """Multiply by x in the field of 2^128 elements."""
    number = int.from_bytes(block, "big") << 1
    # Without a branch: the block is secret.
    number ^= (number >> _BITS) * (1 << _BITS | _REDUCTION)
    return number.to_bytes(BLOCK_BYTES, "big")
