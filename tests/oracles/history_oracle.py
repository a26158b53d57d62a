"""The history of persons as objects, read from the tables in the plainest way."""

from collections import defaultdict
from typing import cast

from sqlalchemy import Connection, select

from api.store import schema
from linkage.match.person_events import EventKind, PersonEvent, RecordKey

__all__ = ["history"]


def history(connection: Connection) -> list[list[PersonEvent]]:
    """Return the events of every run that changed something, oldest first, each run's in their order."""
    table, named = schema.person_events, schema.person_event_records
    records: dict[int, list[RecordKey]] = defaultdict(list)
    for event, agency, handle in connection.execute(select(named).order_by(named.c.agency, named.c.handle)):
        records[event].append((agency, handle))
    runs: dict[int, list[PersonEvent]] = defaultdict(list)
    for row in connection.execute(select(table).order_by(table.c.run, table.c.id)):
        kind = cast("EventKind", row.kind)
        runs[row.run].append(PersonEvent(kind, row.person, row.other or "", tuple(records[row.id])))
    return list(runs.values())
