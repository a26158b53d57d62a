"""What a column's values look like, whatever its heading says: checked numbers, postcodes, dates, codes."""

import datetime as dt
from collections.abc import Callable, Sequence

from cli.sources.codes import CODES, NO_VALUE, YES_NO, code_key
from linkage.encode.dates import parse_date
from linkage.encode.numbers import read_nhs_number, read_upn
from linkage.encode.places import read_postcode

__all__ = ["LIKENESSES", "MOST_SAMPLES", "is_like", "samples"]

MOST_SAMPLES = 400
_ENOUGH = 0.8
_LAST_DAY = dt.date(2100, 1, 1)


def samples(values: Sequence[str]) -> list[str]:
    """Return the values that say something, so many at most, from all over the column."""
    filled = [value for value in values if code_key(value) not in NO_VALUE]
    step = max(1, len(filled) // MOST_SAMPLES)
    return filled[::step][:MOST_SAMPLES]


def _is_date(text: str) -> bool:
    birth = parse_date(text, "dmy", today=_LAST_DAY)
    other = parse_date(text, "mdy", today=_LAST_DAY)
    return any(one.year and one.month and not one.refused for one in (birth, other))


def _is_coded(field: str) -> Callable[[str], bool]:
    return lambda text: code_key(text) in CODES[field]


LIKENESSES: dict[str, Callable[[str], bool]] = {
    "nhs_number": lambda text: bool(read_nhs_number(text).value),
    "upn": lambda text: bool(read_upn(text).value),
    "postcode": lambda text: bool(read_postcode(text).value),
    "date": _is_date,
    "kind": _is_coded("kind"),
    "sex": _is_coded("sex"),
    "yes or no": lambda text: code_key(text) in YES_NO,
}
"""By name, how to tell whether one value is of that kind."""


def is_like(values: Sequence[str], kind: str) -> bool:
    """Tell whether nearly all of a column's values are of a kind; a column without values is of none."""
    found = samples(values)
    like = sum(map(LIKENESSES[kind], found))
    return bool(found) and like >= _ENOUGH * len(found)
