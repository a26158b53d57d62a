"""Reconciliation classes in plain words, with what a caseworker can do about each."""

from collections.abc import Mapping
from dataclasses import dataclass

from linkage.wire.codes import Role
from linkage.wire.results import ReconciliationClass

__all__ = ["NOTHING_FROM", "ClassWords", "class_words", "lacked_words"]

NOTHING_FROM = 8
"""Orders from here on ask nobody to do anything."""


@dataclass(frozen=True, slots=True)
class ClassWords:
    """What a class means to one side, what to do, and how soon: 0 first, 9 nothing to do."""

    meaning: str
    action: str
    order: int


_NOTHING = "Nothing to do."

_BOTH: Mapping[str, ClassWords] = {
    "OPEN_CLOSED_CONFLICT": ClassWords(
        "One side says that the child is still missing, the other that the child came back.",
        "Today: find out where the child is, then close or reopen your record.",
        0,
    ),
    "MATCHED_START_CONFLICT": ClassWords(
        "The other side has this episode too, but with another start.",
        "Check when the child was last seen and correct your start if it is wrong.",
        3,
    ),
    "MATCHED_END_CONFLICT": ClassWords(
        "The other side has this episode too, but with another end.",
        "Check when the child was found or came back and correct your end if it is wrong.",
        3,
    ),
    "SPLIT_MERGE": ClassWords(
        "One side has this as one absence, the other as several with returns between.",
        "Check whether the child was back in between; split or merge your records if they are wrong.",
        3,
    ),
    "DUPLICATE_WITHIN_AGENCY": ClassWords(
        "You have this absence more than once.",
        "Merge the records, or correct the dates if they were two absences.",
        4,
    ),
    "NOT_COMPARABLE": ClassWords(
        "The other side has not submitted this area and month, so nothing can be said.",
        "Nothing to do until it has.",
        8,
    ),
    "MATCHED": ClassWords("The other side has this episode too, and both agree.", _NOTHING, 9),
}

_COUNCIL: Mapping[str, ClassWords] = {
    "TYPE_CONFLICT": ClassWords(
        "Both agree on the times, but one says missing and the other says away or no apparent risk.",
        "Check whether the child's whereabouts were known, and correct the type if it is wrong.",
        4,
    ),
    "OUT_OF_AREA_UNSEEN": ClassWords(
        "The council that looked after the child on that day has no such episode.",
        "That council is told. Check that you notified it, and be ready for its query.",
        5,
    ),
    "COUNCIL_ONLY_M": ClassWords(
        "You recorded the child as missing; no police record was found.",
        "Check whether the police were told; correct the type if whereabouts were known.",
        2,
    ),
    "COUNCIL_ONLY_A": ClassWords(
        "You recorded the child as away with whereabouts known; no police record is expected.",
        _NOTHING,
        9,
    ),
    "POLICE_ONLY_CLA": ClassWords(
        "The police hold an episode for a day on which you looked after this child; you have none.",
        "Ask the police contact, quoting the query number, and record the episode.",
        1,
    ),
    "POLICE_ONLY_NOT_CLA": ClassWords(
        "The police hold an episode of this child, who was not looked after on that day.",
        "Consider whether the child's worker should know; ask the contact, quoting the query number.",
        5,
    ),
    "POLICE_ONLY_UNLINKED": ClassWords(
        "The police hold an episode that no council's child could be linked to.", _NOTHING, 8
    ),
}

_POLICE: Mapping[str, ClassWords] = {
    "TYPE_CONFLICT": ClassWords(
        "Both agree on the times, but one says missing and the other says away or no apparent risk.",
        "Check the risk grade that was recorded, and correct it if it is wrong.",
        4,
    ),
    "OUT_OF_AREA_UNSEEN": ClassWords(
        "The child lives out of area, and the council that looks after the child has no such episode.",
        "That council is told. Be ready for its query, and check that it was notified.",
        5,
    ),
    "POLICE_ONLY_CLA": ClassWords(
        "The child was looked after on that day, and the council has no such episode.",
        "The responsible council is told. Be ready for its query, and check that it was notified.",
        5,
    ),
    "POLICE_ONLY_NOT_CLA": ClassWords(
        "The child is known to a council but was not looked after on that day: missing from home.",
        _NOTHING,
        8,
    ),
    "POLICE_ONLY_UNLINKED": ClassWords(
        "No council's record could be linked to this child.",
        "If the child is looked after, check name, aliases and date of birth in your record.",
        6,
    ),
    "COUNCIL_ONLY_M": ClassWords(
        "A council recorded this child as missing; you have no such report.",
        "Ask the council contact, quoting the query number.",
        2,
    ),
    "COUNCIL_ONLY_A": ClassWords(
        "A council recorded the child as away with whereabouts known; no report is expected.", _NOTHING, 9
    ),
}


_LACKED = {
    "OUT_OF_AREA_UNSEEN": ClassWords(
        "Others hold an episode out of your area, of a day when you looked after this child; you have none.",
        "Ask the contact, quoting the query number, and record the episode.",
        1,
    )
}


def lacked_words(name: ReconciliationClass, role: Role) -> ClassWords:
    """Return what the class of an episode that an agency lacks means to it."""
    return _LACKED.get(name) or class_words(name, role)


def class_words(name: ReconciliationClass, role: Role) -> ClassWords:
    """Return what a class means to an agency of a role."""
    return {**_BOTH, **(_COUNCIL if role == "council" else _POLICE)}[name]
