"""The words for parts of a profile."""

from collections.abc import Mapping
from typing import Final

from linkage.profile import Component, Feature, Field

__all__ = ["COMPONENT_WORDS", "FIELD_WORDS", "NEVER_LEAVES", "feature_words"]

FIELD_WORDS: Final[Mapping[Field, str]] = {
    "forename": "forename",
    "surname": "surname",
    "middle_name": "middle name",
    "year": "year of birth",
    "month": "month of birth",
    "day": "day of birth",
    "sex": "sex",
    "postcode": "postcode",
    "address": "address",
    "locality": "locality",
    "phone": "phone number",
    "nhs_number": "NHS number",
    "upn": "unique pupil number",
}

COMPONENT_WORDS: Final[Mapping[Component, str]] = {
    "year": "year of birth",
    "month": "month of birth",
    "day": "day of birth",
    "month-day": "day and month of birth in either order",
    "forename-initial": "first letter of the forename",
    "surname-initial": "first letter of the surname",
    "initials": "first letters of forename and surname in either order",
    "forename-phonetic": "sound of the forename",
    "surname-phonetic": "sound of the surname",
    "sex": "sex",
    "names-phonetic": "sound of forename and surname in either order",
    "postcode": "whole postcode",
    "dwelling": "house number and sound of the street",
}

NEVER_LEAVES: Final = (
    "names, dates of birth, addresses, postcodes, phone numbers: no identifier in clear",
    "the epoch key and every key made from it",
    "salts, tokens, how many bits were set before diffusion, and which records share a salt",
    "encodings of made-up people under the epoch's key: they would be known pairs",
    "the crosswalk from record handles to your own references",
)


def feature_words(feature: Feature) -> str:
    """Say how a field's value is cut into tokens."""
    if feature.kind == "bigrams":
        return "pairs of adjacent letters"
    if feature.kind == "initial":
        return "first letter"
    if feature.kind == "whole":
        return "whole value"
    if feature.kind == "canonical":
        return "formal names that it may stand for"
    lengths = [str(length) for length in feature.prefixes if length]
    whole = ["all"] if 0 in feature.prefixes else []
    return f"first {', '.join([*lengths, *whole])} characters"
