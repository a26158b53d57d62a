"""Names, down to the letters that two agencies would both write."""

import re
from typing import Final

from linkage.encode import tables
from linkage.encode.latin import fold, repair_mojibake
from linkage.encode.reasons import Reading

__all__ = ["MAX_TEXT", "MAX_VALUE", "read_name"]

MAX_TEXT: Final = 4096
"""Characters beyond which a text is not looked at: far above any real value, so a broken file is cheap."""

MAX_VALUE: Final = 256
"""Characters beyond which a normalised value is refused; less than MAX_TEXT keeps normalising idempotent."""

_TAIL: Final = re.compile(rf"(?<=\S) (?:{'|'.join(map(re.escape, tables.KNOWN_AS))}) \S.*$")
_ASIDE: Final = re.compile(r'\([^()]*\)|"[^"]*"')
_WORD_BREAK: Final = re.compile(r"[^a-z']+")
_FILLER: Final = re.compile(r"x+|(.)\1{2,}|babyof.*")


def read_name(text: str, *, forename: bool = False) -> Reading:
    """Return the letters a to z of a name, joined: "Miss Zoë O'Brien-Al Hassan" gives "zoeobrienalhassan".

    Titles in front, suffixes behind, asides in brackets or double quotes and "known as" tails are dropped
    where a name remains.  The rest is joined because spaces, hyphens and apostrophes are what agencies
    disagree on ("O'Brien", "OBrien", "al-Hassan", "Al Hassan", "Alhassan"): joined, they agree, and
    bigrams forgive the few that differ across a join.  ``forename``: also refuse what stands for an unnamed
    child ("baby girl").
    """
    if len(text) > MAX_TEXT:
        return Reading(refused="too-long")
    folded = fold(text)
    if not folded and not text.strip():
        return Reading()
    name = "".join(_words(folded)).replace("'", "")
    refused = _reason_against(folded, name, forename=forename)
    if refused:
        return Reading(refused=refused)
    repaired = not text.isascii() and repair_mojibake(text) != text
    return Reading(name, noticed=("mojibake-repaired",) if repaired else ())


def _words(folded: str) -> list[str]:
    words = _split(_TAIL.sub("", " ".join(_ASIDE.sub(" ", folded).split()))) or _split(folded)
    while len(words) > 1 and words[0] in tables.TITLES:
        del words[0]
    while len(words) > 1 and words[-1] in tables.NAME_SUFFIXES:
        del words[-1]
    return words


def _split(folded: str) -> list[str]:
    return [word for word in _WORD_BREAK.split(folded) if word.strip("'")]


def _reason_against(folded: str, name: str, *, forename: bool) -> str:
    if not name:
        return "no-letters"
    if len(name) > MAX_VALUE:
        return "too-long"
    if name in tables.TITLES and name not in tables.TITLES_ALSO_NAMES:
        return "title-only"
    if folded in tables.SLASHED_PLACEHOLDERS or name in tables.NAME_PLACEHOLDERS:
        return "placeholder"
    if _is_filler(name) or (forename and name in tables.FORENAME_PLACEHOLDERS):
        return "placeholder"
    return ""


def _is_filler(name: str) -> bool:
    return _FILLER.fullmatch(name) is not None
