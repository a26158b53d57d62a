"""Names, down to the letters that two agencies would both write."""

import re
from typing import Final

from linkage.encode import tables
from linkage.encode.latin import fold, is_blank, repair_mojibake
from linkage.encode.reasons import Reading

__all__ = ["MAX_TEXT", "MAX_VALUE", "other_names", "read_name"]

MAX_TEXT: Final = 4096
"""Characters beyond which a text is not looked at: far above any real value, so a broken file is cheap."""

MAX_VALUE: Final = 256
"""Characters beyond which a normalised value is refused; less than MAX_TEXT keeps normalising idempotent."""

_KNOWN_AS: Final = "|".join(map(re.escape, tables.KNOWN_AS))
_TAIL: Final = re.compile(rf"(?<=\S) (?:{_KNOWN_AS}) (?=\S)")
_LEAD: Final = re.compile(rf"^(?:(?:{_KNOWN_AS}|{'|'.join(tables.ASIDE_LEADS)}) )+")
_ASIDE: Final = re.compile(r"""\(([^()]*)(?:\)|$)|"([^"]*)"|(?<!\S)'([a-z][a-z -]*)'(?!\S)""")
_ALTERNATIVE: Final = re.compile(r"(?<=[a-z'] )/[/ ]* |(?<=[a-z'][a-z'])/[/ ]*(?=[a-z'][a-z'])")
_PARENTAGE: Final = re.compile(r"(?<=\S) [dsw]/o \S.*$")
"""Son, daughter or wife of somebody: no name of the child's own."""

_ALTERNATIVE_SIGNS: Final = str.maketrans({";": "/", "|": "/"})
_ORDINAL: Final = re.compile(r"\b[0-9]+(?:st|nd|rd|th)\b")
_WORD_BREAK: Final = re.compile(r"[^a-z']+")
_FILLER: Final = re.compile(r"x+|(.)\1{2,}|babyof.*")
_MOST_WORDS: Final = 4
"""An aside of more words is a remark."""


def read_name(text: str, *, forename: bool = False) -> Reading:
    """Return the letters a to z of a name, joined: "Miss Zoë O'Brien-Al Hassan" gives "zoeobrienalhassan".

    Titles in front, suffixes behind, asides in brackets or quotes, "known as" tails and what follows a slash
    are dropped where a name remains (:func:`other_names` returns the names among them).  The rest is joined
    because spaces, hyphens and apostrophes are what agencies disagree on ("O'Brien", "OBrien", "al-Hassan",
    "Al Hassan", "Alhassan"): joined, they agree, and bigrams forgive the few that differ across a join.
    ``forename``: also refuse what stands for an unnamed child ("baby girl").
    """
    if len(text) > MAX_TEXT:
        return Reading(refused="too-long")
    folded = _folded(text)
    if not folded and is_blank(text):
        return Reading()
    reading = _first(folded, forename=forename)
    if reading.refused or text.isascii() or repair_mojibake(text) == text:
        return reading
    return Reading(reading.value, noticed=("mojibake-repaired",))


def other_names(text: str, *, forename: bool = False) -> tuple[str, ...]:
    """Return the other names that a name's text mentions, folded: "Kate (known as Katy)" gives ("katy",).

    Each where it is first met, of those in brackets or quotes, then after a "known as" word, then after a
    slash.  Brackets that hold a remark ("twin", "deceased", a number, more than four words) give none, nor
    does what :func:`read_name` refuses.
    """
    # One word, as most names are, mentions no other; beyond ASCII letters may be mojibake of spaces.
    if (text.isascii() and text.isalpha()) or len(text) > MAX_TEXT:
        return ()
    folded = _folded(text)
    found: dict[str, str] = {}
    for piece in _others(folded):
        if _names(piece, forename=forename):
            found.setdefault(_value(piece), piece)
    found.pop(_first(folded, forename=forename).value, None)
    return tuple(found.values())


def _folded(text: str) -> str:
    return fold(text.translate(_ALTERNATIVE_SIGNS))


def _first(folded: str, *, forename: bool) -> Reading:
    """Read the first alternative that is a name; what is wrong with the first one if none is."""
    readings = [_read(piece, folded, forename=forename) for piece in _alternatives(folded)]
    return next((one for one in readings if one.value), readings[0])


def _read(piece: str, folded: str, *, forename: bool) -> Reading:
    name = _value(piece)
    refused = _reason_against(folded, name, forename=forename)
    return Reading(refused=refused) if refused else Reading(name)


def _alternatives(folded: str) -> list[str]:
    """Return the alternatives of a text between slashes, without tails and asides where a name remains."""
    if folded.isalpha():
        return [folded]
    bare = _TAIL.split(_without_asides(folded))[0]
    return _ALTERNATIVE.split(bare if _split(bare) else folded)


def _without_asides(folded: str) -> str:
    return _PARENTAGE.sub("", " ".join(_ASIDE.sub(" ", folded).split()))


def _others(folded: str) -> list[str]:
    """Return the pieces that may be other names: asides, tails, then alternatives."""
    bare = _without_asides(folded)
    asides = [next(filter(None, groups), "") for groups in _ASIDE.findall(folded)] if _split(bare) else []
    pieces = [*filter(_is_no_remark, map(_led, asides)), *map(_led, _TAIL.split(bare)[1:])]
    pieces = [part for piece in pieces for part in _TAIL.split(piece)]
    parts = [part for piece in pieces for part in _ALTERNATIVE.split(piece)] + _alternatives(folded)[1:]
    return [part.strip() for part in parts]


def _led(piece: str) -> str:
    """Return a piece without the words that say that a name follows."""
    return _LEAD.sub("", f"{piece.strip()} ", count=1).strip()


def _is_no_remark(aside: str) -> bool:
    return tables.NOT_NAMES.isdisjoint(_split(aside)) and not re.search("[0-9]", aside)


def _names(piece: str, *, forename: bool) -> bool:
    value = _value(piece)
    if len(value) < 2 or len(_split(piece)) > _MOST_WORDS or value in tables.NAME_SUFFIXES:
        return False
    return not _reason_against(piece, value, forename=forename)


def _value(piece: str) -> str:
    if piece.isalpha():
        return piece
    words = _split(_ORDINAL.sub(" ", piece)) or _split(piece)
    while len(words) > 1 and words[0] in tables.TITLES:
        del words[0]
    while len(words) > 1 and words[-1] in tables.NAME_SUFFIXES:
        del words[-1]
    return "".join(words).replace("'", "")


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
