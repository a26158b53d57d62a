"""Linkage quality by group, as the newest cycle told it."""

from typing import Literal

from msgspec import Struct, json
from sqlalchemy import Connection, delete, insert, select

from api.store.schema_quality import group_quality
from linkage.register.capture import CaptureRow
from linkage.register.group_quality import QualityRow

__all__ = ["GroupQuality", "keep", "newest"]


class GroupQuality(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a cycle's records and links let the register tell of groups."""

    version: Literal[1] = 1
    rows: tuple[QualityRow, ...]
    captures: tuple[CaptureRow, ...]


def keep(connection: Connection, cycle: int, found: GroupQuality, *, now: str) -> None:
    """Keep what a cycle tells, in place of what the one before told."""
    connection.execute(delete(group_quality))
    values = {"cycle": cycle, "body": json.encode(found).decode(), "made_at": now}
    connection.execute(insert(group_quality).values(**values))


def newest(connection: Connection) -> tuple[int, GroupQuality] | None:
    """Return the newest cycle that told anything, with what it told; None before the first."""
    row = connection.execute(
        select(group_quality).order_by(group_quality.c.cycle.desc()).limit(1)
    ).one_or_none()
    return None if row is None else (row.cycle, json.decode(row.body, type=GroupQuality))
