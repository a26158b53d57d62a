"""The ledger: leaves, what opens them, hashes of the tree, and what they cover."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "register_6"
down_revision = "register_5"


def upgrade() -> None:
    """Make the tables, and the head with a key of its own for the digests of covered rows."""
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), sa.CheckConstraint("id = 1"), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=64), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_table(
        "ledger_statements",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.entry"]),
        sa.PrimaryKeyConstraint("entry"),
    )
    op.create_table(
        "ledger_records",
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.entry"]),
        sa.PrimaryKeyConstraint("entry", "agency", "handle"),
    )
    op.create_index("ledger_records_by_handle", "ledger_records", ["agency", "handle"], unique=False)
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "position"),
    )
    op.create_table(
        "ledger_covers",
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["entry"], ["ledger_entries.entry"]),
        sa.PrimaryKeyConstraint("what", "key"),
    )
    op.bulk_insert(head, [{"id": 1, "size": 0, "row_key": secrets.token_hex(32), "checkpoint": None}])
