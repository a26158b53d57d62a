"""The shared database with accounts that a department's own sign-on knows."""

import sqlalchemy as sa
from alembic import op

revision = "register_16"
down_revision = "register_15"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "console_sign_ons",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("bound_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["console_accounts.name"]),
        sa.PrimaryKeyConstraint("account"),
        sa.UniqueConstraint("issuer", "subject"),
    )
