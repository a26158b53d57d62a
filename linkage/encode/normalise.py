"""Normalisation, version 1: raw identifiers to the values that are encoded.

Pure, total and idempotent on any Unicode text.  What is refused is named with a reason and a cure, and never
with its value.  docs/spec/encoding-1.md, section 2, is normative.
"""

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final, NamedTuple

from linkage.encode import tables
from linkage.encode.dates import BirthDate, DateOrder, parse_date
from linkage.encode.identifiers import Identifiers
from linkage.encode.latin import fold
from linkage.encode.names import MAX_TEXT, read_name
from linkage.encode.places import read_postcode, read_words
from linkage.encode.reasons import Notice, Reading, Refusal, notice, refusal
from linkage.profile import Field, Tier

__all__ = ["Normalised", "Normaliser", "normalise"]

_REMEMBERED: Final = 1 << 15
_PLACEHOLDER_DAYS: Final = (1, 15)


@dataclass(frozen=True, slots=True, repr=False)
class Normalised:
    """The values of one set of identifiers as they are encoded, by :data:`linkage.profile.Field`.

    An empty string is an absent value.  ``year`` has four digits, ``month`` and ``day`` two.  ``tier``:
    "uncertain" if the date of birth is a placeholder, a part, an age, or marked so by the source.
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
    tier: Tier = "certain"
    refusals: tuple[Refusal, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __repr__(self) -> str:
        return f"<Normalised, {self.tier}, {len(self.refusals)} refusals>"

    def identifiers(self) -> Identifiers:
        """Return the values as identifiers again; normalising those gives the same values and tier."""
        return Identifiers(
            forename=self.forename,
            surname=self.surname,
            middle_name=self.middle_name,
            date_of_birth="-".join(filter(None, (self.year, self.month, self.day))),
            sex=self.sex,
            postcode=self.postcode,
            address=self.address,
            locality=self.locality,
            phone=self.phone,
            birth_uncertain=self.tier == "uncertain",
        )


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
        remember = lru_cache(maxsize=_REMEMBERED)
        self._readers = tuple(
            (field, remember(partial(_find, field, read)))
            for field, read in _READERS.items()
            if only is None or field in only
        )
        self._find_birth = remember(lambda text, marked: _find_birth(text, marked, date_order, today))

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
        tier: Tier = "uncertain" if birth.uncertain else "certain"
        return Normalised(**values, tier=tier, refusals=refusals, notices=notices)


class _Found(NamedTuple):
    """What one text holds: values by field, and what to say about it."""

    values: Mapping[str, str]
    refusals: tuple[Refusal, ...]
    notices: tuple[Notice, ...]
    uncertain: bool

    def __repr__(self) -> str:
        return "<values withheld>"


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
    code = "".join(filter(str.isalnum, fold(text[:MAX_TEXT])))
    if code in tables.ABSENT_SEXES or not text.strip():
        return Reading()
    value = tables.SEXES.get(code, "")
    return Reading(value) if value else Reading(refused="not-a-sex-code")


def _read_phone(text: str) -> Reading:
    digits = "".join(filter(str.isdigit, fold(text[:MAX_TEXT]).replace("(0)", "")))
    if not text.strip():
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
}
