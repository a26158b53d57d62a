"""How much of a limit was used: one row per agency and measure, overwritten when its span is over.

A span is a minute or a day of the clock, written as text.  A row is changed in a transaction that is
written anyway (the one that uses up a nonce, the one that adds a submission), so counting costs no fsync of
its own, holds for every process of the service, and survives a restart.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete, select, update

from api.store import schema
from api.store.database import insert_new

__all__ = ["charge", "forget", "used"]

_table = schema.usage


def charge(connection: Connection, subject: str, measure: str, amount: int, *, span: str, limit: int) -> bool:
    """Add to what was used in this span; returns False, and adds nothing, where it would pass the limit.

    Right beside other transactions that write: each step changes one row, or none, by what it says now.
    """
    row = (_table.c.subject == subject, _table.c.measure == measure)
    values = {"subject": subject, "measure": measure, "span": span, "amount": amount}
    within = update(_table).where(*row, _table.c.span == span, _table.c.amount <= limit - amount)
    while amount <= limit:
        if connection.execute(within.values(amount=_table.c.amount + amount)).rowcount:
            return True
        found = connection.scalar(select(_table.c.span).where(*row))
        if found == span:
            return False
        if found is None:
            done = insert_new(connection, _table, values)
        else:
            begun = update(_table).where(*row, _table.c.span == found).values(span=span, amount=amount)
            done = connection.execute(begun).rowcount == 1
        if done:
            return True
    return False


def used(connection: Connection, subject: str, measure: str, *, span: str) -> int:
    """Return how much was used in this span."""
    chosen = select(_table.c.amount).where(
        _table.c.subject == subject, _table.c.measure == measure, _table.c.span == span
    )
    return connection.scalar(chosen) or 0


def forget(connection: Connection, measures: Collection[str], *, before: str) -> None:
    """Delete what was used in spans before one, of measures whose subjects come and go."""
    connection.execute(delete(_table).where(_table.c.measure.in_(measures), _table.c.span < before))
