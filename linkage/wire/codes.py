"""The codes that may travel in clear, and no others.

Each is coarse on purpose (ARCHITECTURE.md, "Clear fields"): an age band and never an age, an ethnicity
group and never a 903 code.  Reading a source's own codes into these is the business of the agency side.
"""

from typing import Annotated, Literal

from msgspec import Meta

__all__ = [
    "AgeBand",
    "AgencyCode",
    "AreaCode",
    "AreaFlag",
    "CareStatus",
    "EpisodeKind",
    "EthnicityGroup",
    "Flag",
    "HandleText",
    "HarmCode",
    "Interviewer",
    "LegalStatus",
    "Month",
    "Outcome",
    "PlacementProvider",
    "PlacementType",
    "ReasonCode",
    "RecordVersion",
    "Risk",
    "Role",
    "Sex",
]

HandleText = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
"""A record handle: 16 random bytes in lower-case hex."""

AgencyCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,12}\Z")]
"""An agency's short code, as the operator enrolled it (an ONS code, a force code)."""

AreaCode = Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,12}\Z")]
"""The code of the council whose area it is."""

Month = Annotated[str, Meta(pattern=r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])\Z")]
"""A calendar month of the years 1900 to 2199, as moments are."""

RecordVersion = Annotated[int, Meta(ge=1, le=2**53 - 1)]
"""Grows whenever anything about a record changes."""

Role = Literal["council", "police"]
Sex = Literal["F", "M", "U"]
EthnicityGroup = Literal["white", "mixed", "asian", "black", "other", "unknown"]
AgeBand = Literal["under-1", "1-4", "5-9", "10-15", "16+", "unknown"]
EpisodeKind = Literal["missing", "away"]
"""``missing``: whereabouts not known (903 type M); ``away``: away without authorisation, whereabouts known
(903 type A; police "absent" or no apparent risk)."""

CareStatus = Literal["home", "care", "supported-accommodation", "other", "unknown"]
AreaFlag = Literal["in", "out", "unknown"]
Risk = Literal["high", "medium", "low", "very-low", "no-apparent-risk", "unknown"]
LegalStatus = Literal["C1", "C2", "D1", "E1", "V2", "V3", "V4", "L1", "L2", "L3", "J1", "J2", "J3", "unknown"]
PlacementType = Annotated[str, Meta(pattern=r"^([A-Z][0-9]{1,2}|unknown)\Z")]
PlacementProvider = Literal["PR0", "PR1", "PR2", "PR3", "PR4", "PR5", "unknown"]
Flag = Literal["cse", "cce", "uasc", "trafficking", "repeat"]
Outcome = Literal["accepted", "declined", "unable", "unknown"]
Interviewer = Literal["independent", "dedicated-worker", "social-worker", "other", "unknown"]
ReasonCode = Literal[
    "family-contact", "friends", "placement", "school", "conflict", "exploitation", "substance", "other"
]
HarmCode = Literal["none", "physical", "sexual", "exploitation", "substance", "offending", "other"]
