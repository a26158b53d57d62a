"""The ledger: :func:`append` writes an entry in the transaction of its effect (docs/spec/ledger-1.md).

To give an effect its entry, call ``append`` on the connection that wrote the effect, **after** its last
statement, and name what the effect changed::

    with database.write() as connection:
        agencies.remove_agency(connection, code, now=stamp(now))
        ledger.append(
            connection,
            EntryKind.AGENCY_REMOVED,       # linkage.wire.ledger; add a kind there if none fits
            {"agency": code},               # facts: numbers, codes, digests; never a handle or person
            now=stamp(now),
            rows={"agencies": [code]},      # covered rows that changed, by table and key
        )

``rows``: of a table in :data:`api.store.ledger_rows.COVERED` the keys of the rows that were added, changed or
deleted, or None for whatever differs from what the ledger last said of the table.  A new table that should
be covered is added to ``COVERED``.  ``files``: paths within the data folder to SHA-256, None once a file is
gone.  ``covers``: digests that the caller made itself, such as those of another store.

An entry that must name records (a merge, an answer, a re-identification) passes them as ``records``; they
stand in the statement alone, which goes when one of them is erased, and such an entry covers no rows and is
of a kind in :data:`linkage.wire.ledger.ABOUT_RECORDS`.
Whoever erases records calls :func:`erase` in the transaction of the erasure: it erases salts and statements
that speak of them, and writes the entry by which verification tells a certified erasure from a deletion.

The head is locked until the transaction ends, so that entries have one order with several processes too.
On PostgreSQL take the locks of the effect's own rows first, as above.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import json
from sqlalchemy import Column, ColumnElement, Connection, delete, insert, or_, select, update

from api.store import schema
from api.store.ledger_rows import COVERED, digests
from linkage.register.ledger_tree import (
    HASH_BYTES,
    Nodes,
    consistency_proof,
    grown,
    inclusion_proof,
    leaf_hash,
    root,
)
from linkage.wire.canonical import canonical
from linkage.wire.ledger import (
    ABOUT_RECORDS,
    TO_THE_DAY,
    Cover,
    EntryKind,
    Fact,
    Leaf,
    LedgerEntry,
    Named,
    Statement,
    commitment,
    leaf_bytes,
)

__all__ = [
    "FILE",
    "append",
    "consistency",
    "current_covers",
    "erase",
    "files_said",
    "forget",
    "inclusion",
    "keep_checkpoint",
    "leaf_at",
    "newest_checkpoint",
    "root_of",
    "row_key",
    "rows_said",
    "size_of",
]

T = TypeVar("T")

FILE = "file"
"""What covers of files say; their key is the path within the data folder."""

_SALT_BYTES = 32
_AT_ONCE = 400

_head = schema.ledger_head
_entries = schema.ledger_entries
_statements = schema.ledger_statements
_records = schema.ledger_records
_nodes = schema.ledger_nodes
_covers = schema.ledger_covers


def append(
    connection: Connection,
    kind: EntryKind,
    facts: Mapping[str, Fact],
    *,
    now: str,
    rows: Mapping[str, Iterable[str] | None] | None = None,
    files: Mapping[str, str | None] | None = None,
    covers: Iterable[Cover] = (),
    records: Iterable[tuple[str, str]] = (),
    erased: Iterable[Named] = (),
) -> LedgerEntry:
    """Write the entry of an effect in the effect's own transaction, and return it with its salt.

    ``now``: a stamp (:func:`api.clock.stamp`); see the module for the rest.  Raises ``ValueError`` for an
    entry that speaks of records although its kind names none, covers something although its kind may, or
    could not be read again.
    """
    spoken_of, others = tuple(sorted(set(records))), tuple(covers)
    if spoken_of and kind not in ABOUT_RECORDS:
        raise ValueError("an entry of this kind names no records")
    if kind in ABOUT_RECORDS and (rows or files or others):
        raise ValueError("an entry of this kind covers nothing: its statement goes with the records")
    size, key = _locked(connection)
    if size == 0:
        everything = dict.fromkeys(COVERED)
        begun = _covers_of(connection, everything, key)
        _write(connection, 0, Statement(kind=EntryKind.LEDGER_BEGUN, at=now, facts={}, covers=begun))
        size = 1
    statement = Statement(
        kind=kind,
        at=now[:10] if kind in TO_THE_DAY else now,
        facts=dict(facts),
        records=spoken_of,
        covers=_sorted(
            (*_covers_of(connection, rows or {}, key), *_files_of(connection, files or {}), *others)
        ),
        erased=tuple(sorted(erased, key=lambda one: one.index)),
    )
    return _write(connection, size, statement)


def forget(connection: Connection, records: Iterable[tuple[str, str]]) -> tuple[Named, ...]:
    """Erase salts and statements that speak of any of these records, by agency and handle.

    Returns the entries that lost them, for ``erased`` of the entry that certifies it (see :func:`erase`).
    """
    _locked(connection)
    found: set[int] = set()
    wanted = sorted(set(records))
    for some in (wanted[at : at + _AT_ONCE] for at in range(0, len(wanted), _AT_ONCE)):
        these = _pairs(_records.c.agency, _records.c.handle, some)
        found.update(connection.scalars(select(_records.c.entry).where(these)))
    named: list[Named] = []
    entries = sorted(found)
    for part in (entries[at : at + _AT_ONCE] for at in range(0, len(entries), _AT_ONCE)):
        connection.execute(delete(_statements).where(_statements.c.entry.in_(part)))
        connection.execute(delete(_records).where(_records.c.entry.in_(part)))
        query = select(_entries.c.entry, _entries.c.commitment).where(_entries.c.entry.in_(part))
        named += [Named(index=row.entry, commitment=row.commitment) for row in connection.execute(query)]
    return tuple(sorted(named, key=lambda one: one.index))


def erase(
    connection: Connection,
    records: Iterable[tuple[str, str]],
    facts: Mapping[str, Fact],
    *,
    now: str,
    rows: Mapping[str, Iterable[str] | None] | None = None,
    files: Mapping[str, str | None] | None = None,
    kind: EntryKind = EntryKind.ERASURE,
) -> LedgerEntry:
    """Forget these records in the ledger, and certify it with an entry that covers what else changed."""
    named = forget(connection, records)
    return append(connection, kind, facts, now=now, rows=rows, files=files, erased=named)


def size_of(connection: Connection) -> int:
    """Return how many entries the ledger has."""
    return int(connection.scalar(select(_head.c.size)) or 0)


def row_key(connection: Connection) -> bytes:
    """Return the key of the digests of covered rows."""
    return bytes.fromhex(connection.scalar(select(_head.c.row_key)) or "")


def root_of(connection: Connection, size: int) -> bytes:
    """Return the root over the first ``size`` entries."""
    return _computed(connection, lambda nodes: root(size, nodes))


def inclusion(connection: Connection, index: int, size: int) -> list[bytes]:
    """Return the proof that an entry is in the tree of the first ``size`` entries."""
    return _computed(connection, lambda nodes: inclusion_proof(index, size, nodes))


def consistency(connection: Connection, old: int, size: int) -> list[bytes]:
    """Return the proof that the tree of ``size`` entries goes on from the one of ``old``."""
    return _computed(connection, lambda nodes: consistency_proof(old, size, nodes))


def leaf_at(connection: Connection, index: int) -> Leaf:
    """Return the leaf of an entry that is known to be there."""
    row = connection.execute(select(_entries).where(_entries.c.entry == index)).one()
    return Leaf(kind=EntryKind(row.kind), day=row.day, commitment=row.commitment)


def current_covers(connection: Connection) -> dict[tuple[str, str], str | None]:
    """Return what the ledger last said of every covered row, stretch and file."""
    rows = connection.execute(select(_covers.c.what, _covers.c.key, _covers.c.digest))
    return {(row.what, row.key): row.digest for row in rows}


def rows_said(connection: Connection, table: str, keys: Iterable[str]) -> dict[str, str | None]:
    """Return what the ledger last said of some rows of a table, by key."""
    return _said_of(connection, table, sorted(keys))


def files_said(connection: Connection, names: Iterable[str]) -> dict[str, str | None]:
    """Return what the ledger last said of files, by name."""
    return _said_of(connection, FILE, sorted(names))


def keep_checkpoint(connection: Connection, note: str) -> None:
    """Keep the newest checkpoint that was signed."""
    connection.execute(update(_head).values(checkpoint=note))


def newest_checkpoint(connection: Connection) -> str | None:
    """Return the newest checkpoint that was signed, or None."""
    return connection.scalar(select(_head.c.checkpoint))


def _locked(connection: Connection) -> tuple[int, bytes]:
    """Lock the head until the transaction ends; returns the size and the key of covered rows."""
    query = select(_head.c.size, _head.c.row_key).where(_head.c.id == 1).with_for_update()
    row = connection.execute(query).one()
    return int(row.size), bytes.fromhex(row.row_key)


def _write(connection: Connection, index: int, statement: Statement) -> LedgerEntry:
    salt, text = secrets.token_bytes(_SALT_BYTES), canonical(statement)
    # An entry that nobody can read cannot be taken back, and no audit passes it.
    json.decode(text, type=Statement)
    leaf = Leaf(kind=statement.kind, day=statement.at[:10], commitment=commitment(salt, text))
    connection.execute(
        insert(_entries).values(entry=index, kind=leaf.kind, day=leaf.day, commitment=leaf.commitment)
    )
    connection.execute(insert(_statements).values(entry=index, salt=salt.hex(), statement=text.decode()))
    if statement.records:
        named = [{"entry": index, "agency": agency, "handle": one} for agency, one in statement.records]
        connection.execute(insert(_records), named)
    digest = leaf_hash(leaf_bytes(leaf))
    hashes = _computed(connection, lambda nodes: grown(index, digest, nodes))
    rows = [{"level": level, "position": at, "hash": digest.hex()} for level, at, digest in hashes]
    connection.execute(insert(_nodes), rows)
    _keep_covers(connection, index, statement.covers)
    connection.execute(update(_head).values(size=index + 1))
    return LedgerEntry(index=index, leaf=leaf, salt=salt.hex(), statement=text.decode())


def _covers_of(
    connection: Connection, rows: Mapping[str, Iterable[str] | None], key: bytes
) -> tuple[Cover, ...]:
    found: list[Cover] = []
    for table, keys in rows.items():
        wanted = None if keys is None else sorted(set(keys))
        present = digests(connection, table, key, keys=wanted)
        if wanted is None:
            before = _said_of(connection, table)
            changed = {one for one in before.keys() | present.keys() if before.get(one) != present.get(one)}
            wanted = sorted(changed)
        found += [Cover(what=table, key=one, digest=present.get(one)) for one in wanted]
    return _sorted(found)


def _files_of(connection: Connection, files: Mapping[str, str | None]) -> list[Cover]:
    """Return what to say of files; of one that is gone only if the ledger says that it is there."""
    if not files:
        return []
    gone = sorted(name for name, digest in files.items() if digest is None)
    said = _said_of(connection, FILE, gone)
    return [
        Cover(what=FILE, key=name, digest=digest)
        for name, digest in files.items()
        if digest is not None or said.get(name) is not None
    ]


def _sorted(covers: Iterable[Cover]) -> tuple[Cover, ...]:
    return tuple(sorted(covers, key=lambda one: (one.what, one.key)))


def _said_of(connection: Connection, what: str, keys: Sequence[str] | None = None) -> dict[str, str | None]:
    query = select(_covers.c.key, _covers.c.digest).where(_covers.c.what == what)
    if keys is None:
        return {row.key: row.digest for row in connection.execute(query)}
    some = [keys[at : at + _AT_ONCE] for at in range(0, len(keys), _AT_ONCE)]
    rows = [row for part in some for row in connection.execute(query.where(_covers.c.key.in_(part)))]
    return {row.key: row.digest for row in rows}


def _keep_covers(connection: Connection, index: int, covers: Iterable[Cover]) -> None:
    rows = [{"what": one.what, "key": one.key, "entry": index, "digest": one.digest} for one in covers]
    for some in (rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)):
        these = _pairs(_covers.c.what, _covers.c.key, [(one["what"], one["key"]) for one in some])
        connection.execute(delete(_covers).where(these))
        connection.execute(insert(_covers), some)


def _pairs(one: Column[Any], other: Column[Any], wanted: Iterable[tuple[Any, Any]]) -> ColumnElement[bool]:
    """Return the condition that two columns are one of these pairs.

    Of a list of pairs SQLite would look through the whole table; of alternatives it takes the index.
    """
    return or_(*((one == first) & (other == second) for first, second in wanted))


def _computed(connection: Connection, compute: Callable[[Nodes], T]) -> T:
    """Compute something of the tree, whose hashes are read at once: which they are depends on sizes alone."""
    wanted: set[tuple[int, int]] = set()

    def noted(level: int, position: int) -> bytes:
        wanted.add((level, position))
        return bytes(HASH_BYTES)

    compute(noted)
    held: dict[tuple[int, int], bytes] = {}
    if wanted:
        these = _pairs(_nodes.c.level, _nodes.c.position, sorted(wanted))
        for row in connection.execute(select(_nodes).where(these)):
            held[row.level, row.position] = bytes.fromhex(row.hash)
    if held.keys() != wanted:
        raise LookupError("a hash of the ledger's tree is missing")
    return compute(lambda level, position: held[level, position])
