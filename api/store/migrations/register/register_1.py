"""The shared database at its first schema."""

import sqlalchemy as sa
from alembic import op

revision = "register_1"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agencies",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("signing_key", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sequence", _BIG, server_default="0", nullable=False),
        sa.Column("enrolled_at", sa.String(length=27), nullable=False),
        sa.Column("removed_at", sa.String(length=27), nullable=True),
        sa.PrimaryKeyConstraint("code"),
        sa.UniqueConstraint("signing_key"),
    )
    op.create_table(
        "custodians",
        sa.Column("signing_key", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("pinned_at", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("signing_key"),
    )
    op.create_table(
        "epochs",
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("descriptor", sa.Text(), nullable=False),
        sa.Column("opens", sa.String(length=17), nullable=False),
        sa.Column("adopted_at", sa.String(length=27), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("epoch"),
    )
    op.create_table(
        "nonces",
        sa.Column("signing_key", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=128), nullable=False),
        sa.Column("expires", sa.String(length=27), nullable=False),
        sa.PrimaryKeyConstraint("signing_key", "nonce"),
    )
    op.create_index(op.f("ix_nonces_expires"), "nonces", ["expires"], unique=False)
    op.create_table(
        "trust",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "submissions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("sequence", _BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("linked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("registration", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=False),
        sa.Column("period_start", sa.String(length=10), nullable=False),
        sa.Column("period_end", sa.String(length=10), nullable=False),
        sa.Column("registered_at", sa.String(length=27), nullable=False),
        sa.Column("committed_at", sa.String(length=27), nullable=True),
        sa.Column("settled_at", sa.String(length=27), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["epoch"],
            ["epochs.epoch"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agency", "sequence"),
    )
    op.create_index(
        "submissions_by_period", "submissions", ["agency", "period_start", "period_end"], unique=False
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("worker", sa.String(length=16), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("barrier", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.String(length=27), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", sa.String(length=27), nullable=True),
        sa.Column("done", _BIG, server_default="0", nullable=False),
        sa.Column("total", _BIG, server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("queued_at", sa.String(length=27), nullable=False),
        sa.Column("finished_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("jobs_to_claim", "jobs", ["worker", "state", "id"], unique=False)
    op.create_table(
        "parts",
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["submission"], ["submissions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("submission", "name"),
    )
    op.create_table(
        "chunks",
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", _BIG, nullable=False),
        sa.Column("present", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission", "part"], ["parts.submission", "parts.name"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("submission", "part", "position"),
    )
    op.create_index("chunks_by_digest", "chunks", ["submission", "sha256"], unique=False)
    op.create_table(
        "cycles",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("closed_at", sa.String(length=27), nullable=False),
        sa.Column("link_job", sa.Integer(), nullable=False),
        sa.Column("reconcile_job", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=True),
        sa.Column("reconciled_at", sa.String(length=27), nullable=True),
        sa.ForeignKeyConstraint(
            ["link_job"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["reconcile_job"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "link_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.String(length=32), nullable=True),
        sa.Column("records", _BIG, nullable=False),
        sa.Column("pairs", _BIG, nullable=False),
        sa.Column("links", _BIG, nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.String(length=27), nullable=False),
        sa.ForeignKeyConstraint(
            ["epoch"],
            ["epochs.epoch"],
        ),
        sa.ForeignKeyConstraint(
            ["job"],
            ["jobs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("job"),
    )
    op.create_table(
        "link_run_submissions",
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("submission", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["link_runs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("run", "submission"),
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("created_run", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_run"],
            ["link_runs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "results",
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["cycle"],
            ["cycles.number"],
        ),
        sa.PrimaryKeyConstraint("cycle", "agency"),
    )
    op.create_table(
        "memberships",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("since_run", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"],
            ["agencies.code"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.id"],
        ),
        sa.ForeignKeyConstraint(
            ["since_run"],
            ["link_runs.id"],
        ),
        sa.PrimaryKeyConstraint("agency", "handle"),
    )
    op.create_index(op.f("ix_memberships_person"), "memberships", ["person"], unique=False)
    op.create_table(
        "person_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("other", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["other"],
            ["persons.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["persons.id"],
        ),
        sa.ForeignKeyConstraint(
            ["run"],
            ["link_runs.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_person_events_person"), "person_events", ["person"], unique=False)
    op.create_table(
        "person_event_records",
        sa.Column("event", sa.Integer(), nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("handle", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["event"],
            ["person_events.id"],
        ),
        sa.PrimaryKeyConstraint("event", "agency", "handle"),
    )
