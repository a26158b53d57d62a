"""What the linkage unit tells an agency between cycles: its episodes of which one side says still missing."""

from typing import ClassVar, Literal

from msgspec import Struct

from linkage.wire.answers import QueryText
from linkage.wire.codes import AgencyCode, HandleText
from linkage.wire.moments import Moment

__all__ = ["OpenClosedConflict", "UrgentConflicts"]


class OpenClosedConflict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One of the agency's own episodes: one side says that the child is still missing, the other not."""

    episode: HandleText
    reconciliation_class: Literal["OPEN_CLOSED_CONFLICT"] = "OPEN_CLOSED_CONFLICT"
    contact: AgencyCode
    query: QueryText
    told: Moment


class UrgentConflicts(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is urgent for one agency; ``cycle`` is the latest with results."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-urgent"] = "clew-urgent"
    version: int = 1
    agency: AgencyCode
    cycle: int
    conflicts: tuple[OpenClosedConflict, ...] = ()
