"""What the linkage unit tells an agency: classes of its own episodes, and episodes that it lacks."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.answers import QueryText
from linkage.wire.codes import AgencyCode, HandleText, Month

__all__ = ["Difference", "Finding", "MissingEpisode", "ReconciliationClass", "Results"]

ReconciliationClass = Literal[
    "MATCHED",
    "MATCHED_START_CONFLICT",
    "MATCHED_END_CONFLICT",
    "OPEN_CLOSED_CONFLICT",
    "COUNCIL_ONLY_M",
    "COUNCIL_ONLY_A",
    "POLICE_ONLY_CLA",
    "POLICE_ONLY_NOT_CLA",
    "POLICE_ONLY_UNLINKED",
    "DUPLICATE_WITHIN_AGENCY",
    "NOT_COMPARABLE",
    "TYPE_CONFLICT",
    "SPLIT_MERGE",
    "OUT_OF_AREA_UNSEEN",
]

Difference = Literal["start", "end", "type", "open"]
"""In what two sides' episodes differ; never how, nor by how much."""


class Finding(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The class of one of the agency's own episodes, and in what the other side's differs."""

    episode: HandleText
    reconciliation_class: ReconciliationClass
    differs: tuple[Difference, ...] = ()


class MissingEpisode(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An episode of the agency's own child that only another agency holds: no more than this."""

    child: HandleText
    reconciliation_class: ReconciliationClass
    month: Month
    contact: AgencyCode
    query: QueryText


class Results(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One agency's results of one cycle."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-results"] = "clew-results"
    version: int = 1
    agency: AgencyCode
    cycle: Annotated[int, Meta(ge=0)]
    findings: tuple[Finding, ...] = ()
    missing: tuple[MissingEpisode, ...] = ()
