"""The register worker's store at its first schema."""

import sqlalchemy as sa
from alembic import op

revision = "payload_1"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "snapshots",
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("period_start", sa.String(length=10), nullable=False),
        sa.Column("period_end", sa.String(length=10), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("stored_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("submission"),
    )
    op.create_table(
        "records",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("version", _BIG, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission"],
            ["snapshots.submission"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("records_by_submission", "records", ["submission", "kind", "handle"], unique=False)
