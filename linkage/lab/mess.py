"""How an agency writes down a child: the identifiers as its own system holds them."""

import datetime as dt
from dataclasses import dataclass

from linkage.lab.agencies import Agency, Country
from linkage.lab.care import CareSpell
from linkage.lab.draws import Draws, Weighted
from linkage.lab.households import Child, draw_address
from linkage.lab.misspell import (
    Edit,
    half,
    initial,
    joined,
    mojibake,
    nickname,
    particle,
    prefix,
    respelling,
    typo,
    without_diacritics,
)
from linkage.lab.names import NameBook
from linkage.lab.rates import Rates, per_record

__all__ = ["NO_FIXED_ABODE", "Clerk", "Recorded"]

NO_FIXED_ABODE = "ZZ99 3VZ"

_SURNAME_EDITS: tuple[tuple[Edit, float], ...] = (
    (joined, 0.5), (half, 0.6), (prefix, 0.7), (particle, 0.7), (respelling, 0.5),
)  # fmt: skip
_FORENAME_EDITS: tuple[tuple[Edit, float], ...] = (
    (joined, 0.4), (half, 0.4), (respelling, 0.6), (initial, 0.10),
)  # fmt: skip
_OTHER_SURNAME = 0.5
_BOTH_SURNAMES = 0.15
_DATE_PARTS = Weighted((("day", 0.42), ("month", 0.22), ("year", 0.29), ("swap", 0.07)))
_PLACEHOLDERS = Weighted((("15", 0.40), ("01/01", 0.35), ("1", 0.25)))
_ADDRESSES = Weighted((("placement", 0.60), ("former", 0.25), ("slip", 0.15)))
_SAME_WRONG_ADDRESS = 0.40
_SWAPS_WHERE_SURNAME_COMES_FIRST = 5
_NO_ABODE_UASC = 8
_SEX_WITH_FORENAME = 0.15
_SEX_UNKNOWN = 0.3
_OTHER_ETHNICITIES = ("WBRI", "WOTH", "MOTH", "AOTH", "BOTH", "OOTH", "NOBT", "REFU")
_DIGITS_BESIDE = {
    "0": "19",
    "1": "02",
    "2": "13",
    "3": "24",
    "4": "35",
    "5": "46",
    "6": "57",
    "7": "68",
    "8": "79",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A child as one record of one agency has them; any text may be blank."""

    forename: str
    middle: str
    surname: str
    alias: str
    born: dt.date
    sex: str
    ethnicity: str
    postcode: str
    address: str


class Clerk:
    """Writes records down, with the errors that rates allow; at rate zero everything as it truly is."""

    def __init__(self, country: Country, rates: Rates, draws: Draws) -> None:
        self.country = country
        self.rates = rates
        self.draws = draws
        self.names = NameBook()
        self.surname_rate = per_record(rates.surname_differs, _OTHER_SURNAME**2 / 2)
        self.forename_rate = per_record(rates.forename_differs, rates.nickname**2 / 2)
        self.swap_rate = per_record(rates.names_swapped)
        self.date_rate = per_record(rates.birth_date_differs)
        self.date_rate_uasc = per_record(rates.birth_date_differs_uasc)
        self.sex_rate = per_record(rates.sex_differs)
        self.address_rate = per_record(rates.postcode_differs, _SAME_WRONG_ADDRESS)
        self.ethnicity_rate = per_record(rates.ethnicity_differs)

    def record(self, child: Child, agency: Agency, spell: CareSpell | None, known: dt.date) -> Recorded:
        """One record; ``known`` is the child's first date in the agency, which no birth date follows."""
        draws, rates = self.draws, self.rates
        sex, forename = self.sex(child)
        forename = self.forename(forename)
        surname = self.surname(child)
        alias = self.alias(child, forename, surname)
        forename, surname, alias, middle = self.lettering(agency, forename, surname, alias, child.middle)
        origin_swaps = _SWAPS_WHERE_SURNAME_COMES_FIRST if child.origin.surname_first else 1
        if draws.chance(self.swap_rate * origin_swaps):
            forename, surname = surname, forename
        absent = draws.chance(rates.middle_name_absent) and not child.canary
        ethnicity = draws.pick(_OTHER_ETHNICITIES) if draws.chance(self.ethnicity_rate) else child.ethnicity
        postcode, address = self.address(child, spell)
        return Recorded(
            forename=forename,
            middle="" if absent else middle,
            surname=surname,
            alias=alias,
            born=self.birth_date(child, known),
            sex=sex,
            ethnicity=ethnicity,
            postcode=postcode,
            address=address,
        )

    def sex(self, child: Child) -> tuple[str, str]:
        """The sex recorded and the forename to start from: a child may be known under another of both."""
        draws = self.draws
        if not draws.chance(self.sex_rate):
            return child.sex, child.forename
        other = "M" if child.sex == "F" else "F"
        if draws.chance(_SEX_WITH_FORENAME):
            return other, self.names.forename(child.origin, other, draws)
        return ("U" if draws.chance(_SEX_UNKNOWN) else other), child.forename

    def forename(self, forename: str) -> str:
        """A forename, changed now and then: half of the changes are nicknames."""
        draws = self.draws
        if not draws.chance(self.forename_rate):
            return forename
        if draws.chance(self.rates.nickname):
            short = nickname(forename, draws)
            if short:
                return short
        return self.changed(forename, _FORENAME_EDITS) or typo(forename, draws)

    def surname(self, child: Child) -> str:
        """A surname, changed now and then: another of the family's, or another way to write it."""
        draws = self.draws
        if not draws.chance(self.surname_rate):
            return child.surname
        changed = self.changed(child.surname, _SURNAME_EDITS)
        if changed:
            return changed
        if draws.chance(_OTHER_SURNAME) and child.other_surname != child.surname:
            both = draws.chance(_BOTH_SURNAMES)
            return f"{child.surname}-{child.other_surname}" if both else child.other_surname
        return typo(child.surname, draws)

    def changed(self, name: str, edits: tuple[tuple[Edit, float], ...]) -> str | None:
        """The first applicable edit, tried in random order, each with its own probability."""
        for edit, probability in self.draws.shuffled(edits):
            if self.draws.chance(probability):
                other = edit(name, self.draws)
                if other and other.casefold() != name.casefold():
                    return other
        return None

    def alias(self, child: Child, forename: str, surname: str) -> str:
        """Another name the child is known by: one word is a forename, more words a full name."""
        draws = self.draws
        wanted = draws.chance(self.rates.alias)
        kind = draws.uniform()
        short = nickname(child.forename, draws) or typo(child.forename, draws)
        if not wanted:
            return ""
        if (forename, surname) != (child.forename, child.surname):
            return f"{child.forename} {child.surname}"
        if kind < 0.35:
            return f"{child.forename} {child.other_surname}"
        return short if kind < 0.75 else f"{short} {child.surname}"

    def lettering(self, agency: Agency, *names: str) -> list[str]:
        """Names in the characters that an agency's system and its exports can hold."""
        lost = self.draws.chance(self.rates.diacritics_lost)
        garbled = self.draws.chance(self.rates.mojibake)
        written = list(names)
        if lost:
            written = [without_diacritics(name) for name in written]
        elif garbled:
            written = [mojibake(name) for name in written]
        if agency.code in self.country.in_capitals:
            written[1] = written[1].upper()
        return written

    def birth_date(self, child: Child, known: dt.date) -> dt.date:
        """A date of birth: right, a placeholder, or wrong in one of its parts."""
        draws, rates = self.draws, self.rates
        held_in_place = draws.chance(
            rates.birth_date_placeholder_uasc if child.uasc else rates.birth_date_placeholder
        )
        wrong = draws.chance(self.date_rate_uasc if child.uasc else self.date_rate)
        if held_in_place:
            written = _placeholder(child.born, draws.weighted(_PLACEHOLDERS))
            return written if written <= known else child.born
        if not wrong:
            return child.born
        for _ in range(20):
            written = _wrong_date(child.born, draws)
            if written != child.born and written <= known:
                return written
        return child.born - dt.timedelta(days=1)

    def address(self, child: Child, spell: CareSpell | None) -> tuple[str, str]:
        """Postcode and address: the home's, another that the child has or had, a slip, or none."""
        draws, rates = self.draws, self.rates
        absent = draws.chance(rates.postcode_absent)
        nowhere = draws.chance(rates.no_fixed_abode * (_NO_ABODE_UASC if child.uasc else 1))
        other = draws.chance(self.address_rate)
        kind = draws.weighted(_ADDRESSES)
        if absent:
            return "", ""
        if nowhere:
            return NO_FIXED_ABODE, ""
        if not other:
            return child.home.postcode, child.home.line
        if kind == "placement" and spell and spell.address.postcode != child.home.postcode:
            return spell.address.postcode, spell.address.line
        if kind == "slip":
            return _slipped(child.home.postcode, draws), child.home.line
        moved = (
            child.former_home if kind == "former" else draw_address(self.country, child.home.council, draws)
        )
        return moved.postcode, moved.line


def _placeholder(born: dt.date, kind: str) -> dt.date:
    if kind == "01/01":
        return born.replace(month=1, day=1)
    return born.replace(day=int(kind))


def _wrong_date(born: dt.date, draws: Draws) -> dt.date:
    part = draws.weighted(_DATE_PARTS)
    year, month, day = born.year, born.month, born.day
    if part == "year":
        year += draws.pick((-1, 1))
    elif part == "swap":
        month, day = day, month
    elif part == "month":
        month = int(_beside(f"{month:02d}", draws))
    else:
        day = int(_beside(f"{day:02d}", draws))
    try:
        return dt.date(year, month, day)
    except ValueError:
        return born


def _beside(digits: str, draws: Draws) -> str:
    place = draws.below(2)
    other = draws.pick(_DIGITS_BESIDE.get(digits[place], "8"))
    return digits[:place] + other + digits[place + 1 :]


def _slipped(postcode: str, draws: Draws) -> str:
    outward, _, inward = postcode.partition(" ")
    other = draws.pick([letter for letter in "ABDEFGHJLNPQRSTUWXYZ" if letter != inward[1]])
    return f"{outward} {inward[0]}{other}{inward[2]}"
