"""Successions of custodians."""

import sqlalchemy as sa
from alembic import op

revision = "register_4"
down_revision = "register_3"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "successions",
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("adopted_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("serial"),
    )
