"""Hashes of a legacy schema: which positions of the filter a token sets.

HMAC comes from ``cryptography``.  BLAKE2b comes from hashlib: the one in ``cryptography`` takes neither key
nor salt, and the bits depend on both.  MD5 and SHA-1 are here because the older hash is made of them, and
nowhere else in Clew.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac

from linkage.encode.legacy.schema import BlakeHash, HashKind
from linkage.errors import InputError

__all__ = ["BlakePositions", "DoublePositions", "Positions", "positions_of"]

_SHORTS = struct.Struct("<32H")


class _Keyed:
    """Something made from a key: it shows nothing and is never written out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out")


class BlakePositions(_Keyed):
    """Keyed BLAKE2b: digest i, salted with i in ASCII digits, gives 32 little-endian 16-bit numbers.

    They are taken modulo the length, which must be a power of two.
    """

    __slots__ = ("_blocks", "_key", "_length")

    def __init__(self, key: bytes, length: int) -> None:
        self._key, self._length = key, length
        self._blocks: list[hashlib.blake2b] = []

    def __call__(self, token: bytes, count: int) -> Sequence[int]:
        """Return ``count`` positions of a token, which may repeat."""
        shorts: list[int] = []
        for number in range(-(-count // 32)):
            hasher = self._block(number).copy()
            hasher.update(token)
            shorts += _SHORTS.unpack(hasher.digest())
        length = self._length
        return [short % length for short in shorts[:count]]

    def _block(self, number: int) -> hashlib.blake2b:
        while len(self._blocks) <= number:
            salt = str(len(self._blocks)).encode("ascii")
            self._blocks.append(hashlib.blake2b(key=self._key, salt=salt))
        return self._blocks[number]


class DoublePositions(_Keyed):
    """Double hashing: position i is HMAC-SHA-1 + i * HMAC-MD5, modulo the length.

    Only length^2 patterns are possible, which is one reason why it is weak (Kroll and Steinmetzer, 2015).
    ``prevent_singularity`` hashes again, with a counter appended, until the step is not zero.
    """

    __slots__ = ("_again", "_length", "_start", "_step")

    def __init__(self, keys: tuple[bytes, bytes], length: int, *, prevent_singularity: bool) -> None:
        self._length, self._again = length, prevent_singularity
        try:
            self._start = hmac.HMAC(keys[0], hashes.SHA1())  # noqa: S303 - what clkhash hashes with
            self._step = hmac.HMAC(keys[1], hashes.MD5())  # noqa: S303 - what clkhash hashes with
        except UnsupportedAlgorithm:
            raise InputError(
                "this machine's cryptography refuses MD5 or SHA-1, of which doubleHash is made",
                hint="use a schema with blakeHash, or a machine that is not held to FIPS 140",
            ) from None

    def __call__(self, token: bytes, count: int) -> Sequence[int]:
        """Return ``count`` positions of a token, which may repeat."""
        length = self._length
        start, step = _number(self._start, token) % length, _number(self._step, token) % length
        attempt = 0
        while self._again and step == 0:
            step = _number(self._step, token + chr(attempt).encode("utf-8")) % length
            attempt += 1
        return [(start + number * step) % length for number in range(count)]


Positions = BlakePositions | DoublePositions


def positions_of(kind: HashKind, keys: tuple[bytes, bytes], length: int) -> Positions:
    """Return the hash of a feature under its two keys; BLAKE2b uses the first only."""
    if isinstance(kind, BlakeHash):
        return BlakePositions(keys[0], length)
    return DoublePositions(keys, length, prevent_singularity=kind.prevent_singularity)


def _number(keyed: hmac.HMAC, token: bytes) -> int:
    copied = keyed.copy()
    copied.update(token)
    return int.from_bytes(copied.finalize(), "big")
