"""What a child's records say of the child in clear, for telling results apart by group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from linkage.register.snapshots import AgencyRecords
from linkage.wire.codes import Role
from linkage.wire.records import Episode

__all__ = [
    "AGE",
    "COUNCIL",
    "ETHNICITY",
    "FIELDS",
    "FORCE",
    "SEX",
    "UASC",
    "ChildFacts",
    "RecordKey",
    "facts_of",
]

RecordKey = tuple[str, str]
"""Agency code and child handle."""

SEX, ETHNICITY, AGE, UASC = "sex", "ethnicity", "age", "unaccompanied asylum-seeking"
COUNCIL, FORCE, FIELDS = "council", "police force", "fields in clear"

_SEXES = {"F": "female", "M": "male", "U": "not known"}
_UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class ChildFacts:
    """One child record of one agency; ``episodes`` by start, the earliest first.

    ``said``: the name of its group, by kind of group.  Of a force's record nothing says whether the child is
    unaccompanied: councils know that.
    """

    key: RecordKey
    role: Role
    episodes: tuple[Episode, ...]
    said: Mapping[str, str]


def facts_of(standing: Mapping[str, AgencyRecords]) -> dict[RecordKey, ChildFacts]:
    """Return what is said of every child record but those made up as cover."""
    found: dict[RecordKey, ChildFacts] = {}
    for agency, entry in standing.items():
        episodes: dict[str, list[Episode]] = {}
        for one in entry.payload.episodes:
            episodes.setdefault(one.child, []).append(one)
        for child in entry.payload.children:
            if child.dummy:
                continue
            own = sorted(
                episodes.get(child.handle, ()), key=lambda one: (one.start.at.isoformat(), one.handle)
            )
            said = {
                SEX: _SEXES[child.sex],
                ETHNICITY: _UNKNOWN if child.ethnicity == "unknown" else child.ethnicity,
                AGE: _age(own),
                COUNCIL if entry.role == "council" else FORCE: agency,
                FIELDS: _fields(child.sex, child.ethnicity),
            }
            if entry.role == "council":
                said[UASC] = "yes" if "uasc" in child.flags else "no"
            found[agency, child.handle] = ChildFacts((agency, child.handle), entry.role, tuple(own), said)
    return found


def _age(episodes: Iterable[Episode]) -> str:
    """Return the age band at the latest episode that says one."""
    bands = [one.age_band for one in episodes if one.age_band != "unknown"]
    return bands[-1] if bands else _UNKNOWN


def _fields(sex: str, ethnicity: str) -> str:
    return "sex or ethnicity missing" if sex == "U" or ethnicity == "unknown" else "sex and ethnicity given"
