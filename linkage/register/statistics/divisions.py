"""Every dimension of every table, by name: its codes, their words, and what is part of what."""

from collections.abc import Mapping

from linkage.register.classes import PRECEDENCE
from linkage.register.statistics.durations import DAY_BANDS, DFE_BANDS, HOUR_BANDS, OPEN_BANDS, TIMED_BANDS
from linkage.register.statistics.facts import CARE_NOT_KNOWN, NOT_LOOKED_AFTER
from linkage.register.statistics.interviews import NONE_CODED
from linkage.register.statistics.trees import Division, flat, grouped

__all__ = ["FIXED", "INTERVIEW_PARENTS", "SAME_CODES", "repeats_band"]

_UNKNOWN = {"unknown": "Not known"}

_IN_CARE = {"looked-after": "Looked after"}
_NOT_IN_CARE = {NOT_LOOKED_AFTER: "Not looked after", CARE_NOT_KNOWN: "Not known whether looked after"}
_NOT_COMPLETED = "no-completed-interview"
_COMPLETED = {"completed": "Interview completed"}
_REST = {_NOT_COMPLETED: "No interview completed"}


def _below(parent: str, codes: Mapping[str, str], parents: Mapping[str, str]) -> dict[str, str]:
    """Put codes that have no parent of their own below one."""
    return {code: parents.get(code, parent) for code in codes}


_LEGAL = {
    "care-orders": "Care orders",
    "C1": "C1 interim care order",
    "C2": "C2 full care order",
    "D1": "D1 freeing order",
    "E1": "E1 placement order",
    "V2": "V2 accommodated under section 20",
    "protection": "Child protection and emergency orders",
    "L1": "L1 police protection",
    "L2": "L2 emergency protection order",
    "L3": "L3 child assessment order",
    "youth-justice": "Youth justice",
    "J1": "J1 remanded or committed",
    "J2": "J2 bailed to live in accommodation",
    "J3": "J3 sentenced with residence",
    **_UNKNOWN,
}
_LEGAL_PARENTS = {
    **dict.fromkeys(("C1", "C2"), "care-orders"),
    **dict.fromkeys(("L1", "L2", "L3"), "protection"),
    **dict.fromkeys(("J1", "J2", "J3"), "youth-justice"),
}

_PLACEMENTS = {
    "foster": "Foster placements",
    "childrens-homes": "Children's homes and secure units",
    "supported": "Supported accommodation and independent living",
    "parents": "With parents",
    "adoption": "Placed for adoption",
    "residential-other": "Schools and other residential settings",
    "other-placement": "Other placements",
    **_UNKNOWN,
}
_PLACEMENT_OF = {
    **dict.fromkeys(("U1", "U2", "U3", "U4", "U5", "U6"), "foster"),
    **dict.fromkeys(("K1", "K2"), "childrens-homes"),
    **dict.fromkeys(("K3", "H5", "P2"), "supported"),
    "P1": "parents",
    **dict.fromkeys(("A3", "A4", "A5", "A6"), "adoption"),
    **dict.fromkeys(("R1", "R2", "R3", "R5", "S1"), "residential-other"),
}

_PROVIDERS = {
    "PR0": "PR0 parents or others with parental responsibility",
    "PR1": "PR1 own provision",
    "PR2": "PR2 another council",
    "PR3": "PR3 other public provision",
    "PR4": "PR4 private provision",
    "PR5": "PR5 voluntary provision",
    **_UNKNOWN,
}

_TIMED = dict(
    zip(
        TIMED_BANDS,
        (
            "Under 8 hours",
            "8 hours to under 24 hours",
            "24 hours to under 48 hours",
            "48 hours to under 7 days",
            "7 days to under 28 days",
            "28 days or more",
        ),
        strict=True,
    )
)
_DATED = dict(
    zip(
        DAY_BANDS,
        (
            "Ended the same day",
            "Ended the next day (cannot tell whether under 24 hours)",
            "Ended 2 days later",
            "Ended 3 to 7 days later",
            "Ended 8 to 28 days later",
            "Ended 29 or more days later",
        ),
        strict=True,
    )
)
_DURATIONS = {
    "by-the-clock": "Start and end known to the minute",
    **_TIMED,
    "by-the-day": "Start or end known to the day only",
    **_DATED,
    "open": "No end known",
}
_DURATION_PARENTS = {**dict.fromkeys(_TIMED, "by-the-clock"), **dict.fromkeys(_DATED, "by-the-day")}

_INTERVIEWS = {
    "ended": "Absence ended",
    "reported-by-council": "Reported by a council",
    "offered": "Return interview offered",
    "accepted": "Accepted",
    "completed": "Completed",
    "within-72h": "Completed within 72 hours of return",
    "after-72h": "Completed later",
    "hours-not-known": "Completed, but dates cannot tell whether within 72 hours",
    "accepted-not-completed": "Accepted, not completed",
    "declined": "Declined",
    "unable": "Unable to be held",
    "outcome-not-known": "Offered, outcome not recorded",
    "not-offered": "Not offered",
    "offer-not-recorded": "Not recorded whether offered",
    "no-council-report": "Reported by police only",
    "not-ended": "No end known",
}
INTERVIEW_PARENTS: Mapping[str, str] = {
    **dict.fromkeys(("reported-by-council", "no-council-report"), "ended"),
    **dict.fromkeys(("offered", "not-offered", "offer-not-recorded"), "reported-by-council"),
    **dict.fromkeys(("accepted", "declined", "unable", "outcome-not-known"), "offered"),
    **dict.fromkeys(("completed", "accepted-not-completed"), "accepted"),
    **dict.fromkeys(("within-72h", "after-72h", "hours-not-known"), "completed"),
}
"""How far interviews come: what of T9 is part of what."""

_HOURS = {
    **dict(
        zip(
            HOUR_BANDS,
            (
                "Up to 24",
                "Over 24, up to 48",
                "Over 48, up to 72",
                "Over 72, up to 120",
                "Over 120, up to 168",
                "Over 168",
            ),
            strict=True,
        )
    ),
    "hours-not-known": "Dates only, or the return is doubtful",
}
_CHANGES = {
    "none": "No",
    "before": "Before the start",
    "after": "After the start, up to 7 days after the end",
    "both": "Before and after",
    "open": "No end known",
    "no-spell": "No care spell submitted",
}

_RISKS = {
    "high": "High",
    "medium": "Medium",
    "low": "Low",
    "very-low": "Very low",
    "no-apparent-risk": "No apparent risk",
    "unknown": "Not recorded",
    "no-police-report": "Not reported by police",
}

_REPEATS = {
    "1": "Once",
    "2": "Twice",
    "3-4": "3 or 4 times",
    "5-9": "5 to 9 times",
    "10-or-more": "10 times or more",
}

_REASONS = {
    "family-contact": "To see family",
    "friends": "To be with friends",
    "placement": "The placement",
    "school": "School",
    "conflict": "Conflict",
    "exploitation": "Exploitation",
    "substance": "Alcohol or drugs",
    "other": "Other",
    NONE_CODED: "None coded",
}
_HARMS = {
    "none": "None",
    "physical": "Physical harm",
    "sexual": "Sexual harm",
    "exploitation": "Exploitation",
    "substance": "Alcohol or drugs",
    "offending": "Offending",
    "other": "Other",
    NONE_CODED: "None coded",
}

_YES_NO = {"yes": "Yes", "no": "No"}


def repeats_band(count: int) -> str:
    """Return the band of how often a child was missing."""
    for band, most in (("1", 1), ("2", 2), ("3-4", 4), ("5-9", 9)):
        if count <= most:
            return band
    return "10-or-more"


FIXED: Mapping[str, Division] = {
    "age_band": flat(
        "age_band",
        "Age at start",
        {
            "under-1": "Under 1",
            "1-4": "1 to 4",
            "5-9": "5 to 9",
            "10-15": "10 to 15",
            "16+": "16 and over",
            **_UNKNOWN,
        },
    ),
    "sex": flat("sex", "Sex", {"F": "Female", "M": "Male", "U": "Not known"}, one_each=True),
    "ethnicity": flat(
        "ethnicity",
        "Ethnicity group",
        {
            "white": "White",
            "mixed": "Mixed",
            "asian": "Asian",
            "black": "Black",
            "other": "Other",
            **_UNKNOWN,
        },
        one_each=True,
    ),
    "uasc": flat("uasc", "Unaccompanied asylum-seeking child", _YES_NO, one_each=True),
    "held_by": flat(
        "held_by",
        "Whose records hold the child",
        {
            "both": "Councils and police, linked",
            "councils-only": "Councils only",
            "police-only": "Police only",
        },
        one_each=True,
    ),
    "legal_status": grouped(
        "legal_status",
        "Legal status",
        _IN_CARE | _LEGAL | _NOT_IN_CARE,
        _below("looked-after", _LEGAL, _LEGAL_PARENTS),
        other="unknown",
    ),
    "placement": grouped(
        "placement",
        "Placement",
        _IN_CARE | _PLACEMENTS | _NOT_IN_CARE,
        _below("looked-after", _PLACEMENTS, {}),
        place=_PLACEMENT_OF,
        other="other-placement",
    ),
    "provider": grouped(
        "provider",
        "Placement provider",
        _IN_CARE | _PROVIDERS | _NOT_IN_CARE,
        _below("looked-after", _PROVIDERS, {}),
    ),
    "in_out": flat(
        "in_out", "In or out of the responsible council's area", {"in": "In", "out": "Out", **_UNKNOWN}
    ),
    "duration": grouped("duration", "Duration", _DURATIONS, _DURATION_PARENTS),
    "dfe_duration": flat(
        "dfe_duration",
        "Duration in calendar days",
        {
            **dict(zip(DFE_BANDS, ("Up to 2 days", "3 to 30 days", "Over 30 days"), strict=True)),
            "open": "No end known",
        },
    ),
    "repeats": flat("repeats", "Times missing in the period", _REPEATS, one_each=True),
    "three_in_90": flat("three_in_90", "Three times missing within 90 days", _YES_NO, one_each=True),
    "interview": grouped("interview", "Return interview", _INTERVIEWS, INTERVIEW_PARENTS),
    "interview_hours": grouped(
        "interview_hours",
        "Hours from return to interview",
        _COMPLETED | _HOURS | _REST,
        _below("completed", _HOURS, {}),
    ),
    "setting": flat(
        "setting",
        "Missing from",
        {
            "home": "Home",
            "care": "Care",
            "supported-accommodation": "Supported accommodation",
            "other": "Elsewhere",
            **_UNKNOWN,
        },
    ),
    "open_days": grouped(
        "open_days",
        "Open at the end of the period",
        {
            OPEN_BANDS[0]: "Up to 7 days",
            "over-7-days": "Over 7 days",
            OPEN_BANDS[1]: "8 to 28 days",
            OPEN_BANDS[2]: "Over 28 days",
        },
        dict.fromkeys(OPEN_BANDS[1:], "over-7-days"),
    ),
    "open_state": flat(
        "open_state",
        "What agencies say",
        {
            "open": "No agency had recorded an end by then",
            "disputed": "One says ended, another that it is open",
        },
    ),
    "placements": flat(
        "placements",
        "Placements in the 12 months to the end of the period",
        {"1": "One", "2": "Two", "3-or-more": "Three or more"},
        one_each=True,
    ),
    "went_missing": flat("went_missing", "Missing in the period", _YES_NO, one_each=True),
    "placement_change": grouped(
        "placement_change",
        "Placement changed within 7 days",
        _IN_CARE | _CHANGES | _NOT_IN_CARE,
        _below("looked-after", _CHANGES, {}),
    ),
    **{
        f"risk_{stage}": flat(f"risk_{stage}", f"Risk, {stage}", _RISKS)
        for stage in ("initial", "highest", "final")
    },
    "reconciliation_class": flat(
        "reconciliation_class", "Reconciliation class", {name: name for name in PRECEDENCE}
    ),
    "reason": grouped(
        "reason",
        "Reason, as coded at the interview",
        _COMPLETED | _REASONS | _REST,
        _below("completed", _REASONS, {}),
        several=True,
    ),
    "harm": grouped(
        "harm",
        "Harm, as coded at the interview",
        _COMPLETED | _HARMS | _REST,
        _below("completed", _HARMS, {}),
        several=True,
    ),
}
"""All dimensions but areas, forces and time, which differ from one register and period to another."""

SAME_CODES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("dfe_duration", "open"): ("duration", "open"),
    ("interview", "not-ended"): ("duration", "open"),
    **{
        (name, code): ("legal_status", code)
        for name in ("placement", "provider", "placement_change")
        for code in (*_IN_CARE, *_NOT_IN_CARE)
    },
    **{
        (f"risk_{stage}", "no-police-report"): ("risk_initial", "no-police-report")
        for stage in ("highest", "final")
    },
    **{(name, "completed"): ("interview", "completed") for name in ("interview_hours", "reason", "harm")},
    **{(name, _NOT_COMPLETED): ("interview_hours", _NOT_COMPLETED) for name in ("reason", "harm")},
}
"""Codes of different dimensions that are, by definition, of the same absences: of one measure and with all
other codes alike their cells are one quantity, and what is hidden of one must be hidden of the other."""
