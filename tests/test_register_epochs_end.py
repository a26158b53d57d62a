"""What each state of an epoch means, and that its end survives a kill at any moment."""

import datetime as dt
import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from api.clock import utc_now
from api.folders import DataFolder
from api.rotation import ask_destruction, certify, close_epoch, set_deadline
from api.secret_files import read_receipts_key
from api.store import jobs, persons, schema
from api.store.bodies import BodyFolder
from api.store.database import Database
from api.store.jobs import WorkerName
from api.trust import adopt_epoch
from linkage.errors import InputError
from linkage.wire.canonical import canonical
from linkage.wire.certificates import read_certificate
from linkage.wire.destructions import Destruction
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from tests.support.processes import clew, clew_running
from tests.support.served import Served, served_unit
from tests.support.unit import PERIOD, Desk, Unit, handle, make_descriptor, make_sent
from tests.support.working import working

EARLIER = Period(start=Moment.parse("2023-04-01"), end=Moment.parse("2024-03-31"))


pytestmark = [pytest.mark.usefixtures("each_database"), pytest.mark.postgresql("soak")]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _send(
    served: Served, unit: Unit, desk: Desk, children: tuple[int, ...], sequence: int, **more: Any
) -> str:
    sent = make_sent(unit, desk, sequence=sequence, children=children, **more)
    served.client(desk).submit(sent)
    served.workers.settle()
    return sent.id


def _rotate(served: Served, epoch: str = "e2", days: int = 2) -> Unit:
    unit = served.unit
    opens = Moment.day((utc_now() - dt.timedelta(days=days)).date())
    descriptor = make_descriptor(unit.card, unit.custodians, epoch=epoch, opens=opens)
    with served.workers.database.write() as connection:
        adopt_epoch(
            connection, unit.card, canonical(descriptor), custodians=(), threshold=None, now=utc_now()
        )
    return Unit(unit.folder, unit.card, unit.custodians, descriptor)


def _close(served: Served, epoch: str = "e1") -> None:
    with served.workers.database.write() as connection:
        close_epoch(connection, epoch, early=True, now=utc_now())
    served.workers.settle()


def _destroy(served: Served, epoch: str = "e1") -> Destruction:
    with served.workers.database.write() as connection:
        ask_destruction(connection, epoch, now=utc_now())
    served.workers.settle()
    return _certificate(served.unit, served.workers.database, epoch)


def _certificate(unit: Unit, database: Database, epoch: str = "e1") -> Destruction:
    with database.write() as connection:
        body = certify(connection, epoch, read_receipts_key(unit.folder.receipts_key), now=utc_now())
    assert body is not None
    return read_certificate(body, Destruction, signing_key=unit.card.signing_key)


def _members(database: Database) -> dict[tuple[str, str], tuple[str, str]]:
    with database.read() as connection:
        return {(one.agency, one.handle): (one.person, one.epoch) for one in persons.members(connection)}


def _person(served: Served, code: str, child: int) -> str:
    return _members(served.workers.database)[code, handle(code, child)][0]


def _told(served: Served, desk: Desk) -> int:
    served.workers.cycle()
    return len(served.client(desk).call("GET", "/v1/results").json()["findings"])


def test_who_encodes_again_late_has_the_old_person_back(served: Served) -> None:
    _send(served, served.unit, served.council, (1, 2), 1)
    before = _members(served.workers.database)
    rotated = _rotate(served)
    _close(served)
    assert _told(served, served.council) == 0
    _send(served, rotated, served.council, (1, 2), 2)
    after = _members(served.workers.database)
    assert {key: person for key, (person, _) in after.items()} == {
        key: person for key, (person, _) in before.items()
    }
    assert _told(served, served.council) == 2
    found = _destroy(served)
    assert (found.records, found.payload_records, found.remains.records) == (0, 0, 2)
    assert _members(served.workers.database) == after


def test_what_was_encoded_again_and_then_withdrawn_does_not_come_back(served: Served) -> None:
    _send(served, served.unit, served.council, (1, 2, 3), 1)
    rotated = _rotate(served)
    _send(served, rotated, served.council, (1, 2), 2)
    assert _told(served, served.council) == 3
    _send(served, rotated, served.council, (1,), 3)
    held = {child for _, child in _members(served.workers.database)}
    assert held == {handle("E09", 1), handle("E09", 3)}
    assert _told(served, served.council) == 2


def test_periods_are_sent_again_one_by_one_and_nobody_loses_a_person(served: Served) -> None:
    _send(served, served.unit, served.council, (1, 2), 1, period=EARLIER, day="2023-06-03")
    _send(served, served.unit, served.council, (2, 3), 2)
    before = {key: person for key, (person, _) in _members(served.workers.database).items()}
    rotated = _rotate(served)
    _send(served, rotated, served.council, (2, 3), 3)
    _send(served, rotated, served.council, (3,), 4)  # the child left this period, and is in the earlier one
    _send(served, rotated, served.council, (1, 2), 5, period=EARLIER, day="2023-06-03")
    after = _members(served.workers.database)
    assert {key: person for key, (person, _) in after.items()} == before
    assert {epoch for _, epoch in after.values()} == {"e2"}


def test_a_period_not_sent_again_speaks_only_for_children_encoded_again(served: Served) -> None:
    _send(served, served.unit, served.council, (1, 2), 1, period=EARLIER, day="2023-06-03")
    _send(served, served.unit, served.council, (2, 3), 2, period=PERIOD)
    rotated = _rotate(served)
    _send(served, rotated, served.council, (2,), 3, period=PERIOD)
    assert _told(served, served.council) == 4
    _close(served)
    assert _told(served, served.council) == 2  # the child of both periods, once in each
    found = _destroy(served)
    assert (found.records, found.payload_records) == (2, 4)
    assert _told(served, served.council) == 2


def test_a_quarantined_record_is_linked_with_nobody_new(served: Served) -> None:
    _send(served, served.unit, served.council, (1,), 1)
    rotated = _rotate(served)
    _close(served)
    _send(served, rotated, served.police, (1,), 1)
    assert _person(served, "P01", 1) != _person(served, "E09", 1)
    assert _told(served, served.police) == 1
    with served.workers.database.read() as connection:
        assert persons.count_persons(connection) == 1


def test_closing_refuses_what_was_begun_in_the_epoch(served: Served) -> None:
    begun = make_sent(served.unit, served.council, sequence=1)
    client = served.client(served.council)
    client.submit(begun)  # committed, and not checked by the workers yet
    registered = make_sent(served.unit, served.police, sequence=1)
    assert served.client(served.police).register(registered).status_code == 201
    _rotate(served)
    _close(served)
    for desk, sent in ((served.council, begun), (served.police, registered)):
        state = served.client(desk).call("GET", f"/v1/submissions/{sent.id}").json()
        assert (state["state"], "epoch was closed" in state["reason"]) == ("refused", True)
    assert _members(served.workers.database) == {}
    assert list(served.unit.folder.encodings.glob("*.sealed")) == []
    found = _destroy(served)
    assert found.submissions == ()
    assert [one.name for one in served.unit.folder.intake_encodings.iterdir()] == []


def test_an_epoch_closes_after_its_last_day_and_never_the_one_in_force(served: Served) -> None:
    def close(now: dt.datetime, name: str = "e1") -> bool:
        with served.workers.database.write() as connection:
            return close_epoch(connection, name, early=False, now=now)

    now = utc_now()
    with pytest.raises(InputError, match="in force"):
        close(now)
    with pytest.raises(InputError, match="no epoch of this name"):
        close(now, "e9")
    _rotate(served)
    with pytest.raises(InputError, match="without a day"):
        close(now)
    last = now.date() + dt.timedelta(days=5)
    for day, words in ((now.date() - dt.timedelta(days=1), "past"), (last.replace(last.year + 9), "closes")):
        with served.workers.database.write() as connection, pytest.raises(InputError, match=words):
            set_deadline(connection, "e2", day, now=now)
    with served.workers.database.write() as connection:
        set_deadline(connection, "e2", last, now=now)
    midnight = dt.datetime.combine(last, dt.time(23, 59, 59), tzinfo=dt.UTC)
    with pytest.raises(InputError, match="may encode again until"):
        close(midnight)
    assert close(midnight + dt.timedelta(seconds=1))
    assert not close(midnight + dt.timedelta(days=1))


@pytest.mark.postgresql("always")
def test_what_others_were_told_of_a_child_that_was_not_encoded_again_goes_with_it(served: Served) -> None:
    def told() -> set[str]:
        found = served.client(served.police).call("GET", "/v1/results").json()
        return {one["child"] for one in found["missing"]}

    _send(served, served.unit, served.council, (1, 2), 1)
    _send(served, served.unit, served.police, (1, 2), 1, day="2024-07-01")
    served.workers.cycle()
    rotated = _rotate(served)
    _send(served, rotated, served.council, (1,), 2)
    _send(served, rotated, served.police, (1, 2), 2, day="2024-07-01")
    _close(served)
    assert told() == {handle("P01", 1), handle("P01", 2)}
    _destroy(served)
    assert told() == {handle("P01", 1)}


def test_three_epochs_end_one_after_the_other(served: Served) -> None:
    _send(served, served.unit, served.council, (1, 2), 1)
    _send(served, served.unit, served.police, (3,), 1)
    before = _members(served.workers.database)
    second = _rotate(served, "e2", 3)
    _send(served, second, served.council, (1, 2), 2)
    third = _rotate(served, "e3", 1)
    _close(served, "e1")
    assert _destroy(served, "e1").records == 1
    _send(served, third, served.council, (1,), 3)
    _close(served, "e2")
    found = _destroy(served, "e2")
    assert (found.records, found.payload_records, found.remains.epoch) == (1, 4, "e3")
    kept = handle("E09", 1)
    assert _members(served.workers.database) == {("E09", kept): (before["E09", kept][0], "e3")}


def test_nothing_is_erased_when_the_linkage_before_it_failed(served: Served) -> None:
    _send(served, served.unit, served.council, (1,), 1)
    _rotate(served)
    _close(served)
    with served.workers.database.write() as connection:
        asked = ask_destruction(connection, "e1", now=utc_now())
        connection.execute(
            schema.jobs.update().where(schema.jobs.c.id == asked.link_job).values(state="failed")
        )
    before = _members(served.workers.database)
    served.workers.settle()
    assert _members(served.workers.database) == before
    with served.workers.database.read() as connection:
        assert jobs.job(connection, asked.payload_job).state == "failed"
        assert "did not finish" in jobs.job(connection, asked.encodings_job).error
    with served.workers.database.write() as connection:
        for number in (asked.link_job, asked.payload_job, asked.encodings_job):
            assert jobs.try_again(connection, number, now=utc_now())
    served.workers.settle()
    assert _certificate(served.unit, served.workers.database).records == 1


class _KilledError(BaseException):
    """The process is dead: from here on nothing of it happens."""


class _Killer:
    """Lets the first so many durable steps happen, and none after them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
        self.left = steps
        for owner, name in ((Database, "write"), (Database, "scrub"), (BodyFolder, "remove")):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            if self.left <= 0:
                raise _KilledError
            self.left -= 1
            return step(*arguments)

        return counted


def _ready_to_erase(served: Served) -> None:
    """Closed, asked to be destroyed, and linked: the two erasing jobs wait."""
    _send(served, served.unit, served.council, (1, 2, 3), 1)
    _send(served, served.unit, served.police, (2, 3), 1)
    rotated = _rotate(served)
    _send(served, rotated, served.council, (1, 2), 2)
    served.workers.cycle()
    _close(served)
    with served.workers.database.write() as connection:
        ask_destruction(connection, "e1", now=utc_now())
    served.workers.run("linking")


def _later() -> dt.datetime:
    return utc_now() + jobs.LEASE * 3


@pytest.mark.postgresql("never")  # it copies the unit's folder at every step, databases and all
@pytest.mark.parametrize("which", ["register", "linking"])
def test_a_kill_at_any_moment_of_the_erasure_is_mended_by_the_next_start(
    served: Served, tmp_path: Path, which: WorkerName
) -> None:
    _ready_to_erase(served)
    if which == "linking":
        served.workers.run("register")
    whole: tuple[object, ...] | None = None
    for steps in itertools.count(0):
        folder = tmp_path / f"killed-{which}-{steps}"
        shutil.copytree(served.unit.folder.root, folder)
        unit = Unit(DataFolder(folder), served.unit.card, served.unit.custodians, served.unit.epoch)
        killed = _killed_after(unit, which, steps)
        with working(unit, _later) as workers:
            workers.linking.recover()
            workers.register.recover()
            workers.settle()
            assert [one.state for one in _jobs(workers.database) if one.state != "done"] == []
            found = _certificate(unit, workers.database)
        assert _left_of(unit) == []
        counts = (found.records, found.payload_records, found.remains.records, len(found.submissions))
        assert whole in {None, counts}
        whole = counts
        shutil.rmtree(folder)
        if not killed:
            break
    assert whole == (3, 6, 2, 2)
    assert steps > 3


def _killed_after(unit: Unit, which: WorkerName, steps: int) -> bool:
    with pytest.MonkeyPatch.context() as monkeypatch, working(unit) as workers:
        _Killer(monkeypatch, steps)
        try:
            workers.run(which)
        except _KilledError:
            return True
    return False


@pytest.mark.parametrize("which", ["register", "linking"])
def test_a_worker_process_killed_in_the_middle_is_followed_by_another(
    served: Served, tmp_path: Path, which: WorkerName
) -> None:
    _ready_to_erase(served)
    if which == "linking":
        served.workers.run("register")
    data = served.unit.folder.root
    with clew_running("register", "work", which, "--data", data) as worker:
        assert worker.stderr is not None
        while "erase" not in worker.stderr.readline():
            assert worker.poll() is None
        worker.kill()
    with served.workers.database.write() as connection:  # its lease runs out
        connection.execute(schema.jobs.update().values(lease_until="2000-01-01T00:00:00.000000Z"))
    for one in ("linking", "register", "linking"):
        done = clew("register", "work", one, "--data", data, "--once")
        assert done.returncode == 0, done.stderr
    certificate = tmp_path / "certificate.json"
    done = clew("register", "epoch", "destroy", "--data", data, "e1", "--certificate", certificate)
    assert (done.returncode, done.stdout.strip()) == (0, str(certificate)), done.stderr
    found = read_certificate(certificate.read_bytes(), Destruction, signing_key=served.unit.card.signing_key)
    assert (found.records, found.payload_records) == (3, 6)
    assert _left_of(served.unit) == []


def _jobs(database: Database) -> list[jobs.Job]:
    with database.read() as connection:
        return jobs.all_jobs(connection, limit=50)


def _left_of(unit: Unit) -> list[str]:
    """Files of the unit in which a handle that was left out still stands."""
    gone = [handle("E09", 3), handle("P01", 2), handle("P01", 3), handle("E09", 3, "2024-06-03")]
    return [
        path.name
        for path in unit.folder.root.rglob("*")
        if path.is_file() and any(one.encode() in path.read_bytes() for one in gone)
    ]


@pytest.mark.postgresql("never")  # tests/test_store_postgresql.py has its own
def test_a_database_that_is_in_use_is_written_anew_later(served: Served) -> None:
    path = served.unit.folder.register_database
    with closing(sqlite3.connect(path, isolation_level=None)) as other, closing(_impatient(path)) as database:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OSError, match="written anew"):
            database.scrub()
        other.execute("ROLLBACK")
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM agencies").fetchall()
        with pytest.raises(OSError, match="another process reads"):
            database.scrub()
        other.execute("ROLLBACK")
        database.scrub()
    assert path.with_name(f"{path.name}-wal").stat().st_size == 0


def _impatient(path: Path) -> Database:
    database = Database(path)

    @event.listens_for(database._engine, "connect")
    def _connected(connection: Any, _entry: object) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    return database
