"""What custodians revoked."""

import sqlalchemy as sa
from alembic import op

revision = "register_2"
down_revision = "register_1"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "revocations",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided", sa.String(length=17), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("received_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
