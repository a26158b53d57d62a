"""Single records: withdrawn, shielded, kept apart or joined, erased; retention; what a run says of itself."""

import sqlalchemy as sa
from alembic import op

from api.store.database import BIG_INTEGER

revision = "register_8"
down_revision = "register_7"


def upgrade() -> None:
    """Make the tables, and add what is known of snapshots and runs."""
    op.add_column("submissions", sa.Column("ended_at", sa.String(length=27), nullable=True))
    for name, kind in (
        ("possible", BIG_INTEGER),
        ("precision", sa.Float()),
        ("precision_low", sa.Float()),
        ("precision_high", sa.Float()),
        ("method", sa.String(length=16)),
    ):
        op.add_column("link_runs", sa.Column(name, kind, nullable=True))
    _records()
    _links()
    _erasures()


def _records() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("sequence", BIG_INTEGER, nullable=False),
        sa.Column("withdrawn_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("agency", "handle"),
    )
    op.create_table(
        "shields",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("shielded_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("agency", "handle"),
    )
    op.create_table(
        "tombstones",
        sa.Column("worker", sa.String(length=16), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("worker", "agency", "digest"),
    )


def _links() -> None:
    op.create_table(
        "known_links",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("left_agency", sa.String(length=12), nullable=False),
        sa.Column("left_handle", sa.String(length=32), nullable=False),
        sa.Column("right_agency", sa.String(length=12), nullable=False),
        sa.Column("right_handle", sa.String(length=32), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["left_agency"], ["agencies.code"]),
        sa.ForeignKeyConstraint(["right_agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("left_agency", "left_handle", "right_agency", "right_handle"),
    )


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.String(length=8), server_default="", nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("lasting", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("confirmed_at", sa.String(length=27), nullable=True),
        sa.Column("payload_job", sa.Integer(), nullable=True),
        sa.Column("encodings_job", sa.Integer(), nullable=True),
        sa.Column("scrub_job", sa.Integer(), nullable=True),
        sa.Column("payload_counts", sa.Text(), nullable=True),
        sa.Column("encodings_counts", sa.Text(), nullable=True),
        sa.Column("forgotten_at", sa.String(length=27), nullable=True),
        sa.Column("erased_at", sa.String(length=27), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.ForeignKeyConstraint(["encodings_job"], ["jobs.id"]),
        sa.ForeignKeyConstraint(["payload_job"], ["jobs.id"]),
        sa.ForeignKeyConstraint(["scrub_job"], ["jobs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(op.f("ix_erasures_payload_job"), "erasures", ["payload_job"], unique=False)
    op.create_index(op.f("ix_erasures_encodings_job"), "erasures", ["encodings_job"], unique=False)
    op.create_table(
        "erasure_targets",
        sa.Column("erasure", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["erasure"], ["erasures.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("erasure", "agency", "handle"),
    )
    op.create_index("erasure_targets_by_record", "erasure_targets", ["agency", "handle"], unique=False)
    op.create_table(
        "retention_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("ran_at", sa.String(length=27), nullable=False),
        sa.Column("erasure", sa.Integer(), nullable=True),
        sa.Column("removed", sa.Text(), nullable=False),
        sa.Column("forecast", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["erasure"], ["erasures.id"]),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job"),
    )
