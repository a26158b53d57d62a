"""The shared database with budgets that were raised, public appeals counted, and no account of two duties."""

import sqlalchemy as sa
from alembic import op

revision = "register_17"
down_revision = "register_16"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "budget_raises",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("budget", sa.String(length=16), nullable=False),
        sa.Column("span", sa.String(length=16), nullable=False),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.Text(), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=False),
        sa.Column("raised_on", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "public_appeals",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("entered_on", sa.String(length=10), nullable=False),
        sa.Column("withdrawn_on", sa.String(length=10), nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    _keep_apart()


def _keep_apart() -> None:
    """Let the database itself refuse an account that is operator and publisher, whoever writes it.

    Rows that are there already stay as they are: the console reports them.
    """
    both = "{0}roles LIKE '%operator%' AND {0}roles LIKE '%publisher%'"
    if op.get_bind().dialect.name == "postgresql":
        roles = sa.table("console_accounts", sa.column("roles")).c.roles
        held = sa.select(sa.func.count()).where(roles.contains("operator"), roles.contains("publisher"))
        later = " NOT VALID" if op.get_bind().scalar(held) else ""
        check = f"CHECK (NOT ({both.format('')})){later}"
        op.execute(sa.text(f"ALTER TABLE console_accounts ADD CONSTRAINT duties_apart {check}"))
        return
    for event in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER duties_apart_{event.lower()} BEFORE {event} ON console_accounts "
            f"WHEN {both.format('NEW.')} BEGIN SELECT RAISE(ABORT, 'operator and publisher'); END"
        )
