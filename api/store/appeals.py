"""How many public appeals an operator knows of: counts by month, an estimate of a year, and nobody's name."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from api.store import ledger
from api.store.database import number_of
from api.store.schema_privacy import public_appeals
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["Appeals", "add_appeals", "all_appeals", "by_month", "estimate_of_year", "withdraw_appeals"]

_table = public_appeals


@dataclass(frozen=True, slots=True)
class Appeals:
    """One count; without a month it is what is expected of a year."""

    number: int
    month: str | None
    count: int
    entered_on: str
    withdrawn_on: str | None


def add_appeals(connection: Connection, month: str | None, count: int, *, now: str) -> int:
    """Keep a count, with its entry in the ledger, and return its number; counts of one month add up."""
    values = {"month": month, "count": count, "entered_on": now[:10]}
    number = number_of(connection.execute(insert(_table).values(**values)))
    _enter(connection, "public appeals counted", number, {"month": month, "count": count}, now=now)
    return number


def withdraw_appeals(connection: Connection, number: int, *, now: str) -> bool:
    """Let a count that was wrong count no more; returns False if none of this number counts."""
    mine = (_table.c.number == number, _table.c.withdrawn_on.is_(None))
    if connection.execute(update(_table).where(*mine).values(withdrawn_on=now[:10])).rowcount == 0:
        return False
    _enter(connection, "count of public appeals withdrawn", number, {}, now=now)
    return True


def all_appeals(connection: Connection) -> list[Appeals]:
    """Return every count in the order in which it came."""
    rows = connection.execute(select(_table).order_by(_table.c.number))
    return [
        Appeals(row.number, row.month, row._mapping["count"], row.entered_on, row.withdrawn_on)
        for row in rows
    ]


def by_month(connection: Connection) -> dict[str, int]:
    """Return how many appeals count by month."""
    found: dict[str, int] = {}
    for one in all_appeals(connection):
        if one.month is not None and one.withdrawn_on is None:
            found[one.month] = found.get(one.month, 0) + one.count
    return found


def estimate_of_year(connection: Connection) -> int | None:
    """Return the newest estimate of how many appeals a year has, or None."""
    given = [one for one in all_appeals(connection) if one.month is None and one.withdrawn_on is None]
    return given[-1].count if given else None


def _enter(connection: Connection, what: str, number: int, facts: dict[str, Fact], *, now: str) -> None:
    rows = {"public_appeals": [str(number)]}
    ledger.append(connection, EntryKind.OTHER, {"what": what, "number": number, **facts}, now=now, rows=rows)
