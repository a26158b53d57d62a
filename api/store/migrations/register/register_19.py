"""The shared database with a row for each span of a budget, in a table of its own."""

import sqlalchemy as sa
from alembic import op

revision = "register_19"
down_revision = "register_18"


def upgrade() -> None:
    """Make the table, and take over what was counted among minutes and days."""
    made = op.create_table(
        "budget_uses",
        sa.Column("agency", sa.String(length=12), nullable=False),
        sa.Column("budget", sa.String(length=16), nullable=False),
        sa.Column("span", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agency"], ["agencies.code"]),
        sa.PrimaryKeyConstraint("agency", "budget", "span"),
    )
    usage = sa.table("usage", *map(sa.column, ("subject", "measure", "span", "amount")))
    counted = usage.c.measure.startswith("b/", autoescape=True)
    budget = sa.func.substr(usage.c.measure, 3)
    held = sa.select(usage.c.subject, budget, usage.c.span, usage.c.amount).where(counted)
    op.execute(made.insert().from_select(["agency", "budget", "span", "amount"], held))
    op.execute(usage.delete().where(counted))
