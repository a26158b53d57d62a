"""The ways in which a clerk writes a name differently; each returns None where a name has no such way."""

import unicodedata
from collections.abc import Callable

from linkage.lab.draws import Draws
from linkage.lab.name_variants import NICKNAMES, SPELLINGS

__all__ = [
    "Edit",
    "half",
    "initial",
    "joined",
    "mojibake",
    "nickname",
    "particle",
    "prefix",
    "respelling",
    "typo",
    "without_diacritics",
]

Edit = Callable[[str, Draws], str | None]

_BASE_LETTERS = str.maketrans("łŁđĐøØıßŠ", "lLdDoOisS")
_NEIGHBOURS = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo",
    "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "w", "r": "et",
    "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_SOUNDS = (
    ("ph", "f"), ("ck", "k"), ("ie", "ei"), ("ei", "ie"), ("ey", "y"), ("y", "ie"), ("ll", "l"), ("tt", "t"),
    ("nn", "n"), ("ss", "s"), ("rr", "r"), ("c", "k"), ("k", "c"), ("sh", "ch"), ("gh", "g"), ("ae", "e"),
    ("oo", "u"), ("ou", "oo"), ("ea", "ee"), ("ee", "ea"), ("s", "z"), ("z", "s"), ("l", "ll"), ("n", "nn"),
    ("t", "tt"), ("e", ""), ("i", "y"), ("a", "e"), ("u", "o"),
)  # fmt: skip
_PARTICLES = ("al-", "el-", "el ", "bin ", "ben ", "da ", "de ", "dos ", "st ", "jean-", "d'")
_VOWELS = "aeiouy"


def without_diacritics(name: str) -> str:
    """A name as a system without diacritics holds it."""
    decomposed = unicodedata.normalize("NFD", name.translate(_BASE_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def mojibake(name: str) -> str:
    """A name whose UTF-8 bytes were read as Windows-1252."""
    return unicodedata.normalize("NFC", name).encode().decode("cp1252", errors="replace")


def nickname(name: str, draws: Draws) -> str | None:
    """A nickname in use for a forename; a first syllable where the lists have none."""
    known = NICKNAMES.get(name)
    if known:
        return draws.pick(known)
    plain = name.split("-")[0]
    for place in range(2, len(plain) - 2):
        if plain[place] not in _VOWELS and plain[place - 1] in _VOWELS:
            return plain[: place + 1]
    return None


def respelling(name: str, draws: Draws) -> str | None:
    """Another spelling or transliteration of a name, or of one part of it."""
    known = SPELLINGS.get(name)
    if known:
        return draws.pick(known)
    if name.lower().startswith("abdul") and len(name) > 7:
        return draws.pick(
            ("Abdul " + name[5:].strip("- ").capitalize(), "Abdul" + name[5:].strip("- ").lower())
        )
    return None


def joined(name: str, draws: Draws) -> str | None:
    """A hyphen or space lost, or the one for the other."""
    for mark, other in (("-", " "), (" ", "-")):
        if mark in name:
            first, _, second = name.partition(mark)
            return draws.pick((first + other + second, first + second.lower()))
    return None


def half(name: str, draws: Draws) -> str | None:
    """One half of a double name."""
    for mark in ("-", " "):
        if mark in name:
            first, _, second = name.partition(mark)
            return (
                draws.pick((first, second))
                if min(len(first), len(second)) > 2
                else max(first, second, key=len)
            )
    return None


def prefix(name: str, draws: Draws) -> str | None:
    """O', Mc and Mac written in another of their ways."""
    if name.startswith("O'"):
        return draws.pick(("O" + name[2:], "O " + name[2:], "O" + name[2:].lower(), name[2:]))
    for start, other in (("Mac", "Mc"), ("Mc", "Mac")):
        rest = name.removeprefix(start)
        if rest != name and rest[:1].isupper():
            return draws.pick((other + rest, f"{start} {rest}", start + rest.lower(), other + rest.lower()))
    return None


def particle(name: str, draws: Draws) -> str | None:
    """A particle such as al-, bin or da dropped, joined or changed."""
    lowered = name.lower()
    for start in _PARTICLES:
        if lowered.startswith(start) and len(name) > len(start) + 2:
            rest = name[len(start) :]
            word = start.strip("- '").capitalize()
            return draws.pick((rest, word + rest.lower(), f"{word} {rest}", f"{word}-{rest}"))
    return None


def initial(name: str, draws: Draws) -> str | None:
    """The initial alone."""
    return draws.pick((name[0], name[0] + "."))


def typo(name: str, draws: Draws) -> str:
    """A slip of the finger or of the ear; always another string."""
    for _ in range(8):
        changed = draws.pick((_sound, _slip, _doubled, _dropped, _transposed))(name, draws)
        if changed.casefold() != name.casefold():
            return changed
    return name + name[-1]


def _sound(name: str, draws: Draws) -> str:
    heard, written = draws.pick(_SOUNDS)
    place = name.find(heard, 1)
    return name if place < 0 else name[:place] + written + name[place + len(heard) :]


def _slip(name: str, draws: Draws) -> str:
    place = draws.between(1, len(name) - 1)
    neighbours = _NEIGHBOURS.get(name[place : place + 1])
    return name[:place] + draws.pick(neighbours) + name[place + 1 :] if neighbours else name


def _doubled(name: str, draws: Draws) -> str:
    place = draws.between(1, len(name) - 1)
    return name[: place + 1] + name[place:].lower()


def _dropped(name: str, draws: Draws) -> str:
    place = draws.between(1, len(name) - 1)
    return name[:place] + name[place + 1 :] if len(name) > 3 else name


def _transposed(name: str, draws: Draws) -> str:
    place = draws.between(1, len(name) - 2)
    return name[:place] + name[place + 1 : place + 2] + name[place : place + 1] + name[place + 2 :]
