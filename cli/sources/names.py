"""Names written in one cell: which words are the forename, which the surname."""

import re

__all__ = ["aliases", "parted_forenames", "parted_name"]

_SEVERAL = re.compile(r"\s*[;|/\n]\s*")
_PARTICLES = frozenset(
    (
        *("al", "el", "bin", "ibn", "ben", "bint", "abu", "abd", "van", "von", "der", "den", "de", "da"),
        *("das", "dos", "di", "du", "la", "le", "lo", "los", "mac", "mc", "o", "st", "ten", "ter"),
    )
)

_BEGINNINGS = frozenset(["abd", "abdal", "abdel", "abdul", "abdur", "abdus", "abu", "al", "el", "umm"])
"""First words that are half a forename: without the word after them they name nobody."""


def aliases(text: str) -> tuple[str, ...]:
    """Cut a cell of aliases at semicolons, bars and slashes; a comma belongs to ``Surname, Forename``."""
    return tuple(name for name in _SEVERAL.split(text.strip()) if name)


def parted_name(text: str, *, forename: str, surname: str) -> tuple[str, str]:
    """Part a full name into forename and surname.

    ``forename`` and ``surname`` are the child's principal names: one of them recurring in the alias settles
    where the other begins, and a single word is another forename.  Otherwise the last word, with the
    particles before it, is the surname.
    """
    if "," in text:
        last, _, first = text.partition(",")
        return first.strip(), last.strip()
    words = text.split()
    if len(words) < 2:
        return text.strip(), surname
    known_last, known_first = surname.casefold().split(), forename.casefold().split()
    folded = [word.casefold() for word in words]
    if known_last and len(known_last) < len(words) and folded[-len(known_last) :] == known_last:
        return _joined(words, len(words) - len(known_last))
    if known_first and len(known_first) < len(words) and folded[: len(known_first)] == known_first:
        return _joined(words, len(known_first))
    cut = len(words) - 1
    while cut > 1 and folded[cut - 1].rstrip("'’-") in _PARTICLES:
        cut -= 1
    return _joined(words, cut)


def parted_forenames(text: str) -> tuple[str, str]:
    """Part a cell of all forenames into the first and the rest; ``Abdul Rahman`` stays together."""
    words = text.split()
    cut = 1
    while cut < len(words) and words[cut - 1].casefold().rstrip("-") in _BEGINNINGS:
        cut += 1
    return _joined(words, cut)


def _joined(words: list[str], cut: int) -> tuple[str, str]:
    return " ".join(words[:cut]), " ".join(words[cut:])
