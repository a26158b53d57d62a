"""The encoder's reasons in words for a fix list: what is wrong with a value, and what to do about it."""

from collections.abc import Mapping

__all__ = ["NOTHING_TO_MEND", "cure", "problem"]

NOTHING_TO_MEND = frozenset(
    {
        *("excel-serial", "first-of-january", "no-fixed-abode", "pseudo-postcode", "several-postcodes"),
        "temporary-upn",
    }
)
"""Reasons that are no news to whoever keeps the source, or that nobody there can change."""

_PROBLEMS: Mapping[str, str] = {
    "age-only": "an age in place of a date of birth",
    "future-date": "a date of birth in the future",
    "implausible-year": "not a year in which a child was born",
    "impossible-date": "no such day in the calendar",
    "impossible-day": "no such day in that month; only year and month are used",
    "mojibake-repaired": "characters garbled by a wrong character set",
    "no-letters": "a name without letters",
    "not-a-upn": "not a unique pupil number; it is not used",
    "not-an-nhs-number": "not an NHS number; it is not used",
    "partial-date": "not a whole date of birth",
    "placeholder": "stands for not known",
    "placeholder-date": "a date that stands for not known",
    "title-only": "a title without a name",
    "wrong-check-digit": "an NHS number with a wrong check digit; it is not used",
    "wrong-check-letter": "a unique pupil number with a wrong check letter; it is not used",
}


def problem(reason: str) -> str:
    """Return what is wrong, in words."""
    return _PROBLEMS.get(reason, reason.replace("-", " "))


def cure(hint: str) -> str:
    """Return what to do: the encoder's hints say what is wrong before a colon."""
    return hint.partition(": ")[2] or hint
