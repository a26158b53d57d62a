"""Rows of budgets: what of one is used (in the table of limits), and by how much it was raised."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from api.store import ledger, schema, usage
from api.store.database import number_of
from api.store.schema_privacy import budget_raises
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.manifest import read_manifest

__all__ = ["Raise", "add_raise", "all_used", "charge", "raised", "raises_of", "records_held", "used"]

_NO_LIMIT = 2**62
_PREFIX = "b/"
"""Before a budget's name in the table of limits, where a limit of the same name counts minutes or days."""


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

    Right beside other transactions that write, as :func:`api.store.usage.charge` is.
    """
    most = _NO_LIMIT if limit is None else limit
    return usage.charge(connection, agency, _PREFIX + budget, amount, span=span, limit=most)


def used(connection: Connection, agency: str, budget: str, *, span: str) -> int:
    """Return how much of a budget an agency used in a span."""
    return usage.used(connection, agency, _PREFIX + budget, span=span)


def all_used(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Return agency, budget, span and amount of whatever was used of any budget, at a glance."""
    table = schema.usage
    rows = connection.execute(select(table).where(table.c.measure.startswith(_PREFIX, autoescape=True)))
    return sorted((row.subject, row.measure.removeprefix(_PREFIX), row.span, row.amount) for row in rows)


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
