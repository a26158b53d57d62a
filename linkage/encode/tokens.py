"""From normalised values to tokens and salt components: the strings that are hashed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from linkage.encode.places import dwelling
from linkage.encode.soundex import soundex
from linkage.profile import Component, EncodingProfile, Feature, Field

__all__ = ["COMPONENTS", "ComponentRule", "fields_of", "tokens"]

_PAD: Final = "_"  # no normalised value holds it, so a padded bigram is never an inner one


def tokens(feature: Feature, value: str) -> tuple[str, ...]:
    """Cut a field's normalised value into the distinct tokens of a feature, in order of occurrence.

    A token that occurs twice counts once: sets are what the Dice coefficient compares, and numbering
    repetitions would make one extra letter change two tokens.  "" gives none.
    """
    return tuple(dict.fromkeys(_CUTS[feature.kind](value, feature.prefixes))) if value else ()


def _bigrams(value: str, _prefixes: tuple[int, ...]) -> list[str]:
    padded = [f"{_PAD}{word}{_PAD}" for word in value.split(" ")]
    return [word[start : start + 2] for word in padded for start in range(len(word) - 1)]


def _prefixes(value: str, prefixes: tuple[int, ...]) -> list[str]:
    return [value[:length] if length else value for length in prefixes if length <= len(value)]


_CUTS: Final[Mapping[str, Callable[[str, tuple[int, ...]], list[str]]]] = {
    "bigrams": _bigrams,
    "prefixes": _prefixes,
    "initial": lambda value, _: [value[0]],
    "whole": lambda value, _: [value],
}


@dataclass(frozen=True, slots=True)
class ComponentRule:
    """How a salt component is made: from which fields, by which function ("" for a missing component)."""

    fields: tuple[Field, ...]
    value: Callable[..., str]


def _pair(first: str, second: str) -> str:
    """Join two values so that swapping them changes nothing; "" if one is missing."""
    return " ".join(sorted((first, second))) if first and second else ""


COMPONENTS: Final[Mapping[Component, ComponentRule]] = {
    "year": ComponentRule(("year",), str),
    "month": ComponentRule(("month",), str),
    "day": ComponentRule(("day",), str),
    "month-day": ComponentRule(("month", "day"), _pair),
    "forename-initial": ComponentRule(("forename",), lambda name: name[:1]),
    "surname-initial": ComponentRule(("surname",), lambda name: name[:1]),
    "initials": ComponentRule(("forename", "surname"), lambda first, last: _pair(first[:1], last[:1])),
    "names-phonetic": ComponentRule(
        ("forename", "surname"), lambda first, last: _pair(soundex(first), soundex(last))
    ),
    "postcode": ComponentRule(("postcode",), str),
    "dwelling": ComponentRule(("address",), dwelling),
}


def fields_of(profile: EncodingProfile) -> frozenset[Field]:
    """Return the fields that a profile encodes or salts by."""
    salted = {field for view in profile.views for part in view.salt for field in COMPONENTS[part].fields}
    return frozenset(salted | {feature.field for view in profile.views for feature in view.features})
