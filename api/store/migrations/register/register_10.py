"""The shared database with open/closed conflicts between cycles."""

import sqlalchemy as sa
from alembic import op

revision = "register_10"
down_revision = "register_9"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "urgent_conflicts",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("episode", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=12), nullable=False),
        sa.Column("query", sa.String(length=12), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("arisen_at", sa.String(length=27), nullable=False),
        sa.Column("told_at", sa.String(length=27), nullable=True),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.PrimaryKeyConstraint("agency", "episode"),
    )
