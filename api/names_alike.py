"""Whether two names may be one person's."""

import re
import unicodedata
from collections import Counter

from linkage.wire.cards import heard_name

__all__ = ["letters_of", "look_like_one", "may_be_one"]

_WORD = re.compile(r"[^\W\d_]+")


def may_be_one(one: str, other: str) -> bool:
    """Say whether two names may be one person's: ``paul``, ``p.smith`` and Paul Smith may.

    Every word of the shorter name is one of the longer, or the first letter of one.  What it takes for one
    and is two has to be told apart by names; what it took for two and is one could approve its own work.
    """
    shorter, longer = sorted((_words(one), _words(other)), key=len)
    if letters_of(one) == letters_of(other):
        return True
    both = Counter(shorter) & Counter(longer)
    rest, left = list((Counter(shorter) - both).elements()), list((Counter(longer) - both).elements())
    for word in sorted(rest, key=len, reverse=True):  # letters last: they fit most
        same = next((known for known in left if known[0] == word[0] and 1 in {len(word), len(known)}), None)
        if same is None:
            return False
        left.remove(same)
    return True


def look_like_one(one: str, other: str) -> bool:
    """Say whether two names may be one person's by more than initials: a whole word is in both.

    For refusing somebody an account that is narrow enough; ``may_be_one`` is for refusing an approval.
    """
    if letters_of(one) == letters_of(other):
        return True
    return may_be_one(one, other) and any(len(word) > 1 for word in {*_words(one)} & {*_words(other)})


def _plain(name: str) -> str:
    """Return a name as it is heard, without accents."""
    apart = unicodedata.normalize("NFKD", heard_name(name))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def letters_of(name: str) -> str:
    """Return the letters and digits of a name as it is heard, without accents."""
    return "".join(letter for letter in _plain(name) if letter.isalnum())


def _words(name: str) -> list[str]:
    return _WORD.findall(_plain(name))
