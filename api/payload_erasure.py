"""Erasing the payload of a destroyed epoch: every record about a child that was never encoded again.

Order: first the shared database loses the handles (results that agencies may pull, the history of persons)
and learns how many records go; then the store loses the records, in one transaction, and its file is written
anew.  What to erase is found in the store, so the store comes last: after a kill the next attempt finds the
same again, or nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection

from api.pruning import pruned
from api.quarantine import without_children
from api.store import answers, epochs, ledger, persons, results, submissions
from api.store.epochs import Destruction
from api.store.payload import PayloadStore
from linkage.wire.canonical import canonical, parse
from linkage.wire.ledger import Fact
from linkage.wire.limits import MAX_PART_BYTES
from linkage.wire.records import Payload
from linkage.wire.results import Results

__all__ = ["Erasure", "find_erasure", "forget_in_register"]


@dataclass(slots=True)
class Erasure:
    """What goes: of each submission children and episodes by handle, and how many records that is.

    ``searched``: every submission that was looked through, those of which nothing goes included.
    """

    searched: set[str] = field(default_factory=set)
    children: dict[str, set[str]] = field(default_factory=dict)
    agencies: dict[str, str] = field(default_factory=dict)
    episodes: set[tuple[str, str]] = field(default_factory=set)
    records: int = 0

    def keys(self) -> set[tuple[str, str]]:
        """Return the children that go, by agency and handle."""
        return {(self.agencies[one], handle) for one, handles in self.children.items() for handle in handles}


def find_erasure(connection: Connection, store: PayloadStore, epoch: str) -> Erasure:
    """Find the records in an epoch's snapshots, and in those of epochs destroyed before it, that go.

    What stays are children whose records were last linked in an epoch that is not closed.
    """
    kept = {(one.agency, one.handle) for one in persons.standing_members(connection)}
    gone = [one.name for one in epochs.all_epochs(connection) if one.state == "destroyed"]
    found = Erasure()
    for name in (epoch, *gone):
        for one in submissions.of_epoch(connection, name):
            found.searched.add(one.id)
            payload = store.load(one.id, one.agency)
            if payload is not None:
                _add(found, one.id, payload, kept)
    return found


def _add(found: Erasure, submission: str, payload: Payload, kept: set[tuple[str, str]]) -> None:
    agency = payload.agency
    standing = {one.handle for one in payload.children if (agency, one.handle) in kept}
    going = without_children(payload, standing)
    if not going.children:
        return
    found.children[submission] = {one.handle for one in going.children}
    found.agencies[submission] = agency
    found.episodes |= {(agency, one.handle) for one in going.episodes}
    found.records += sum(map(len, (going.children, going.care_spells, going.episodes, going.interviews)))


def forget_in_register(connection: Connection, asked: Destruction, found: Erasure, *, now: str) -> None:
    """Take the handles out of the shared database, but the memberships, and store the counts once."""
    keys = found.keys()
    asked_about = answers.queries_about(connection, keys)
    epochs.forget_handles(connection, keys)
    results.rewrite_results(connection, _without(keys, found.episodes, asked_about))
    if asked.payload_records is None:
        epochs.set_destruction(connection, asked.epoch, now=now, payload_records=found.records)
    facts: dict[str, Fact] = {"epoch": asked.epoch, "children": len(keys), "payload_records": found.records}
    changed = {"person_event_records": None, "results": None}
    ledger.erase(connection, keys, facts, now=now, rows=changed)


def _without(
    children: set[tuple[str, str]], episodes: set[tuple[str, str]], queries: set[tuple[str, str]]
) -> Callable[[str, str], str]:
    """Return what takes lines out of results: an agency's own, and those that its query numbers stand for."""

    def change(agency: str, body: str) -> str:
        told = parse(body.encode(), Results, limit=MAX_PART_BYTES)
        findings = tuple(one for one in told.findings if (agency, one.episode) not in episodes)
        own = tuple(one for one in told.missing if (agency, one.child) not in children)
        missing = tuple(one for one in own if (agency, one.query) not in queries)
        left = pruned(told, findings, missing, children=children)
        if (findings, missing, left.questions) == (told.findings, told.missing, told.questions):
            return body
        return canonical(left).decode()

    return change
