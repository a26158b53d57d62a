"""The shared database with the directory of areas."""

import sqlalchemy as sa
from alembic import op

revision = "register_11"
down_revision = "register_10"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "areas",
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("area_name", sa.Text(), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("region_name", sa.Text(), nullable=False),
        sa.Column("country_code", sa.String(length=12), nullable=False),
        sa.Column("country_name", sa.Text(), nullable=False),
        sa.Column("force_code", sa.String(length=12), nullable=False),
        sa.Column("force_name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("area_code"),
    )
