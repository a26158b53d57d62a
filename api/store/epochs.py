"""The life of epochs: in force, overlapping, closed, destroyed; and who has encoded again."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_, union_all, update

from api.store import answers, ledger, person_sheets, reidentifications, review, schema, urgent
from linkage.wire.epochs import EpochDescriptor, read_descriptor
from linkage.wire.ledger import EntryKind, Fact

__all__ = [
    "AgencyProgress",
    "Destruction",
    "Epoch",
    "EpochState",
    "add_destruction",
    "agency_progress",
    "all_epochs",
    "close",
    "count_members",
    "destruction",
    "destruction_of_job",
    "find_epoch",
    "forget_handles",
    "forget_members",
    "set_deadline",
    "set_destruction",
]

EpochState = Literal["in force", "overlapping", "closed", "being destroyed", "destroyed"]
"""``overlapping``: a newer one is in force, and what was encoded in this one still counts as held;
``closed``: records that were not encoded again are quarantined."""

_table = schema.epochs
_asked = schema.destructions


@dataclass(frozen=True, slots=True)
class Epoch:
    """An epoch that was adopted; ``records``: members that were last linked in it."""

    name: str
    state: EpochState
    descriptor: EpochDescriptor
    content: str
    re_encode_by: str | None
    closed_at: str | None
    destroyed_at: str | None
    records: int


@dataclass(frozen=True, slots=True)
class Destruction:
    """What came so far of destroying an epoch; a count is None until its job has made sure of it."""

    epoch: str
    link_job: int
    payload_job: int
    encodings_job: int
    payload_records: int | None
    memberships: int | None
    destroyed_at: str | None
    certificate: str | None


@dataclass(frozen=True, slots=True)
class AgencyProgress:
    """How many of an agency's records were linked in the epoch in force, and how many only in older ones."""

    agency: str
    re_encoded: int
    left: int

    @property
    def state(self) -> Literal["all", "partly", "none", "no records"]:
        """Say in a word whether the agency has encoded again."""
        if not self.left:
            return "all" if self.re_encoded else "no records"
        return "partly" if self.re_encoded else "none"


def all_epochs(connection: Connection) -> list[Epoch]:
    """Return every epoch ever adopted, the newest first."""
    counts = _members_by_epoch(connection)
    joined = select(_table, _asked.c.asked_at, _asked.c.destroyed_at).outerjoin(
        _asked, _asked.c.epoch == _table.c.epoch
    )
    rows = connection.execute(joined.order_by(_table.c.opens.desc(), _table.c.adopted_at.desc()))
    return [_epoch(row, counts.get(row.epoch, 0)) for row in rows]


def _epoch(row: Row[Any], records: int) -> Epoch:
    return Epoch(
        name=row.epoch,
        state=_state(row),
        descriptor=read_descriptor(row.descriptor.encode()),
        content=row.content,
        re_encode_by=row.re_encode_by,
        closed_at=row.closed_at,
        destroyed_at=row.destroyed_at,
        records=records,
    )


def _state(row: Row[Any]) -> EpochState:
    if row.current:
        return "in force"
    if row.destroyed_at is not None:
        return "destroyed"
    if row.asked_at is not None:
        return "being destroyed"
    return "overlapping" if row.closed_at is None else "closed"


def _members_by_epoch(connection: Connection) -> dict[str, int]:
    epoch = schema.memberships.c.epoch
    rows = connection.execute(select(epoch, func.count()).group_by(epoch))
    return {row[0]: row[1] for row in rows}


def find_epoch(connection: Connection, name: str) -> Epoch | None:
    """Return one epoch, or None if it was never adopted."""
    return next((one for one in all_epochs(connection) if one.name == name), None)


def set_deadline(connection: Connection, name: str, day: str, *, now: str) -> None:
    """Set the last day on which agencies may encode again in an epoch."""
    connection.execute(update(_table).where(_table.c.epoch == name).values(re_encode_by=day))
    facts = {"epoch": name, "day": day}
    ledger.append(connection, EntryKind.EPOCH_DEADLINE, facts, now=now, rows={"epochs": [name]})


def close(connection: Connection, name: str, *, now: str) -> None:
    """Close an epoch; one that is closed stays closed since when it was."""
    where = (_table.c.epoch == name, _table.c.closed_at.is_(None))
    connection.execute(update(_table).where(*where).values(closed_at=now))
    ledger.append(connection, EntryKind.EPOCH_CLOSED, {"epoch": name}, now=now, rows={"epochs": [name]})


def count_members(connection: Connection) -> int:
    """Count all memberships."""
    return int(connection.scalar(select(func.count()).select_from(schema.memberships)) or 0)


def agency_progress(connection: Connection) -> list[AgencyProgress]:
    """Return for every agency how far it has encoded again, by code."""
    members, agencies = schema.memberships, schema.agencies
    current = connection.scalar(select(_table.c.epoch).where(_table.c.current)) or ""
    # Two ranges, so that an index finds what is of older epochs, mostly little, without reading every record.
    ranges = (
        select(members.c.agency).where(one) for one in (members.c.epoch < current, members.c.epoch > current)
    )
    older = union_all(*ranges).subquery()
    total, left = (
        {row[0]: row[1] for row in connection.execute(select(code, func.count()).group_by(code))}
        for code in (members.c.agency, older.c.agency)
    )
    codes = connection.scalars(select(agencies.c.code).order_by(agencies.c.code))
    return [AgencyProgress(code, total.get(code, 0) - left.get(code, 0), left.get(code, 0)) for code in codes]


def add_destruction(
    connection: Connection, epoch: str, *, link_job: int, payload_job: int, encodings_job: int, now: str
) -> None:
    """Record that an epoch is to be destroyed, and the jobs that do it."""
    jobs = {"link_job": link_job, "payload_job": payload_job, "encodings_job": encodings_job}
    connection.execute(insert(_asked).values(epoch=epoch, asked_at=now, **jobs))
    _append_destruction(connection, epoch, "asked", now)


def destruction(connection: Connection, epoch: str) -> Destruction | None:
    """Return what came of destroying an epoch, or None if nobody asked for it."""
    return _destruction(connection.execute(select(_asked).where(_asked.c.epoch == epoch)).one_or_none())


def destruction_of_job(connection: Connection, job: int) -> Destruction:
    """Return the destruction that one of its two erasing jobs belongs to."""
    where = (_asked.c.payload_job == job) | (_asked.c.encodings_job == job)
    found = _destruction(connection.execute(select(_asked).where(where)).one_or_none())
    if found is None:
        raise LookupError("a job of this kind belongs to an epoch's destruction")
    return found


def _destruction(row: Row[Any] | None) -> Destruction | None:
    if row is None:
        return None
    return Destruction(
        epoch=row.epoch,
        link_job=row.link_job,
        payload_job=row.payload_job,
        encodings_job=row.encodings_job,
        payload_records=row.payload_records,
        memberships=row.memberships,
        destroyed_at=row.destroyed_at,
        certificate=row.certificate,
    )


def set_destruction(connection: Connection, epoch: str, *, now: str, **values: object) -> None:
    """Record what came of destroying an epoch."""
    connection.execute(update(_asked).where(_asked.c.epoch == epoch).values(**values))
    _append_destruction(connection, epoch, ", ".join(sorted(values)), now)


def _append_destruction(connection: Connection, epoch: str, step: str, now: str) -> None:
    facts = {"epoch": epoch, "step": step}
    ledger.append(connection, EntryKind.EPOCH_DESTRUCTION, facts, now=now, rows={"destructions": [epoch]})


def forget_handles(connection: Connection, keys: Collection[tuple[str, str]]) -> None:
    """Erase records, by agency and handle, from the history of persons and what was asked about them.

    The events themselves stay.
    """
    table = schema.person_event_records
    ordered = sorted(keys)
    for start in range(0, len(ordered), 500):  # well below the parameters that one statement may have
        some = tuple_(table.c.agency, table.c.handle).in_(ordered[start : start + 500])
        connection.execute(delete(table).where(some))
    urgent.forget(connection, ordered)  # while there are queries to say whose it is
    answers.forget(connection, ordered)
    reidentifications.forget(connection, ordered)
    by_agency: dict[str, list[str]] = defaultdict(list)
    for agency, handle in ordered:
        by_agency[agency].append(handle)
    review.forget_records(connection, by_agency)
    person_sheets.forget_records(connection, by_agency)


def forget_members(connection: Connection, epoch: str, *, now: str) -> int:
    """Erase the memberships of an epoch with their history, and return how many there were.

    With them goes the history of records that were withdrawn before, and last came to a person or changed
    it in an epoch that is destroyed: they have no membership to be found by.
    """
    table = schema.memberships
    rows = connection.execute(select(table.c.agency, table.c.handle).where(table.c.epoch == epoch)).all()
    keys = [(row.agency, row.handle) for row in rows]
    forget_handles(connection, keys)
    review.forget_epoch(connection, epoch)
    person_sheets.forget_epoch(connection, epoch)
    connection.execute(delete(schema.carried).where(schema.carried.c.epoch == epoch))
    connection.execute(delete(table).where(table.c.epoch == epoch))
    withdrawn = _withdrawn(connection, epoch)
    forget_handles(connection, withdrawn)
    changed = dict.fromkeys(("memberships", "carried", "person_event_records"))
    facts: dict[str, Fact] = {"epoch": epoch, "records": len(keys), "withdrawn": len(withdrawn)}
    ledger.erase(connection, [*keys, *withdrawn], facts, now=now, rows=changed)
    return len(rows)


def _withdrawn(connection: Connection, epoch: str) -> list[tuple[str, str]]:
    """Return who is nobody's record now, and was last made somebody's in an epoch destroyed or this one."""
    records, events, runs = schema.person_event_records, schema.person_events, schema.link_runs
    members = schema.memberships
    there = members.c.agency == records.c.agency, members.c.handle == records.c.handle
    last = (
        select(records.c.agency, records.c.handle, func.max(records.c.event).label("event"))
        .join(events, events.c.id == records.c.event)
        .where(events.c.kind != "left", ~select(members.c.person).where(*there).exists())
        .group_by(records.c.agency, records.c.handle)
        .subquery()
    )
    ended = select(_asked.c.epoch).where(_asked.c.destroyed_at.is_not(None))
    gone = runs.c.epoch.is_(None) | (runs.c.epoch == epoch) | runs.c.epoch.in_(ended)
    found = (
        select(last.c.agency, last.c.handle)
        .join(events, events.c.id == last.c.event)
        .join(runs, runs.c.id == events.c.run)
        .where(gone)
    )
    return [(row.agency, row.handle) for row in connection.execute(found)]
