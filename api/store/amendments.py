"""Amendments on record, what is held back because of them, and alerts; digests only, nobody's handle."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, delete, func, insert, select, update

from api.store import schema
from api.store.database import number_of
from api.store.persons import RecordKey
from api.store.schema_audiences import alerts, amendment_holds, amendments
from linkage.register.amendments import AmendmentKind
from linkage.register.probing import Alarm, AlertKind, Noted

__all__ = [
    "Alert",
    "Hold",
    "add_alert",
    "add_amendments",
    "add_holds",
    "admit",
    "all_alerts",
    "close_alert",
    "find_alert",
    "forget_before",
    "holds",
    "last_persons",
    "noted",
    "open_alerts",
]

_ROWS = 500


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
    kind: AlertKind
    count: int
    raised_at: str
    closed_at: str | None
    holding: int


def noted(connection: Connection, agency: str) -> list[Noted]:
    """Return an agency's amendments on record, oldest cycle first."""
    rows = connection.execute(
        select(amendments).where(amendments.c.agency == agency).order_by(amendments.c.cycle)
    )
    return [
        Noted(
            row.cycle,
            row.record,
            row.child,
            row.person,
            cast("AmendmentKind", row.kind),
            row.became,
            row.noted_at,
        )
        for row in rows
    ]


def add_amendments(connection: Connection, agency: str, found: Iterable[Noted]) -> None:
    """Put amendments on record."""
    rows = [
        {
            "cycle": one.cycle,
            "agency": agency,
            "record": one.record,
            "kind": one.kind,
            "child": one.child,
            "person": one.person,
            "became": one.became,
            "noted_at": one.noted_at,
        }
        for one in found
    ]
    if rows:
        connection.execute(insert(amendments), rows)


def forget_before(connection: Connection, moment: str) -> None:
    """Forget amendments that count no more."""
    connection.execute(delete(amendments).where(amendments.c.noted_at < moment))


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


def add_alert(connection: Connection, agency: str, alarm: Alarm, *, cycle: int, now: str) -> int:
    """Raise an alert and return its number."""
    added = connection.execute(
        insert(alerts).values(cycle=cycle, agency=agency, kind=alarm.kind, count=alarm.count, raised_at=now)
    )
    return number_of(added)


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
            cast("AlertKind", row.kind),
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


def last_persons(connection: Connection, agency: str, handles: Collection[str]) -> dict[RecordKey, str]:
    """Return the person that each record of an agency last was of, also where it is nobody's now."""
    records, events = schema.person_event_records, schema.person_events
    found: dict[RecordKey, str] = {}
    ordered = sorted(handles)
    for start in range(0, len(ordered), _ROWS):
        some = ordered[start : start + _ROWS]
        query = (
            select(records.c.handle, events.c.person)
            .join(events, events.c.id == records.c.event)
            .where(records.c.agency == agency, records.c.handle.in_(some))
            .order_by(events.c.id)
        )
        found.update({(agency, row.handle): row.person for row in connection.execute(query)})
    return found
