"""A unit's ledger covers what it did, verifies elsewhere, and tells a certified erasure from a deletion."""

from collections.abc import Iterator

import pytest
from msgspec import structs
from sqlalchemy import delete, select

from api.auditing import check_unit, read_entries
from api.checkpoints import open_signer
from api.clock import stamp, utc_now
from api.store import ledger, schema
from linkage.errors import FormatError
from linkage.register.ledger_audit import Audit
from linkage.wire.canonical import canonical
from linkage.wire.ledger import EntryKind
from tests.support.audited import checkpoint_now, exported, served_history, undone, verified
from tests.support.served import Served
from tests.support.unit import handle


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_history(tmp_path_factory.mktemp("unit") / "data") as opened:
        yield opened


def _verified(served: Served, *, with_records: bool = True) -> Audit:
    database = served.workers.database
    outside = [checkpoint_now(database, served.unit)]
    with database.read() as connection:
        signer = open_signer(served.unit.folder)
        lines = exported(connection, served.unit, signer, with_records=with_records)
    return verified(lines, served.unit, outside)


def test_every_effect_has_its_entry_and_everything_is_as_they_say(served: Served) -> None:
    found = _verified(served)
    assert found.findings == []
    assert found.witnesses == 1
    assert found.kinds["agency-enrolled"] == 3
    assert found.kinds["submission-committed"] == 4
    assert found.kinds["submission-accepted"] == 3
    assert found.kinds["submission-refused"] == 1
    assert found.kinds["submission-superseded"] == 1
    assert found.kinds["results-released"] == found.kinds["cycle-closed"] == 2
    assert found.kinds["link-run"] >= 2
    assert {"custodians-pinned", "epoch-adopted", "configuration-changed"} <= set(found.kinds)
    assert found.compared > 40


def test_the_unit_checks_itself(served: Served) -> None:
    signer = open_signer(served.unit.folder)
    with served.workers.database.read() as connection:
        key = served.unit.card.signing_key
        found = check_unit(connection, served.unit.folder, signer, signing_key=key, outside=[])
    assert found.findings == []


KEPT = {
    "hashes": "UPDATE ledger_nodes SET hash = lower(hex(randomblob(32))) WHERE level = 1 AND position = 2",
    "a missing hash": "DELETE FROM ledger_nodes WHERE level = 0 AND position = 1",
    "newest digests": "UPDATE ledger_covers SET digest = NULL WHERE what = 'epochs'",
    "who is named": "INSERT INTO ledger_records (entry, agency, handle) VALUES (2, 'E09', 'x')",
    "the last checkpoint": "UPDATE ledger_head SET checkpoint = upper(checkpoint)",
    "a receipt": "UPDATE submissions SET receipt = replace(receipt, '\"sequence\":1', '\"sequence\":7')",
    "a row": "UPDATE agencies SET sequence = sequence - 1 WHERE code = 'E09'",
}


@pytest.mark.parametrize("what", KEPT)
def test_the_unit_finds_what_was_changed_in_what_follows_from_entries_too(served: Served, what: str) -> None:
    folder, signer = served.unit.folder, open_signer(served.unit.folder)
    with undone(served.workers.database) as connection:
        assert connection.exec_driver_sql(KEPT[what]).rowcount > 0
        key = served.unit.card.signing_key
        found = check_unit(connection, folder, signer, signing_key=key, outside=[])
    assert found.findings != []


def test_leaves_and_an_export_without_records_name_no_handle_and_no_person(served: Served) -> None:
    database = served.workers.database
    with database.write() as connection:
        named = [("E09", handle("E09", 1))]
        ledger.append(connection, EntryKind.RECORDS_NAMED, {}, now=stamp(utc_now()), records=named)
    signer = open_signer(served.unit.folder)
    with database.read() as connection:
        lines = b"".join(exported(connection, served.unit, signer, with_records=False)).decode()
        persons = list(connection.scalars(select(schema.persons.c.id)))
        leaves = "".join(map(str, connection.execute(select(schema.ledger_entries)).all()))
    for secret in (*persons, *(handle(code, child) for code in ("E09", "P01") for child in range(9))):
        assert secret not in lines
        assert secret not in leaves
    found = _verified(served, with_records=False)
    assert found.findings == []
    assert found.withheld >= 1


def test_a_certified_erasure_is_told_from_a_deletion(served: Served) -> None:
    database, named = served.workers.database, [("P01", handle("P01", 99))]
    with database.write() as connection:
        entry = ledger.append(connection, EntryKind.RECORDS_NAMED, {}, now=stamp(utc_now()), records=named)
    signer = open_signer(served.unit.folder)
    with undone(database) as connection:
        table = schema.ledger_statements
        connection.execute(delete(table).where(table.c.entry == entry.index))
        deleted = verified(exported(connection, served.unit, signer), served.unit, [])
    assert [one.where for one in deleted.findings] == [f"entry {entry.index}"]
    before = _verified(served).certified
    with database.write() as connection:
        ledger.erase(connection, named, {"records": 1}, now=stamp(utc_now()))
    after = _verified(served)
    assert (after.findings, after.certified) == ([], before + 1)


def test_an_erasure_cannot_be_certified_for_what_covers_rows(served: Served) -> None:
    signer = open_signer(served.unit.folder)
    with undone(served.workers.database) as connection:
        entries, statements = schema.ledger_entries, schema.ledger_statements
        row = connection.execute(select(entries).where(entries.c.kind == "link-run").limit(1)).one()
        connection.execute(delete(statements).where(statements.c.entry == row.entry))
        named = ledger.Named(index=row.entry, commitment=row.commitment)
        ledger.append(connection, EntryKind.ERASURE, {}, now=stamp(utc_now()), erased=[named])
        found = verified(exported(connection, served.unit, signer), served.unit, [])
    assert f"entry {row.entry}" in [one.where for one in found.findings]


def test_only_what_covers_nothing_can_be_withheld(served: Served) -> None:
    signer = open_signer(served.unit.folder)
    with served.workers.database.read() as connection:
        lines = exported(connection, served.unit, signer)
        entries = read_entries(connection, with_records=True)
    covering = [one for one in entries if '"covers"' in (one.statement or "")]
    assert len(covering) >= 8
    for one in covering[:8]:
        hidden = canonical(structs.replace(one, salt=None, statement=None, withheld=True)) + b"\n"
        found = verified(
            [hidden if line == canonical(one) + b"\n" else line for line in lines], served.unit, []
        )
        assert f"entry {one.index}" in [finding.where for finding in found.findings]


@pytest.mark.parametrize("cut", ["end", "middle", "again", "empty"])
def test_an_export_that_was_cut_or_put_together_anew_is_refused(served: Served, cut: str) -> None:
    signer = open_signer(served.unit.folder)
    with served.workers.database.read() as connection:
        lines = exported(connection, served.unit, signer)
    changed = {
        "end": lines[:-1],
        "middle": lines[:40] + lines[41:],
        "again": [*lines, lines[-1]],
        "empty": [],
    }[cut]
    with pytest.raises(FormatError):
        verified(changed, served.unit, [])
