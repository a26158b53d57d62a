"""The word tables of normaliser version 1, and a digest that pins them.

Changing any entry changes encodings, so it needs a new normaliser version: the digest is part of the
conformance check, and an agency whose tables (or whose copy of the transliteration library) differ is
refused before it submits anything.
"""

import hashlib
from functools import cache
from typing import Final

import rfc8785

from linkage.encode.latin import APOSTROPHES, DOUBLE_QUOTES, fold
from linkage.encode.nicknames import nicknames_digest

__all__ = [
    "ABSENT_SEXES",
    "APOSTROPHES",
    "ASIDE_LEADS",
    "BIRTH_PLACEHOLDERS",
    "DATE_FILLERS",
    "DOUBLE_QUOTES",
    "FORENAME_PLACEHOLDERS",
    "KNOWN_AS",
    "MONTHS",
    "NAME_PLACEHOLDERS",
    "NAME_SUFFIXES",
    "NOT_NAMES",
    "NO_FIXED_ABODE",
    "NUMBER_PLACEHOLDERS",
    "PLACE_PLACEHOLDERS",
    "SEXES",
    "SLASHED_PLACEHOLDERS",
    "TITLES",
    "TITLES_ALSO_NAMES",
    "tables_digest",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TITLES: Final = _words("mr mrs miss ms mx dr doctor master prof professor rev revd reverend sir cllr")
"""Dropped in front of a name.  "Lady", "Prince" and the like are not here: children bear them as names."""

TITLES_ALSO_NAMES: Final = frozenset(("master",))
"""Titles that are a name when they stand alone; any other title alone is refused."""

NAME_SUFFIXES: Final = _words("jr jnr sr snr esq ii iii")

KNOWN_AS: Final = (
    "also known as",
    "previously known as",
    "formerly known as",
    "known as",
    "preferred name",
    "a k a",
    "a/k/a",
    "k/a",
    "aka",
    "alias",
    "formerly",
    "previously",
    "nee",
)
"""What follows one of these, and stands after a name, belongs into a variant of its own."""

NOT_NAMES: Final = _words(
    """
    twin triplet sibling brother sister mother father mum dad parent parents step stepchild foster fostered
    adopted adoption adoptive birth born deceased died dob male female boy girl he him his she her hers they
    them their trans transgender unborn child children baby confidential alleged unconfirmed confirmed
    unverified verified spelling spelt spelled pronounced disputed duplicate merged closed archived see note
    notes file record ref id case not no do dont contact address name names only possibly probably maybe
    and the of is as now year years yrs aged age older younger elder eldest youngest first second third
    court care order restricted sensitive historical historic old new correct incorrect wrong asylum uasc
    lac cla cin cp known unknown staff number mr mrs
    """
)
"""What stands in brackets beside a name with one of these words is a remark, and no other name."""

ASIDE_LEADS: Final = (
    *("was", "now", "or", "prev", "previous name", "former name", "birth name", "maiden name", "preferred"),
    *("prefers", "pref", "likes to be called", "likes", "goes by", "called", "alt", "alternative", "kna"),
)
"""Besides the words of :data:`KNOWN_AS`, what may stand in brackets before another name."""

SLASHED_PLACEHOLDERS: Final = frozenset(("n/k", "n/a", "u/k", "d/k"))
"""Compared before the slash is dropped: "Na" is a surname, "n/a" is not."""

NAME_PLACEHOLDERS: Final = _words(
    """
    unknown unknwon unkown unk nk notknown namenotknown nameunknown namenotgiven notgiven notstated
    notrecorded notprovided notavailable notapplicable notdisclosed noname nosurname noforename nofirstname
    nolastname nomiddlename none null undefined anonymous anon tbc tba tbd tobeconfirmed tobeadvised refused
    withheld redacted deleted duplicate donotuse unidentified unnamed test testing testrecord dummy
    dummyrecord fnu lnu surname forename firstname lastname
    """
)

FORENAME_PLACEHOLDERS: Final = _words(
    """
    baby babyboy babygirl babymale babyfemale babyone babytwo babya babyb twin twina twinb twinone twintwo
    infant newborn unborn unbornbaby unbornchild child male female boy girl
    """
)
"""Refused as a forename only: Child and Baby are also surnames."""

MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}

DATE_FILLERS: Final = _words(
    """
    st nd rd th of the
    monday mon tuesday tues tue wednesday weds wed thursday thurs thur thu friday fri saturday sat sunday sun
    """
)

BIRTH_PLACEHOLDERS: Final = ("1900-01-01",)
"""Dates that stand for "not known" in whole: refused.  The first of January of other years keeps its year."""

SEXES: Final = dict.fromkeys(("m", "male", "man", "boy", "1"), "m") | dict.fromkeys(
    ("f", "female", "woman", "girl", "2"), "f"
)

ABSENT_SEXES: Final = _words(
    """
    u 0 9 x i unknown indeterminate other notknown notspecified notstated notrecorded nk na none nonbinary
    unspecified notgiven
    """
)
"""Said, but nothing to link by: two "unknown" must not count as agreement."""

PLACE_PLACEHOLDERS: Final = _words(
    """
    unknown nk na none null notknown addressunknown addressnotknown noaddress notgiven notstated notrecorded
    notprovided tbc tba tbd refused withheld redacted confidential
    """
)

NO_FIXED_ABODE: Final = _words(
    """
    nfa nofixedabode nofixedaddress homeless
    """
)

NUMBER_PLACEHOLDERS: Final = _words(
    """
    unknown nk na none null notknown notgiven notstated notrecorded notprovided notapplicable tbc tba tbd
    refused withheld pending awaiting nil test
    """
)

_TRANSLITERATED: Final = (
    (0x00A0, 0x02B0),  # Latin with diacritics, phonetic
    (0x0370, 0x0588),  # Greek, Cyrillic, Armenian
    (0x0590, 0x0700),  # Hebrew, Arabic
    (0x0900, 0x0C00),  # Devanagari to Tamil
    (0x0E00, 0x0E60),  # Thai
    (0x10A0, 0x1380),  # Georgian, Jamo, Ethiopic
    (0x1E00, 0x2000),  # Latin additional, Greek extended
    (0x3041, 0x3100),  # kana
    (0x4E00, 0x9FFD),  # Chinese characters
    (0xFB00, 0xFB50),  # ligatures, Hebrew presentation forms
)
"""Half-open ranges of code points whose folding the digest covers: names' scripts, long in Unicode."""


def tables_digest() -> str:
    """Return SHA-256, in hex, over every table of the normaliser and over how it folds letters.

    The folding part catches another release of the transliteration library, which no version number of
    ours would show.
    """
    tables: dict[str, list[str] | dict[str, str] | dict[str, int] | str] = {
        "absent-sexes": sorted(ABSENT_SEXES),
        "apostrophes": sorted(APOSTROPHES),
        "aside-leads": list(ASIDE_LEADS),
        "birth-placeholders": list(BIRTH_PLACEHOLDERS),
        "date-fillers": sorted(DATE_FILLERS),
        "double-quotes": sorted(DOUBLE_QUOTES),
        "folding": _folding_digest(),
        "forename-placeholders": sorted(FORENAME_PLACEHOLDERS),
        "known-as": list(KNOWN_AS),
        "months": dict(MONTHS),
        "name-placeholders": sorted(NAME_PLACEHOLDERS),
        "name-suffixes": sorted(NAME_SUFFIXES),
        "nicknames": nicknames_digest(),
        "no-fixed-abode": sorted(NO_FIXED_ABODE),
        "not-names": sorted(NOT_NAMES),
        "number-placeholders": sorted(NUMBER_PLACEHOLDERS),
        "place-placeholders": sorted(PLACE_PLACEHOLDERS),
        "sexes": dict(SEXES),
        "slashed-placeholders": sorted(SLASHED_PLACEHOLDERS),
        "titles": sorted(TITLES),
        "titles-also-names": sorted(TITLES_ALSO_NAMES),
    }
    return hashlib.sha256(b"clew/normaliser-tables/1\x00" + rfc8785.dumps(tables)).hexdigest()


@cache
def _folding_digest() -> str:
    digest = hashlib.sha256()
    for first, end in _TRANSLITERATED:
        for point in range(first, end):
            digest.update(f"{point:x} {fold(chr(point))}\n".encode("ascii"))
    return digest.hexdigest()
