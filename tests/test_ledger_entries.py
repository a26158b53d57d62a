"""An entry is there with its effect or not at all, names nobody in its leaf, and can be proven."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from api.store import ledger, schema
from api.store.database import Database, open_database
from api.store.migrating import create_database
from linkage.errors import VerificationError
from linkage.register.ledger_tree import leaf_hash, verify_consistency, verify_inclusion
from linkage.wire.ledger import EntryKind, leaf_bytes, opened, read_statement

NOW = "2026-03-01T10:00:00.000000Z"
HANDLE = "ab" * 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    create_database(tmp_path / "register.db", "register")
    opened_one = open_database(tmp_path / "register.db", "register")
    yield opened_one
    opened_one.close()


def test_every_entry_can_be_proven_to_whoever_has_a_later_root(database: Database) -> None:
    with database.write() as connection:
        entries = [
            ledger.append(connection, EntryKind.OTHER, {"number": number}, now=NOW) for number in range(20)
        ]
    assert [one.index for one in entries] == list(range(1, 21))
    with database.read() as connection:
        size = ledger.size_of(connection)
        head = ledger.root_of(connection, size)
        assert ledger.leaf_at(connection, 0).kind == EntryKind.LEDGER_BEGUN
        for one in entries:
            leaf = leaf_hash(leaf_bytes(one.leaf))
            verify_inclusion(leaf, one.index, size, ledger.inclusion(connection, one.index, size), head)
            assert opened(one.leaf, one.salt, one.statement).facts == {"number": one.index - 1}
        for old in range(size + 1):
            before, proof = ledger.root_of(connection, old), ledger.consistency(connection, old, size)
            verify_consistency(old, size, before, head, proof)


def test_an_entry_goes_with_an_effect_that_fails(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            ledger.append(connection, EntryKind.OTHER, {}, now=NOW)
            raise RuntimeError("the effect failed")

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as connection:
        assert ledger.size_of(connection) == 0
        assert connection.scalar(select(func.count()).select_from(schema.ledger_nodes)) == 0


def test_a_leaf_holds_kind_day_and_commitment_and_nobody(database: Database) -> None:
    with database.write() as connection:
        entry = ledger.append(
            connection, EntryKind.PERSONS_MERGED, {"run": 1}, now=NOW, records=[("E09", HANDLE)]
        )
    leaf = json.loads(leaf_bytes(entry.leaf))
    assert set(leaf) == {"format", "version", "kind", "day", "commitment"}
    assert (leaf["kind"], leaf["day"]) == ("persons-merged", "2026-03-01")
    assert HANDLE not in leaf_bytes(entry.leaf).decode()
    assert read_statement(entry.statement.encode()).records == (("E09", HANDLE),)
    with pytest.raises(VerificationError):
        opened(entry.leaf, "00" * 32, entry.statement)


def test_two_equal_statements_have_unlike_leaves(database: Database) -> None:
    with database.write() as connection:
        one, other = (ledger.append(connection, EntryKind.OTHER, {}, now=NOW) for _ in range(2))
    assert one.statement == other.statement
    assert one.leaf.commitment != other.leaf.commitment


def test_salt_and_statement_go_with_the_record_and_an_entry_certifies_it(database: Database) -> None:
    with database.write() as connection:
        spoken = ledger.append(connection, EntryKind.OTHER, {}, now=NOW, records=[("E09", HANDLE)])
        other = ledger.append(connection, EntryKind.OTHER, {}, now=NOW, records=[("E10", HANDLE)])
    with database.write() as connection:
        certified = ledger.erase(connection, [("E09", HANDLE)], {"records": 1}, now=NOW)
    said = read_statement(certified.statement.encode())
    assert [(one.index, one.commitment) for one in said.erased] == [(spoken.index, spoken.leaf.commitment)]
    assert HANDLE not in certified.statement
    with database.read() as connection:
        left = list(connection.scalars(select(schema.ledger_statements.c.entry)))
        assert spoken.index not in left
        assert {other.index, certified.index} <= set(left)
        assert ledger.leaf_at(connection, spoken.index) == spoken.leaf
        named = connection.execute(select(schema.ledger_records)).all()
        assert [(row.entry, row.agency) for row in named] == [(other.index, "E10")]


def test_an_entry_covers_the_rows_that_its_effect_changed(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(schema.trust).values(id=1, threshold=2))
        first = ledger.append(connection, EntryKind.CUSTODIANS_PINNED, {}, now=NOW, rows={"trust": None})
        connection.execute(schema.trust.update().values(threshold=3))
        second = ledger.append(connection, EntryKind.SUCCESSION, {}, now=NOW, rows={"trust": ["1"]})
        connection.execute(schema.trust.delete())
        third = ledger.append(connection, EntryKind.OTHER, {}, now=NOW, rows={"trust": None})
        begun = connection.scalar(
            select(schema.ledger_statements.c.statement).where(schema.ledger_statements.c.entry == 0)
        )
        current = ledger.current_covers(connection)
    covers = [read_statement(one.statement.encode()).covers for one in (first, second, third)]
    assert [[(one.what, one.key) for one in some] for some in covers] == [
        [],
        [("trust", "1")],
        [("trust", "1")],
    ]
    assert [one.key for one in read_statement((begun or "").encode()).covers] == ["1"]
    assert covers[1][0].digest is not None
    assert covers[2][0].digest is None
    assert current == {("trust", "1"): None}


def test_an_entry_that_speaks_of_records_covers_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="covers nothing"), database.write() as connection:
        ledger.append(
            connection, EntryKind.OTHER, {}, now=NOW, records=[("E09", HANDLE)], files={"unit.toml": None}
        )
