"""The shared database with linkage quality by group, and links known from outside."""

import sqlalchemy as sa
from alembic import op

revision = "register_18"
down_revision = "register_16"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "group_quality",
        sa.Column("cycle", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["cycle"], ["cycles.number"]),
        sa.PrimaryKeyConstraint("cycle"),
    )
    op.create_table(
        "known_link_samples",
        sa.Column("decision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["decision"], ["known_links.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["run"], ["link_runs.id"]),
        sa.PrimaryKeyConstraint("decision"),
    )
