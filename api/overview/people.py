"""Persons as the operator sees them: a pseudonym, the agencies' records, and how they came together.

Nothing here says when an absence was or what an agency wrote: that is payload, which only the register
worker opens.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from api.pseudonyms import Pseudonymiser
from api.store import record_tables, schema
from api.store.known_links import KnownLink
from api.store.persons import RecordKey

__all__ = ["EventView", "Lookup", "MemberView", "PersonView", "person_of_handle", "view_person"]

_members = schema.memberships
_events = schema.person_events
_named = schema.person_event_records
_links = record_tables.known_links
_runs = schema.link_runs

_EVENTS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MemberView:
    """One agency's record of the person: since which linkage, and in which epoch it was linked last."""

    agency: str
    handle: str
    since_run: int
    since: str
    epoch: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One change; ``other``: the other person's identifier, for the page to write its pseudonym."""

    run: int
    at: str
    kind: str
    other: str | None
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person; ``person`` is the register's own identifier and is never shown."""

    person: str
    members: Sequence[MemberView]
    events: Sequence[EventView]
    decisions: Sequence[KnownLink]


class Lookup:
    """Finds persons by pseudonym: an index that one process makes at the first search and then adds to.

    A pseudonym is a keyed digest, so the only way back is to make everybody's.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key = ""
        self._persons: dict[str, str] = {}
        self._last_run = -1

    def find(self, connection: Connection, audience: Pseudonymiser, text: str) -> str | None:
        """Return the person of a pseudonym, however it was typed, or None.

        Raises :class:`linkage.errors.ClewError` for what is no pseudonym of this audience.
        """
        wanted = audience.normal(text)
        with self._lock:
            self._add_new(connection, audience)
            return self._persons.get(wanted)

    def _add_new(self, connection: Connection, audience: Pseudonymiser) -> None:
        if self._key != audience.check_value():
            self._key, self._persons, self._last_run = audience.check_value(), {}, -1
        table = schema.persons
        query = select(table.c.id, table.c.created_run).where(table.c.created_run > self._last_run)
        last = self._last_run
        for person, run in connection.execute(query):
            self._persons[audience.of(person)] = person
            last = max(last, run)
        self._last_run = last


def person_of_handle(connection: Connection, handle: str) -> list[tuple[str, str]]:
    """Return agency and person of every record of a handle; several agencies never share one by chance."""
    codes = select(schema.agencies.c.code)
    query = select(_members.c.agency, _members.c.person).where(
        _members.c.agency.in_(codes), _members.c.handle == handle
    )
    return [(row.agency, row.person) for row in connection.execute(query)]


def view_person(connection: Connection, person: str) -> PersonView | None:
    """Return a person with members, events and decisions, or None if there never was one."""
    known = connection.scalar(select(schema.persons.c.id).where(schema.persons.c.id == person))
    if known is None:
        return None
    members = _members_of(connection, person)
    keys = [(one.agency, one.handle) for one in members]
    return PersonView(person, members, _events_of(connection, person), _decisions(connection, keys))


def _members_of(connection: Connection, person: str) -> list[MemberView]:
    query = (
        select(_members, _runs.c.finished_at)
        .join(_runs, _runs.c.id == _members.c.since_run)
        .where(_members.c.person == person)
        .order_by(_members.c.agency, _members.c.handle)
    )
    return [
        MemberView(row.agency, row.handle, row.since_run, row.finished_at, row.epoch)
        for row in connection.execute(query)
    ]


def _events_of(connection: Connection, person: str) -> list[EventView]:
    query = (
        select(_events, _runs.c.finished_at)
        .join(_runs, _runs.c.id == _events.c.run)
        .where(_events.c.person == person)
        .order_by(_events.c.id.desc())
        .limit(_EVENTS_SHOWN)
    )
    rows = connection.execute(query).all()
    agencies: dict[int, list[str]] = {}
    if rows:
        named = select(_named.c.event, _named.c.agency).where(_named.c.event.in_([row.id for row in rows]))
        for event, agency in connection.execute(named.order_by(_named.c.agency)):
            agencies.setdefault(event, []).append(agency)
    return [
        EventView(row.run, row.finished_at, row.kind, row.other, tuple(agencies.get(row.id, ())))
        for row in rows
    ]


def _decisions(connection: Connection, keys: Sequence[RecordKey]) -> list[KnownLink]:
    """Return the decisions that name one of some records, oldest first; there are few decisions in all."""
    wanted = set(keys)
    found = []
    for row in connection.execute(select(_links).order_by(_links.c.id)):
        left, right = (row.left_agency, row.left_handle), (row.right_agency, row.right_handle)
        if left in wanted or right in wanted:
            found.append(KnownLink(row.id, left, right, row.same, row.reason, row.decided_at))
    return found
