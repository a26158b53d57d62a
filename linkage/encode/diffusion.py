"""Keyed linear diffusion, and turning bits from record-major to bit-major order and back.

Each output bit of a view is the XOR of t distinct input bits that the key chooses (Armknecht, Heng, Schnell:
Strengthening Privacy-Preserving Record Linkage Using Diffusion, PoPETs 2023).  The same bit of 64 records
lies in one machine word here, so one XOR serves 64 records.
"""

from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

__all__ = ["RECORDS_PER_WORD", "diffuse", "diffusion_table", "to_rows"]

RECORDS_PER_WORD: Final = 64
_DRAWS_AT_ONCE: Final = 4096
_WORD: Final = np.dtype("<u8")


def diffusion_table(key: bytes, *, length: int, inputs: int) -> NDArray[np.intp]:
    """Return which input bits each output bit is the XOR of: (length, inputs), distinct in each row.

    ``key``: 32 bytes.  The AES-256-CTR keystream from counter block zero is read as little-endian 32-bit
    words; a word at or above the largest multiple of ``length`` is dropped, so that its remainder is
    unbiased; a remainder that the output bit already has is dropped too.
    """
    keystream = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor()
    ceiling = (1 << 32) // length * length
    chosen: list[list[int]] = [[]]
    while True:
        words = np.frombuffer(keystream.update(bytes(4 * _DRAWS_AT_ONCE)), dtype="<u4")
        for bit in (words[words < ceiling] % np.uint32(length)).tolist():
            if bit in chosen[-1]:
                continue
            chosen[-1].append(bit)
            if len(chosen[-1]) == inputs:
                if len(chosen) == length:
                    return np.array(chosen, dtype=np.intp)
                chosen.append([])


def diffuse(columns: NDArray[np.uint8], table: NDArray[np.intp]) -> NDArray[np.uint8]:
    """Return the diffused bits of packed records: ``columns`` and result are (length, bytes of records).

    The bytes of records must be a multiple of 8.
    """
    words = columns.view(_WORD)
    diffused = words[table[:, 0]]
    gathered = np.empty_like(diffused)
    for inputs in table.T[1:]:
        np.take(words, inputs, axis=0, out=gathered, mode="clip")  # in range; the default would copy
        diffused ^= gathered
    return diffused.view(np.uint8)


def to_rows(columns: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn bit-major into record-major: (length, n / 8) to (n, length / 8).

    Record r is bit r mod 8, least significant first, of byte r div 8 of each column; in the result bit j is
    the most significant first of byte j div 8 of its row.  Transposes 8 x 8 bits at a time (Warren, Hacker's
    Delight, 7-3).
    """
    length, record_bytes = columns.shape
    # Reversing each eight bit-columns makes the first of them the most significant after the turn.
    grouped = columns.reshape(length // 8, 8, record_bytes)[:, ::-1, :].transpose(0, 2, 1)
    words = np.ascontiguousarray(grouped).view(_WORD)[:, :, 0]
    for shift, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0)):
        swapped = (words ^ (words >> _WORD.type(shift))) & _WORD.type(mask)
        words = words ^ swapped ^ (swapped << _WORD.type(shift))
    by_record = words[:, :, None].view(np.uint8).transpose(1, 2, 0)
    return by_record.reshape(8 * record_bytes, length // 8)
