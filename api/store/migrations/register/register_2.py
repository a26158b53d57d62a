"""The shared database with the life of an epoch: deadline, closing, destruction, and each member's epoch."""

import sqlalchemy as sa
from alembic import op

revision = "register_2"
down_revision = "register_1"


def upgrade() -> None:
    """Add what version 1 did not know."""
    op.add_column("epochs", sa.Column("re_encode_by", sa.String(length=10), nullable=True))
    op.add_column("epochs", sa.Column("closed_at", sa.String(length=27), nullable=True))
    op.add_column("memberships", sa.Column("epoch", sa.String(length=32), server_default="", nullable=False))
    # Version 1 did not keep the epoch that a record was last linked in.  The run that put it into its person
    # is a lower bound; a record encoded since is corrected by the linkage that comes next.
    op.execute(
        "UPDATE memberships SET epoch = coalesce("
        "(SELECT link_runs.epoch FROM link_runs WHERE link_runs.id = memberships.since_run), '')"
    )
    op.create_index(op.f("ix_memberships_epoch"), "memberships", ["epoch"], unique=False)
    op.create_table(
        "destructions",
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("link_job", sa.Integer(), nullable=False),
        sa.Column("payload_job", sa.Integer(), nullable=False),
        sa.Column("encodings_job", sa.Integer(), nullable=False),
        sa.Column("payload_records", sa.Integer(), nullable=True),
        sa.Column("memberships", sa.Integer(), nullable=True),
        sa.Column("destroyed_at", sa.String(length=27), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["encodings_job"], ["jobs.id"]),
        sa.ForeignKeyConstraint(["epoch"], ["epochs.epoch"]),
        sa.ForeignKeyConstraint(["link_job"], ["jobs.id"]),
        sa.ForeignKeyConstraint(["payload_job"], ["jobs.id"]),
        sa.PrimaryKeyConstraint("epoch"),
    )
