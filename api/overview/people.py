"""Persons as the operator sees them: a pseudonym, the agencies' records, and how they came together.

Nothing here says when an absence was or what an agency wrote: that is payload, which only the register
worker opens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, or_, select

from api.store import record_tables, schema, schema_persons
from api.store.known_links import KnownLink
from api.store.persons import RecordKey

__all__ = ["DecisionView", "EventView", "MemberView", "PersonView", "person_of_handle", "view_person"]

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
class DecisionView:
    """One decision about two records; ``account``: who made it in the console, empty for any other way.

    ``carried_out``: a linkage ended since.
    """

    link: KnownLink
    account: str
    carried_out: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person; ``person`` is the register's own identifier and is never shown.

    ``linkage``: the job of the linkage that waits or runs, which carries out what is not carried out yet.
    """

    person: str
    members: Sequence[MemberView]
    events: Sequence[EventView]
    decisions: Sequence[DecisionView]
    linkage: int | None

    @property
    def keys(self) -> list[RecordKey]:
        """The records, in order."""
        return [(one.agency, one.handle) for one in self.members]


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
    decisions = _decisions(connection, keys)
    return PersonView(person, members, _events_of(connection, person), decisions, _next_linkage(connection))


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


def _decisions(connection: Connection, keys: Sequence[RecordKey]) -> list[DecisionView]:
    """Return the decisions that name one of some records, oldest first."""
    wanted, authors = set(keys), schema_persons.known_link_authors
    ended = connection.scalar(select(func.max(_runs.c.finished_at))) or ""
    # A decision queues a linkage in its own transaction, unless one waits: whichever it was, while that one
    # has not ended, the decision is not carried out, even if one that was going on then has ended since.
    jobs = schema.jobs
    going = (jobs.c.kind == "link", jobs.c.state.in_(("waiting", "running")))
    first = connection.scalar(select(func.min(jobs.c.queued_at)).where(*going))
    handles = [handle for _, handle in keys]
    query = (
        select(_links, authors.c.account)
        .outerjoin(authors, authors.c.decision == _links.c.id)
        .where(or_(_links.c.left_handle.in_(handles), _links.c.right_handle.in_(handles)))
    )
    found = []
    for row in connection.execute(query.order_by(_links.c.id)):
        left, right = (row.left_agency, row.left_handle), (row.right_agency, row.right_handle)
        if left in wanted or right in wanted:
            link = KnownLink(row.id, left, right, row.same, row.reason, row.decided_at)
            done = row.decided_at <= ended and (first is None or row.decided_at < first)
            found.append(DecisionView(link, row.account or "", done))
    return found


def _next_linkage(connection: Connection) -> int | None:
    jobs = schema.jobs
    going = (jobs.c.kind == "link", jobs.c.state.in_(("waiting", "running")))
    found = connection.scalar(select(func.min(jobs.c.id)).where(*going))
    return None if found is None else int(found)
