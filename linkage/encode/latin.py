"""Fold any Unicode text to a small ASCII alphabet, whatever script, fault or keyboard it came from."""

import unicodedata
from typing import Final

from anyascii import anyascii

from linkage.encode.unicode14 import assigned_only

__all__ = ["APOSTROPHES", "DOUBLE_QUOTES", "fold", "is_blank", "repair_mojibake", "trimmed"]

APOSTROPHES: Final = frozenset(
    "\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u055a\u05f3\u07f4\u07f5\u2018\u2019\u201a\u201b\u2032\u2035\ua78c"
)
DOUBLE_QUOTES: Final = frozenset("\u00ab\u00bb\u05f4\u201c\u201d\u201e\u201f")
"""Those beyond ASCII that a decomposed and case-folded text may have: a double prime is two primes then."""
_MINUS: Final = "−"
_BLANKS: Final = (
    "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""White space, listed: what Python takes for it depends on its Unicode."""
_KEPT: Final = "abcdefghijklmnopqrstuvwxyz0123456789'-/()\""

_ASCII: Final = str.maketrans(
    {chr(code): chr(code).lower() if chr(code).lower() in _KEPT else " " for code in range(128)}
    | {"`": "'", "[": "(", "]": ")"}
)


def fold(text: str) -> str:
    """Return ``text`` in lower-case letters, digits, and ``' - / ( ) "``, with single spaces between words.

    Mojibake is repaired, what Unicode 14.0 does not have becomes a space, then the text is decomposed for
    compatibility (NFKD) and case-folded; letters and vowel signs are transliterated (anyascii), combining
    marks and invisible characters dropped, dashes, quotes and apostrophes unified, everything else becomes a
    space.  Total and idempotent.
    """
    if not text.isascii():
        text = _to_ascii(assigned_only(repair_mojibake(text)))
    return " ".join(text.translate(_ASCII).split())


def trimmed(text: str) -> str:
    """Return a text without the white space around it."""
    return text.strip(_BLANKS)


def is_blank(text: str) -> bool:
    """Return whether a text has nothing but white space."""
    return not trimmed(text)


def repair_mojibake(text: str) -> str:
    """Undo UTF-8 that was read as Windows-1252 ("JosÃ©"), as often as it happened.

    Judged for each run of characters between spaces: one that is valid UTF-8 when written back in
    Windows-1252 is taken for damaged, because such runs do not occur in names.
    """
    return " ".join(_repair_run(run) for run in text.split(" "))


def _repair_run(run: str) -> str:
    while not run.isascii():
        try:
            repaired = b"".join(map(_windows_1252, run)).decode("utf-8")
        except UnicodeError:
            return run
        run = repaired
    return run


def _windows_1252(character: str) -> bytes:
    # The five bytes that the code page leaves open are read as C1 controls by everything that makes
    # mojibake ("Ã\x81" for "Á"), so they must be written back too.
    if "\x80" <= character <= "\x9f":
        return character.encode("latin-1")
    return character.encode("cp1252")


def _to_ascii(text: str) -> str:
    # Folding case can bring back composed characters, hence the second decomposition (Unicode 3.13, D146).
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(map(_transliterate, decomposed))


def _transliterate(character: str) -> str:
    if character.isascii():
        return character
    if character in APOSTROPHES:
        return "'"
    if character in DOUBLE_QUOTES:
        return '"'
    category = unicodedata.category(character)
    if category == "Pd" or character == _MINUS:
        return "-"
    if category == "Cf" or unicodedata.combining(character):
        return ""
    if category[0] in "LM" or category == "Nd":
        # Some letters transliterate to signs (a glottal stop to an apostrophe): only letters count here.
        return "".join(filter(str.isalnum, anyascii(character)))
    return " "
