"""Keyed linear diffusion: each output bit of a view is the XOR of t distinct input bits that the key chooses.

Source: Armknecht, Heng, Schnell: Strengthening Privacy-Preserving Record Linkage Using Diffusion, PoPETs
2023.  The same bit of 64 records lies in one machine word here, so one XOR serves 64 records.
"""

from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["RECORDS_PER_WORD", "Diffusion", "diffusion_table"]

RECORDS_PER_WORD: Final = 64
_DRAWS_AT_ONCE: Final = 4096
_WORD: Final = np.dtype("<u8")
_MASKS: Final = {
    32: 0x00000000FFFFFFFF,
    16: 0x0000FFFF0000FFFF,
    8: 0x00FF00FF00FF00FF,
    4: 0x0F0F0F0F0F0F0F0F,
    2: 0x3333333333333333,
    1: 0x5555555555555555,
}


def diffusion_table(key: bytes, *, length: int, inputs: int) -> NDArray[np.intp]:
    """Return which input bits each output bit is the XOR of: (length, inputs), distinct in each row.

    ``key``: 32 bytes.  The AES-256-CTR keystream from counter block zero is read as little-endian 32-bit
    words; a word at or above the largest multiple of ``length`` is dropped, so that its remainder is
    unbiased; a remainder that the output bit already has is dropped too.
    """
    keystream = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor()
    ceiling = (1 << 32) // length * length
    chosen: list[list[int]] = []
    drawn: list[int] = []
    begun = 0
    while len(chosen) < length:
        end = begun + inputs
        while len(row := list(dict.fromkeys(drawn[begun:end]))) < inputs:
            if end > len(drawn):
                words = np.frombuffer(keystream.update(bytes(4 * _DRAWS_AT_ONCE)), dtype="<u4")
                drawn += (words[words < ceiling] % np.uint32(length)).tolist()
            else:
                end += inputs - len(row)
        chosen.append(row)
        begun = end
    return np.array(chosen, dtype=np.intp)


class Diffusion(NeverWrittenOut):
    """Diffuses the filters of many records at a time, under one key."""

    __slots__ = ("_length", "_sources")

    def __init__(self, key: bytes, *, length: int, inputs: int) -> None:
        self._length = length
        table = diffusion_table(key, length=length, inputs=inputs)
        # Gathering in the order in which the turning of bytes leaves input bits, and into the order in which
        # the turning of bits wants output bits, makes both turns free of copies.
        self._sources = np.ascontiguousarray(_place_of_input(table[_output_order(length)], length).T)

    def __call__(self, octets: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the diffused rows (n, length / 8), bit j the most significant first of byte j div 8.

        ``octets``: filters, (n / 8, length), bit i (least significant first) of octet (g, j) being bit j of
        record 8 g + i; n is a multiple of 64.
        """
        words = len(octets) // 8
        bits = octets.view(_WORD).reshape(words, 8, -1).transpose(1, 2, 0).copy()
        _turn(bits.reshape(8, -1))
        columns = bits.reshape(self._length, words)
        diffused = columns[self._sources[0]]
        gathered = np.empty_like(diffused)
        for source in self._sources[1:]:
            np.take(columns, source, axis=0, out=gathered, mode="clip")  # in range; the default would copy
            diffused ^= gathered
        _turn(diffused.reshape(64, -1))
        rows = diffused.reshape(64, -1, words).transpose(2, 0, 1)
        return np.ascontiguousarray(rows).reshape(64 * words, -1).view(np.uint8)


def _place_of_input(bits: NDArray[np.intp], length: int) -> NDArray[np.intp]:
    """Return in which column the turned octets have given bits: bits 0, 8, 16, ..., then 1, 9, 17, ..."""
    return np.asarray(bits % 8 * (length // 8) + bits // 8)


def _output_order(length: int) -> NDArray[np.intp]:
    """Return which bit each diffused column is to be.

    Bit c of every word comes before bit c + 1 of any, and c counts from the least significant of a word,
    while bit 0 of a row is the most significant of its byte.
    """
    significance, word = np.divmod(np.arange(length), length // 64)
    return np.asarray(64 * word + (significance ^ 7))


def _turn(rows: NDArray[np.uint64]) -> None:
    """Transpose in place: item r of word c becomes item c of word r, in each column of ``rows``.

    The words of a column are cut into as many items as there are rows: 8 bytes, or 64 bits, the least
    significant first.  Source: Warren, Hacker's Delight, 7-3.
    """
    count = len(rows)
    distance = count // 2
    while distance:
        shift = distance * 64 // count
        pairs = rows.reshape(count // (2 * distance), 2, -1)
        upper, lower = pairs[:, 0], pairs[:, 1]
        swapped = upper >> _WORD.type(shift)
        swapped ^= lower
        swapped &= _WORD.type(_MASKS[shift])
        lower ^= swapped
        swapped <<= _WORD.type(shift)
        upper ^= swapped
        distance //= 2
