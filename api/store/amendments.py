"""Amendments on record; digests only, nobody's handle."""

from collections.abc import Collection, Iterable
from typing import cast

from sqlalchemy import Connection, delete, select

from api.store import schema
from api.store.bulk import insert_rows
from api.store.persons import RecordKey
from api.store.schema_audiences import amendments
from linkage.register.amendments import AmendmentKind
from linkage.register.probing import Noted

__all__ = [
    "add_amendments",
    "forget_before",
    "last_persons",
    "noted",
]

_ROWS = 500


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
    insert_rows(connection, amendments, rows)


def forget_before(connection: Connection, moment: str) -> None:
    """Forget amendments that count no more."""
    connection.execute(delete(amendments).where(amendments.c.noted_at < moment))


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
