"""Where a slip of the pen is in a share's words.

SLIP-39 lets a program say where a word is wrong, never which one would be right.  The checksum is affine in
the bits of the words, and keeps any two shares at least four words apart: what the words' checksum is off
by, tells the place of a single wrong word.
"""

import functools
import itertools
from collections.abc import Sequence
from typing import Final

from shamir_mnemonic.constants import CUSTOMIZATION_STRING_EXTENDABLE
from shamir_mnemonic.rs1024 import CHECKSUM_LENGTH_WORDS, create_checksum
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

__all__ = ["exchanged_places", "wrong_place"]

_BITS: Final = 10
"""Of a word: its number in the list of 1,024."""


def wrong_place(words: Sequence[str]) -> int | None:
    """Return the place, from 1, of the one word that is wrong, or None if not exactly one is."""
    off, effects = _off_by(_numbers(words)), _effects(len(words))
    for place, of_bits in enumerate(effects, start=1):
        if off and off in _sums(of_bits):
            return place
    return None


def exchanged_places(words: Sequence[str]) -> tuple[int, int] | None:
    """Return the places, from 1, of two words that have changed places, or None if that is not all."""
    numbers = _numbers(words)
    off, effects = _off_by(numbers), _effects(len(words))
    for one, other in itertools.combinations(range(len(numbers)), 2):
        change = numbers[one] ^ numbers[other]
        if off and _effect(effects[one], change) ^ _effect(effects[other], change) == off:
            return one + 1, other + 1
    return None


def _numbers(words: Sequence[str]) -> list[int]:
    return [WORD_INDEX_MAP[word] for word in words]


def _off_by(numbers: Sequence[int]) -> int:
    """Return what the checksum of the words is off by: 30 bits, 0 if it is right."""
    data, stated = numbers[:-CHECKSUM_LENGTH_WORDS], numbers[-CHECKSUM_LENGTH_WORDS:]
    return _checksum(data) ^ _packed(stated)


@functools.cache
def _effects(count: int) -> tuple[tuple[int, ...], ...]:
    """Return, for each of so many words and each of its bits, what turning it puts the checksum off by."""
    right = [0] * count
    start = _off_by(right)
    effects = []
    for place in range(count):
        turned = [[*right[:place], 1 << bit, *right[place + 1 :]] for bit in range(_BITS)]
        effects.append(tuple(_off_by(numbers) ^ start for numbers in turned))
    return tuple(effects)


def _effect(of_bits: Sequence[int], change: int) -> int:
    chosen = (effect for bit, effect in enumerate(of_bits) if change >> bit & 1)
    return functools.reduce(int.__xor__, chosen, 0)


@functools.cache
def _sums(of_bits: tuple[int, ...]) -> frozenset[int]:
    """Return what each change of a word puts the checksum off by."""
    return frozenset(_effect(of_bits, change) for change in range(1, 1 << _BITS))


def _checksum(data: Sequence[int]) -> int:
    return _packed(create_checksum(data, CUSTOMIZATION_STRING_EXTENDABLE))


def _packed(numbers: Sequence[int]) -> int:
    return sum(number << (_BITS * place) for place, number in enumerate(numbers))
