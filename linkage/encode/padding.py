"""Rows of padding: made-up other names, so that the number of a record's rows does not tell who has one.

A row of padding is the record's first set of identifiers with its forename or its surname replaced.  What
comes in its place has all letters but a vowel, as a misspelling has, or the first half or more, as a
nickname, or none, as a married name; the rest are characters of private use areas of Unicode, drawn by the
key.  No name has them, so whatever a row of padding shares with another record its own first row shares too.
Source: docs/spec/encoding-1.md, section 12.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from linkage.encode.framing import KeyedHash
from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["SOUNDS_ALIKE", "SOUNDS_OTHERWISE", "MadeUpName", "Padding", "Row"]

SOUNDS_OTHERWISE: Final = 0xF0000
SOUNDS_ALIKE: Final = 0x100000
"""First of the 65,536 characters of two private use areas; which of them it is tells how the name sounds."""

_VOWELS: Final = frozenset("aeiouy")
_BEGINS_ALIKE: Final = 80
_SOUNDS_ALIKE: Final = 176
"""Of 256.  About three in ten other names of simulated children sound like the first, and as many as that do
not even begin like it."""

_NAMELESS_LENGTH: Final = 6
"""Characters of the surname that a record without any name gets, so that its rows differ as others' do."""


class MadeUpName(str):
    """A name that is already what it is to be normalised to."""

    __slots__ = ()


class Row(NamedTuple):
    """One row that a record is to have.

    ``variant``: its number.  ``source``: which of the record's encoded sets of identifiers it is, in their
    order; ``padding``: 0 for that set itself, 1 and up for rows of padding made of it.
    """

    variant: int
    source: int
    padding: int


class Padding(NeverWrittenOut):
    """Decides the rows of records under one 32-byte key; every record gets at least ``rows``."""

    def __init__(self, key: bytes, rows: int) -> None:
        self._rows = rows
        self._name = KeyedHash(key, "padding", "name")
        self._order = KeyedHash(key, "padding", "order")

    def rows(self, handle: bytes, count: int) -> Iterator[Row]:
        """Yield the rows of a record of which ``count`` sets of identifiers, at least one, are encoded.

        The first set keeps number 0; the others, made up or not, are numbered in an order that the key
        draws.
        """
        yield Row(0, 0, 0)
        others = [(source, 0) for source in range(1, count)]
        others += [(0, number) for number in range(1, self._rows - count + 1)]
        drawn = sorted(range(len(others)), key=lambda place: self._order(handle + bytes((place,))))
        for variant, place in enumerate(drawn, start=1):
            yield Row(variant, *others[place])

    def names(self, handle: bytes, number: int, forename: str, surname: str) -> tuple[str, str]:
        """Return normalised names with one of them, that there is, replaced by a made-up one."""
        octets = self._keystream(handle, number, max(len(forename), len(surname), _NAMELESS_LENGTH))
        if forename and (octets[0] & 1 == 0 or not surname):
            return _made_up(forename, octets[1:]), surname
        return forename, _made_up(surname, octets[1:])

    def _keystream(self, handle: bytes, number: int, characters: int) -> bytes:
        key = self._name(handle + bytes((number,)))
        stream = Cipher(algorithms.AES256(key), modes.CTR(bytes(16))).encryptor()
        return stream.update(bytes(2 + 2 * characters))


def _made_up(name: str, octets: bytes) -> MadeUpName:
    """Return a made-up name of the same length, "" giving one of a length of its own."""
    kind, drawn = octets[0], np.frombuffer(octets, dtype="<u2", offset=1).tolist()
    vowels = [place for place, letter in enumerate(name) if place and letter in _VOWELS]
    if kind >= _SOUNDS_ALIKE and vowels:
        place = vowels[drawn[0] % len(vowels)]
        return MadeUpName(name[:place] + chr(SOUNDS_ALIKE + drawn[1]) + name[place + 1 :])
    kept = 0
    if kind >= _BEGINS_ALIKE and len(name) > 1:
        half = -(-len(name) // 2)
        kept = half + kind % (len(name) - half)
    length = len(name) or _NAMELESS_LENGTH
    return MadeUpName(
        name[:kept] + "".join(chr(SOUNDS_OTHERWISE + number) for number in drawn[: length - kept])
    )
