"""Tables of clerical review: pairs to look at, what may be seen of them, who looks, what they said.

They belong to the shared database.  What may be seen are similarities, weights and counts of the linking
worker and the register worker; it goes once a verdict took effect, and with the records.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from api.store.schema import metadata

__all__ = ["review_leases", "review_pairs", "review_records", "review_verdicts", "review_views"]

review_pairs = Table(
    "review_pairs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("left_agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("left_handle", String(32), nullable=False),
    Column("right_agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("right_handle", String(32), nullable=False),
    Column("epoch", String(32), nullable=False, index=True),
    Column("run", Integer, ForeignKey("link_runs.id"), nullable=False),
    Column("place", Integer),
    Column("question", Boolean, nullable=False),
    Column("value", Float, nullable=False),
    Column("evidence", Text),
    Column("shape", Text),
    Column("added_at", String(27), nullable=False),
    Column("outcome", String(16)),
    Column("taken_at", String(27)),
    UniqueConstraint("left_agency", "left_handle", "right_agency", "right_handle"),
)
"""Possible links, the smaller record left.  ``run``: the last linkage that named it; ``place``: in the order
of what an answer is worth, None once it is not asked about; ``evidence``: what the linking worker lets
reviewers see, ``shape``: what the register worker does; ``outcome`` and ``taken_at``: what verdicts came to,
and since when that counts."""

review_records = Table(
    "review_records",
    metadata,
    Column("pair", Integer, ForeignKey("review_pairs.id", ondelete="CASCADE"), primary_key=True),
    Column("agency", String(12), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Index("review_records_by_record", "agency", "handle"),
)
"""Every record that the evidence of a pair speaks of, so that it goes with any of them."""

review_verdicts = Table(
    "review_verdicts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("pair", Integer, ForeignKey("review_pairs.id", ondelete="CASCADE"), nullable=False),
    Column("reviewer", String(64), nullable=False),
    Column("seat", Integer, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("given_at", String(27), nullable=False),
    Column("fixed_at", String(27)),
    UniqueConstraint("pair", "reviewer"),
    UniqueConstraint("pair", "seat"),
)
"""``seat``: 1 and 2 for the two who decide blind, 3 for the one who decides between them; ``fixed_at``: since
when it cannot be undone."""

review_leases = Table(
    "review_leases",
    metadata,
    Column("pair", Integer, ForeignKey("review_pairs.id", ondelete="CASCADE"), primary_key=True),
    Column("reviewer", String(64), primary_key=True),
    Column("lease_until", String(27), nullable=False),
)
"""Who looks at a pair now, so that no more look at it than are needed."""

review_views = Table(
    "review_views",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("epoch", String(32), nullable=False),
    Column("body", Text, nullable=False),
)
"""How each view is spread among the pairs of the last linkage, as JSON."""
