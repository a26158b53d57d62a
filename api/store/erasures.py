"""Erasures of records: asked, confirmed, done by both workers, certified."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, or_, select, update

from api.store import answers, person_sheets, record_tables, review, schema, schema_audiences, urgent
from api.store.bulk import insert_rows
from api.store.database import number_of
from api.store.records import in_chunks
from linkage.wire.erasures import ErasureScope

__all__ = [
    "Counts",
    "ErasureRow",
    "add",
    "all_erasures",
    "by_name",
    "count_under_way",
    "discard",
    "find",
    "forget",
    "get",
    "live_of_agency",
    "mark_erased",
    "named_by_ledger",
    "of_job",
    "set_values",
    "to_be_scrubbed",
]

Counts = dict[str, int]
"""How many of each kind; the kinds are :data:`linkage.wire.erasures.ERASED_KINDS`."""

_table = record_tables.erasures
_targets = record_tables.erasure_targets


@dataclass(frozen=True, slots=True)
class ErasureRow:
    """One erasure as it stands; a count is None until its job has made sure of it."""

    id: int
    name: str
    scope: ErasureScope
    agency: str | None
    reason: str
    code: str
    records: int
    lasting: bool
    asked_at: str
    confirmed_at: str | None
    payload_job: int | None
    encodings_job: int | None
    scrub_job: int | None
    payload_counts: Counts | None
    encodings_counts: Counts | None
    forgotten_at: str | None
    erased_at: str | None
    certificate: str | None

    @property
    def state(self) -> str:
        """Say in a word how far it is."""
        if self.erased_at is not None:
            return "done"
        return "asked" if self.confirmed_at is None else "under way"


def _row(row: Row[Any]) -> ErasureRow:
    values = dict(row._mapping)
    for name in ("payload_counts", "encodings_counts"):
        text = values[name]
        values[name] = None if text is None else cast("Counts", json.loads(text))
    return ErasureRow(**values)


def add(
    connection: Connection,
    scope: ErasureScope,
    targets: Mapping[str, Collection[str]],
    *,
    name: str,
    agency: str | None,
    lasting: bool,
    now: str,
    reason: str = "",
    code: str = "",
) -> int:
    """Record that an erasure is asked for and what it is about; returns its number."""
    rows = [
        {"agency": whose, "handle": handle}
        for whose, handles in sorted(targets.items())
        for handle in sorted(handles)
    ]
    added = connection.execute(
        insert(_table).values(
            name=name,
            scope=scope,
            agency=agency,
            reason=reason,
            code=code,
            records=len(rows),
            lasting=lasting,
            asked_at=now,
        )
    )
    number = number_of(added)
    insert_rows(connection, _targets, [{"erasure": number, **one} for one in rows])
    return number


def get(connection: Connection, number: int) -> ErasureRow:
    """Return an erasure that is known to be there."""
    return _row(connection.execute(select(_table).where(_table.c.id == number)).one())


def find(connection: Connection, number: int) -> ErasureRow | None:
    """Return an erasure, or None."""
    row = connection.execute(select(_table).where(_table.c.id == number)).one_or_none()
    return None if row is None else _row(row)


def by_name(connection: Connection, name: str, *, agency: str) -> ErasureRow | None:
    """Return an erasure that an agency asked for itself, or None."""
    where = (_table.c.name == name, _table.c.agency == agency, _table.c.scope == "record")
    row = connection.execute(select(_table).where(*where)).one_or_none()
    return None if row is None else _row(row)


def of_job(connection: Connection, job: int) -> ErasureRow:
    """Return the erasure that one of its two erasing jobs belongs to."""
    where = or_(_table.c.payload_job == job, _table.c.encodings_job == job)
    return _row(connection.execute(select(_table).where(where)).one())


def all_erasures(connection: Connection) -> list[ErasureRow]:
    """Return every erasure, the newest first."""
    return [_row(row) for row in connection.execute(select(_table).order_by(_table.c.id.desc()))]


def live_of_agency(connection: Connection, agency: str, handles: Collection[str]) -> dict[str, int]:
    """Return which of some handles an erasure that the agency asked for is about, and its number."""
    found: dict[str, int] = {}
    for some in in_chunks(handles):
        query = (
            select(_targets.c.handle, _targets.c.erasure)
            .join(_table, _table.c.id == _targets.c.erasure)
            .where(_targets.c.agency == agency, _targets.c.handle.in_(some), _table.c.scope == "record")
        )
        found.update({row.handle: row.erasure for row in connection.execute(query)})
    return found


def count_under_way(connection: Connection, agency: str) -> int:
    """Count the erasures that an agency asked for itself and that a worker has still to come to."""
    job = schema.jobs
    query = (
        select(func.count())
        .select_from(_table)
        .join(job, job.c.id == _table.c.encodings_job)
        .where(_table.c.agency == agency, _table.c.scope == "record", job.c.state.in_(("waiting", "running")))
    )
    return int(connection.scalar(query) or 0)


def set_values(connection: Connection, number: int, **values: object) -> None:
    """Record what came of an erasure; counts are given as mappings."""
    written = {
        name: json.dumps(value, sort_keys=True) if isinstance(value, Mapping) else value
        for name, value in values.items()
    }
    connection.execute(update(_table).where(_table.c.id == number).values(**written))


def discard(connection: Connection, number: int) -> bool:
    """Forget an erasure that was never confirmed; returns False if there is no such."""
    where = (_table.c.id == number, _table.c.confirmed_at.is_(None))
    if connection.scalar(select(_table.c.id).where(*where)) is None:
        return False
    connection.execute(delete(_targets).where(_targets.c.erasure == number))
    connection.execute(delete(_table).where(_table.c.id == number))
    return True


def to_be_scrubbed(connection: Connection) -> list[int]:
    """Return the erasures that both workers are done with and of which gaps in the file may still hold."""
    where = (_table.c.forgotten_at.is_not(None), _table.c.erased_at.is_(None))
    return list(connection.scalars(select(_table.c.id).where(*where)))


def mark_erased(connection: Connection, numbers: Collection[int], *, now: str) -> None:
    """Record that nothing of these erasures is left in gaps and logs; one that was marked stays as it is."""
    where = (_table.c.id.in_(numbers), _table.c.erased_at.is_(None))
    connection.execute(update(_table).where(*where).values(erased_at=now))


def named_by_ledger(
    connection: Connection, targets: Mapping[str, Collection[str] | None]
) -> list[tuple[str, str]]:
    """Return the records, by agency and handle, that statements of the ledger may speak of."""
    found: list[tuple[str, str]] = []
    table = schema.ledger_records
    for agency, handles in targets.items():
        if handles is None:
            handles = set(connection.scalars(select(table.c.handle).where(table.c.agency == agency)))
        found += [(agency, handle) for handle in sorted(handles)]
    return found


_KINDS: dict[str, str] = {
    "memberships": "memberships",
    "person_event_records": "history",
    "carried": "carried",
    "shields": "marks",
    "withdrawals": "marks",
    "erasure_targets": "",
    "ledger_records": "",  # the ledger forgets its own, and certifies it
}
"""What the rows of tables that name a record count as; those of every other table are ``other``."""


def forget(connection: Connection, targets: Mapping[str, Collection[str] | None]) -> Counts:
    """Erase records from every table of the shared database that names them, and count.

    ``targets``: handles by agency; None for all of an agency's.
    """
    counts: Counter[str] = Counter(other=review.forget_records(connection, targets))
    counts["other"] += person_sheets.forget_records(connection, targets)
    for table in schema.metadata.sorted_tables:
        if {"agency", "handle"} <= set(table.c.keys()) and table.name != "ledger_records":
            kind = _KINDS.get(table.name, "other")
            count = _forget_in(connection, table, targets)
            if kind:
                counts[kind] += count
    counts["links"] += _forget_links(connection, targets)
    named = [(agency, one) for agency, handles in targets.items() for one in handles or ()]
    urgent.forget(connection, named, agencies=[one for one, handles in targets.items() if handles is None])
    answers.forget(connection, _asked_about(connection, targets))
    return dict(counts)


def _asked_about(
    connection: Connection, targets: Mapping[str, Collection[str] | None]
) -> list[tuple[str, str]]:
    """Return the child records, by agency, that queries may have been about."""
    found: list[tuple[str, str]] = []
    table = schema_audiences.queries
    for agency, handles in targets.items():
        if handles is None:
            own = select(table.c.child).where(table.c.agency == agency)
            others = select(table.c.other).where(table.c.contact == agency)
            handles = [*connection.scalars(own), *connection.scalars(others)]
        found += [(agency, handle) for handle in sorted(set(handles))]
    return found


def _forget_in(connection: Connection, table: Table, targets: Mapping[str, Collection[str] | None]) -> int:
    count = 0
    for agency, handles in targets.items():
        of_agency = table.c.agency == agency
        for where in _chosen(of_agency, table.c.handle, handles):
            count += connection.execute(delete(table).where(where)).rowcount
    return count


def _chosen(
    of_agency: ColumnElement[bool], handle: ColumnElement[str], handles: Collection[str] | None
) -> list[ColumnElement[bool]]:
    if handles is None:
        return [of_agency]
    return [of_agency & handle.in_(some) for some in in_chunks(handles)]


def _forget_links(connection: Connection, targets: Mapping[str, Collection[str] | None]) -> int:
    table, count = record_tables.known_links, 0
    for agency, handles in targets.items():
        for side in ("left", "right"):
            of_agency = table.c[f"{side}_agency"] == agency
            for where in _chosen(of_agency, table.c[f"{side}_handle"], handles):
                count += connection.execute(delete(table).where(where)).rowcount
    return count
