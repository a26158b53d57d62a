"""What each field of a bundle says, in words a data officer and a reviewer can read aloud."""

from collections.abc import Mapping

from linkage.profile import ExactKind

__all__ = ["EXACT_WORDS", "FIELD_WORDS", "NEVER_SENT"]

FIELD_WORDS: Mapping[str, Mapping[str, str]] = {
    "child": {
        "handle": "a random number that stands for the child in everything this agency sends",
        "version": "grows when anything about the record changes",
        "sex": "F, M or U for not known",
        "ethnicity": "one of six groups, never the detailed code",
        "responsible": "the code of the council that is responsible",
        "flags": "markers such as unaccompanied asylum-seeking child",
        "dummy": "yes for a made-up child, who is there as cover and counted nowhere",
    },
    "care-spell": {
        "handle": "a random number that stands for this care spell",
        "child": "the handle of the child",
        "version": "grows when anything about the record changes",
        "start": "the first day",
        "end": "the last day; not sent while it goes on",
        "legal_status": "the code of the children-looked-after return",
        "placement": "the code of the children-looked-after return",
        "provider": "the code of the children-looked-after return",
        "area": "whether the placement is in or out of the responsible council's area",
        "host": "the code of the council in whose area the placement is",
    },
    "episode": {
        "handle": "a random number that stands for this episode",
        "child": "the handle of the child",
        "version": "grows when anything about the record changes",
        "kind": "missing, or away with whereabouts known",
        "start": "when it began, as precisely as the source has it",
        "end": "when it ended; not sent while it is open",
        "age_band": "the age band on the day it began, never an age or a date of birth",
        "missing_from": "home, care, supported accommodation or another place",
        "responsible": "the code of the council that is responsible",
        "host": "the code of the council in whose area the child went missing",
        "legal_status": "the code of the children-looked-after return on that day",
        "placement": "the code of the children-looked-after return on that day",
        "provider": "the code of the children-looked-after return on that day",
        "risk_initial": "the first risk grade",
        "risk_highest": "the highest risk grade",
        "risk_final": "the last risk grade",
        "flags": "markers such as child sexual or criminal exploitation",
    },
    "return-interview": {
        "episode": "the handle of the episode",
        "version": "grows when anything about the record changes",
        "offered": "whether an interview was offered",
        "offered_on": "when it was offered",
        "outcome": "accepted, declined or unable",
        "completed": "when it took place",
        "interviewer": "what kind of person held it, never who",
        "reasons": "codes of reasons, never free text",
        "harms": "codes of harms, never free text",
        "shared_with_police_on": "when the police were told",
    },
    "coverage": {
        "area": "the code of a council's area",
        "month": "a month of which this bundle holds every episode in that area",
    },
}
"""By the ``type`` of a payload record, then by field."""

EXACT_WORDS: Mapping[ExactKind, str] = {"nhs_number": "NHS number", "upn": "unique pupil number"}
"""What an exact token is made of."""

NEVER_SENT = (
    "names, former names, aliases",
    "dates of birth and ages",
    "addresses, postcodes and places",
    "NHS numbers, UPNs and other national numbers",
    "the agency's own case, child and episode references",
    "free text of any kind",
    "the epoch key, the agency's private keys and the crosswalk",
)
"""What no bundle holds, in either form."""
