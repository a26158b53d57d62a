"""Fingerprints in words, for reading out: 16 words of the SLIP-39 list, ten bits each.

The list is made for the ear and the pen: no two words begin with the same four letters.  Source:
docs/spec/keys-v1.md, "Fingerprints in words".
"""

import re
from typing import Final

from cryptography.hazmat.primitives.constant_time import bytes_eq
from shamir_mnemonic.wordlist import WORDLIST

__all__ = ["FINGERPRINT_WORDS", "fingerprint_words", "in_words", "same_fingerprint"]

FINGERPRINT_WORDS: Final = 16
_BITS: Final = 10
_BYTES: Final = FINGERPRINT_WORDS * _BITS // 8
_PREFIX: Final = 4
_PLACES: Final = {word[:_PREFIX]: place for place, word in enumerate(WORDLIST)}
_HEX: Final = re.compile(r"[0-9a-f]{40}")
_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2013]+")  # what editors and telephones make of a hyphen or space


def fingerprint_words(fingerprint: str) -> tuple[str, ...]:
    """Return the 16 words of a fingerprint of 40 hex digits, grouped or not.

    Raises :class:`ValueError` for anything else: fingerprints that people give go to
    :func:`same_fingerprint`.
    """
    digits = "".join(fingerprint.split())
    if not _HEX.fullmatch(digits):
        raise ValueError("a fingerprint has 40 hex digits in lower case")
    number = int(digits, 16)
    shifts = range((FINGERPRINT_WORDS - 1) * _BITS, -1, -_BITS)
    return tuple(WORDLIST[number >> shift & (len(WORDLIST) - 1)] for shift in shifts)


def in_words(fingerprint: str) -> str:
    """Return a fingerprint's words on one line, as commands show them beside the hex groups."""
    return " ".join(fingerprint_words(fingerprint))


def same_fingerprint(given: str, expected: str) -> bool:
    """Say whether a fingerprint that somebody read out is the expected one, comparing in constant time.

    ``given`` is hex digits or words, in any case, with spaces or hyphens between them or, for hex digits,
    nothing; a word may be cut down to its first four letters.  ``expected`` is a fingerprint as this
    program computed it.  What is neither, or is too short or too long, is not the same.
    """
    read = _read(given)
    return read is not None and bytes_eq(read, bytes.fromhex("".join(expected.split())))


def _read(given: str) -> bytes | None:
    parts = [part for part in _BETWEEN.split(given.lower()) if part]
    digits = "".join(parts)
    if _HEX.fullmatch(digits):
        return bytes.fromhex(digits)
    places = [_place(part) for part in parts]
    if len(places) != FINGERPRINT_WORDS:
        return None
    number = 0
    for place in places:
        if place is None:
            return None
        number = number << _BITS | place
    return number.to_bytes(_BYTES, "big")


def _place(part: str) -> int | None:
    """Return the place of a word in the list, given whole or from its first four letters on."""
    place = _PLACES.get(part[:_PREFIX])
    if place is None or not WORDLIST[place].startswith(part):
        return None
    return place
