"""A backup made while agencies upload and workers work holds what was acknowledged before, and restores."""

import hashlib
import json
import random
import resource
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, select

from api.backup import back_up, read_manifest, restore_unit
from api.checking import check_unit
from api.clock import utc_now
from api.folders import DataFolder
from api.held_files import held_moment, leftovers
from api.store import jobs, schema, submissions
from api.store.database import SCHEMAS, open_database
from api.unit import create_unit
from linkage.errors import ClewError, InputError
from linkage.wire.canonical import canonical
from tests.support import databases, postgresql
from tests.support.processes import clew, clew_running
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, Unit, make_sent
from tests.support.working import working


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


_MOST_JOBS = 30
"""Agencies wait while more are queued: what is queued has to be done again in every unit that is restored."""


def _queued(served: Served) -> int:
    with served.workers.database.read() as connection:
        return sum(jobs.pending(connection, "linking") + jobs.pending(connection, "register"))


@contextmanager
def _load(served: Served, acknowledged: list[str]) -> Iterator[None]:
    """Agencies that submit one bundle after the other, and workers that take them in."""
    stop, failed = threading.Event(), list[BaseException]()

    def submitting(desk: Desk) -> None:
        client, sequence = served.client(desk), 0
        while not stop.is_set():
            sequence += 1
            sent = make_sent(served.unit, desk, sequence=sequence, children=range(sequence % 3 + 1))
            client.submit(sent)
            acknowledged.append(sent.id)
            stop.wait(0.1)
            while not stop.is_set() and _queued(served) > _MOST_JOBS:
                stop.wait(0.05)

    def work() -> None:
        with working(served.unit) as workers:
            while not stop.is_set():
                workers.settle()

    def held(target: object, *arguments: object) -> None:
        try:
            target(*arguments)  # type: ignore[operator]
        except BaseException as error:  # noqa: BLE001
            failed.append(error)

    desks = (served.council, served.other_council, served.police)
    threads = [threading.Thread(target=held, args=(submitting, desk)) for desk in desks]
    threads.append(threading.Thread(target=held, args=(work,)))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert failed == []


@pytest.mark.usefixtures("each_database")
@pytest.mark.postgresql("soak")
def test_backups_under_load_hold_every_submission_acknowledged_before(
    served: Served, tmp_path: Path, soak: bool
) -> None:
    rounds, folder = 40 if soak else 2, served.unit.folder
    acknowledged: list[str] = []
    before: list[list[str]] = []
    with _load(served, acknowledged):
        for number in range(rounds):
            time.sleep(random.Random(number).random() * 0.4)
            before.append(list(acknowledged))
            back_up(folder, tmp_path / f"backup-{number}", now=utc_now())
    for number, known in list(enumerate(before))[-2:]:
        restored = DataFolder(tmp_path / f"restored-{number}")
        urls = databases.new_urls() if databases.kind() == "postgresql" else None
        secrets = folder.root / "secrets"
        restore_unit(tmp_path / f"backup-{number}", restored.root, secrets_folder=secrets, databases=urls)
        states = _states(restored)
        assert {states.get(one) for one in known} <= {"committed", "accepted", "superseded"}
        unit = Unit(restored, served.unit.card, (), served.unit.epoch)
        with working(
            unit, lambda: utc_now() + 2 * jobs.LEASE
        ) as workers:  # what was being done is nobody's by then
            workers.settle()
        after = _states(restored)
        assert {after[one] for one in known} <= {"accepted", "superseded"}
        assert list(check_unit(restored)) == []


def _states(folder: DataFolder) -> dict[str, str]:
    database = open_database(folder.location("register"), "register")
    with database.read() as connection:
        found = {one.id: str(one.state) for one in submissions.every(connection, agency=None)}
    database.close()
    return found


def test_a_moment_holds_what_workers_take_away_in_the_meantime(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    begun = make_sent(served.unit, served.council, sequence=2)
    client.submit(sent)
    client.register(begun)
    client.put_all(begun)
    with held_moment(served.unit.folder) as moment:
        client.commit(begun)  # its chunks go
        served.workers.settle()  # the bodies leave the intake
        places = {one.place.split("/")[1] + one.place[-6:] for one in moment.files}
        assert places == {
            "encodingssealed"[:9] + "sealed",
            "payloadsealed",
            "encodings.chunk",
            "payload.chunk",
        }
        for one in moment.files:
            assert one.held is not None
            assert hashlib.sha256(one.held.read_bytes()).hexdigest() == one.sha256
        query = select(schema.submissions.c.state)
        assert set(moment.connections["register"].scalars(query)) == {"committed", "open"}
        with pytest.raises(InputError, match="another backup or check"), held_moment(served.unit.folder):
            pass
    assert leftovers(served.unit.folder.root) == []


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A unit with chunks, waiting bodies, taken bodies and records in it, and a backup of it."""
    place = tmp_path_factory.mktemp("made")
    with served_unit(place / "data") as served:
        council, police = served.client(served.council), served.client(served.police)
        council.submit(make_sent(served.unit, served.council))
        served.workers.settle()
        police.submit(make_sent(served.unit, served.police, children=(2, 3)))
        begun = make_sent(served.unit, served.council, sequence=2)
        council.register(begun)
        council.put_all(begun)
        back_up(served.unit.folder, place / "backup", now=utc_now())
        yield place


@pytest.fixture
def backed_up(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "backup", tmp_path / "backup"))


def test_a_backup_has_no_secret_unless_asked_for(made: Path, backed_up: Path, tmp_path: Path) -> None:
    folder = DataFolder(made / "data")
    secrets = [json.loads(path.read_bytes())["key"] for path in (folder.root / "secrets").rglob("*.key")]
    everything = b"".join(path.read_bytes() for path in backed_up.rglob("*") if path.is_file())
    assert [one for one in secrets if one.encode() in everything or bytes.fromhex(one) in everything] == []
    _, digest = back_up(folder, tmp_path / "whole", now=utc_now(), with_secrets=True)
    assert digest == hashlib.sha256((tmp_path / "whole" / "manifest.json").read_bytes()).hexdigest()
    restored = tmp_path / "restored"
    restore_unit(tmp_path / "whole", restored, sha256=digest)
    kept = list((folder.root / "secrets").rglob("*.key"))
    assert any(path.parent.name == "audiences" for path in kept)
    for path in kept:
        copy = restored / path.relative_to(folder.root)
        assert (copy.read_bytes(), copy.stat().st_mode & 0o777) == (path.read_bytes(), 0o600)
    assert not (restored / ".moment.lock").exists()
    bare = clew("register", "restore", backed_up, "--data", tmp_path / "bare")
    assert (bare.returncode, "secrets/ lacks receipts.key, ledger.key" in bare.stderr) == (0, True)
    with pytest.raises(ClewError, match="not the one that"):
        restore_unit(tmp_path / "whole", tmp_path / "other", sha256="0" * 64)


def _refused(backup: Path, root: Path) -> str:
    with pytest.raises(ClewError) as refused:
        restore_unit(backup, root)
    assert not root.exists()
    assert list(root.parent.glob(f".{root.name}.*")) == []
    return refused.value.message


def test_a_backup_with_any_file_damaged_cut_or_missing_is_refused(backed_up: Path, tmp_path: Path) -> None:
    root, tried = tmp_path / "restored", 0
    for path in [one for one in backed_up.rglob("*") if one.is_file()]:
        whole = path.read_bytes()
        place = random.Random(str(path.name)).randrange(len(whole))
        flipped = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        for damaged in (flipped, whole[:-1], whole + b"x", b""):
            path.write_bytes(damaged)
            _refused(backed_up, root)
            tried += 1
        path.unlink()
        _refused(backed_up, root)
        path.write_bytes(whole)
    assert tried >= 4 * 10
    restore_unit(backed_up, root)


def test_a_backup_with_something_added_or_exchanged_is_refused(backed_up: Path, tmp_path: Path) -> None:
    root = tmp_path / "restored"
    (backed_up / "payload" / "more.sealed").write_bytes(b"")
    assert "does not list" in _refused(backed_up, root)
    (backed_up / "payload" / "more.sealed").unlink()
    card = backed_up / "unit-card.json"
    card.rename(tmp_path / "card.json")
    card.symlink_to(tmp_path / "card.json")
    assert "symbolic link" in _refused(backed_up, root)
    card.unlink()
    (tmp_path / "card.json").rename(card)
    one, other = sorted(backed_up.rglob("*.sealed"))[:2]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second), other.write_bytes(first)
    assert "damaged in the backup" in _refused(backed_up, root)


def _forge(backup: Path, place: str, content: bytes) -> None:
    """Change a file and what the manifest says of it."""
    (backup / place).write_bytes(content)
    manifest = json.loads((backup / "manifest.json").read_bytes())
    for one in manifest["files"]:
        if one["place"] == place:
            one |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (backup / "manifest.json").write_bytes(canonical(manifest))


def test_a_manifest_made_to_fit_does_not_hide_what_the_rows_deny(backed_up: Path, tmp_path: Path) -> None:
    root = tmp_path / "restored"
    for path in [*sorted(backed_up.rglob("*.sealed")), *sorted(backed_up.rglob("*.chunk"))]:
        place, whole = str(path.relative_to(backed_up)), path.read_bytes()
        _forge(backed_up, place, whole[:-1] + bytes([whole[-1] ^ 1]))
        assert "not what its row says" in _refused(backed_up, root)
        _forge(backed_up, place, whole)
    for place in ("register.db", "encodings/encodings.db", "payload/payload.db"):
        whole = (backed_up / place).read_bytes()
        _forge(backed_up, place, whole[:4096] + b"\xff" * 4096 + whole[8192:])
        _refused(backed_up, root)
        _forge(backed_up, place, whole)
    other = tmp_path / "other"
    create_unit(other, "Another unit")
    _forge(backed_up, "unit-card.json", (other / "unit-card.json").read_bytes())
    assert "not the card" in _refused(backed_up, root)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one["files"][0].update(place="../outside"),
        lambda one: one["files"][0].update(place="/etc/passwd"),
        lambda one: one["files"][0].update(place="payload/../unit.toml"),
        lambda one: one["files"][0].update(place="bin/x"),
        lambda one: one["files"].append(one["files"][0]),
        lambda one: one["files"].clear(),
        lambda one: one.update(version=2),
        lambda one: one.update(format="clew-bundle"),
        lambda one: one.update(more=1),
        lambda one: one["schemas"].update(register="register_1"),
    ],
)
def test_a_manifest_that_says_anything_else_is_refused(
    backed_up: Path, tmp_path: Path, change: object
) -> None:
    manifest = json.loads((backed_up / "manifest.json").read_bytes())
    change(manifest)  # type: ignore[operator]
    (backed_up / "manifest.json").write_bytes(canonical(manifest))
    _refused(backed_up, tmp_path / "restored")


def test_a_backup_of_a_later_release_is_refused_and_an_older_one_is_migrated(
    backed_up: Path, tmp_path: Path
) -> None:

    def with_schema(schema_name: str) -> None:
        with sqlite3.connect(backed_up / "register.db") as raw:
            raw.execute("UPDATE alembic_version SET version_num = ?", (schema_name,))
        raw.close()
        _forge(backed_up, "register.db", (backed_up / "register.db").read_bytes())
        manifest = json.loads((backed_up / "manifest.json").read_bytes())
        manifest["schemas"]["register"] = schema_name
        (backed_up / "manifest.json").write_bytes(canonical(manifest))

    with_schema("register_99")
    assert "register_99" in _refused(backed_up, tmp_path / "restored")
    with_schema("register_4")
    done = clew("register", "restore", backed_up, "--data", tmp_path / "restored")
    assert (done.returncode, "clew register migrate" in done.stderr) == (0, True), done.stderr


def test_a_unit_with_a_body_missing_is_told_of_and_not_backed_up(served: Served, tmp_path: Path) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council))
    body = next(served.unit.folder.intake_payload.glob("*.sealed"))
    whole = body.read_bytes()
    body.write_bytes(whole[:-1])
    with pytest.raises(ClewError, match="not what its row says"):
        back_up(served.unit.folder, tmp_path / "backup", now=utc_now())
    body.unlink()
    done = clew("register", "backup", "--data", served.unit.folder.root, tmp_path / "backup")
    assert (done.returncode, "clew register check" in done.stderr) == (1, True)
    assert not (tmp_path / "backup").exists()


def test_nothing_is_written_over(made: Path, backed_up: Path) -> None:
    data = made / "data"
    with pytest.raises(InputError, match="something already"):
        back_up(DataFolder(data), backed_up, now=utc_now())
    with pytest.raises(InputError, match="something already"):
        restore_unit(backed_up, data)


def test_a_copy_within_the_unit_itself_is_refused(made: Path) -> None:
    data = made / "data"
    for place in (data / "copy", data / "intake" / ".." / "payload" / "copy"):
        done = clew("register", "backup", "--data", data, place)
        assert (done.returncode, "own data folder" in done.stderr) == (1, True)
        assert not place.exists()


def test_a_copy_for_which_there_is_no_room_is_told_of(made: Path, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    try:
        done = clew("register", "backup", "--data", made / "data", tmp_path / "backup")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (done.returncode, done.stdout) == (1, "")
    assert "register.db: not copied" in done.stderr
    assert "hint: check the space" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_secrets_is_not_taken_for_them(backed_up: Path, tmp_path: Path) -> None:
    for place in (tmp_path / "nowhere", backed_up):
        done = clew("register", "restore", backed_up, "--data", tmp_path / "data", "--secrets", place)
        assert (done.returncode, "--secrets: " in done.stderr) == (1, True)
        assert "there is no key in it" in done.stderr
        assert not (tmp_path / "data").exists()


def test_a_backup_killed_anywhere_is_there_whole_or_not_at_all(
    served: Served, tmp_path: Path, soak: bool
) -> None:
    served.client(served.council).submit(make_sent(served.unit, served.council, children=range(60)))
    data, chance, whole = served.unit.folder.root, random.Random(7), 0
    for number in range(60 if soak else 3):
        target = tmp_path / f"backup-{number}"
        with clew_running("register", "backup", "--data", data, target) as process:
            time.sleep(0.5 + chance.random() * 0.8)
            process.send_signal(signal.SIGKILL)
            process.wait()
        if target.exists():
            restore_unit(target, tmp_path / f"restored-{number}")
            whole += 1
    back_up(served.unit.folder, tmp_path / "last", now=utc_now())
    assert leftovers(data) == []
    restore_unit(tmp_path / "last", tmp_path / "restored")
    assert read_manifest(tmp_path / "last")[0].files


@pytest.mark.skipif(postgresql.why_not() is not None, reason="PostgreSQL is not installed")
def test_a_unit_in_postgresql_is_backed_up_and_restored_into_new_databases(tmp_path: Path) -> None:
    with databases.using("postgresql"), served_unit(tmp_path / "data") as served:
        sent = make_sent(served.unit, served.council)
        served.client(served.council).submit(sent)
        folder, backup = served.unit.folder, tmp_path / "backup"
        back_up(folder, backup, now=utc_now())
        assert sorted(path.name for path in backup.rglob("*.dump")) == [
            *("encodings.dump", "payload.dump", "register.dump"),
        ]
        assert "--database" in _refused(backup, tmp_path / "restored")
        assert "pg_restore failed" in _refused_into_full(backup, tmp_path / "restored", folder)
        secrets, urls = folder.root / "secrets", databases.new_urls()
        restored = DataFolder(tmp_path / "restored")
        restore_unit(backup, restored.root, secrets_folder=secrets, databases=urls)
        assert _states(restored) == {sent.id: "committed"}
        served.workers.settle()
        with working(Unit(restored, served.unit.card, (), served.unit.epoch)) as workers:
            workers.settle()
        assert _states(restored) == _states(folder) == {sent.id: "accepted"}
        assert list(check_unit(restored)) == []


def _refused_into_full(backup: Path, root: Path, folder: DataFolder) -> str:
    """Restoring into databases that hold something is refused; what they hold stays."""
    urls = {store: folder.location(store) for store in SCHEMAS}
    given = {store: url.render_as_string() for store, url in urls.items() if isinstance(url, URL)}
    with pytest.raises(ClewError) as refused:
        restore_unit(backup, root, databases=given)
    assert not root.exists()
    return refused.value.message
