"""What a linkage compared, by digest, and whether it may still be written when it is done.

A linkage writes what stood when it read: what is submitted, shielded or said meanwhile queues another one.
But an epoch that closed or was revoked meanwhile must not be written at all.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlalchemy import Connection

from api.linking_state import Before
from api.store import agencies, revocations
from api.worker import StoppedError
from linkage.profile import EncodingProfile

if TYPE_CHECKING:
    from linkage.match.linkage import Costs, Known, RecordId, Source

__all__ = ["OvertakenError", "inputs_digest", "require_unchanged"]

_DOMAIN: Final = b"clew/linkage-inputs/1\x00"
_ROWS_AT_A_TIME: Final = 1 << 16


class OvertakenError(StoppedError):
    """What was compared may not be written any more; the job goes back, to be begun again."""


def require_unchanged(connection: Connection, before: Before) -> None:
    """Raise :class:`OvertakenError` unless the epoch that was compared is in force still, and not revoked."""
    epoch = agencies.current_epoch(connection)
    if epoch != before.epoch or revocations.revoked_epochs(connection) != before.revoked:
        raise OvertakenError


def inputs_digest(
    sources: "Sequence[Source]",
    profile: EncodingProfile,
    *,
    known: "Sequence[Known]",
    persons: "Mapping[RecordId, str]",
    costs: "Costs",
    population: int | None,
) -> str:
    """Return SHA-256, in hex, over all that decides what a linkage finds, whatever the order it came in."""
    digest = hashlib.sha256(_DOMAIN)
    stated = (profile.digest, costs.false_link, costs.missed_link, costs.review, population)
    digest.update(repr(stated).encode())
    digest.update(repr(sorted((*one.left, *one.right, one.same) for one in known)).encode())
    digest.update(repr(sorted((*record, person) for record, person in persons.items())).encode())
    for source in sorted(sources, key=lambda one: one.name):
        rows = source.encodings
        digest.update(repr((source.name, source.duplicate_free, len(rows))).encode())
        handles = np.ascontiguousarray(rows.handles).view(">u8")  # two columns, also of no rows
        order = np.lexsort((rows.variants, *handles.T[::-1]))
        for start in range(0, len(order), _ROWS_AT_A_TIME):
            some = rows.take(order[start : start + _ROWS_AT_A_TIME])
            for array in (some.handles, some.variants, some.tiers, some.present, some.bits, some.exact):
                digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
