"""Alerts that an agency may be probing, and what is held back because of them; nobody's handle."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from api.store.database import number_of
from api.store.schema_audiences import alerts, amendment_holds

__all__ = [
    "Alert",
    "Hold",
    "add_alert",
    "add_holds",
    "admit",
    "all_alerts",
    "close_alert",
    "find_alert",
    "holds",
    "open_alerts",
]


@dataclass(frozen=True, slots=True)
class Hold:
    """A child or person (digest) of an agency whose records stand as they did before ``cycle``."""

    agency: str
    subject: str
    cycle: int
    admitted_at: str | None


@dataclass(frozen=True, slots=True)
class Alert:
    """What looked like probing: which agency's, of what kind, how many; ``holding``: subjects held back."""

    number: int
    cycle: int
    agency: str
    kind: str
    count: int
    raised_at: str
    closed_at: str | None
    holding: int


def holds(connection: Connection) -> list[Hold]:
    """Return everything that is or was held back, by agency, the latest of a subject last."""
    table = amendment_holds
    rows = connection.execute(select(table).order_by(table.c.agency, table.c.subject, table.c.cycle))
    return [Hold(row.agency, row.subject, row.cycle, row.admitted_at) for row in rows]


def add_holds(
    connection: Connection, agency: str, subjects: Iterable[str], *, cycle: int, alert: int
) -> None:
    """Hold back what these subjects' records say from ``cycle`` on."""
    rows = [{"agency": agency, "subject": one, "cycle": cycle, "alert": alert} for one in sorted(subjects)]
    if rows:
        connection.execute(insert(amendment_holds), rows)


def add_alert(connection: Connection, agency: str, kind: str, count: int, *, cycle: int, now: str) -> int:
    """Raise an alert and return its number."""
    values = {"cycle": cycle, "agency": agency, "kind": kind, "count": count, "raised_at": now}
    return number_of(connection.execute(insert(alerts).values(**values)))


def all_alerts(connection: Connection) -> list[Alert]:
    """Return every alert, the newest first."""
    held = (
        select(amendment_holds.c.alert, func.count().label("holding"))
        .where(amendment_holds.c.admitted_at.is_(None))
        .group_by(amendment_holds.c.alert)
        .subquery()
    )
    query = select(alerts, alerts.c.count.label("found"), held.c.holding).outerjoin(
        held, held.c.alert == alerts.c.number
    )
    return [
        Alert(
            row.number,
            row.cycle,
            row.agency,
            row.kind,
            row.found,
            row.raised_at,
            row.closed_at,
            row.holding or 0,
        )
        for row in connection.execute(query.order_by(alerts.c.number.desc()))
    ]


def find_alert(connection: Connection, number: int) -> Alert | None:
    """Return one alert, or None."""
    return next((one for one in all_alerts(connection) if one.number == number), None)


def open_alerts(connection: Connection) -> int:
    """Count the alerts that the operator has not closed."""
    query = select(func.count()).select_from(alerts).where(alerts.c.closed_at.is_(None))
    return int(connection.scalar(query) or 0)


def close_alert(connection: Connection, number: int, *, now: str) -> None:
    """Close an alert that the operator has dealt with; what it holds back stays so."""
    connection.execute(update(alerts).where(alerts.c.number == number).values(closed_at=now))


def admit(connection: Connection, number: int, *, now: str) -> list[Hold]:
    """Let what an alert holds back through from the next cycle on, and return what that is."""
    table = amendment_holds
    waiting = (table.c.alert == number, table.c.admitted_at.is_(None))
    rows = connection.execute(select(table).where(*waiting)).all()
    connection.execute(update(table).where(*waiting).values(admitted_at=now))
    return [Hold(row.agency, row.subject, row.cycle, now) for row in rows]
