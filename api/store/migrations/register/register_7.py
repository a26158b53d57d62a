"""What each agency has used of its limits, and the answers kept under idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "register_7"
down_revision = "register_6"


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "usage",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("span", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "measure"),
    )
    op.create_table(
        "kept_answers",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("idempotency_key", sa.String(length=128), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("expires", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("agency", "idempotency_key"),
    )
    op.create_index(op.f("ix_kept_answers_expires"), "kept_answers", ["expires"], unique=False)
