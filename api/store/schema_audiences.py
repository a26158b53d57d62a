"""Tables for audiences of pseudonyms, re-identification, answers to queries, amendments, what is urgent.

They belong to the shared database.  A person stands in ``reidentifications`` without a foreign key: what an
erasure takes away must not be held back by a request that was decided long ago.
"""

from sqlalchemy import Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, Text

from api.store.schema import metadata

__all__ = [
    "alerts",
    "amendment_holds",
    "amendments",
    "answers",
    "approvers",
    "audience_keys",
    "audiences",
    "queries",
    "reidentification_notices",
    "reidentifications",
    "urgent_conflicts",
]

audiences = Table(
    "audiences",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("added_at", String(27), nullable=False),
    Column("retired_at", String(27)),
)

audience_keys = Table(
    "audience_keys",
    metadata,
    Column("audience", String(32), ForeignKey("audiences.name"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("check_value", String(32), nullable=False),
    Column("made_at", String(27), nullable=False),
    Column("replaced_at", String(27)),
    Column("destroyed_at", String(27)),
    Column("certificate", Text),
)
"""The keys themselves are files; ``check_value`` tells one from another and nothing else."""

approvers = Table(
    "approvers",
    metadata,
    Column("signing_key", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("card", Text, nullable=False),
    Column("enrolled_at", String(27), nullable=False),
    Column("removed_at", String(27)),
)

reidentifications = Table(
    "reidentifications",
    metadata,
    Column("number", String(16), primary_key=True),
    Column("audience", String(32), ForeignKey("audiences.name"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("document", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("requested_at", String(27), nullable=False, index=True),
    Column("expires_at", String(27), nullable=False),
    Column("decided_at", String(27)),
)
"""``document``: the request with the signatures so far; ``state``: requested, approved or withdrawn."""

reidentification_notices = Table(
    "reidentification_notices",
    metadata,
    Column("number", String(16), ForeignKey("reidentifications.number"), primary_key=True),
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Column("shown_at", String(27)),
    Column("answer", String(16)),
    Column("answered_at", String(27)),
    Index("notices_of_agency", "agency"),
)

queries = Table(
    "queries",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("query", String(12), primary_key=True),
    Column("reconciliation_class", String(32), nullable=False),
    Column("child", String(32), nullable=False),
    Column("contact", String(12), nullable=False),
    Column("other", String(32), nullable=False),
    Column("first_cycle", Integer, ForeignKey("cycles.number"), nullable=False),
    Column("last_cycle", Integer, ForeignKey("cycles.number"), nullable=False),
    Index("queries_by_child", "agency", "child"),
    Index("queries_by_other", "contact", "other"),
)
"""Every query number an agency was given: its own child, and the child record of ``contact`` behind it."""

answers = Table(
    "answers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agency", String(12), nullable=False),
    Column("query", String(12), nullable=False),
    Column("answer", String(24), nullable=False),
    Column("answered_at", String(27), nullable=False),
    ForeignKeyConstraint(["agency", "query"], ["queries.agency", "queries.query"], ondelete="CASCADE"),
    Index("answers_by_query", "agency", "query"),
)
"""Rows are added and never changed; of one query the last stands."""

alerts = Table(
    "alerts",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("cycle", Integer, ForeignKey("cycles.number"), nullable=False),
    Column("agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("count", Integer, nullable=False),
    Column("raised_at", String(27), nullable=False),
    Column("closed_at", String(27)),
)
"""What looks like probing, by agency and kind; never whose record."""

amendments = Table(
    "amendments",
    metadata,
    Column("cycle", Integer, ForeignKey("cycles.number"), primary_key=True),
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("record", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("child", String(32), nullable=False),
    Column("person", String(32), nullable=False),
    Column("became", String(32), nullable=False),
    Column("noted_at", String(27), nullable=False, index=True),
)
"""What an agency changed about a record since the cycle before ``cycle``.

``record``, ``child``, ``person`` and ``became`` (what took the record's place) are keyed digests that only
the register worker can make: a withdrawal or an erasure takes handles away and leaves the count.
"""

amendment_holds = Table(
    "amendment_holds",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("subject", String(32), primary_key=True),
    Column("cycle", Integer, ForeignKey("cycles.number"), primary_key=True),
    Column("alert", Integer, ForeignKey("alerts.number"), nullable=False),
    Column("admitted_at", String(27)),
)
"""``subject``: digest of a child or person over a limit since ``cycle``; what stood before goes on."""

urgent_conflicts = Table(
    "urgent_conflicts",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("episode", String(32), primary_key=True),
    Column("contact", String(12), nullable=False),
    Column("query", String(12), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("arisen_at", String(27), nullable=False),
    Column("told_at", String(27)),
    Column("standing", Boolean, nullable=False),
)
"""Absences of which one side says still missing, once for each side; 0 is no cycle yet.

They follow from the records: whenever something is erased those that rest on it go, and those that nobody was
told of, and the next linkage finds again what stands.
"""
