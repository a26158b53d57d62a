"""American Soundex, as the United States National Archives describe it."""

from typing import Final

__all__ = ["soundex"]

_CODES: Final = {
    letter: code
    for code, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}
_DIGITS: Final = 3


def soundex(word: str) -> str:
    """Return the Soundex code of a word of letters a to z ("robert" gives "R163"), or "" for no letters.

    Letters with one code next to each other count once, also across h and w and with the first letter;
    a vowel (a, e, i, o, u, y) between them separates.
    """
    if not word:
        return ""
    digits = ""
    last = _CODES.get(word[0], "")
    for letter in word[1:]:
        code = _CODES.get(letter, "")
        if code and code != last:
            digits += code
            if len(digits) == _DIGITS:
                break
        if letter not in "hw":
            last = code
    return word[0].upper() + digits.ljust(_DIGITS, "0")
