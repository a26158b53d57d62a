"""The shared database with audiences of pseudonyms, re-identification, answers to queries, amendments."""

import sqlalchemy as sa
from alembic import op

revision = "register_9"
down_revision = "register_8"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "approvers",
        sa.Column("signing_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.String(length=27), nullable=False),
        sa.Column("removed_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("signing_key"),
    )
    op.create_table(
        "audiences",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("added_at", sa.String(length=27), nullable=False),
        sa.Column("retired_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "audience_keys",
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("check_value", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.String(length=27), nullable=False),
        sa.Column("replaced_at", sa.String(length=27), nullable=True),
        sa.Column("destroyed_at", sa.String(length=27), nullable=True),
        sa.Column("certificate", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["audience"],
            ["audiences.name"],
        ),
        sa.PrimaryKeyConstraint("audience", "generation"),
    )
    op.create_table(
        "reidentifications",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("requested_at", sa.String(length=27), nullable=False),
        sa.Column("expires_at", sa.String(length=27), nullable=False),
        sa.Column("decided_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["audience"],
            ["audiences.name"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index(
        op.f("ix_reidentifications_requested_at"), "reidentifications", ["requested_at"], unique=False
    )
    op.create_table(
        "reidentification_notices",
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("shown_at", sa.String(length=27), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("answered_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["number"],
            ["reidentifications.number"],
        ),
        sa.PrimaryKeyConstraint("number", "agency", "handle"),
    )
    op.create_index("notices_of_agency", "reidentification_notices", ["agency"], unique=False)
    op.create_table(
        "alerts",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.String(length=27), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["cycle"],
            ["cycles.number"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "amendments",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("record", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("child", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("became", sa.String(length=32), nullable=False),
        sa.Column("noted_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["cycle"],
            ["cycles.number"],
        ),
        sa.PrimaryKeyConstraint("cycle", "agency", "record", "kind"),
    )
    op.create_index(op.f("ix_amendments_noted_at"), "amendments", ["noted_at"], unique=False)
    op.create_table(
        "queries",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("query", sa.String(length=12), nullable=False),
        sa.Column("reconciliation_class", sa.String(length=32), nullable=False),
        sa.Column("child", sa.String(length=32), nullable=False),
        sa.Column("contact", sa.String(length=12), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=False),
        sa.Column("first_cycle", sa.Integer(), nullable=False),
        sa.Column("last_cycle", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["first_cycle"],
            ["cycles.number"],
        ),
        sa.ForeignKeyConstraint(
            ["last_cycle"],
            ["cycles.number"],
        ),
        sa.PrimaryKeyConstraint("agency", "query"),
    )
    op.create_table(
        "amendment_holds",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("alert", sa.Integer(), nullable=False),
        sa.Column("admitted_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["alert"],
            ["alerts.number"],
        ),
        sa.ForeignKeyConstraint(
            ["cycle"],
            ["cycles.number"],
        ),
        sa.PrimaryKeyConstraint("agency", "subject", "cycle"),
    )
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("query", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.String(length=24), nullable=False),
        sa.Column("answered_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(["agency", "query"], ["queries.agency", "queries.query"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("answers_by_query", "answers", ["agency", "query"], unique=False)
