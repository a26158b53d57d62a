"""From normalised values to tokens and salt components: the strings that are hashed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add
from string import ascii_lowercase
from typing import Final

import numpy as np
from numpy.typing import NDArray

from linkage.encode.nicknames import canonical_forenames
from linkage.encode.padding import SOUNDS_ALIKE, SOUNDS_OTHERWISE
from linkage.encode.places import dwelling
from linkage.encode.soundex import soundex
from linkage.profile import Component, EncodingProfile, Feature, Field

__all__ = [
    "CHARACTER_BITS",
    "COMPONENTS",
    "ComponentRule",
    "bigram_codes",
    "cut",
    "cut_all",
    "fields_of",
    "tokens",
]

CHARACTER_BITS: Final = 7
"""Of each of the two ASCII characters of a bigram in one number."""

_PAD: Final = "_"  # no normalised value holds it, so a padded bigram is never an inner one


def tokens(feature: Feature, value: str) -> tuple[str, ...]:
    """Cut a field's normalised value into the distinct tokens of a feature, in order of occurrence.

    A token that occurs twice counts once: sets are what the Dice coefficient compares, and numbering
    repetitions would make one extra letter change two tokens.  "" gives none.
    """
    return tuple(dict.fromkeys(cut(feature, value)))


def cut(feature: Feature, value: str) -> list[str]:
    """Cut like :func:`tokens`, repeating tokens that occur twice: for what sets the same bits again."""
    return _CUTS[feature.kind](value, feature.prefixes) if value else []


def cut_all(feature: Feature, values: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """Cut many values like :func:`cut`; returns all tokens, and how many each value has."""
    if feature.kind == "whole":
        return [*filter(None, values)], np.fromiter(map(bool, values), dtype=np.intp, count=len(values))
    if feature.kind == "prefixes":
        return _cut_prefixes(feature.prefixes, values)
    cut_one, prefixes = _CUTS[feature.kind], feature.prefixes
    found = [cut_one(value, prefixes) if value else () for value in values]
    return [*chain.from_iterable(found)], np.fromiter(map(len, found), dtype=np.intp, count=len(found))


def _cut_prefixes(prefixes: Sequence[int], values: Sequence[str]) -> tuple[list[str], NDArray[np.intp]]:
    """Cut prefixes length by length: values shorter than one have it empty, and empty tokens drop out."""
    cuts = [
        [value[:length] if len(value) >= length else "" for value in values] if length else values
        for length in prefixes
    ]
    there = [np.fromiter(map(bool, cut), dtype=np.bool_, count=len(cut)) for cut in cuts]
    counts: NDArray[np.intp] = np.sum(there, axis=0, dtype=np.intp)
    return [*filter(None, chain.from_iterable(zip(*cuts, strict=True)))], counts


def bigram_codes(values: Sequence[str]) -> tuple[NDArray[np.int16], NDArray[np.intp]] | None:
    """Return all bigrams of many values, and how many each has; None if a value is not all ASCII.

    A bigram is the code of its first character in the upper seven bits, that of its second in the lower.
    """
    lengths = np.fromiter(map(len, values), dtype=np.intp, count=len(values))
    # One padding character between two words ends the one and begins the other, as it does within a value.
    joined = _PAD.join(["", *filter(None, values), ""]).replace(" ", _PAD)
    if not joined.isascii():
        return None
    characters = np.frombuffer(joined.encode(), dtype=np.int8).astype(np.int16)
    codes = characters[:-1] << CHARACTER_BITS
    codes |= characters[1:]
    return codes[: lengths.sum() + np.count_nonzero(lengths)], lengths + (lengths > 0)


def _bigrams(value: str, _prefixes: tuple[int, ...]) -> list[str]:
    if " " in value:
        return [bigram for word in value.split(" ") for bigram in _bigrams(word, ())]
    return list(map(add, _PAD + value, value + _PAD))


def _prefixes(value: str, prefixes: tuple[int, ...]) -> list[str]:
    return [value[: length or None] for length in prefixes if length <= len(value)]


_CUTS: Final[Mapping[str, Callable[[str, tuple[int, ...]], list[str]]]] = {
    "bigrams": _bigrams,
    "prefixes": _prefixes,
    "initial": lambda value, _: [value[0]],
    "whole": lambda value, _: [value],
    "canonical": lambda value, _: list(canonical_forenames(value)),
}


@dataclass(frozen=True, slots=True)
class ComponentRule:
    """How a salt component is made: from which one or two fields, and which part of each."""

    fields: tuple[Field, ...]
    part: Callable[[str], str] = str

    def value(self, *values: str) -> str:
        """Return the component of the fields' values: "" unless every field has its part.

        The parts of two fields are an unordered pair: exchanging them changes nothing.
        """
        if len(values) == 1:
            return self.part(*values)
        parts = sorted(map(self.part, values))
        return " ".join(parts) if all(parts) else ""

    def values(self, *given: Sequence[str]) -> list[str]:
        """Return the component of many readings: :meth:`value` of each."""
        return list(map(self.part if len(given) == 1 else self.value, *given))


def _initial(name: str) -> str:
    return name[:1]


def _phonetic(name: str) -> str:
    """Return the Soundex code of a name; of one made up to sound otherwise, also its first made-up character.

    Otherwise a row of padding could share a salt with somebody whose name sounds like what is left of it.
    """
    if name.isascii():
        return soundex(name)
    made_up = name.lstrip(ascii_lowercase)
    if SOUNDS_OTHERWISE <= ord(made_up[:1] or " ") < SOUNDS_ALIKE:
        return soundex(name.removesuffix(made_up)) + made_up[0]
    return soundex(name)


COMPONENTS: Final[Mapping[Component, ComponentRule]] = {
    "year": ComponentRule(("year",)),
    "month": ComponentRule(("month",)),
    "day": ComponentRule(("day",)),
    "month-day": ComponentRule(("month", "day")),
    "forename-initial": ComponentRule(("forename",), _initial),
    "surname-initial": ComponentRule(("surname",), _initial),
    "initials": ComponentRule(("forename", "surname"), _initial),
    "forename-phonetic": ComponentRule(("forename",), _phonetic),
    "surname-phonetic": ComponentRule(("surname",), _phonetic),
    "names-phonetic": ComponentRule(("forename", "surname"), _phonetic),
    "sex": ComponentRule(("sex",)),
    "postcode": ComponentRule(("postcode",)),
    "dwelling": ComponentRule(("address",), dwelling),
}


def fields_of(profile: EncodingProfile) -> frozenset[Field]:
    """Return the fields that a profile encodes, salts by, or makes exact tokens of."""
    salted = {field for view in profile.views for part in view.salt for field in COMPONENTS[part].fields}
    cut = {feature.field for view in profile.views for feature in view.features}
    return frozenset(salted | cut | set(profile.exact))
