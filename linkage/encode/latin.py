"""Fold any Unicode text to a small ASCII alphabet, whatever script, fault or keyboard it came from."""

import unicodedata
from typing import Final

from anyascii import anyascii

__all__ = ["fold", "repair_mojibake"]

_APOSTROPHES: Final = frozenset("'`ʹʻʼʽʾʿˈ‘’‚‛′‵＇ߴߵ՚׳Ꞌꞌ")
_QUOTES: Final = frozenset('"“”„‟″‶«»״＂')
_MINUS: Final = "−"
_KEPT: Final = "abcdefghijklmnopqrstuvwxyz0123456789'-/()\""

_ASCII: Final = str.maketrans(
    {chr(code): chr(code).lower() if chr(code).lower() in _KEPT else " " for code in range(128)}
    | {"`": "'", "[": "(", "]": ")"}
)


def fold(text: str) -> str:
    """Return ``text`` in lower-case letters, digits, and ``' - / ( ) "``, with single spaces between words.

    Mojibake is repaired, then the text is decomposed for compatibility (NFKD) and case-folded; letters and
    vowel signs are transliterated (anyascii), combining marks and invisible characters dropped, dashes,
    quotes and apostrophes unified, everything else becomes a space.  Total and idempotent.
    """
    if not text.isascii():
        text = _to_ascii(repair_mojibake(text))
    return " ".join(text.translate(_ASCII).split())


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
    if character in _APOSTROPHES:
        return "'"
    if character in _QUOTES:
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
