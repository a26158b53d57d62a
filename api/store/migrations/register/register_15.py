"""The shared database with what operators are shown of persons, and questions that people want asked."""

import sqlalchemy as sa
from alembic import op

revision = "register_15"
down_revision = "register_14"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "person_sheets",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.Column("run", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("timeline", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person"),
    )
    op.create_index(op.f("ix_person_sheets_expires_at"), "person_sheets", ["expires_at"])
    op.create_table(
        "person_sheet_records",
        sa.Column("sheet", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["sheet"], ["person_sheets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("sheet", "agency", "handle"),
    )
    op.create_index("person_sheet_records_by_record", "person_sheet_records", ["agency", "handle"])
    op.create_table(
        "link_explanations",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["link_runs.id"]),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index(op.f("ix_link_explanations_epoch"), "link_explanations", ["epoch"])
    op.create_table(
        "known_link_authors",
        sa.Column("decision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["decision"], ["known_links.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("decision"),
    )
    _wanted_questions()
    op.create_index("queries_by_child", "queries", ["agency", "child"])
    op.create_index("queries_by_other", "queries", ["contact", "other"])


def _wanted_questions() -> None:
    op.create_table(
        "wanted_questions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.String(length=27), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("settled_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "kind", "handle", "other", "asked_by"),
    )
    op.create_index("wanted_questions_by_record", "wanted_questions", ["agency", "handle"])
