"""The linking worker's index at its first schema."""

import sqlalchemy as sa
from alembic import op

revision = "encodings_1"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bodies",
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("period_start", sa.String(length=10), nullable=False),
        sa.Column("period_end", sa.String(length=10), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("sealed_sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("stored_at", sa.String(length=27), nullable=False),
        sa.Column("dropped_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("submission"),
    )
