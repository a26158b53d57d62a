"""Linkage quality by group, as the newest cycle told it: rounded and suppressed before it is stored.

The shared database is read by the linking worker's account and by whoever administers it; neither may learn
more from it than from a page (docs/decisions/0037).
"""

from typing import Literal

from msgspec import Struct, json
from sqlalchemy import Connection, delete, insert, select

from api.store.schema_quality import group_quality
from linkage.register.group_told import ToldCapture, ToldRow

__all__ = ["GroupQuality", "keep", "newest"]


class GroupQuality(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a cycle's records and links let the register tell of groups.

    ``base``, ``threshold``: to what counts are rounded, and up to where they are suppressed.
    """

    version: Literal[2] = 2
    base: int
    threshold: int
    rows: tuple[ToldRow, ...]
    captures: tuple[ToldCapture, ...]


class _Versioned(Struct, frozen=True):
    version: int


def keep(connection: Connection, cycle: int, found: GroupQuality, *, now: str) -> None:
    """Keep what a cycle tells, in place of what the one before told."""
    connection.execute(delete(group_quality))
    values = {"cycle": cycle, "body": json.encode(found).decode(), "made_at": now}
    connection.execute(insert(group_quality).values(**values))


def newest(connection: Connection) -> tuple[int, GroupQuality] | None:
    """Return the newest cycle that told anything, with what it told; None before the first.

    Of version 1, which held exact counts, nothing is read: the next cycle takes its place.
    """
    row = connection.execute(
        select(group_quality).order_by(group_quality.c.cycle.desc()).limit(1)
    ).one_or_none()
    if row is None or json.decode(row.body, type=_Versioned).version == 1:
        return None
    return row.cycle, json.decode(row.body, type=GroupQuality)
