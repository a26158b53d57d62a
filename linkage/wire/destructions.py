"""The certificate of a destroyed epoch: what the linkage unit erased, signed with the key of its receipts."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText, EpochName
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature

__all__ = [
    "MAX_CERTIFICATE_BYTES",
    "Destruction",
    "ErasedSubmission",
    "Remains",
]

MAX_CERTIFICATE_BYTES = 64 * 1024 * 1024
"""A submission takes some 330 bytes; 200 agencies with one a day for two years come to 50 MB."""

Count = Annotated[int, Meta(ge=0)]


class ErasedSubmission(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One submission whose encodings are no longer held: rows, and digest and size of the sealed part."""

    submission: DigestText
    agency: AgencyCode
    sequence: Annotated[int, Meta(ge=1)]
    encodings_sha256: DigestText
    encodings_size: Count
    rows: Count


class Remains(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the unit still holds: the epoch in force, and records that are members of a person."""

    epoch: EpochName
    records: Count


class Destruction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A destroyed epoch; ``descriptor`` is SHA-256 of what custodians signed.

    ``records``: children that were never encoded again, erased from their persons and their history;
    ``payload_records``: records of any kind about children that were never encoded again.
    """

    VERSION: ClassVar[int] = 1
    MAX_BYTES: ClassVar[int] = MAX_CERTIFICATE_BYTES
    format: Literal["clew-destruction"] = "clew-destruction"
    version: int = 1
    epoch: EpochName
    descriptor: DigestText
    closed: Moment
    destroyed: Moment
    submissions: tuple[ErasedSubmission, ...]
    records: Count
    payload_records: Count
    remains: Remains
    signature: Signature | None = None
