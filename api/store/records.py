"""Single records that do not count: withdrawn or shielded by their agency, being erased, erased."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sqlalchemy import Connection, Subquery, Table, delete, func, insert, select, update

from api.clock import day_of
from api.store import ledger, record_tables, schema
from api.store.ledger_rows import stretch_of
from linkage.wire.derivation import keyed_digest
from linkage.wire.ledger import EntryKind, Fact

__all__ = [
    "HeldBack",
    "Tombstones",
    "add_tombstones",
    "count_shields",
    "count_withdrawals",
    "forget_spent_withdrawals",
    "held_back",
    "in_chunks",
    "latest_sequence",
    "linked",
    "read_tombstones",
    "shield",
    "shielded",
    "targets_of",
    "unshield",
    "withdraw",
]

_NOBODY: frozenset[str] = frozenset()
_AT_A_TIME = 500  # well below the parameters that one statement may have

_withdrawals, _shields = record_tables.withdrawals, record_tables.shields
_targets, _tombstones = record_tables.erasure_targets, record_tables.tombstones


@dataclass(frozen=True, slots=True)
class HeldBack:
    """The handles of each agency that no linkage and no reconciliation may hold.

    ``withdrawn``: with the last sequence that no longer speaks of it; ``hidden``: whatever the sequence.
    """

    withdrawn: Mapping[str, Mapping[str, int]]
    hidden: Mapping[str, AbstractSet[str]]

    def of(self, agency: str, sequence: int) -> AbstractSet[str]:
        """Return the handles of which one snapshot of an agency says nothing."""
        known = self.withdrawn.get(agency, {})
        gone = {handle for handle, last in known.items() if sequence <= last}
        return gone | self.hidden.get(agency, _NOBODY)


def held_back(connection: Connection) -> HeldBack:
    """Return what does not count now."""
    withdrawn: dict[str, dict[str, int]] = {}
    for row in connection.execute(select(_withdrawals)):
        withdrawn.setdefault(row.agency, {})[row.handle] = row.sequence
    hidden: dict[str, set[str]] = {}
    confirmed = _confirmed_targets()
    for query in (select(_shields.c.agency, _shields.c.handle), select(confirmed)):
        for row in connection.execute(query):
            hidden.setdefault(row.agency, set()).add(row.handle)
    return HeldBack(withdrawn, hidden)


def _confirmed_targets() -> Subquery:
    erasures = record_tables.erasures
    return (
        select(_targets.c.agency, _targets.c.handle)
        .join(erasures, erasures.c.id == _targets.c.erasure)
        .where(erasures.c.confirmed_at.is_not(None))
        .subquery()
    )


def in_chunks(handles: Iterable[str]) -> Iterable[list[str]]:
    """Cut handles into as many as one statement may name, in order."""
    ordered = sorted(handles)
    return (ordered[start : start + _AT_A_TIME] for start in range(0, len(ordered), _AT_A_TIME))


def _known(connection: Connection, table: Table, agency: str, handles: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in in_chunks(handles):
        where = (table.c.agency == agency, table.c.handle.in_(some))
        found.update(connection.scalars(select(table.c.handle).where(*where)))
    return found


def latest_sequence(connection: Connection, agency: str) -> int:
    """Return the highest sequence that an agency has registered or committed."""
    submissions, agencies = schema.submissions, schema.agencies
    seen = connection.scalar(select(func.max(submissions.c.sequence)).where(submissions.c.agency == agency))
    committed = connection.scalar(select(agencies.c.sequence).where(agencies.c.code == agency))
    return max(int(seen or 0), int(committed or 0))


def withdraw(connection: Connection, agency: str, handles: Collection[str], *, now: str) -> None:
    """Let records count no more in any snapshot that the agency has registered so far."""
    last = latest_sequence(connection, agency)
    known = _known(connection, _withdrawals, agency, handles)
    for some in in_chunks(known):
        where = (_withdrawals.c.agency == agency, _withdrawals.c.handle.in_(some))
        connection.execute(update(_withdrawals).where(*where).values(sequence=last, withdrawn_at=day_of(now)))
    fresh = [
        {"agency": agency, "handle": handle, "sequence": last, "withdrawn_at": day_of(now)}
        for handle in sorted(set(handles) - known)
    ]
    if fresh:
        connection.execute(insert(_withdrawals), fresh)


def count_withdrawals(connection: Connection, agency: str) -> int:
    """Count an agency's withdrawals that are on record."""
    return _count(connection, _withdrawals, agency)


def count_shields(connection: Connection, agency: str) -> int:
    """Count an agency's shielded records."""
    return _count(connection, _shields, agency)


def _count(connection: Connection, table: Table, agency: str) -> int:
    query = select(func.count()).select_from(table).where(table.c.agency == agency)
    return int(connection.scalar(query) or 0)


def forget_spent_withdrawals(connection: Connection) -> int:
    """Forget withdrawals that no standing snapshot is old enough for; returns how many."""
    submissions = schema.submissions
    standing = (
        select(submissions.c.id)
        .where(
            submissions.c.agency == _withdrawals.c.agency,
            submissions.c.sequence <= _withdrawals.c.sequence,
            submissions.c.state.in_(("open", "committed", "accepted")),
        )
        .exists()
    )
    return connection.execute(delete(_withdrawals).where(~standing)).rowcount


def shield(connection: Connection, agency: str, handles: Collection[str], *, now: str) -> set[str]:
    """Shield records; returns those that were not shielded yet."""
    fresh = set(handles) - _known(connection, _shields, agency, handles)
    rows = [{"agency": agency, "handle": handle, "shielded_at": day_of(now)} for handle in sorted(fresh)]
    if rows:
        connection.execute(insert(_shields), rows)
    return fresh


def unshield(connection: Connection, agency: str, handles: Collection[str]) -> int:
    """Lift the shields of records; returns how many there were."""
    lifted = 0
    for some in in_chunks(handles):
        where = (_shields.c.agency == agency, _shields.c.handle.in_(some))
        lifted += connection.execute(delete(_shields).where(*where)).rowcount
    return lifted


def linked(connection: Connection, agency: str, handles: Collection[str]) -> bool:
    """Say whether the last linkage gave any of these records of an agency to a person."""
    return bool(_known(connection, schema.memberships, agency, handles))


def shielded(connection: Connection) -> dict[str, set[str]]:
    """Return every shielded handle by agency."""
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(_shields)):
        found.setdefault(row.agency, set()).add(row.handle)
    return found


def targets_of(connection: Connection, erasure: int) -> dict[str, set[str]]:
    """Return the handles that an erasure is about, by agency."""
    found: dict[str, set[str]] = {}
    for row in connection.execute(select(_targets).where(_targets.c.erasure == erasure)):
        found.setdefault(row.agency, set()).add(row.handle)
    return found


@dataclass(frozen=True, slots=True)
class Tombstones:
    """The handles of one agency that one worker must keep out: digests of those erased, and those going."""

    digests: AbstractSet[str]
    going: AbstractSet[str]
    key: bytes

    def __repr__(self) -> str:
        return f"<Tombstones of {len(self.digests)} records>"

    def among(self, agency: str, handles: Iterable[str]) -> set[str]:
        """Return those of some handles that were erased, or are about to be."""
        if not self.digests and not self.going:
            return set()
        return {one for one in handles if one in self.going or _digest(self.key, agency, one) in self.digests}


def read_tombstones(connection: Connection, worker: str, agency: str, key: bytes) -> Tombstones:
    """Return what a worker must keep out of an agency's snapshots; ``key`` is that worker's own."""
    where = (_tombstones.c.worker == worker, _tombstones.c.agency == agency)
    digests = frozenset(connection.scalars(select(_tombstones.c.digest).where(*where)))
    erasures = record_tables.erasures
    going = (
        select(_targets.c.handle)
        .join(erasures, erasures.c.id == _targets.c.erasure)
        .where(_targets.c.agency == agency, erasures.c.lasting, erasures.c.confirmed_at.is_not(None))
    )
    return Tombstones(digests, frozenset(connection.scalars(going)), key)


def add_tombstones(
    connection: Connection, worker: str, targets: Mapping[str, Collection[str]], key: bytes, *, now: str
) -> None:
    """Let a worker keep handles out from now on; those it keeps out already stay as they are."""
    for agency, handles in sorted(targets.items()):
        known = read_tombstones(connection, worker, agency, key).digests
        fresh = {_digest(key, agency, one) for one in handles} - known
        rows = [
            {"worker": worker, "agency": agency, "digest": digest, "erased_at": day_of(now)}
            for digest in sorted(fresh)
        ]
        if rows:
            connection.execute(insert(_tombstones), rows)
            covered = {"tombstones": {stretch_of(digest) for digest in fresh}}
            facts: dict[str, Fact] = {"agency": agency, "records": len(fresh), "step": "kept out"}
            ledger.append(connection, EntryKind.ERASURE, facts, now=now, rows=covered)


def _digest(key: bytes, agency: str, handle: str) -> str:
    said = b"clew/tombstone/1\x00" + agency.encode() + b"\x00" + handle.encode()
    return keyed_digest(key, said).hex()
