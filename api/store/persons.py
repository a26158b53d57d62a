"""Persons of the register: who belongs to whom now, and every change that led there."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from api.store import ledger, schema
from api.store.bulk import delete_rows, insert_rows, update_rows
from api.store.database import number_of
from linkage.wire.ledger import EntryKind, Fact

__all__ = [
    "Carried",
    "Event",
    "LinkRun",
    "Member",
    "Pinned",
    "RecordKey",
    "carried",
    "created_runs",
    "members",
    "persons_and_epochs",
    "run_of_job",
    "standing_members",
    "store_run",
]

RecordKey = tuple[str, str]
"""Agency code and child handle."""

_epochs = schema.epochs
_RECORD = ("agency", "handle")
_AT_A_TIME: Final = 10_000

_NAMED = {"merged": EntryKind.PERSONS_MERGED, "split": EntryKind.PERSON_SPLIT}


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one person, as the linkage reported it."""

    kind: str
    person: str
    other: str
    records: Sequence[RecordKey]


@dataclass(frozen=True, slots=True)
class Carried:
    """The person that a record brought into an epoch, and SHA-256, in hex, of its encoding as it came."""

    person: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a run compared, by digests, and the engine that did, with its version."""

    engine: str
    profile: str
    inputs: str


@dataclass(frozen=True, slots=True)
class LinkRun:
    """What one link job did: which snapshots it held, how much it compared, what came of it.

    ``untouched``: members whose snapshots this run did not hold and which stay as they were; ``carried``:
    what holds in this epoch of the persons of older ones; ``precision``: what the linkage states of its
    links, and the interval of that; ``pinned``: None where nothing was compared.
    """

    job: int
    epoch: str
    submissions: Sequence[str]
    records: int
    pairs: int
    links: int
    persons: Mapping[RecordKey, str]
    untouched: frozenset[RecordKey]
    events: Sequence[Event]
    carried: Mapping[RecordKey, Carried]
    possible: int = 0
    precision: tuple[float, float, float] | None = None
    method: str | None = None
    pinned: Pinned | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One agency's child record, its person, and the epoch that it was last linked in."""

    agency: str
    handle: str
    person: str
    epoch: str


def members(connection: Connection) -> list[Member]:
    """Return every membership, by agency and handle."""
    return list(_walk(connection))


def persons_and_epochs(connection: Connection) -> tuple[dict[RecordKey, str], dict[RecordKey, str]]:
    """Return of every member the person, and the epoch that it was last linked in."""
    person: dict[RecordKey, str] = {}
    epoch: dict[RecordKey, str] = {}
    for one in _walk(connection):
        key = one.agency, one.handle
        person[key], epoch[key] = one.person, one.epoch
    return person, epoch


def _walk(connection: Connection) -> Iterator[Member]:
    """Yield every membership, by agency and handle, without holding all of them."""
    table, shared = schema.memberships, dict[str, str]()
    columns = table.c.agency, table.c.handle, table.c.person, table.c.epoch
    query = select(*columns).order_by(table.c.agency, table.c.handle)
    for agency, handle, person, epoch in connection.execute(query.execution_options(yield_per=_AT_A_TIME)):
        yield Member(shared.setdefault(agency, agency), handle, person, shared.setdefault(epoch, epoch))


def standing_members(connection: Connection) -> list[Member]:
    """Return the memberships that are not quarantined: those of epochs that have not been closed."""
    closed = set(connection.scalars(select(_epochs.c.epoch).where(_epochs.c.closed_at.is_not(None))))
    return [one for one in members(connection) if one.epoch not in closed]


def carried(connection: Connection, epoch: str) -> dict[RecordKey, Carried]:
    """Return what records brought into an epoch from older ones."""
    table = schema.carried
    rows = connection.execute(select(table).where(table.c.epoch == epoch))
    return {(row.agency, row.handle): Carried(row.person, row.encoding) for row in rows}


def created_runs(connection: Connection) -> dict[str, int]:
    """Return for every person ever made the run that made it: a number that grows with time."""
    rows = connection.execute(select(schema.persons.c.id, schema.persons.c.created_run))
    return {row.id: row.created_run for row in rows}


def run_of_job(connection: Connection, job: int) -> int | None:
    """Return the run that a link job finished, or None."""
    return connection.scalar(select(schema.link_runs.c.id).where(schema.link_runs.c.job == job))


def latest_run(connection: Connection) -> int | None:
    """Return the number of the newest link run, or None."""
    found = connection.scalar(select(func.max(schema.link_runs.c.id)))
    return None if found is None else int(found)


def store_run(connection: Connection, run: LinkRun, *, now: str) -> int:
    """Write a run with its persons, memberships and events and return its number."""
    number = _add_run(connection, run, now)
    change = _Change.of(connection, run)
    named = {*run.persons.values(), *(event.person for event in run.events)}
    _add_persons(connection, named - change.known, number)
    _change_memberships(connection, run, change, number)
    _change_carried(connection, run)
    _add_events(connection, run.events, number)
    _append_entries(connection, run, number, now)
    return number


def _append_entries(connection: Connection, run: LinkRun, number: int, now: str) -> None:
    """Write the ledger's entries of a run: one of all that it decided, one of each merge and split.

    The latter name records, so that they go with them; what they changed the former covers.
    """
    decisions = hashlib.sha256()
    for agency, handle in sorted(run.persons):
        decisions.update(f"{agency}\0{handle}\0{run.persons[agency, handle]}\n".encode())
    facts: dict[str, Fact] = {
        "run": number,
        "job": run.job,
        "epoch": run.epoch,
        "records": run.records,
        "pairs": run.pairs,
        "links": run.links,
        "decisions_sha256": decisions.hexdigest(),
        **{f"events_{kind}": count for kind, count in Counter(one.kind for one in run.events).items()},
    }
    rows: dict[str, Sequence[str] | None] = {
        "link_runs": [str(number)],
        "link_run_inputs": [] if run.pinned is None else [str(number)],
        "link_run_submissions": [f"{number}/{one}" for one in run.submissions],
        **dict.fromkeys(("persons", "memberships", "carried", "person_events", "person_event_records")),
    }
    ledger.append(connection, EntryKind.LINK_RUN, facts, now=now, rows=rows)
    for one in run.events:
        if one.kind in _NAMED:
            said: dict[str, Fact] = {"run": number, "person": one.person, "other": one.other}
            ledger.append(connection, _NAMED[one.kind], said, now=now, records=one.records)


def _add_run(connection: Connection, run: LinkRun, now: str) -> int:
    precision, low, high = run.precision or (None, None, None)
    added = connection.execute(
        insert(schema.link_runs).values(
            job=run.job,
            epoch=run.epoch,
            records=run.records,
            pairs=run.pairs,
            links=run.links,
            persons=len({*run.persons.values()}),
            finished_at=now,
            possible=run.possible,
            precision=precision,
            precision_low=low,
            precision_high=high,
            method=run.method,
        )
    )
    number = number_of(added)
    rows = [{"run": number, "submission": one} for one in run.submissions]
    insert_rows(connection, schema.link_run_submissions, rows)
    if run.pinned is not None:
        said = {"engine": run.pinned.engine, "profile_sha256": run.pinned.profile}
        pin = insert(schema.link_run_inputs).values(run=number, inputs_sha256=run.pinned.inputs, **said)
        connection.execute(pin)
    return number


@dataclass(frozen=True, slots=True)
class _Change:
    """How memberships differ from what a run found.

    ``gone``: those that end; ``fresh``: those that begin, with their persons; ``again``: those that stay and
    were linked in a newer epoch than before; ``known``: persons that have members.
    """

    gone: Sequence[RecordKey]
    fresh: Mapping[RecordKey, str]
    again: Sequence[RecordKey]
    known: AbstractSet[str]

    @classmethod
    def of(cls, connection: Connection, run: LinkRun) -> "_Change":
        """Compare all memberships with a run, one after the other: there are as many as records."""
        gone, again, known, fresh = list[RecordKey](), list[RecordKey](), set[str](), dict(run.persons)
        for one in _walk(connection):
            key = one.agency, one.handle
            known.add(one.person)
            if fresh.get(key) != one.person:
                gone += [] if key in run.untouched else [key]
                continue
            del fresh[key]
            again += [] if one.epoch == run.epoch else [key]
        return cls(gone, fresh, again, known)


def _add_persons(connection: Connection, persons: AbstractSet[str], number: int) -> None:
    """Add the persons that are new; others had members once, or have some that this run did not compare."""
    table, wanted = schema.persons, sorted(persons)
    known: set[str] = set()
    for start in range(0, len(wanted), _AT_A_TIME):
        some = table.c.id.in_(wanted[start : start + _AT_A_TIME])
        known.update(connection.scalars(select(table.c.id).where(some)))
    fresh = ({"id": one, "created_run": number} for one in wanted if one not in known)
    insert_rows(connection, table, fresh)


def _change_memberships(connection: Connection, run: LinkRun, change: _Change, number: int) -> None:
    """Write only what changed, so that ``since_run`` keeps saying since when a record is in its person."""
    table = schema.memberships
    delete_rows(connection, table, _RECORD, change.gone)
    rows = (
        {"agency": agency, "handle": handle, "person": person, "since_run": number, "epoch": run.epoch}
        for (agency, handle), person in change.fresh.items()
    )
    insert_rows(connection, table, rows)
    update_rows(connection, table, _RECORD, change.again, {"epoch": run.epoch})


def _change_carried(connection: Connection, run: LinkRun) -> None:
    """Write only what changed; what was carried into another epoch than the run's is gone."""
    table = schema.carried
    connection.execute(delete(table).where(table.c.epoch != run.epoch))
    before = carried(connection, run.epoch)
    gone = [key for key, one in before.items() if run.carried.get(key) != one]
    delete_rows(connection, table, _RECORD, gone)
    rows = (
        {
            "agency": agency,
            "handle": handle,
            "epoch": run.epoch,
            "person": one.person,
            "encoding": one.encoding,
        }
        for (agency, handle), one in run.carried.items()
        if before.get((agency, handle)) != one
    )
    insert_rows(connection, table, rows)


def _add_events(connection: Connection, events: Sequence[Event], number: int) -> None:
    """Write events, then their records; a first linkage has one event per child.

    The transaction holds the writer's place, so that nobody else takes the numbers counted here.
    """
    table = schema.person_events
    first = int(connection.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0) + 1
    rows = (
        {"id": name, "run": number, "kind": event.kind, "person": event.person, "other": event.other or None}
        for name, event in enumerate(events, start=first)
    )
    insert_rows(connection, table, rows)
    records = (
        {"event": name, "agency": agency, "handle": handle}
        for name, event in enumerate(events, start=first)
        for agency, handle in event.records
    )
    insert_rows(connection, schema.person_event_records, records)


def count_persons(connection: Connection) -> int:
    """Count the persons that have a member now, quarantined ones left out."""
    return len({one.person for one in standing_members(connection)})
