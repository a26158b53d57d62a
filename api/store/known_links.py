"""What the operator knows of two records: one person, or never one; honoured at every linkage."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, insert, select

from api.store import record_tables, schema
from api.store.database import number_of
from api.store.persons import RecordKey

__all__ = ["KnownLink", "add", "all_links", "is_known_record", "remove"]

_table = record_tables.known_links


@dataclass(frozen=True, slots=True)
class KnownLink:
    """One decision; ``left`` is the smaller of the two records."""

    id: int
    left: RecordKey
    right: RecordKey
    same: bool
    reason: str
    decided_at: str


def all_links(connection: Connection) -> list[KnownLink]:
    """Return every decision that stands, oldest first."""
    return [
        KnownLink(
            row.id,
            (row.left_agency, row.left_handle),
            (row.right_agency, row.right_handle),
            row.same,
            row.reason,
            row.decided_at,
        )
        for row in connection.execute(select(_table).order_by(_table.c.id))
    ]


def add(
    connection: Connection, left: RecordKey, right: RecordKey, *, same: bool, reason: str, now: str
) -> int:
    """Keep a decision and return its number."""
    added = connection.execute(
        insert(_table).values(
            left_agency=left[0],
            left_handle=left[1],
            right_agency=right[0],
            right_handle=right[1],
            same=same,
            reason=reason,
            decided_at=now,
        )
    )
    return number_of(added)


def remove(connection: Connection, number: int) -> bool:
    """Take a decision back; returns False if there is no such."""
    return connection.execute(delete(_table).where(_table.c.id == number)).rowcount == 1


def is_known_record(connection: Connection, record: RecordKey) -> bool:
    """Say whether a child record is, or was, in the register."""
    agency, handle = record
    tables = (schema.memberships, schema.person_event_records)
    return any(
        connection.scalar(select(exists().where(table.c.agency == agency, table.c.handle == handle)))
        for table in tables
    )
