"""An entry is there with its effect or not at all, names nobody in its leaf, and can be proven."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, insert, select

from api.agency_app.service import open_service
from api.auditing import read_entries
from api.checkpoints import open_signer
from api.store import ledger, schema
from api.store.database import Database, open_database
from api.store.migrating import create_database
from linkage.errors import FormatError, VerificationError
from linkage.register.ledger_audit import tree_of
from linkage.register.ledger_tree import leaf_hash, root, verify_consistency, verify_inclusion
from linkage.wire.canonical import canonical
from linkage.wire.ledger import (
    ABOUT_RECORDS,
    Cover,
    EntryKind,
    Statement,
    leaf_bytes,
    opened,
    read_statement,
)
from linkage.wire.moments import Moment
from linkage.wire.signing import public_text
from linkage.wire.submission import Receipt, read_receipt, sign_receipt
from tests.support.audited import checkpoint_now, exported, undone, verified
from tests.support.databases import new_location
from tests.support.unit import Desk, make_unit

pytestmark = pytest.mark.usefixtures("each_database")

NOW = "2026-03-01T10:00:00.000000Z"
HANDLE = "ab" * 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    location = new_location(tmp_path, "register")
    create_database(location, "register")
    opened_one = open_database(location, "register")
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


def test_what_could_not_be_read_again_is_never_written(database: Database) -> None:
    good = Cover(what="console_passkeys", key="k" * 400, digest=None)
    with database.write() as connection:
        ledger.append(connection, EntryKind.OTHER, {}, now=NOW, covers=[good])
    for covers, facts in (([Cover(what="files", key="k" * 401, digest=None)], {}), ([], {"f" * 65: 1})):
        with pytest.raises(ValueError, match="length"), database.write() as connection:
            ledger.append(connection, EntryKind.OTHER, facts, now=NOW, covers=covers)
    with database.read() as connection:
        assert ledger.size_of(connection) == 2


def test_entries_of_many_writers_at_once_have_one_order(database: Database) -> None:
    def write(writer: int) -> None:
        for number in range(8):
            with database.write() as connection:
                ledger.append(connection, EntryKind.OTHER, {"by": writer, "number": number}, now=NOW)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with database.read() as connection:
        size = ledger.size_of(connection)
        assert size == 33
        entries = read_entries(connection, with_records=True)
        assert [one.index for one in entries] == list(range(size))
        assert root(size, tree_of(entries)) == ledger.root_of(connection, size)


def test_what_a_unit_covers_is_what_its_database_holds(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    for code in ("E09", "E10"):
        unit.enrol(Desk(code, "council"))
    open_service(unit.folder.root).close()
    database = unit.database()
    outside = [checkpoint_now(database, unit)]
    signer = open_signer(unit.folder)
    with undone(database) as connection:
        assert verified(exported(connection, unit, signer), unit, outside).findings == []
        connection.execute(schema.agencies.update().where(schema.agencies.c.code == "E10").values(name="x"))
        found = verified(exported(connection, unit, signer), unit, outside).findings
        assert [one.where for one in found] == ["agencies E10"]
    database.close()


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
        spoken = ledger.append(connection, EntryKind.RECORDS_NAMED, {}, now=NOW, records=[("E09", HANDLE)])
        other = ledger.append(connection, EntryKind.RECORDS_NAMED, {}, now=NOW, records=[("E10", HANDLE)])
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
    named = [("E09", HANDLE)]
    with pytest.raises(ValueError, match="names no records"), database.write() as connection:
        ledger.append(connection, EntryKind.OTHER, {}, now=NOW, records=named)
    for kind in ABOUT_RECORDS:
        with pytest.raises(ValueError, match="covers nothing"), database.write() as connection:
            ledger.append(connection, kind, {}, now=NOW, records=named, files={"unit.toml": None})
        # Without a record too: what may be withheld as such a kind could hide that a row was rolled back.
        with pytest.raises(ValueError, match="covers nothing"), database.write() as connection:
            ledger.append(connection, kind, {}, now=NOW, rows={"trust": None})
        statement = Statement(
            kind=kind, at=NOW, facts={}, covers=(Cover(what="trust", key="1", digest=None),)
        )
        with pytest.raises(FormatError, match="covers rows"):
            read_statement(canonical(statement))


def test_receipts_of_the_version_before_stay_valid() -> None:
    key = Ed25519PrivateKey.generate()
    old = Receipt(
        agency="E09",
        submission="ab" * 32,
        sequence=7,
        received=Moment.parse("2026-03-01T10:00Z"),
        encodings_sha256="cd" * 32,
        payload_sha256="ef" * 32,
    )
    data, signing_key = canonical(sign_receipt(old, key)), public_text(key.public_key())
    assert read_receipt(data, signing_key=signing_key).submission == old.submission
    with pytest.raises(VerificationError):
        read_receipt(data.replace(b'"sequence":7', b'"sequence":8'), signing_key=signing_key)
