"""Why a value was refused or is doubtful, and what to do about it; never the value itself."""

from dataclasses import dataclass
from typing import Final

__all__ = ["NO_VIEW", "Notice", "Reading", "Refusal", "notice", "refusal"]

NO_VIEW: Final = "no-view"
"""The reason why a whole record is not encoded: none of its views' salts is complete."""

_REFUSED: Final = {
    "future-date": "the date lies in the future: correct it",
    "implausible-year": "the year lies outside 1900 to 2099: correct it",
    "impossible-date": "there is no such day in the calendar: correct it",
    "no-fixed-abode": "nothing to mend: no fixed abode is not a place to link by",
    "no-letters": "the value holds no letter: enter the name or leave the cell empty",
    "not-a-date": "write dates as 31/12/2009 or 2009-12-31",
    "not-a-phone-number": "enter 7 to 15 digits or leave the cell empty",
    "not-a-postcode": "enter one postcode, such as SW1A 1AA, or leave the cell empty",
    "not-a-sex-code": "use M, F or U (or 1, 2)",
    "not-a-upn": "a pupil number has a letter, 11 digits, a digit or letter: check it at the source",
    "not-an-nhs-number": "an NHS number has 10 digits: check it at the source",
    "placeholder": "the value stands for not known: enter the real one or leave the cell empty",
    "placeholder-date": "the date stands for not known: enter the real one or leave the cell empty",
    "pseudo-postcode": "nothing to mend: ZZ99 codes stand for no fixed abode, abroad or not known",
    "title-only": "the value is a title: enter the name or leave the cell empty",
    "too-long": "the value is too long for its field: check the mapping of columns",
    "wrong-check-digit": "one of the digits is wrong: check it at the source; it is not used",
    "wrong-check-letter": "a letter or digit is wrong: check it at the source; it is not used",
}

_NOTICED: Final = {
    "age-only": "an age is not a date of birth: the record goes to the uncertain tier without one",
    "birth-uncertain": "marked as uncertain by the source: the record goes to the uncertain tier",
    "day-month-swapped": "read in the only order that gives a date: check the column's date order",
    "excel-serial": "a day number of a spreadsheet was read as a date: check that it is one",
    "first-of-january": "usually a placeholder: only the year is used, in the uncertain tier",
    "impossible-day": "the month has no such day: only year and month are used; correct the day",
    "mojibake-repaired": "the file was read in the wrong character set: export it as UTF-8",
    "not-a-uk-postcode": "does not have the form of a United Kingdom postcode: check it",
    "partial-date": "day or month is missing: the record goes to the uncertain tier",
    "placeholder-day": "the day is a placeholder: it is left out, in the uncertain tier",
    "several-postcodes": "the first is used: each other one is encoded as another set of identifiers",
    "temporary-upn": "a temporary pupil number: replace it when the permanent one is known",
    "two-digit-year": "00 to 49 is read as 2000 to 2049, 50 to 99 as 1950 to 1999: check the century",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that is not used: the field of :class:`Identifiers`, a reason code, and what to do."""

    field: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A value that is used but doubtful: the field of :class:`Identifiers`, a reason code, and what to do."""

    field: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True, repr=False)
class Reading:
    """What normalisation made of one text: a value ("" for none), or a reason for refusal; and notices."""

    value: str = ""
    refused: str = ""
    noticed: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Reading, {self.refused or 'value withheld'}>"


def refusal(field: str, reason: str) -> Refusal:
    """Return the refusal of a field's value for one of the reasons that docs/spec/encoding-1.md lists."""
    return Refusal(field, reason, _REFUSED[reason])


def notice(field: str, reason: str) -> Notice:
    """Return the notice on a field's value for one of the reasons that docs/spec/encoding-1.md lists."""
    return Notice(field, reason, _NOTICED[reason])
