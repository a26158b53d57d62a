"""Tables of linkage quality by group: what the register worker tells, and links known from outside.

They belong to the shared database.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text

from api.store.schema import metadata

__all__ = ["group_quality", "known_link_samples"]

group_quality = Table(
    "group_quality",
    metadata,
    Column("cycle", Integer, ForeignKey("cycles.number"), primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
    Column("made_at", String(27), nullable=False),
)
"""Shares by group as JSON (:class:`api.store.group_quality.GroupQuality`): of the newest cycle only, and
nothing but what disclosure control left of it."""

known_link_samples = Table(
    "known_link_samples",
    metadata,
    Column(
        "decision",
        Integer,
        ForeignKey("known_links.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("found", Boolean),
    Column("run", Integer, ForeignKey("link_runs.id")),
)
"""Decisions that were known before anybody looked at the linkage; ``found``: whether the linkage of ``run``
joins the two records without being told, None until one has tried."""
