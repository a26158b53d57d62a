"""Tables of what operators are shown of single persons, and of questions that people want asked.

They belong to the shared database.  A sheet holds what the two workers prepared of one person for a few
hours: similarities and weights from the one, months of episodes from the other, and no handle.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from api.store.schema import metadata

__all__ = [
    "known_link_authors",
    "link_explanations",
    "person_sheet_records",
    "person_sheets",
    "wanted_questions",
]

person_sheets = Table(
    "person_sheets",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("person", String(32), nullable=False, unique=True),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", String(27), nullable=False),
    Column("expires_at", String(27), nullable=False, index=True),
    Column("run", Integer),
    Column("evidence", Text),
    Column("timeline", Text),
)
"""``run``: the linkage that ``evidence`` speaks of; ``evidence`` and ``timeline`` are None until the linking
worker and the register worker have prepared them."""

person_sheet_records = Table(
    "person_sheet_records",
    metadata,
    Column("sheet", Integer, ForeignKey("person_sheets.id", ondelete="CASCADE"), primary_key=True),
    Column("agency", String(12), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Index("person_sheet_records_by_record", "agency", "handle"),
)
"""The records that a sheet speaks of, in whose order it numbers them; it goes with any of them."""

link_explanations = Table(
    "link_explanations",
    metadata,
    Column("run", Integer, ForeignKey("link_runs.id"), primary_key=True),
    Column("epoch", String(32), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""How the last linkage weighed pairs, sealed by the linking worker to itself: no record and no encoding."""

known_link_authors = Table(
    "known_link_authors",
    metadata,
    Column(
        "decision",
        Integer,
        ForeignKey("known_links.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("account", String(64), nullable=False),
)
"""Who made a decision about two records in the console."""

wanted_questions = Table(
    "wanted_questions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("handle", String(32), nullable=False),
    Column("other", String(32), nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", String(27), nullable=False),
    Column("state", String(16), nullable=False),
    Column("settled_at", String(27)),
    UniqueConstraint("agency", "kind", "handle", "other", "asked_by"),
    Index("wanted_questions_by_record", "agency", "handle"),
)
"""Quality questions about an agency's own records that somebody wants in the agency's next round.

``state``: waiting, asked, or exposed, which is one that would stand out among those without a reason;
``other``: the second record, empty where the question is about one."""
