"""Postcodes, addresses and localities, and the dwelling that an address names."""

import re
from typing import Final

from linkage.encode import tables
from linkage.encode.latin import fold, is_blank
from linkage.encode.names import MAX_TEXT, MAX_VALUE
from linkage.encode.reasons import Reading
from linkage.encode.soundex import soundex

__all__ = ["dwelling", "is_uk_postcode", "other_postcodes", "read_postcode", "read_words"]

_OUTWARD: Final = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
_UK: Final = re.compile(rf"(?:{_OUTWARD}[0-9][A-Z]{{2}}|GIR0AA)")
_ZERO_OR_ONE: Final = str.maketrans("OI", "01")
_O_OR_I: Final = str.maketrans("01", "OI")
_WITHIN: Final = re.compile(rf"\b({_OUTWARD}) ?([0-9][A-Z]{{2}})\b")
_LONGEST: Final = len("GIR 0AA") + 1
"""Characters of one postcode as it is usually written: no ASCII as short holds two."""
_NUMBER: Final = re.compile(r"(?<![a-z0-9])[0-9]+")
_LETTERS: Final = re.compile(r"[a-z]+")


def is_uk_postcode(value: str) -> bool:
    """Return whether a normalised postcode has the form of a United Kingdom postcode."""
    return _UK.fullmatch(value) is not None


def read_postcode(text: str) -> Reading:
    """Return a postcode as capitals and digits without spaces: "sw1a 1aa" gives "SW1A1AA".

    Any country's postcode of 3 to 10 characters with a digit is used; one that is not of the United
    Kingdom's form brings a notice.  O and I are exchanged for 0 and 1 (and back) in the last three
    characters where only that makes a United Kingdom postcode.  ZZ99 pseudo-postcodes are refused: they
    name no place, and a view salted by one would throw all such children together.  Of several United
    Kingdom postcodes among a text's words the first is read (:func:`other_postcodes` returns the rest).
    """
    if len(text) > MAX_TEXT:
        return Reading(refused="too-long")
    code = "".join(filter(str.isalnum, fold(text))).upper()
    if not code:
        return Reading(refused="not-a-postcode") if not is_blank(text) else Reading()
    if is_uk_postcode(code) and not code.startswith("ZZ99"):
        return Reading(code)
    if several := _several(text):
        return Reading(several[0], noticed=("several-postcodes",) if len(several) > 1 else ())
    if code.startswith("ZZ99"):
        return Reading(refused="pseudo-postcode")
    if code.lower() in tables.NO_FIXED_ABODE:
        return Reading(refused="no-fixed-abode")
    if code.lower() in tables.PLACE_PLACEHOLDERS or set(code) in ({"0"}, {"9"}):
        return Reading(refused="placeholder")
    if not 3 <= len(code) <= 10 or code.isalpha():
        return Reading(refused="not-a-postcode")
    repaired = code[:-3] + code[-3].translate(_ZERO_OR_ONE) + code[-2:].translate(_O_OR_I)
    if is_uk_postcode(repaired):
        return Reading(repaired)
    return Reading(code, noticed=("not-a-uk-postcode",))


def other_postcodes(text: str) -> tuple[str, ...]:
    """Return the United Kingdom postcodes that a text holds after the first, each once."""
    if (text.isascii() and len(text) <= _LONGEST) or len(text) > MAX_TEXT:
        return ()
    return _several(text)[1:]


def _several(text: str) -> tuple[str, ...]:
    """Return the United Kingdom postcodes among the words of a text, each once."""
    found = (outward + inward for outward, inward in _WITHIN.findall(fold(text).upper()))
    return tuple(dict.fromkeys(code for code in found if not code.startswith("ZZ99")))


def read_words(text: str) -> Reading:
    """Return an address or a locality as lower-case words and numbers with single spaces."""
    if len(text) > MAX_TEXT:
        return Reading(refused="too-long")
    words = re.findall(r"[a-z0-9]+", fold(text).replace("'", ""))
    joined = "".join(words)
    if joined in tables.NO_FIXED_ABODE:
        return Reading(refused="no-fixed-abode")
    if joined in tables.PLACE_PLACEHOLDERS:
        return Reading(refused="placeholder")
    value = " ".join(words)
    return Reading(value) if len(value) <= MAX_VALUE else Reading(refused="too-long")


def dwelling(address: str) -> str:
    """Return house number and phonetic code of the longest word of a normalised address, or "".

    "77 kingsmill street" gives "77 K525".  The number is the first run of digits at the start of a word;
    of words equally long the first counts; a word is a run of letters.  Without a number or a word of at
    least two letters there is no dwelling.
    """
    number = _NUMBER.search(address)
    word = max(_LETTERS.findall(address), key=len, default="")
    return f"{number[0]} {soundex(word)}" if number and len(word) > 1 else ""
