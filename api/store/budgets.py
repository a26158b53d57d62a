"""Rows of budgets: what of one is used in each span, and by how much it was raised."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from api.store import ledger, schema
from api.store.database import insert_new, number_of
from api.store.schema_privacy import budget_raises, budget_uses
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.manifest import read_manifest

__all__ = ["Raise", "add_raise", "all_used", "charge", "raised", "raises_of", "records_held", "used"]

_SPANS_KEPT = 24
"""Of each budget of an agency: two years of cycles.  No clock goes back farther by mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """By how much a budget of one agency was raised in one span, by whom and why."""

    agency: str
    budget: str
    span: str
    more: int
    reason: str
    raised_by: str
    agreed_by: str
    raised_on: str


def charge(
    connection: Connection, agency: str, budget: str, amount: int, *, span: str, limit: int | None
) -> bool:
    """Add to what an agency used; False, and nothing added, beyond a limit.  Without one it is counted only.

    Right beside other transactions that write: each step changes one row, or adds it, by what it says now.
    What other spans used stays as it is, for a span can come back; of those long over, the oldest go.
    """
    table, row = budget_uses, _row(agency, budget, span)
    within = update(table).where(*row)
    if limit is not None:
        if amount > limit:
            return False
        within = within.where(table.c.amount <= limit - amount)
    added = {"agency": agency, "budget": budget, "span": span, "amount": amount}
    while True:
        if connection.execute(within.values(amount=table.c.amount + amount)).rowcount:
            return True
        if connection.scalar(select(table.c.amount).where(*row)) is not None:
            return False
        if insert_new(connection, table, added):
            _forget_oldest(connection, agency, budget, span)
            return True


def _row(agency: str, budget: str, span: str) -> tuple[ColumnElement[bool], ...]:
    table = budget_uses
    return table.c.agency == agency, table.c.budget == budget, table.c.span == span


def _forget_oldest(connection: Connection, agency: str, budget: str, span: str) -> None:
    table = budget_uses
    known = select(table.c.span).where(table.c.agency == agency, table.c.budget == budget)
    others = sorted((one for one in connection.scalars(known) if one != span), key=_number_of)
    for one in others[: max(len(others) - _SPANS_KEPT, 0)]:
        connection.execute(delete(table).where(*_row(agency, budget, one)))


def _number_of(span: str) -> int:
    """Return how manieth cycle, or which year, a span is."""
    return int(span.rpartition(" ")[2])


def used(connection: Connection, agency: str, budget: str, *, span: str) -> int:
    """Return how much of a budget an agency used in a span."""
    return connection.scalar(select(budget_uses.c.amount).where(*_row(agency, budget, span))) or 0


def all_used(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Return agency, budget, span and amount of whatever was used of any budget, at a glance."""
    rows = connection.execute(select(budget_uses))
    return sorted((row.agency, row.budget, row.span, row.amount) for row in rows)


def add_raise(connection: Connection, given: Raise, *, now: str) -> int:
    """Keep that a budget was raised, with its entry in the ledger, and return its number."""
    values = {name: getattr(given, name) for name in Raise.__slots__}
    number = number_of(connection.execute(insert(budget_raises).values(**values)))
    facts: dict[str, Fact] = {"what": "budget raised", **values}
    ledger.append(connection, EntryKind.ALERT, facts, now=now, rows={"budget_raises": [str(number)]})
    return number


def raised(connection: Connection, agency: str, budget: str, *, span: str) -> int:
    """Return by how much a budget was raised in a span, all raises together."""
    table = budget_raises
    where = (table.c.agency == agency, table.c.budget == budget, table.c.span == span)
    return int(connection.scalar(select(func.sum(table.c.more)).where(*where)) or 0)


def raises_of(connection: Connection, agency: str) -> list[Raise]:
    """Return every raise of an agency's budgets, the newest first."""
    table = budget_raises
    rows = connection.execute(select(table).where(table.c.agency == agency).order_by(table.c.number.desc()))
    return [Raise(**{name: getattr(row, name) for name in Raise.__slots__}) for row in rows]


def records_held(connection: Connection, agency: str) -> int:
    """Return how many records of an agency persons have, each once however many snapshots hold it.

    Less its dummies: of snapshots that stand, the one that says it has most.
    """
    members, table = schema.memberships, schema.submissions
    number = connection.scalar(select(func.count()).where(members.c.agency == agency)) or 0
    chosen = select(table.c.manifest).where(table.c.agency == agency, table.c.state == "accepted")
    dummies = [read_manifest(text.encode()).counts.dummies for text in connection.scalars(chosen)]
    return max(int(number) - max(dummies, default=0), 0)
