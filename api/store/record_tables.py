"""Tables of the shared database about single records: withdrawn, shielded, kept apart, joined, erased.

They hang on :data:`api.store.schema.metadata` like all tables of that database.  Handles stand here for as
long as something must still be done about a record; of one that was erased a keyed digest is left.
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    true,
)

from api.store.database import BIG_INTEGER
from api.store.schema import metadata

__all__ = [
    "erasure_targets",
    "erasures",
    "known_links",
    "metadata",
    "retention_runs",
    "shields",
    "tombstones",
    "withdrawals",
]

withdrawals = Table(
    "withdrawals",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Column("sequence", BIG_INTEGER, nullable=False),
    Column("withdrawn_at", String(27), nullable=False),
)
"""Records that their agency took out: no snapshot up to ``sequence`` speaks of them any more."""

shields = Table(
    "shields",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Column("shielded_at", String(27), nullable=False),
)
"""Records that are held, linked to nobody and told to nobody until their agency lifts the shield."""

known_links = Table(
    "known_links",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("left_agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("left_handle", String(32), nullable=False),
    Column("right_agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("right_handle", String(32), nullable=False),
    Column("same", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", String(27), nullable=False),
    UniqueConstraint("left_agency", "left_handle", "right_agency", "right_handle"),
)
"""What the operator knows of two records, the smaller one left: one person (``same``), or never one."""

erasures = Table(
    "erasures",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("scope", String(16), nullable=False),
    Column("agency", String(12), ForeignKey("agencies.code")),
    Column("reason", Text, nullable=False, server_default=""),
    Column("code", String(8), nullable=False, server_default=""),
    Column("records", Integer, nullable=False),
    Column("lasting", Boolean, nullable=False, server_default=true()),
    Column("asked_at", String(27), nullable=False),
    Column("confirmed_at", String(27)),
    Column("payload_job", Integer, ForeignKey("jobs.id"), index=True),
    Column("encodings_job", Integer, ForeignKey("jobs.id"), index=True),
    Column("scrub_job", Integer, ForeignKey("jobs.id")),
    Column("payload_counts", Text),
    Column("encodings_counts", Text),
    Column("forgotten_at", String(27)),
    Column("erased_at", String(27)),
    Column("certificate", Text),
)
"""``scope``: record, person, agency or retention; ``lasting``: the same handles are kept out from then on.

``name`` is what the agency that asked knows it by; ``code`` is typed to confirm.  ``forgotten_at``: both
workers are done; ``erased_at``: the shared database's own file and log are clear of it too.
"""

erasure_targets = Table(
    "erasure_targets",
    metadata,
    Column("erasure", Integer, ForeignKey("erasures.id", ondelete="CASCADE"), primary_key=True),
    Column("agency", String(12), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Index("erasure_targets_by_record", "agency", "handle"),
)
"""The records that an erasure is about, until it is done."""

tombstones = Table(
    "tombstones",
    metadata,
    Column("worker", String(16), primary_key=True),
    Column("agency", String(12), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("erased_at", String(27), nullable=False),
)
"""Digests of erased handles, each under a key that only the named worker has."""

retention_runs = Table(
    "retention_runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Integer, ForeignKey("jobs.id"), nullable=False, unique=True),
    Column("ran_at", String(27), nullable=False),
    Column("erasure", Integer, ForeignKey("erasures.id")),
    Column("removed", Text, nullable=False),
    Column("forecast", Text, nullable=False),
)
"""What each run of the retention schedule removed, and what it foresaw: counts only."""
