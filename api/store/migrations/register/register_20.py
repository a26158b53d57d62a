"""The shared database with what each linkage compared, and by which engine."""

import sqlalchemy as sa
from alembic import op

revision = "register_20"
down_revision = "register_19"


def upgrade() -> None:
    """Make the table; of runs before nobody noted it."""
    op.create_table(
        "link_run_inputs",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("engine", sa.String(length=64), nullable=False),
        sa.Column("profile_sha256", sa.String(length=64), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["link_runs.id"]),
        sa.PrimaryKeyConstraint("run"),
    )
