"""Tables of privacy by operation: budgets used and raised, and how many public appeals are known.

They belong to the shared database.  Days, never times; of an appeal its month and nothing that names anybody.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, Table, Text

from api.store.schema import metadata

__all__ = ["budget_raises", "budget_uses", "public_appeals"]

budget_uses = Table(
    "budget_uses",
    metadata,
    Column("agency", String(12), ForeignKey("agencies.code"), primary_key=True),
    Column("budget", String(16), primary_key=True),
    Column("span", String(16), primary_key=True),
    Column("amount", BigInteger, nullable=False),
)
"""What an agency used of a budget in one ``span``, a cycle or a year.

A row for each span: a cycle that was closed and given up goes on where it was, and so does a year when a
clock that was ahead is put back.
"""

budget_raises = Table(
    "budget_raises",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("agency", String(12), ForeignKey("agencies.code"), nullable=False),
    Column("budget", String(16), nullable=False),
    Column("span", String(16), nullable=False),
    Column("more", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raised_by", Text, nullable=False),
    Column("agreed_by", Text, nullable=False),
    Column("raised_on", String(10), nullable=False),
)
"""By how much two people raised an agency's budget in one ``span``; rows are added and never changed."""

public_appeals = Table(
    "public_appeals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("month", String(7)),
    Column("count", Integer, nullable=False),
    Column("entered_on", String(10), nullable=False),
    Column("withdrawn_on", String(10)),
)
"""How many public appeals for children likely in the register an operator knows of, by month.

No ``month``: an estimate of how many there are in a year; the newest that was not withdrawn counts.
"""
