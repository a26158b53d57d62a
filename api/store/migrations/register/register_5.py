"""Who was one person, and who was not, when records came to another epoch."""

import sqlalchemy as sa
from alembic import op

revision = "register_5"
down_revision = "register_4"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "carried",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("encoding", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.ForeignKeyConstraint(["person"], ["persons.id"]),
        sa.PrimaryKeyConstraint("agency", "handle"),
    )
    op.create_index(op.f("ix_carried_epoch"), "carried", ["epoch"], unique=False)
