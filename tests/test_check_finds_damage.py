"""`clew register check` is silent about a sound unit, names each damage there is, and ends with 3 then."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.checking import Looked, check_unit
from api.clock import utc_now
from api.folders import DataFolder
from api.heartbeats import Pulse
from api.unit import create_unit
from tests.support.processes import clew
from tests.support.served import served_unit
from tests.support.unit import make_sent


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataFolder]:
    place = tmp_path_factory.mktemp("made")
    with served_unit(place / "data") as opened:
        council, police = opened.client(opened.council), opened.client(opened.police)
        council.submit(make_sent(opened.unit, opened.council))
        opened.workers.settle()
        opened.workers.cycle()
        police.submit(make_sent(opened.unit, opened.police, children=(2, 3)))
        begun = make_sent(opened.unit, opened.council, sequence=2)
        council.register(begun)
        council.put_all(begun)
        data = opened.unit.folder
        for path in (data.register_database, data.encodings_database, data.payload_database):
            with closing(sqlite3.connect(path)) as raw:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        yield opened.unit.folder


@pytest.fixture
def folder(made: DataFolder, tmp_path: Path) -> DataFolder:
    return DataFolder(Path(shutil.copytree(made.root, tmp_path / "data")))


def _said(folder: DataFolder) -> list[str]:
    """What is damaged, beside what the ledger says of the same."""
    return [str(one) for one in check_unit(folder) if not one.where.startswith("ledger: ")]


def test_a_sound_unit_is_sound_while_it_runs(made: DataFolder) -> None:
    done = clew("register", "check", "--data", made.root)
    assert (done.returncode, done.stdout) == (0, "")
    assert "no damages" in done.stderr


def test_every_file_that_a_row_names_is_looked_at(folder: DataFolder) -> None:
    root = folder.root
    files = [*root.rglob("*.sealed"), *root.rglob("*.chunk")]
    assert len(files) >= 5
    for path in files:
        place, whole = str(path.relative_to(root)), path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert _said(folder) == [f"{place}\tthe file is not what its row says"]
        path.write_bytes(whole[:-1])
        assert _said(folder) == [f"{place}\tthe file is not what its row says"]
        path.unlink()
        assert _said(folder) == [f"{place}\tthe file is not there"]
        path.write_bytes(whole)
    assert _said(folder) == []


def test_the_command_ends_with_3(folder: DataFolder) -> None:
    next(folder.encodings.glob("*.sealed")).unlink()
    done = clew("register", "check", "--data", folder.root)
    assert (done.returncode, "the file is not there" in done.stdout) == (3, True)
    assert "hint: " in done.stderr
    folder.register_database.unlink()
    done = clew("register", "check", "--data", folder.root)
    assert (done.returncode, done.stdout) == (3, "register.db\tnot found\n")
    assert "a worker runs" not in done.stderr  # it is not why the ledger was not looked at


@pytest.mark.parametrize("store", ["register", "encodings", "payload"])
@pytest.mark.parametrize("where", ["head", "middle", "cut", "gone", "other"])
def test_a_damaged_database_is_named(folder: DataFolder, store: str, where: str) -> None:
    path = folder.root / (f"{store}.db" if store == "register" else f"{store}/{store}.db")
    whole = path.read_bytes()
    damaged = {
        "head": b"\x00" * 100 + whole[100:],
        "middle": whole[: len(whole) // 2] + b"\xa5" * 4096 + whole[len(whole) // 2 + 4096 :],
        "cut": whole[: len(whole) // 2 // 4096 * 4096],
        "other": b"something else altogether" * 500,
    }
    if where == "gone":
        path.unlink()
    else:
        path.write_bytes(damaged[where])
    said = _said(folder)
    assert said
    assert all(".db\t" in one or one.startswith("a database\t") for one in said)


def test_rows_of_the_three_stores_are_compared(folder: DataFolder) -> None:
    with closing(sqlite3.connect(folder.payload_database)) as raw:
        raw.execute("DELETE FROM records")
        raw.execute("DELETE FROM snapshots")
        raw.commit()
    with closing(sqlite3.connect(folder.encodings_database)) as raw:
        raw.execute("DELETE FROM bodies")
        raw.commit()
    said = _said(folder)
    assert [one.split("\t")[0] for one in said] == ["encodings.db", "payload.db"]


def test_a_row_that_names_nothing_is_found(folder: DataFolder) -> None:
    with closing(sqlite3.connect(folder.register_database)) as raw:
        raw.execute("DELETE FROM agencies WHERE code = 'E09'")
        raw.commit()
    assert "register.db\ta row of submissions names one of agencies that is not there" in _said(folder)


def test_a_secret_of_another_unit_is_found(folder: DataFolder, tmp_path: Path) -> None:
    create_unit(tmp_path / "other", "Another unit")
    for name in ("receipts.key", "linking.key", "register.key"):
        shutil.copy(tmp_path / "other" / "secrets" / name, folder.root / "secrets" / name)
    assert _said(folder) == [
        f"secrets/{name}\tit is not the key on the unit's card"
        for name in ("receipts.key", "linking.key", "register.key")
    ]
    shutil.copy(folder.register_key, folder.linking_key)
    assert _said(folder)[1].startswith("secrets/linking.key\t")
    folder.linking_key.unlink()
    assert len(_said(folder)) == 2


def test_what_cannot_be_looked_at_is_no_damage(folder: DataFolder, tmp_path: Path) -> None:
    assert clew("register", "check", "--data", tmp_path / "nowhere").returncode == 1
    with closing(sqlite3.connect(folder.register_database)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = 'register_99'")
        raw.commit()
    done = clew("register", "check", "--data", folder.root)
    assert (done.returncode, "register_99" in done.stderr) == (1, True)


def test_what_was_changed_and_fits_is_told_by_the_ledger(folder: DataFolder) -> None:
    looked = Looked()
    assert list(check_unit(folder, looked)) == []
    assert looked.ledger
    with closing(sqlite3.connect(folder.register_database)) as raw:
        raw.execute("UPDATE agencies SET name = 'Somebody else' WHERE code = 'E09'")
        raw.commit()
    assert [one.where for one in check_unit(folder)] == ["ledger: agencies E09"]
    with Pulse(folder.heartbeats, "linking", utc_now):  # at work it would change what it is compared with
        looked = Looked()
        assert list(check_unit(folder, looked)) == []
        assert not looked.ledger
