"""The shared database with clerical review."""

import sqlalchemy as sa
from alembic import op

revision = "register_14"
down_revision = "register_13"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "review_pairs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("left_agency", sa.String(length=12), nullable=False),
        sa.Column("left_handle", sa.String(length=32), nullable=False),
        sa.Column("right_agency", sa.String(length=12), nullable=False),
        sa.Column("right_handle", sa.String(length=32), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("question", sa.Boolean(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("shape", sa.Text(), nullable=True),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("taken_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["left_agency"], ["agencies.code"]),
        sa.ForeignKeyConstraint(["right_agency"], ["agencies.code"]),
        sa.ForeignKeyConstraint(["run"], ["link_runs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("left_agency", "left_handle", "right_agency", "right_handle"),
    )
    op.create_index(op.f("ix_review_pairs_epoch"), "review_pairs", ["epoch"])
    _tables_of_pairs()
    op.create_table(
        "review_views",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )


def _tables_of_pairs() -> None:
    op.create_table(
        "review_records",
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["pair"], ["review_pairs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pair", "agency", "handle"),
    )
    op.create_index("review_records_by_record", "review_records", ["agency", "handle"])
    op.create_table(
        "review_verdicts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=16), nullable=False),
        sa.Column("given_at", sa.String(length=27), nullable=False),
        sa.Column("fixed_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["pair"], ["review_pairs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("pair", "reviewer"),
        sa.UniqueConstraint("pair", "seat"),
    )
    op.create_table(
        "review_leases",
        sa.Column("pair", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("lease_until", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["pair"], ["review_pairs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pair", "reviewer"),
    )
