"""Tables of releases: what is to be published, who prepared and who approved it, and what it was made of.

They belong to the shared database.  What a release was counted from and made into is sealed under a key of
the register worker's: it holds exact counts.  What publishers look at has a key that the console has too.
"""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from api.store.schema import metadata

__all__ = ["release_contents", "releases"]

releases = Table(
    "releases",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("state", String(16), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("proposal", Text, nullable=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", String(27), nullable=False),
    Column("decided_by", Text),
    Column("decided_at", String(27)),
    Column("withdrawn_by", Text),
    Column("withdrawn_at", String(27)),
)
"""``state``: proposed, approved, rejected or withdrawn; ``proposal``: canonical JSON, and ``digest`` its
SHA-256: what the approver approves, byte for byte."""

release_contents = Table(
    "release_contents",
    metadata,
    Column("number", Integer, ForeignKey("releases.number"), primary_key=True),
    Column("part", String(16), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)
"""``part``: inputs, released or files, sealed for the register worker; shown-tables or shown-files, sealed
for publishers to look at.  Those of a rejected release are gone."""
