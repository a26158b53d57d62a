"""Sources' own codes and words, read into the coarse codes that may travel in clear.

These maps hold for every source; a mapping adds to them or overrides them.  What neither knows becomes
``unknown`` and is reported, so that nothing is guessed silently and no free text can travel.
"""

import re
from collections.abc import Mapping
from typing import get_args

from linkage.wire.codes import HarmCode, LegalStatus, PlacementProvider, ReasonCode

__all__ = ["CODES", "NO_VALUE", "PLACEMENTS", "YES_NO", "code_key", "ethnicity_groups", "says_open"]

NO_VALUE = frozenset(
    ("", "-", "?", "n/a", "na", "n/k", "nk", "none", "null", "not known", "not recorded", "unknown")
)
"""What sources write where they have nothing to write."""

_OPEN = frozenset(
    (
        *("open", "still open", "ongoing", "on going", "current", "present", "to date", "continuing"),
        *("still missing", "currently missing", "still absent", "still away", "still out", "outstanding"),
        *("still outstanding", "not found", "not yet found", "not returned", "not yet returned", "not ended"),
        *("missing still", "remains missing", "has not returned", "not located", "yet to return"),
    )
)
"""What people write for an end that has not come; a child who is still missing must not be lost for it."""

YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("y", "yes", "true", "t", "1"), True),
    **dict.fromkeys(("n", "no", "false", "f", "0"), False),
}

PLACEMENTS = frozenset(
    (
        *("A3", "A4", "A5", "A6", "H5", "K1", "K2", "K3", "P1", "P2", "P3", "R1", "R2", "R3", "R5", "S1"),
        *("T0", "T1", "T2", "T3", "T4", "U1", "U2", "U3", "U4", "U5", "U6", "Z1", "Z11", "Z12", "Z13", "Z14"),
    )
)
"""Placement codes of the children-looked-after return, older years included; no other code may travel."""


def code_key(text: str) -> str:
    """Return a code as it is compared: without case, and with one space between words."""
    return " ".join(text.casefold().replace("_", " ").split())


def _codes(**words: str) -> dict[str, str]:
    """Turn ``code="word, word"`` into a map from word to code; ``__`` in a name stands for a hyphen."""
    pairs = ((word, code) for code, text in words.items() for word in text.split(","))
    return {code_key(word): code.replace("__", "-") for word, code in pairs}


def says_open(text: str) -> bool:
    """Tell whether a cell for an end says in words that there is none yet: ``Still missing!``."""
    return " ".join(re.findall(r"\w+", code_key(text))) in _OPEN


def ethnicity_groups() -> dict[str, str]:
    """Return the map from the codes of the children-looked-after return to the groups that travel."""
    return _codes(
        white="WBRI,WIRI,WOTH,WIRT,WROM,white",
        mixed="MWBC,MWBA,MWAS,MOTH,mixed",
        asian="AIND,APKN,ABAN,AOTH,CHNE,CNHE,asian",
        black="BCRB,BAFR,BOTH,black",
        other="OOTH,other",
        unknown="REFU,NOBT,unknown",
    )


_RISK = _codes(
    high="H,high",
    medium="M,medium,standard",
    low="L,low",
    very__low="VL,very low,very-low",
    no__apparent__risk="NAR,no apparent risk,no-apparent-risk,absent",
)

CODES: Mapping[str, Mapping[str, str]] = {
    "sex": _codes(F="F,2,female,girl", M="M,1,male,boy", U="U,9,unknown,unspecified,indeterminate,not known"),
    "ethnicity": ethnicity_groups(),
    "kind": _codes(
        missing="M,missing,missing from placement,missing person,missing child,missing from home,"
        "missing from care,whereabouts unknown,unknown whereabouts,whereabouts not known,"
        "missing - whereabouts unknown,missing - whereabouts not known",
        away="A,away,away from placement,away without authorisation,"
        "away from placement without authorisation,unauthorised absence,absent,"
        "absent without authorisation,whereabouts known,absent - whereabouts known,"
        "absent whereabouts known,away - whereabouts known",
    ),
    "missing_from": _codes(
        home="home,home address,family home,parental home,own home",
        care="care,placement,care home,childrens home,children's home,residential care,"
        "foster,foster care,foster home",
        supported__accommodation="supported,supported accommodation,supported-accommodation,semi-independent",
        other="other,hospital,school,street,public place,other address",
    ),
    "area": _codes(**{"in": "in,Y,yes,in area,within", "out": "out,N,no,out of area,outside"}),
    "legal_status": {code_key(code): code for code in get_args(LegalStatus)},
    "placement": {code_key(code): code for code in PLACEMENTS},
    "provider": {code_key(code): code for code in get_args(PlacementProvider)},
    "risk_initial": _RISK,
    "risk_highest": _RISK,
    "risk_final": _RISK,
    "outcome": _codes(
        accepted="accepted,accept,Y,yes,completed,done",
        declined="declined,decline,refused,N,no",
        unable="unable,not possible,unable to contact,child not available",
    ),
    "interviewer": _codes(
        independent="independent,independent service",
        dedicated__worker="dedicated worker,dedicated-worker,missing coordinator",
        social__worker="social worker,social-worker,allocated social worker",
        other="other",
    ),
    "reasons": {
        **{code_key(code): code for code in get_args(ReasonCode)},
        **_codes(family__contact="family,family contact", friends="peers", conflict="argument"),
    },
    "harms": {code_key(code): code for code in get_args(HarmCode)},
}
"""For each clear field, from a source's word (as :func:`code_key` writes it) to the code that travels."""
