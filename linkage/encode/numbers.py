"""NHS numbers and unique pupil numbers, each with its check."""

import re
from typing import Final

from stdnum.gb import nhs, upn

from linkage.encode import tables
from linkage.encode.latin import fold, trimmed
from linkage.encode.names import MAX_TEXT
from linkage.encode.reasons import Reading

__all__ = ["read_nhs_number", "read_upn"]

_NHS_NUMBER: Final = re.compile(r"[0-9]{10}")
_UPN: Final = re.compile(r"[A-HJ-NP-RT-Z][0-9]{11}[A-HJ-NP-RT-Z0-9]")
_NO_UPN: Final = re.compile(r"UN[0-9]")
_SPREADSHEET_TAIL: Final = re.compile(r"\.0+\Z")


def read_nhs_number(text: str) -> Reading:
    """Return an NHS number as ten digits: "943 476 5919" gives "9434765919".

    Refused: another number of digits, a wrong check digit, and one digit ten times (its check digit is
    right, and it is what people type in place of a number).  Source: the NHS data dictionary's check, by
    python-stdnum.
    """
    code, refused = _compact(text)
    if refused or not code:
        return Reading(refused=refused)
    if not _NHS_NUMBER.fullmatch(code):
        return Reading(refused="not-an-nhs-number")
    if len(set(code)) == 1:
        return Reading(refused="placeholder")
    return Reading(code) if nhs.checksum(code) == 0 else Reading(refused="wrong-check-digit")


def read_upn(text: str) -> Reading:
    """Return a unique pupil number as thirteen capitals and digits; a temporary one brings a notice.

    The children-looked-after return's codes for "no number", UN0 to UN9, are absent values.  The check
    letter is python-stdnum's; its list of local authorities is not asked, for it lacks those made since
    2009 (Dorset, Cumberland and others), whose pupils' numbers are as good.
    """
    code, refused = _compact(text)
    if refused or not code or _NO_UPN.fullmatch(code):
        return Reading(refused=refused)
    if not _UPN.fullmatch(code):
        return Reading(refused="not-a-upn")
    if upn.calc_check_digit(code[1:]) != code[0]:
        return Reading(refused="wrong-check-letter")
    return Reading(code, noticed=("temporary-upn",) if code[-1].isalpha() else ())


def _compact(text: str) -> tuple[str, str]:
    """Return the capitals and digits of a text, or why there are none."""
    if len(text) > MAX_TEXT:
        return "", "too-long"
    bare = trimmed(text)
    if not bare:
        return "", ""
    code = "".join(filter(str.isalnum, fold(_SPREADSHEET_TAIL.sub("", bare)))).upper()
    if not code or code.lower() in tables.NUMBER_PLACEHOLDERS or set(code) == {"0"}:
        return "", "placeholder"
    return code, ""
