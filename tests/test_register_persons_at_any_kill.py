"""Wherever the linking worker is killed, the persons that come of the same submissions are the same.

Persons that were there keep their identifiers to the bit.  Identifiers of new persons are random, so they are
compared by the records that they hold.  In full (``make soak``): 60 places, reduced 4.
"""

import random
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from api.folders import DataFolder
from tests.support.killing import STRACE
from tests.support.processes import ROOT
from tests.support.served import Served, served_unit
from tests.support.unit import Unit, make_sent
from tests.support.working import working

pytestmark = pytest.mark.skipif(STRACE is None, reason="strace is not installed: no place to kill at")

CALLS = ("fdatasync", "pwrite64", "fsync", "rename", "unlink")


def _waves(served: Served) -> None:
    """A linkage that has made persons, and then snapshots that wait for the linking worker alone."""
    first = (served.council, (1, 2, 3, 4)), (served.other_council, (3, 4, 5)), (served.police, (1, 5, 6))
    second = (served.council, (1, 2, 3, 7)), (served.other_council, (2, 4, 8)), (served.police, (5, 6, 8, 9))
    for sequence, wave in enumerate((first, second), start=1):
        for desk, children in wave:
            sent = make_sent(served.unit, desk, sequence=sequence, children=children)
            served.client(desk).submit(sent)
        if sequence == 1:
            served.workers.settle()
    served.workers.run("register")


def _killed_at(folder: Path, call: str, nth: int) -> bool:
    """Run the real linking worker until a thread makes a call for the n-th time; returns whether it died."""
    assert STRACE is not None
    traced = [STRACE, "-f", "-qqq", "-o", "/dev/null", "-e", f"trace={call}"]
    traced += ["-e", f"inject={call}:signal=SIGKILL:when={nth}"]
    work = ["register", "work", "linking", "--data", str(folder), "--once"]
    done = subprocess.run(
        [*traced, sys.executable, "-m", "cli.main", *work],
        cwd=ROOT,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, -9, 137}, done.stderr
    return done.returncode != 0


def _ended(unit: Unit, folder: Path) -> None:
    """Let the next start of both workers do the rest, once the lease of the dead one has run out."""
    with closing(sqlite3.connect(folder / "register.db")) as database, database:
        database.execute("UPDATE jobs SET lease_until = '2020' WHERE state = 'running'")
    with working(replace(unit, folder=DataFolder(folder))) as workers:
        workers.linking.recover()
        workers.register.recover()
        workers.settle()


def _persons(folder: Path, known: frozenset[str]) -> Mapping[str, object]:
    """Members and the history of persons, with new persons named by their first record."""
    with closing(sqlite3.connect(folder / "register.db")) as database:
        members = database.execute("SELECT agency, handle, person FROM memberships").fetchall()
        events = database.execute("SELECT id, kind, person, other FROM person_events ORDER BY id").fetchall()
        records = database.execute("SELECT event, agency, handle FROM person_event_records").fetchall()
        states = database.execute("SELECT agency, sequence, state FROM submissions ORDER BY 1, 2").fetchall()
        left = database.execute("SELECT kind FROM jobs WHERE state != 'done'").fetchall()
    held: dict[str, list[tuple[str, str]]] = defaultdict(list)
    of_event: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for agency, handle, person in members:
        held[person].append((agency, handle))
    for event, agency, handle in records:
        of_event[event].append((agency, handle))

    def name(person: str | None) -> object:
        return person if person is None or person in known else min(held[person], default=())

    return {
        "members": sorted((agency, handle, repr(name(person))) for agency, handle, person in members),
        "events": sorted(
            (kind, repr(name(person)), repr(name(other)), sorted(of_event[one]))
            for one, kind, person, other in events
        ),
        "submissions": states,
        "jobs left": left,
    }


def test_persons_are_the_same_wherever_the_linking_worker_was_killed(tmp_path: Path, soak: bool) -> None:
    with served_unit(tmp_path / "data") as served:
        _waves(served)
        unit = served.unit
    with closing(sqlite3.connect(unit.folder.register_database)) as database:
        known = frozenset(row[0] for row in database.execute("SELECT id FROM persons"))
    assert len(known) == 6
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(unit.folder.root, undisturbed)
    _ended(unit, undisturbed)
    wanted = _persons(undisturbed, known)
    assert wanted["jobs left"] == []
    choose, died = random.Random(12), 0
    for number in range(60 if soak else 4):
        call, nth = CALLS[number % len(CALLS)], choose.randint(1, 4 if number < 4 else 40)
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(unit.folder.root, copy)
        died += _killed_at(copy, call, nth)
        _ended(unit, copy)
        assert _persons(copy, known) == wanted, f"killed before {call} number {nth}"
        shutil.rmtree(copy)
    assert died >= 2
