"""Normalisation, version 1: raw identifiers to the values that are encoded.

Pure, total and idempotent on any Unicode text.  What is refused is named with a reason and a cure, and never
with its value.  docs/spec/encoding-1.md, section 2, is normative.
"""

import datetime
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final, NamedTuple

from linkage.encode import tables
from linkage.encode.dates import BirthDate, DateOrder, PlainDates, parse_date
from linkage.encode.identifiers import Identifiers
from linkage.encode.latin import fold, is_blank
from linkage.encode.names import MAX_TEXT, read_name
from linkage.encode.numbers import read_nhs_number, read_upn
from linkage.encode.places import read_postcode, read_words
from linkage.encode.reasons import Notice, Reading, Refusal, notice, refusal
from linkage.profile import Field, Tier

__all__ = ["Normalised", "Normaliser", "normalise"]

_REMEMBERED: Final = 1 << 15
_PLACEHOLDER_DAYS: Final = (1, 15)
_NAMES: Final = frozenset({"forename", "surname", "middle_name"})
_LONG_NAME: Final = 40
_FILLERS: Final = ("baby", "x")
"""Beginnings of what may be no name, besides one letter three times."""
_JOINED_NAME: Final = re.compile(r"[a-z]{2,40}(?:[-' ][a-z]{1,40}){1,3}")
"""Words with hyphens, apostrophes and spaces: read as they stand unless some table knows one of them."""
_NO_JOINS: Final = str.maketrans("", "", "-' ")
_WORD: Final = re.compile("[a-z]+")
_PLAIN_POSTCODE: Final = re.compile(r"(?!ZZ99)[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}")
"""A postcode of the United Kingdom in capitals: read as it stands."""


@dataclass(frozen=True, slots=True, repr=False)
class Normalised:
    """The values of one set of identifiers as they are encoded, by :data:`linkage.profile.Field`.

    An empty string is an absent value.  ``year`` has four digits, ``month`` and ``day`` two.  ``tier``:
    "uncertain" if the date of birth is a placeholder, a part, an age, or marked so by the source.
    ``shared_postcode``: the postcode is one that many children share, by the source's word.
    ``refusals`` and ``notices`` name fields of :class:`Identifiers`, never values.
    """

    forename: str = ""
    surname: str = ""
    middle_name: str = ""
    year: str = ""
    month: str = ""
    day: str = ""
    sex: str = ""
    postcode: str = ""
    address: str = ""
    locality: str = ""
    phone: str = ""
    nhs_number: str = ""
    upn: str = ""
    shared_postcode: bool = False
    tier: Tier = "certain"
    refusals: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return f"<Normalised, {self.tier}, {len(self.refusals)} refusals>"

    def told(self, field: Field) -> str:
        """Return the value of a field that tokens tell of: a postcode that many children share only salts."""
        shared = field == "postcode" and self.shared_postcode
        return "" if shared else str(getattr(self, field))

    def identifiers(self) -> Identifiers:
        """Return the values as identifiers again; normalising those gives the same values and tier."""
        return Identifiers(
            forename=self.forename,
            surname=self.surname,
            middle_name=self.middle_name,
            date_of_birth="-".join(filter(None, (self.year, self.month, self._day_written()))),
            sex=self.sex,
            postcode=self.postcode,
            address=self.address,
            locality=self.locality,
            phone=self.phone,
            birth_uncertain=self.tier == "uncertain",
            nhs_number=self.nhs_number,
            upn=self.upn,
            postcode_shared=self.shared_postcode,
        )

    def _day_written(self) -> str:
        # A certain date without a day had one that its month does not have; a part alone would be uncertain.
        return "31" if self.tier == "certain" and self.month and not self.day else self.day


def normalise(
    identifiers: Identifiers, *, date_order: DateOrder = "dmy", today: datetime.date | None = None
) -> Normalised:
    """Normalise one set of identifiers; never raises.

    ``date_order``: of day and month in all-number dates.  ``today``: dates of birth after it are refused.
    """
    return Normaliser(date_order=date_order, today=today)(identifiers)


class Normaliser:
    """Normalises many sets of identifiers and remembers the values it met, up to a bound per field.

    What it remembers lives and dies with the object: a source's names must not outlast their encoding.
    ``only``: the fields to read, the others staying empty; all if it is not given.
    """

    def __init__(
        self,
        *,
        date_order: DateOrder = "dmy",
        today: datetime.date | None = None,
        only: Collection[Field] | None = None,
    ) -> None:
        self.fields: tuple[Field, ...] = tuple(field for field in _READERS if only is None or field in only)
        """The fields that are read, each from the identifier of its name, besides the date of birth."""
        self._date_order: DateOrder = date_order
        self._today = today
        self._plain_dates = PlainDates(date_order, today)
        remember = lru_cache(maxsize=_REMEMBERED)
        self._readers = tuple(
            (field, remember(partial(_find, field, _READERS[field]))) for field in self.fields
        )
        self._find_birth = remember(lambda text, marked: _find_birth(text, marked, date_order, today))

    def read(self, field: Field, texts: Iterable[str]) -> list[str]:
        """Return one field's values as normalising whole sets of identifiers would, remembering nothing.

        Most texts are plain, and most postcodes new: those get what the readers give at a tenth of the cost.
        """
        read = _READERS[field]
        if field == "postcode":
            is_plain = _PLAIN_POSTCODE.fullmatch
            return [text.replace(" ", "") if is_plain(text) else read(text).value for text in texts]
        if field in _NAMES:
            return [_plain_name(text) or read(text).value for text in texts]
        return [read(text).value if text else "" for text in texts]

    def read_births(self, texts: Iterable[str]) -> list[tuple[str, ...]]:
        """Return what :meth:`read_birth` returns for dates that the source does not mark."""
        plain = self._plain_dates.read
        return [plain(text) or self.read_birth(text, uncertain=False) for text in texts]

    def read_birth(self, text: str, *, uncertain: bool) -> tuple[str, str, str, Tier]:
        """Return year, month, day and tier of a date of birth that the source marks uncertain, or not."""
        found = _find_birth(text, uncertain, self._date_order, self._today)
        year, month, day = (found.values[part] for part in ("year", "month", "day"))
        return year, month, day, _tier(found)

    def __call__(self, identifiers: Identifiers) -> Normalised:
        """Normalise one set of identifiers; never raises."""
        birth = self._find_birth(identifiers.date_of_birth, identifiers.birth_uncertain)
        values = dict(birth.values)
        refusals, notices = birth.refusals, birth.notices
        for field, find in self._readers:
            if text := getattr(identifiers, field):
                found = find(text)
                values.update(found.values)
                refusals += found.refusals
                notices += found.notices
        shared = identifiers.postcode_shared and bool(values.get("postcode"))
        return Normalised(
            **values, shared_postcode=shared, tier=_tier(birth), refusals=refusals, notices=notices
        )


class _Found(NamedTuple):
    """What one text holds: values by field, and what to say about it."""

    values: Mapping[str, str]
    refusals: tuple[Refusal, ...]
    notices: tuple[Notice, ...]
    uncertain: bool

    def __repr__(self) -> str:
        return "<values withheld>"


def _words_of_tables() -> frozenset[str]:
    """Return every word that a table of names or placeholders has something to say about."""
    tabled = (getattr(tables, name) for name in tables.__all__ if name.isupper())
    entries = [entry for table in tabled for entry in table if isinstance(entry, str)]
    return frozenset([*entries, *(word for entry in entries for word in _WORD.findall(entry))])


_KNOWN_WORDS: Final = _words_of_tables()


def _plain_name(text: str) -> str:
    """Return the value of a name of mere letters and joins that no table knows, or ""."""
    words = text.lower()
    if text.isalpha() and text.isascii():
        return words if 2 <= len(text) <= _LONG_NAME and _is_plain(words) else ""
    if not (text.isascii() and _JOINED_NAME.fullmatch(words)):
        return ""
    name = words.translate(_NO_JOINS)
    return name if _is_plain(name) and _KNOWN_WORDS.isdisjoint(_WORD.findall(words)) else ""


def _is_plain(name: str) -> bool:
    """Tell whether a joined name is in no table, nor begins as what is no name."""
    return not name.startswith(_FILLERS) and name[:1] * 3 != name[:3] and name not in _KNOWN_WORDS


def _tier(found: _Found) -> Tier:
    return "uncertain" if found.uncertain else "certain"


def _found(
    field: str, refused: str, noticed: tuple[str, ...], values: Mapping[str, str], *, uncertain: bool = False
) -> _Found:
    refusals = (refusal(field, refused),) if refused else ()
    return _Found(values, refusals, tuple(notice(field, reason) for reason in noticed), uncertain)


def _find_birth(text: str, marked: bool, order: DateOrder, today: datetime.date | None) -> _Found:  # noqa: FBT001
    birth = parse_date(text, order, today=today)
    if marked:
        birth = _marked_uncertain(birth)
    values = {
        "year": f"{birth.year:04}" if birth.year else "",
        "month": f"{birth.month:02}" if birth.month else "",
        "day": f"{birth.day:02}" if birth.day else "",
    }
    return _found("date_of_birth", birth.refused, birth.noticed, values, uncertain=birth.uncertain)


def _marked_uncertain(birth: BirthDate) -> BirthDate:
    # The 15th is the day that guidance tells councils to write for "not known", and other systems write the
    # 1st; but one child in fifteen is truly born on one of them, so only the source's word drops a day.
    noticed = (*birth.noticed, "birth-uncertain")
    if birth.day in _PLACEHOLDER_DAYS:
        return replace(birth, day=0, uncertain=True, noticed=(*noticed, "placeholder-day"))
    return replace(birth, uncertain=True, noticed=noticed)


def _find(field: str, read: Callable[[str], Reading], text: str) -> _Found:
    reading = read(text)
    return _found(field, reading.refused, reading.noticed, {field: reading.value})


def _read_sex(text: str) -> Reading:
    if len(text) > MAX_TEXT:
        return Reading(refused="too-long")
    code = "".join(filter(str.isalnum, fold(text)))
    if code in tables.ABSENT_SEXES or is_blank(text):
        return Reading()
    value = tables.SEXES.get(code, "")
    return Reading(value) if value else Reading(refused="not-a-sex-code")


def _read_phone(text: str) -> Reading:
    if len(text) > MAX_TEXT:
        return Reading(refused="too-long")
    digits = "".join(filter(str.isdigit, fold(text).replace("(0)", "")))
    if is_blank(text):
        return Reading()
    for prefix in ("0044", "44"):
        if digits.startswith(prefix) and len(digits) - len(prefix) in (9, 10):
            digits = "0" + digits.removeprefix(prefix)
    if not 7 <= len(digits) <= 15 or len(set(digits)) == 1:
        return Reading(refused="not-a-phone-number")
    return Reading(digits)


_READERS: Final[Mapping[Field, Callable[[str], Reading]]] = {
    "forename": partial(read_name, forename=True),
    "surname": read_name,
    "middle_name": read_name,
    "sex": _read_sex,
    "postcode": read_postcode,
    "address": read_words,
    "locality": read_words,
    "phone": _read_phone,
    "nhs_number": read_nhs_number,
    "upn": read_upn,
}
