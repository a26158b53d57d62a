"""Pseudonyms as people write and read them: typed, in groups of four, with check characters.

``REG1-7KWX-2M4C-…``: three letters name the kind of audience, a number the generation of its key, five
groups of four the pseudonym and, last, two check characters.  The 23 letters and digits are those of which
no two look alike and no word can be made.  The check is the pure system of ISO/IEC 7064 with two check
characters (as its MOD 97-10, for 10 symbols, and 1271-36, for 36), with radix 23 and the prime modulus 521:
a change is missed only if it is a multiple of 521.  One wrong character changes the number by d · 23^i with
d < 23, a swap of neighbours by 22 · d · 23^i: neither ever is.  Kind and generation are leading
digits under the check.
"""

import re
from typing import Final, Literal, NamedTuple, get_args

from linkage.errors import FormatError

__all__ = [
    "ALPHABET",
    "BODY_SYMBOLS",
    "MAX_GENERATION",
    "PREFIXES",
    "AudienceKind",
    "Pseudonym",
    "check_number",
    "read_pseudonym",
    "write_pseudonym",
]

AudienceKind = Literal["operator", "governance", "research", "statistics"]

PREFIXES: Final[dict[AudienceKind, str]] = {
    "operator": "REG",
    "governance": "GVN",
    "research": "RSC",
    "statistics": "STA",
}
"""Any two differ in two places at least, and none is another with two letters swapped."""

ALPHABET: Final = "23456789CFHJKLMNPRTVWXY"
"""Without 0 1 D I O Q, B S Z G (8 5 2 6), and without vowels."""

BODY_SYMBOLS: Final = 18
"""23^18 is a little more than 2^81."""

MAX_GENERATION: Final = 99
_MODULUS: Final = 521
_CHECKS: Final = 2
_GROUP: Final = 4
_LENGTH: Final = BODY_SYMBOLS + _CHECKS
_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()}
_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2015]+")  # what editors and telephones make of a hyphen or space
_WRITTEN: Final = re.compile(rf"([A-Z]{{3}})([1-9][0-9]?)([{ALPHABET}]{{{_LENGTH}}})", re.ASCII)


class Pseudonym(NamedTuple):
    """What a pseudonym says of itself: for whom, of which generation, and the number that it stands for."""

    kind: AudienceKind
    generation: int
    number: int


def check_number(number: int, *, radix: int = len(ALPHABET), modulus: int = _MODULUS) -> int:
    """Return what two check characters must spell after ``number``, so that the whole leaves 1 (ISO 7064)."""
    return (1 - number * radix**_CHECKS) % modulus


def write_pseudonym(pseudonym: Pseudonym) -> str:
    """Write a pseudonym in groups of four; raises :class:`ValueError` for what has no written form."""
    if not 1 <= pseudonym.generation <= MAX_GENERATION:
        raise ValueError("a generation is written with one or two digits")
    if not 0 <= pseudonym.number < len(ALPHABET) ** BODY_SYMBOLS:
        raise ValueError("a pseudonym is too large to be written")
    check = check_number(_checked_number(pseudonym))
    body = _symbols(pseudonym.number, BODY_SYMBOLS) + _symbols(check, _CHECKS)
    groups = (body[place : place + _GROUP] for place in range(0, _LENGTH, _GROUP))
    return "-".join((f"{PREFIXES[pseudonym.kind]}{pseudonym.generation}", *groups))


def read_pseudonym(text: str) -> Pseudonym:
    """Read a pseudonym in any case, with or without spaces and hyphens.

    Raises :class:`FormatError`, which never repeats it, for what is none or fails its check.
    """
    found = _WRITTEN.fullmatch(_BETWEEN.sub("", text).upper()) if text.isascii() or _plain(text) else None
    if found is None or found[1] not in _KINDS:
        raise FormatError(
            "not a pseudonym",
            hint="three letters, a number and five groups of four, such as REG1-7KWX-…; it has no vowels "
            "after the first group, and none of 0 1 B D G Q S Z",
        )
    body = _value(found[3][:BODY_SYMBOLS])
    pseudonym = Pseudonym(_KINDS[found[1]], int(found[2]), body)
    if check_number(_checked_number(pseudonym)) != _value(found[3][BODY_SYMBOLS:]):
        raise FormatError(
            "the pseudonym has a wrong character, or two that changed places",
            hint="compare it letter by letter with where it stands, or have it read out again",
        )
    return pseudonym


def _plain(text: str) -> bool:
    """Say whether nothing but hyphens and spaces of text processors lies outside ASCII."""
    return _BETWEEN.sub("", text).isascii()


def _checked_number(pseudonym: Pseudonym) -> int:
    """Return kind, generation and number as one: what the check characters are of."""
    kind = get_args(AudienceKind).index(pseudonym.kind)
    leading = kind * len(ALPHABET) ** 2 + pseudonym.generation
    return leading * len(ALPHABET) ** BODY_SYMBOLS + pseudonym.number


def _symbols(number: int, count: int) -> str:
    found = ""
    for _ in range(count):
        number, place = divmod(number, len(ALPHABET))
        found = ALPHABET[place] + found
    return found


def _value(symbols: str) -> int:
    value = 0
    for symbol in symbols:
        value = value * len(ALPHABET) + ALPHABET.index(symbol)
    return value
