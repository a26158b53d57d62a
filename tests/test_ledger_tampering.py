"""Whatever is changed, added, removed, swapped or rolled back where the ledger covers it is detected.

What is covered is the list in docs/spec/ledger-1.md, section 5.  Each trial changes one thing as somebody
with all rights would, exports with the unit's own tool and key, and verifies against an outside checkpoint.
"""

import contextlib
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, insert, select, text, update
from sqlalchemy.exc import DatabaseError

from api.checkpoints import LedgerSigner, note_configuration, open_signer
from api.clock import utc_now
from api.store import ledger, schema
from api.store.ledger_rows import COVERED
from linkage.errors import ClewError
from linkage.register.ledger_tree import grown, leaf_hash
from linkage.wire.checkpoints import Checkpoint
from linkage.wire.ledger import leaf_bytes
from tests.support.audited import checkpoint_now, exported, served_history, undone, verified
from tests.support.served import Served
from tests.support.unit import make_sent

LEDGER = (schema.ledger_entries, schema.ledger_statements)
Rows = dict[Table, list[dict[str, Any]]]


class NothingChangedError(Exception):
    """A trial that would have changed nothing; another one takes its place."""


@dataclass
class Target:
    served: Served
    signer: LedgerSigner
    outside: list[Checkpoint]
    random: random.Random
    older: list[Rows] = field(default_factory=list)
    old_files: list[dict[Path, bytes]] = field(default_factory=list)

    @property
    def root(self) -> Path:
        return self.served.unit.folder.root

    def files(self) -> dict[Path, bytes]:
        folder = self.served.unit.folder
        places = (folder.settings, folder.unit_card, folder.ledger_card)
        bodies = [
            one
            for place in (folder.intake_encodings, folder.intake_payload, folder.encodings)
            for one in sorted(place.glob("*.sealed"))
        ]
        return {path: path.read_bytes() for path in (*places, *bodies)}

    def detected(self, connection: Connection) -> bool:
        try:
            lines = exported(connection, self.served.unit, self.signer)
            return bool(verified(lines, self.served.unit, self.outside).findings)
        except (ClewError, LookupError):
            return True


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with served_history(tmp_path_factory.mktemp("unit") / "data") as served:
        database = served.workers.database
        made = Target(served, open_signer(served.unit.folder), [], random.Random(20261122))
        _remember(made)
        police = served.client(served.police)
        police.submit(make_sent(served.unit, served.police, sequence=3, children=(2, 3, 6)))
        settings = served.unit.folder.settings
        settings.write_text(settings.read_text().replace("threads = 8", "threads = 4"))
        note_configuration(database, served.unit.folder, now=utc_now())
        _remember(made)
        served.workers.settle()
        served.workers.cycle()
        police.submit(make_sent(served.unit, served.police, sequence=4, children=(2, 3, 6, 8)))
        made.outside = [checkpoint_now(database, served.unit)]
        with database.read() as connection:
            assert not made.detected(connection)
        yield made


def _remember(target: Target) -> None:
    with target.served.workers.database.read() as connection:
        target.older.append(_rows(connection))
    target.old_files.append(target.files())


def _rows(connection: Connection) -> Rows:
    tables = (*(one.table for one in COVERED.values()), *LEDGER, schema.ledger_nodes, schema.ledger_head)
    return {
        table: [dict(row._mapping) for row in connection.execute(select(table).order_by(*table.primary_key))]
        for table in tables
    }


def _is(table: Table, row: dict[str, Any]) -> Any:
    clauses = [column == row[column.name] for column in table.primary_key]
    first, *rest = clauses
    for one in rest:
        first &= one
    return first


def _covered_rows(target: Target, connection: Connection) -> tuple[Table, list[dict[str, Any]], list[str]]:
    """Choose a table of the list with rows, and the columns of it that are covered."""
    chosen = []
    for one in COVERED.values():
        query = select(one.table) if one.only is None else select(one.table).where(one.only)
        rows = [dict(row._mapping) for row in connection.execute(query)]
        chosen.append((one.table, rows, [column.name for column in one.columns]))
    for table in LEDGER:
        rows = [dict(row._mapping) for row in connection.execute(select(table))]
        chosen.append((table, rows, [column.name for column in table.columns]))
    return target.random.choice([one for one in chosen if one[1]])


def _other(target: Target, value: Any) -> Any:
    """Return something else of the same kind."""
    if value is None:
        return "2026-01-01T00:00:00.000000Z"
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + target.random.choice((-1, 1, 7))
    if not value:
        return "x"
    at = target.random.randrange(len(value))
    swapped = target.random.choice([one for one in "0123456789abcdef" if one != value[at]])
    return value[:at] + swapped + value[at + 1 :]


def edit(target: Target, connection: Connection) -> None:
    table, rows, columns = _covered_rows(target, connection)
    row, column = target.random.choice(rows), target.random.choice(columns)
    connection.execute(update(table).where(_is(table, row)).values({column: _other(target, row[column])}))


def remove(target: Target, connection: Connection) -> None:
    table, rows, _ = _covered_rows(target, connection)
    connection.execute(delete(table).where(_is(table, target.random.choice(rows))))


def add(target: Target, connection: Connection) -> None:
    table, rows, _ = _covered_rows(target, connection)
    row = dict(target.random.choice(rows))
    for column in (*table.primary_key, *(one for one in table.columns if one.unique)):
        row[column.name] = _other(target, row[column.name])
    if table is schema.submissions:
        row["sequence"] += 100
    connection.execute(insert(table).values(row))


def swap(target: Target, connection: Connection) -> None:
    """Let two rows change places: each keeps its name and has the other's content."""
    table, rows, columns = _covered_rows(target, connection)
    keys = {column.name for column in table.primary_key}
    names = [one for one in columns if one not in keys] or columns
    one, other = target.random.choice(rows), target.random.choice(rows)
    if all(one[name] == other[name] for name in names) or set(names) & keys:
        raise NothingChangedError
    for place, content in ((one, other), (other, one)):
        connection.execute(
            update(table).where(_is(table, place)).values({name: content[name] for name in names})
        )


def roll_back(target: Target, connection: Connection) -> None:
    """Put some tables, or all, back to what they were; with all the ledger agrees with itself."""
    older, now = target.random.choice(target.older), _rows(connection)
    changed = [table for table in older if older[table] != now[table]]
    count = target.random.choice((1, 2, len(changed)))
    chosen = target.random.sample(changed, min(count, len(changed)))
    if not {one for one in chosen if one not in (schema.ledger_nodes, schema.ledger_head)}:
        raise NothingChangedError  # they follow from the entries and are not on the list
    if chosen == [schema.submissions] and _same_but_left_out(older[chosen[0]], now[chosen[0]]):
        raise NothingChangedError
    for table in chosen:
        connection.execute(delete(table))
        if older[table]:
            connection.execute(insert(table), older[table])


def _same_but_left_out(older: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> bool:
    left_out = COVERED["submissions"].left_out
    strip: Callable[[Any], Any] = lambda rows: [  # noqa: E731
        {name: value for name, value in row.items() if name not in left_out} for row in rows
    ]
    return bool(strip(older) == strip(now))


def rewrite(target: Target, connection: Connection) -> None:
    """Change an entry and make the whole tree anew over it, as whoever has the unit's keys could."""
    table = schema.ledger_entries
    size = ledger.size_of(connection)
    at = target.random.randrange(size)
    leaf = ledger.leaf_at(connection, at)
    connection.execute(
        update(table).where(table.c.entry == at).values(commitment=_other(target, leaf.commitment))
    )
    nodes: dict[tuple[int, int], bytes] = {}
    for number in range(size):
        digest = leaf_hash(leaf_bytes(ledger.leaf_at(connection, number)))
        made = grown(number, digest, lambda level, index: nodes[level, index])
        nodes.update({(level, index): one for level, index, one in made})
    connection.execute(delete(schema.ledger_nodes))
    rows = [{"level": level, "position": at, "hash": one.hex()} for (level, at), one in nodes.items()]
    connection.execute(insert(schema.ledger_nodes), rows)


def in_database(act: Callable[[Target, Connection], None]) -> Callable[[Target], bool]:
    def attempt(target: Target) -> bool:
        found: list[bool] = []
        with undone(target.served.workers.database) as connection:
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            with contextlib.suppress(DatabaseError, NothingChangedError):
                act(target, connection)
                found.append(target.detected(connection))
        if not found:
            raise NothingChangedError
        return found[0]

    return attempt


def in_files(target: Target) -> bool:
    """Change, remove, add, exchange or roll back a file."""
    now, chance = target.files(), target.random
    path = chance.choice(list(now))
    other = chance.choice(list(now))
    older = {one: data for one, data in chance.choice(target.old_files).items() if now.get(one) != data}
    act = chance.choice(("edit", "remove", "add", "swap", "back"))
    changes: dict[Path, bytes | None] = {}
    if act == "edit":
        data = bytearray(now[path])
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        changes[path] = bytes(data)
    elif act == "remove":
        changes[path] = None
    elif act == "add":
        bodies = [one for one in now if one.suffix == ".sealed"]
        body = chance.choice(bodies)
        changes[body.with_name(f"{chance.randbytes(32).hex()}-{'0' * 64}.sealed")] = now[body]
    elif act == "swap" and now[path] != now[other]:
        changes = {path: now[other], other: now[path]}
    elif act == "back" and older:
        changes = {one: older[one] for one in [chance.choice(list(older))]}
    if not changes:
        raise NothingChangedError
    try:
        _write(changes)
        with target.served.workers.database.read() as connection:
            return target.detected(connection)
    finally:
        _write({one: now.get(one) for one in changes})


def _write(changes: dict[Path, bytes | None]) -> None:
    for path, data in changes.items():
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.write_bytes(data)


_COLUMNS = "submission, agency, kind, handle, version, status, sealed"
PAYLOAD_ATTACKS = [
    "UPDATE records SET version = version + 1 WHERE id = :one",
    "UPDATE records SET handle = 'ffffffffffffffffffffffffffffffff' WHERE id = :one",
    "UPDATE records SET sealed = randomblob(100) WHERE id = :one",
    "UPDATE records SET sealed = (SELECT sealed FROM records WHERE id = :other) WHERE id = :one",
    "DELETE FROM records WHERE id = :one",
    f"INSERT INTO records ({_COLUMNS}) SELECT {_COLUMNS} FROM records WHERE id = :one",
]


def in_payload(target: Target) -> bool:
    """Change, remove, add or exchange a record of the payload store."""
    path = target.served.unit.folder.payload_database
    kept, chance = path.with_name("kept.db"), target.random
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copyfile(path, kept)
        raw.execute("PRAGMA foreign_keys=OFF")
        numbers = [row[0] for row in raw.execute("SELECT id FROM records")]
        one, other = chance.sample(numbers, 2)
        raw.execute(chance.choice(PAYLOAD_ATTACKS), {"one": one, "other": other})
        raw.commit()
    try:
        with target.served.workers.database.read() as connection:
            return target.detected(connection)
    finally:
        with (
            contextlib.closing(sqlite3.connect(kept)) as good,
            contextlib.closing(sqlite3.connect(path)) as raw,
        ):
            good.backup(raw)
        kept.unlink()


ATTACKS: dict[str, Callable[[Target], bool]] = {
    "edit": in_database(edit),
    "remove": in_database(remove),
    "add": in_database(add),
    "swap": in_database(swap),
    "roll back": in_database(roll_back),
    "rewrite": in_database(rewrite),
    "files": in_files,
    "payload": in_payload,
}


def test_every_tampering_is_detected(target: Target, soak: bool) -> None:
    wanted = 10_000 if soak else 50
    done = dict.fromkeys(ATTACKS, 0)
    missed = []
    while sum(done.values()) < wanted:
        name = target.random.choice(list(ATTACKS))
        try:
            found = ATTACKS[name](target)
        except NothingChangedError:
            continue
        done[name] += 1
        if not found:
            missed.append(name)
    assert missed == []
    assert min(done.values()) > 0
    with target.served.workers.database.read() as connection:
        assert not target.detected(connection)
