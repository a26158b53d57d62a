"""What an agency asks for about single records of its own (docs/spec/submission-1.md, section 6)."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.codes import AgencyCode, HandleText
from linkage.wire.epochs import DigestText

__all__ = [
    "MAX_REQUESTED_RECORDS",
    "ErasureStatus",
    "RecordAction",
    "RecordAnswer",
    "RecordRequest",
]

MAX_REQUESTED_RECORDS = 1000

RecordAction = Literal["withdraw", "erase", "shield", "unshield"]


class RecordRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of a request about records: handles of children, episodes or care spells.

    With a child's go all records about that child.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-record-request"] = "clew-record-request"
    version: int = 1
    handles: Annotated[tuple[HandleText, ...], Meta(min_length=1, max_length=MAX_REQUESTED_RECORDS)]

    def __post_init__(self) -> None:
        """Refuse a handle named twice."""
        if len(set(self.handles)) != len(self.handles):
            raise ValueError("a handle is named twice")


class RecordAnswer(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was done: for how many records it was news, and the erasure to ask about."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-record-answer"] = "clew-record-answer"
    version: int = 1
    action: RecordAction
    records: Annotated[int, Meta(ge=1)]
    erasure: DigestText | None = None


class ErasureStatus(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far an erasure is; ``certificate``: the exact text of the signed certificate, once it is done."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-erasure-status"] = "clew-erasure-status"
    version: int = 1
    agency: AgencyCode
    erasure: DigestText
    state: Literal["under way", "done"]
    certificate: str = ""
