"""A backup made where a worker was killed between its two steps restores, and there the step is done again.

A worker writes its own store first and the shared database, with the ledger, last.  Here every job of a story
is killed before the last, the unit is backed up as it lies, and only then the job is done.
"""

import datetime as dt
import itertools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.backup import back_up, restore_unit
from api.checking import Looked, check_unit
from api.clock import utc_now
from api.erasing import ask_agency_erasure, ask_erasure, confirm_erasure
from api.folders import DataFolder
from api.rotation import ask_destruction, close_epoch
from api.settlement import withdraw_submission
from api.store import jobs
from api.store.jobs import JobKind, WorkerName
from api.trust import adopt_epoch
from api.worker import Task
from linkage.wire.canonical import canonical
from linkage.wire.moments import Moment
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, Unit, handle, make_descriptor, make_sent
from tests.support.working import Workers, working

KEPT = ("check-encodings", "drop-encodings", "erase-encoding-records", "erase-payload")
"""Of these jobs the restored unit also does what was begun; in full (``make soak``) of all."""


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the way of it catches it."""


@dataclass
class Story:
    """A unit whose workers are killed once in every job."""

    served: Served
    place: Path
    whole: bool
    ahead: dt.timedelta = dt.timedelta()
    seen: set[JobKind] = field(default_factory=set)
    restored: set[JobKind] = field(default_factory=set)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def clock(self) -> dt.datetime:
        return utc_now() + self.ahead

    def settle(self, workers: Workers) -> None:
        """Do everything, each job at the second attempt."""
        names: tuple[WorkerName, ...] = ("linking", "register")
        while any(self._step(workers, name) for name in names):
            pass

    def _step(self, workers: Workers, name: WorkerName) -> bool:
        with workers.database.read() as connection:
            before = {one.id: one for one in jobs.all_jobs(connection, limit=1000)}
        handlers = (workers.linking if name == "linking" else workers.register).worker(lambda _: None)
        with _killed_before_the_last_step():
            try:
                if not handlers.step(threading.Event()):
                    return False
            except Killed:
                pass
        with workers.database.read() as connection:
            begun = [
                one for one in jobs.all_jobs(connection, limit=1000) if one.attempts > before[one.id].attempts
            ]
        self.seen.update(one.kind for one in begun)
        self._back_up_and_restore({one.kind for one in begun})
        self.ahead += dt.timedelta(minutes=5)
        assert handlers.step(threading.Event())
        return True

    def _back_up_and_restore(self, kinds: set[JobKind]) -> None:
        number, folder = next(self.numbers), self.served.unit.folder
        copy, root = self.place / f"backup-{number}", self.place / f"restored-{number}"
        back_up(folder, copy, now=utc_now())
        restore_unit(copy, root, secrets_folder=folder.root / "secrets")
        if self.whole or kinds & {*KEPT} - self.restored:
            self.restored |= kinds
            unit = self.served.unit
            with working(Unit(DataFolder(root), unit.card, (), unit.epoch), self.later) as workers:
                workers.settle()
            looked = Looked()
            assert list(check_unit(DataFolder(root), looked)) == []
            assert (looked.ledger, looked.under_way) == (True, 0)
        shutil.rmtree(copy)
        shutil.rmtree(root)

    def later(self) -> dt.datetime:
        return self.clock() + dt.timedelta(minutes=5)


@contextmanager
def _killed_before_the_last_step() -> Iterator[None]:
    real = Task.ending

    @contextmanager
    def killed(_: Task) -> Iterator[None]:
        raise Killed
        yield

    Task.ending = killed  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        Task.ending = real  # type: ignore[method-assign]


@pytest.fixture
def story(tmp_path: Path, soak: bool) -> Iterator[Story]:
    with served_unit(tmp_path / "data") as served:
        yield Story(served, tmp_path, soak)


def _send(served: Served, unit: Unit, desk: Desk, children: tuple[int, ...], sequence: int) -> str:
    sent = make_sent(unit, desk, sequence=sequence, children=children)
    served.client(desk).submit(sent)
    return sent.id


def test_a_backup_restores_wherever_a_worker_was_killed(story: Story) -> None:
    served = story.served
    with working(served.unit, story.clock) as workers:
        _send(served, served.unit, served.council, (1, 2, 3), 1)
        _send(served, served.unit, served.other_council, (5, 6), 1)
        police = _send(served, served.unit, served.police, (2, 3), 1)
        story.settle(workers)
        _send(served, served.unit, served.council, (1, 2, 4), 2)
        story.settle(workers)
        with workers.database.write() as connection:
            withdraw_submission(connection, police, now=utc_now())
            asked = ask_erasure(connection, "E09", [handle("E09", 2)], reason="asked", now=utc_now())
            confirm_erasure(connection, asked.id, asked.code, now=utc_now())
        story.settle(workers)
        with workers.database.write() as connection:
            asked = ask_agency_erasure(connection, "E10", reason="left", now=utc_now())
            confirm_erasure(connection, asked.id, asked.code, now=utc_now())
        story.settle(workers)
        rotated = _rotated(served, workers)
        _send(served, rotated, served.council, (1, 4), 3)
        with workers.database.write() as connection:
            close_epoch(connection, "e1", early=True, now=utc_now())
        story.settle(workers)
        with workers.database.write() as connection:
            ask_destruction(connection, "e1", now=utc_now())
        story.settle(workers)
    assert list(check_unit(served.unit.folder)) == []
    assert story.seen >= {
        *("check-encodings", "check-payload", "drop-encodings", "settle-payload", "withdraw-payload", "link"),
        *("erase-encoding-records", "erase-payload-records", "erase-encodings", "erase-payload", "scrub"),
    }
    assert story.restored >= {*KEPT}


def _rotated(served: Served, workers: Workers) -> Unit:
    unit = served.unit
    opens = Moment.day((utc_now() - dt.timedelta(days=2)).date())
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=opens)
    with workers.database.write() as connection:
        adopt_epoch(
            connection, unit.card, canonical(descriptor), custodians=(), threshold=None, now=utc_now()
        )
    return Unit(unit.folder, unit.card, unit.custodians, descriptor)
