"""Each agency is a witness: a unit that shows it another history is refused, by it and by the unit itself."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Connection

from api.agency_app.service import open_service
from api.checkpoints import note_configuration
from api.clock import stamp, utc_now
from api.folders import DataFolder
from api.store import ledger, schema
from api.store.database import open_database
from api.trust import adopt_epoch, enrol_agency
from api.unit import create_unit, read_unit_card
from cli.agency.client import Unit
from cli.agency.witnessing import check_receipt, remembered
from cli.agency.workspace import Workspace
from keys.identity import load_identity
from linkage.errors import InputError, VerificationError
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard, card_fingerprint
from linkage.wire.ledger import EntryKind
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.submission import LedgerReceipt, read_receipt
from tests.support.agency_desk import PHRASE, Desk, Epoch, clew, joined_desk, make_epoch, write_council
from tests.support.custody import CHEAP
from tests.support.serving import serving

LEDGER = (
    schema.ledger_entries,
    schema.ledger_statements,
    schema.ledger_records,
    schema.ledger_nodes,
    schema.ledger_covers,
)
LOUD = "ANOTHER HISTORY"


@dataclass(frozen=True)
class Served:
    folder: Path
    card: UnitCard
    epoch: Epoch

    def desk(self, path: Path, code: str) -> Desk:
        desk = joined_desk(path, self.epoch, self.card, code, "council")
        with _writing(self.folder) as connection:
            card = desk.card()
            enrol_agency(connection, canonical(card), fingerprint=card_fingerprint(card), now=utc_now())
        return desk


@contextmanager
def _writing(folder: Path) -> Iterator[Connection]:
    database = open_database(DataFolder(folder).register_database, "register")
    with database.write() as connection:
        yield connection
    database.close()


@pytest.fixture
def unit(tmp_path: Path) -> Served:
    folder = tmp_path / "unit"
    create_unit(folder, "Test unit")
    card = read_unit_card(DataFolder(folder))
    epoch = make_epoch(card)
    with _writing(folder) as connection:
        custodians = [one.card for one in epoch.members]
        adopt_epoch(
            connection, card, canonical(epoch.descriptor), custodians=custodians, threshold=2, now=utc_now()
        )
    return Served(folder, card, epoch)


def _submit(desk: Desk, url: str, source: Path) -> LedgerReceipt:
    assert desk.encode(source, "council-csv").code == 0
    outcome = desk.run("submit", desk.bundle, "--url", url)
    assert outcome.code == 0, outcome.err
    data = (desk.workspace / "receipts" / f"{outcome.out.strip()}.json").read_bytes()
    receipt = read_receipt(data, signing_key=Workspace(desk.workspace).unit_card().signing_key)
    assert isinstance(receipt, LedgerReceipt)
    assert len(data) < MAX_MANIFEST_BYTES
    return receipt


def _effect(folder: Path, what: str) -> None:
    with _writing(folder) as connection:
        ledger.append(connection, EntryKind.OTHER, {"what": what}, now=stamp(utc_now()))


def test_a_receipt_is_proven_and_the_newest_checkpoint_remembered(unit: Served, tmp_path: Path) -> None:
    desk, source = unit.desk(tmp_path / "desk", "E09"), write_council(tmp_path / "source", 4)
    workspace = Workspace(desk.workspace)
    with serving(unit.folder) as url:
        receipt = _submit(desk, url, source)
        first = remembered(workspace)
        _effect(unit.folder, "something")
        assert desk.run("status", "--url", url).code == 0
        second = remembered(workspace)
        assert first is not None
        assert second is not None
        assert second.size == first.size + 1
        identity = load_identity(desk.workspace / "identity.json", PHRASE, floor=CHEAP)
        with Unit(url, identity) as spoken_to:
            check_receipt(workspace, spoken_to, receipt)
            for wrong in (
                structs.replace(receipt, proof=receipt.proof[1:]),
                structs.replace(receipt, sequence=2),
                structs.replace(receipt, entry=structs.replace(receipt.entry, salt="00" * 32)),
                structs.replace(receipt, entry=structs.replace(receipt.entry, index=1)),
            ):
                with pytest.raises(VerificationError):
                    check_receipt(workspace, spoken_to, wrong)
    shown = clew("agency", "checkpoint", "show", "--workspace", desk.workspace)
    assert shown.out == (desk.workspace / "ledger" / "checkpoint.txt").read_text()


def test_a_unit_restored_from_an_old_backup_is_refused_until_it_has_said_what_happened(
    unit: Served, tmp_path: Path
) -> None:
    desk = unit.desk(tmp_path / "desk", "E09")
    with serving(unit.folder) as url:
        assert desk.run("status", "--url", url).code == 0
    backup = tmp_path / "backup"
    shutil.copytree(unit.folder, backup)
    for number in range(3):
        _effect(unit.folder, str(number))
    with serving(unit.folder) as url:
        assert desk.run("status", "--url", url).code == 0
    held = tmp_path / "held.txt"
    shutil.copy(desk.workspace / "ledger" / "checkpoint.txt", held)
    with serving(backup) as url:
        refused = desk.run("status", "--url", url)
        assert refused.code == 1
        assert "ledger is shorter than the checkpoint that you hold" in refused.err
    for number in range(5):
        _effect(backup, f"another {number}")
    with serving(backup) as url:
        refused = desk.run("status", "--url", url)
        assert (refused.code, LOUD in refused.err) == (1, True)
    assert list((desk.workspace / "ledger").glob("conflict-*.txt"))
    with pytest.raises(VerificationError, match="not those of a checkpoint"):
        open_service(backup, outside=[held])
    check = clew("register", "audit", "check", "--data", backup, "--outside", held)
    assert (check.code, "history is another one" in check.out) == (1, True)
    for command in ("export", "checkpoint"):
        output = ("--output", tmp_path / command)
        assert clew("register", "audit", command, "--data", backup, "--outside", held, *output).code == 1
    told = ("--reason", "the disk of the night before was restored")
    done = clew("register", "audit", "restored", "--data", backup, held, *told)
    assert done.code == 0, done.err
    assert clew("register", "audit", "restored", "--data", backup, held, *told).code == 1
    open_service(backup, outside=[held]).close()
    given_up = clew("agency", "checkpoint", "give-up", "--workspace", desk.workspace, *told)
    assert given_up.code == 0, given_up.err
    with serving(backup) as url:
        assert desk.run("status", "--url", url).code == 0


def test_agencies_that_were_shown_two_histories_find_out_together(unit: Served, tmp_path: Path) -> None:
    one, other = unit.desk(tmp_path / "one", "E09"), unit.desk(tmp_path / "other", "E10")
    with serving(unit.folder) as url:
        for desk in (one, other):
            assert desk.run("status", "--url", url).code == 0
        theirs = other.workspace / "ledger" / "checkpoint.txt"
        same = one.run("checkpoint", "compare", theirs)
        assert (same.code, "the same" in same.err) == (0, True), same.err
        _effect(unit.folder, "more")
        assert one.run("checkpoint", "update", "--url", url).code == 0
        assert one.run("checkpoint", "compare", theirs).code == 1
        agreed = one.run("checkpoint", "compare", theirs, "--url", url)
        assert (agreed.code, "goes on from yours" in agreed.err) == (0, True), agreed.err
    fork = tmp_path / "fork"
    shutil.copytree(unit.folder, fork)
    for folder, desk in ((unit.folder, one), (fork, other)):
        _effect(folder, folder.name)
        with serving(folder) as url:
            assert desk.run("status", "--url", url).code == 0
    found = one.run("checkpoint", "compare", theirs)
    assert (found.code, LOUD in found.err, "two ledgers" in found.err) == (1, True, True)
    _effect(unit.folder, "once more")
    with serving(unit.folder) as url:
        found = one.run("checkpoint", "compare", theirs, "--url", url)
    assert (found.code, LOUD in found.err) == (1, True)


def test_the_export_is_verified_with_nothing_of_the_unit_but_its_card(unit: Served, tmp_path: Path) -> None:
    with serving(unit.folder):
        pass
    card, export, point = unit.folder / "unit-card.json", tmp_path / "export.jsonl", tmp_path / "point.txt"
    data = ("--data", unit.folder)
    assert clew("register", "audit", "checkpoint", *data, "--output", point).code == 0
    _effect(unit.folder, "more")
    assert clew("register", "audit", "export", *data, "--output", export).code == 0
    verify = ("audit", "verify", export, "--unit", card)
    good = clew(*verify, "--checkpoint", point)
    assert (good.code, good.out, "everything is as the ledger says" in good.err) == (0, "", True), good.err
    assert "would not show" in clew(*verify).err
    assert clew("register", "audit", "check", *data, "--outside", point).code == 0
    with _writing(unit.folder) as connection:
        connection.exec_driver_sql("UPDATE epochs SET re_encode_by = '2031-01-01'")
    assert clew("register", "audit", "export", *data, "--output", export).code == 0
    bad = clew(*verify, "--checkpoint", point)
    assert (bad.code, "epochs e1\tis not what the ledger says" in bad.out) == (1, True)
    assert clew("register", "audit", "check", *data).code == 1


def test_a_change_of_settings_is_an_entry(unit: Served) -> None:
    folder = DataFolder(unit.folder)
    database = open_database(folder.register_database, "register")
    assert note_configuration(database, folder, now=utc_now())
    assert not note_configuration(database, folder, now=utc_now())
    folder.settings.write_text(folder.settings.read_text().replace("threads = 8", "threads = 4"))
    assert note_configuration(database, folder, now=utc_now())
    database.close()


def test_a_unit_of_an_older_release_gets_a_key_for_its_ledger(unit: Served, tmp_path: Path) -> None:
    folder, data = DataFolder(unit.folder), ("--data", unit.folder)
    folder.ledger_card.unlink()
    folder.ledger_key.unlink()
    with pytest.raises(InputError, match="ledger-card") as refused:
        open_service(folder.root)
    assert "clew register migrate" in refused.value.hint
    for said in ("made ledger.key", ""):
        done = clew("register", "upgrade", *data)
        assert (done.code, said in done.err) == (0, True), done.err
    made = folder.ledger_card.read_bytes()
    assert folder.ledger_key.stat().st_mode & 0o777 == 0o600
    open_service(folder.root).close()
    assert clew("register", "upgrade", *data).code == 0
    assert folder.ledger_card.read_bytes() == made
    point = tmp_path / "point.txt"
    checkpoint = ("register", "audit", "checkpoint", *data, "--output", point)
    assert clew(*checkpoint).code == 0
    text = folder.settings.read_text()
    folder.settings.write_text(text.replace("outside_checkpoints = []", f'outside_checkpoints = ["{point}"]'))
    open_service(folder.root).close()
    database = open_database(folder.register_database, "register")
    with database.write() as connection:
        for table in reversed(LEDGER):
            connection.execute(table.delete())
        connection.execute(schema.ledger_head.update().values(size=0))
    database.close()
    with pytest.raises(VerificationError, match="the ledger has 0 entries"):
        open_service(folder.root)
