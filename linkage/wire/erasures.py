"""The certificate of an erasure of records: what the unit erased, signed with the key of its receipts.

It names no handle and no person.  That of a destroyed epoch is :mod:`linkage.wire.destructions`.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature

__all__ = [
    "ERASED_KINDS",
    "MAX_ERASURE_BYTES",
    "REMAINING",
    "ErasedKind",
    "Erasure",
    "ErasureScope",
    "Remaining",
]

MAX_ERASURE_BYTES = 64 * 1024

ErasureScope = Literal["record", "person", "agency", "retention"]
"""``record``: the agency asked for records of its own; ``person``: the operator, for one person's records
from one agency; ``agency``: the operator, for all that one agency sent; ``retention``: the schedule."""

ERASED_KINDS: dict[str, str] = {
    "encoding-rows": "rows of encodings",
    "bodies-rewritten": "sealed bodies written anew without those rows",
    "bodies-removed": "sealed bodies removed whole",
    "payload-children": "child records of the payload",
    "payload-care-spells": "care spells",
    "payload-episodes": "episodes",
    "payload-interviews": "return interviews",
    "payload-coverage": "statements of coverage",
    "payload-superseded": "records of the payload in snapshots that newer ones had replaced",
    "results": "lines of results of the agency itself",
    "results-of-others": "lines of other agencies' results that rested on its episodes",
    "memberships": "memberships of persons",
    "history": "mentions in the history of persons",
    "carried": "persons carried over a change of the key",
    "links": "decisions that join records or keep them apart",
    "marks": "shields and withdrawals",
    "other": "rows of other tables that name the record",
    "old-results": "results of agencies in cycles long past",
    "refused-submissions": "registrations of submissions that were refused",
    "open-submissions": "submissions that were begun and never committed",
    "nonces": "nonces of requests",
    "ended-jobs": "jobs that ended long ago",
    "unconfirmed": "erasures that were asked for and never confirmed",
}
"""Every kind that a certificate may count, in words."""

Remaining = Literal["backups", "freed-blocks", "counts", "tombstones", "copies-sent", "ledger"]

REMAINING: dict[Remaining, str] = {
    "backups": "backups made before; they are the operator's to erase",
    "freed-blocks": "what the disk keeps in blocks that it has freed",
    "counts": "manifests and figures, which hold counts and digests",
    "tombstones": "keyed digests of the erased handles, by which they are kept out",
    "copies-sent": "results that agencies pulled before",
    "ledger": "leaves of the ledger, which say kind and day; what they spoke of is erased",
}


class ErasedKind(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many of one kind were erased."""

    kind: Annotated[str, Meta(pattern=r"^[a-z]{2,16}(-[a-z]{2,16}){0,3}\Z")]
    count: Annotated[int, Meta(ge=0)]


class Erasure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An erasure that is done; ``records``: how many were named, 0 where all of an agency's went."""

    VERSION: ClassVar[int] = 1
    MAX_BYTES: ClassVar[int] = MAX_ERASURE_BYTES
    format: Literal["clew-erasure"] = "clew-erasure"
    version: int = 1
    erasure: DigestText
    scope: ErasureScope
    agency: AgencyCode | None = None
    asked: Moment
    erased: Moment
    records: Annotated[int, Meta(ge=0)]
    counts: tuple[ErasedKind, ...]
    remains: tuple[Remaining, ...]
    signature: Signature | None = None
