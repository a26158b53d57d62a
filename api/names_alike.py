"""Whether two names may be one person's: names written out, and accounts as departments make them.

An account is made of a name in a few usual ways: ``p.smith``, ``psmith``, ``smithp``, ``pauls``,
``paulsmith2``, ``adm-psmith``; people are called Bob and sign as Robert; and letters of another alphabet look
like ours.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import product
from typing import Final

from anyascii import anyascii

from api.short_names import one_forename
from linkage.wire.cards import heard_name

__all__ = ["letters_of", "look_like_one", "may_be_one"]

Words = tuple[str, ...]

_NOBODYS: Final = frozenset({"adm", "admin", "ext", "priv"})
"""What is put before or behind somebody's name, for a second account."""

_PAIRS: Final = """
    аa бb вb гr еe ёe нh іi їi кk мm оo пn рp сc тt уy хx ьb ѕs јj ԁd һh ԛq ԝw ӏl
    αa βb γy εe ηn ιi κk νv οo ρp σo τt υu χx ωw ϲc ϳj
"""
_LOOK: Final[Mapping[int, str]] = {ord(pair[0]): pair[1] for pair in _PAIRS.split()}
"""Letters of other alphabets that look like ours, small ones; what looks like nothing of ours is heard."""

_DIGITS: Final = (
    str.maketrans(dict.fromkeys("0123456789")),
    str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", **dict.fromkeys("2689")}),
    str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", **dict.fromkeys("2689")}),
)
"""Digits are left out, or stand for letters."""

_VOWELS: Final = frozenset("aeiouy")
_MOST_WORDS: Final = 6
_WHOLE_OF_ONE: Final = 4
"""So many letters at least say that two names without spaces begin alike."""


def may_be_one(one: str, other: str) -> bool:
    """Say whether two names may be one person's: ``paul``, ``p.s`` and Paul Smith may.

    Every word of the shorter name is one of the longer, a short form of it, or its first letter.  What it
    takes for one and is two has to be told apart by names; what it took for two and is one could approve its
    own work.
    """
    return letters_of(one) == letters_of(other) or _alike(*sorted((one, other)), enough=True)


def look_like_one(one: str, other: str) -> bool:
    """Say whether two names may be one person's by more than initials: a whole word is in both.

    For refusing somebody an account that is narrow enough; ``may_be_one`` is for refusing an approval.
    """
    return letters_of(one) == letters_of(other) or _alike(*sorted((one, other)), enough=False)


def letters_of(name: str) -> str:
    """Return the letters and digits of a name as it is heard, without accents."""
    return "".join(letter for letter in _plain(name) if letter.isalnum())


@lru_cache(maxsize=4096)
def _alike(one: str, other: str, *, enough: bool) -> bool:
    """Compare every reading of two names; ``enough``: initials are."""
    return any(
        _alike_read(left, right, enough=enough) for left, right in product(_spelled(one), _spelled(other))
    )


def _alike_read(left: Words, right: Words, *, enough: bool) -> bool:
    if any(_fits(*pair, strong=enough) for pair in product(_joined(left), _joined(right))):
        return True
    for apart, words in ((left, right), (right, left)):
        whole = [one for one in _joined(words) if len(one) > 1]
        # Initials count where the other name has as many: "al" is Al, and not Lee.
        initials = ((a, b) for a, b in product(_initials(apart), whole) if len(a) <= len(b))
        cut = ((a, b) for a, b in product(_cut(apart), whole) if len(a) <= len(b))
        if any(_fits(*pair, strong=enough) for pair in initials) or any(
            _fits(*pair, cut=True) for pair in cut
        ):
            return True
    if len(left) > 1 or len(right) > 1:
        return False
    singles = product([left, *_cut(left)], [right, *_cut(right)])
    return any(_fits(*pair, cut=True, whole=_WHOLE_OF_ONE) for pair in singles)


def _spelled(name: str) -> Iterator[Words]:
    """Yield the words of a name in small letters of ours, each way in which it can be read once."""
    plain = _plain(name)
    letters = (anyascii(plain.translate(_LOOK)), anyascii(plain))
    read = {_words(one.lower().translate(digits)) for one in letters for digits in _DIGITS}
    yield from sorted(read | {tuple(map(_without_digraphs, words)) for words in read})


def _words(plain: str) -> Words:
    cut = "".join(letter if letter.isalpha() else " " for letter in plain.replace("'", "")).split()
    named = [one for one in cut if one not in _NOBODYS] or cut
    half = _MOST_WORDS // 2
    some = named if len(named) <= _MOST_WORDS else [*named[:half], *named[-half:]]
    return tuple(some)


def _without_digraphs(word: str) -> str:
    """Let Mueller be Muller, as Müller is without its dots."""
    for pair in ("ae", "oe", "ue", "aa"):
        word = word.replace(pair, pair[0])
    return word


def _joined(words: Words) -> Iterator[Words]:
    """Yield the words, the ways to write some of them as one, and those that are initials as one."""
    yield words
    size = len(words)
    for at in range(size - 1 if size > 2 else 0):
        yield (*words[:at], words[at] + words[at + 1], *words[at + 2 :])
        yield "".join(words[: at + 1]), "".join(words[at + 1 :])
    for at, word in enumerate(words):
        if size > 1 and 1 < len(word) <= 3 and _speechless(word):
            yield (*words[:at], word[0], *words[at + 1 :])


def _initials(words: Words) -> Iterator[Words]:
    """Yield the words with a short one taken for initials: ``aj.smith``."""
    for at, word in enumerate(words):
        if len(words) > 1 and 1 < len(word) <= 3:
            yield (*words[:at], *word, *words[at + 1 :])


def _cut(words: Words) -> Iterator[Words]:
    """Yield the ways to cut a name of one word into a forename and a surname, or initials and a surname."""
    if len(words) != 1:
        return
    (word,) = words
    for at in range(1, len(word)):
        yield word[:at], word[at:]
    if len(word) > 4:
        yield word[0], word[1], word[2:]
        yield word[:-2], word[-2], word[-1]
        if _speechless(word[:2]):
            yield word[0], word[2:]
        if _speechless(word[-2:]):
            yield word[:-2], word[-2]


def _speechless(word: str) -> bool:
    return _VOWELS.isdisjoint(word)


def _fits(one: Words, other: Words, *, strong: bool = False, cut: bool = False, whole: int = 2) -> bool:
    """Say whether every word of the shorter name is in the longer, and one of them by ``whole`` letters."""
    shorter, longer = sorted((one, other), key=len)
    if not shorter:
        return strong
    for at, word in enumerate(longer):
        same = _same(shorter[0], word, cut=cut, whole=whole)
        rest = longer[:at] + longer[at + 1 :]
        if same is not None and _fits_rest(shorter[1:], rest, strong or same, cut, whole):
            return True
    return False


def _fits_rest(shorter: Words, longer: Words, strong: bool, cut: bool, whole: int) -> bool:  # noqa: FBT001
    return strong if not shorter else _fits(shorter, longer, strong=strong, cut=cut, whole=whole)


def _same(one: str, other: str, *, cut: bool, whole: int) -> bool | None:
    """Return None for two words that differ, False for those that agree by little, True by a whole word."""
    if one == other:
        return len(one) >= whole
    if one_forename(one, other):
        return True
    short, long = sorted((one, other), key=len)
    if not long.startswith(short) or (len(short) > 1 and not cut):
        return None
    return len(short) >= _WHOLE_OF_ONE


def _plain(name: str) -> str:
    """Return a name as it is heard, without accents."""
    apart = unicodedata.normalize("NFKD", heard_name(name))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
