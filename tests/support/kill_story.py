"""Cycles of work and SIGKILL: clients submit, a process dies, all starts again, everything is compared."""

import hashlib
import json
import pickle
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Row, text

from api.secret_files import read_worker_key
from api.store.database import open_database
from api.store.payload import PayloadStore
from tests.support.acknowledged import Journal, Stores
from tests.support.killing import POINTS, STRACE, Injection, Running, Service, kill_at, service, worker
from tests.support.processes import clew
from tests.support.senders import Sender, children_of, day_of
from tests.support.unit import Desk, Unit, handle, make_payload, make_unit

CLIENTS = 8


@dataclass
class Story:
    """A unit under eight clients whose processes are killed; goes on where a run in ``place`` ended."""

    place: Path
    seed: int = 1
    acknowledgements: tuple[int, int] = (1, 30)
    say_every: int = 10
    cycles: int = 0
    kills: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        self.unit, self.desks = _made_or_found(self.place)
        self.journal = Journal(self.place / "journal.jsonl")
        self.stores = Stores(self.unit.folder, self.unit.card.signing_key)
        data = self.unit.folder.root
        self.service: Service = service(data, self.place)
        self.workers = {name: worker(data, self.place, name) for name in ("linking", "register")}
        self._checked = 0
        self._files = isinstance(self.unit.folder.location("register"), Path)
        self._state = self.place / "state.json"
        if self._state.exists():
            said = json.loads(self._state.read_text())
            self.cycles, self.kills = said["cycles"], defaultdict(int, said["kills"])
        self._random = random.Random(self.seed + self.cycles)
        self._senders = [Sender(self.unit, desk, self.journal) for desk in self.desks]

    def run(self, cycles: int, *, until: float | None = None) -> None:
        """Work until so many cycles are done in all, or the clock says ``until``."""
        for sender in self._senders:
            sender.start()
        try:
            while self.cycles < cycles and (until is None or time.time() < until):
                self._cycle()
                if self.cycles % self.say_every == 0:
                    self._say()
        finally:
            for one in (self.service, *self.workers.values()):
                one.kill()
            for sender in self._senders:
                sender.end()
            self._save()

    def _cycle(self) -> None:
        url = self._start()
        for sender in self._senders:
            sender.wait_idle()
        self.check()
        traps = self._traps()
        for sender in self._senders:
            sender.resume(url)
        self._work(bool(traps))
        self.service.kill()
        for trap in traps:
            trap.end()
        for sender in self._senders:
            sender.wait_idle()
        self.cycles += 1

    def _start(self) -> str:
        if self._random.random() < 0.05:  # killed while it starts
            self.service.start()
            time.sleep(self._random.uniform(0.3, 1.5))
            self.service.kill()
            self.kills["service, while it starts"] += 1
        url = self.service.serve()
        assert url is not None, "the service does not start"
        for one in self.workers.values():
            if not one.alive:
                one.start()
        return url

    def _traps(self) -> list[Injection]:
        """Every third cycle the service is killed at a point, each point in turn; a worker now and then."""
        traps: list[Injection] = []
        if STRACE is not None and self.cycles % 3 == 0:
            names = [name for name in POINTS if self._files or POINTS[name] not in {"pwrite64", "fdatasync"}]
            self._named = names[self.cycles // 3 % len(names)]
            traps.append(self._trap(self.service, POINTS[self._named], 12))
        if STRACE is not None and self._random.random() < 0.15:
            chosen = self._random.choice(list(self.workers.values()))
            call = self._random.choice(["fsync", "rename", "unlink", *(["pwrite64"] * 2 * self._files)])
            traps += [self._trap(chosen, call, 30)] if chosen.alive else []
        return traps

    def _trap(self, running: Running, call: str, most: int) -> Injection:
        assert running.process is not None
        return kill_at(running.process.pid, call, self._random.randint(1, most))

    def _work(self, at_a_point: bool) -> None:
        """Work until so many acknowledgements have come, or the service died at its point."""
        wanted = len(self.journal.entries) + self._random.randint(*self.acknowledgements)
        ends = time.monotonic() + 20
        while self.service.alive and time.monotonic() < ends:
            if len(self.journal.entries) >= wanted and not at_a_point:
                break
            at_a_point = at_a_point and len(self.journal.entries) < wanted + 150
            time.sleep(0.002)
        time.sleep(self._random.uniform(0, 0.03))
        self.kills["service, at any time" if self.service.alive else f"service, before {self._named}"] += 1
        for name, one in self.workers.items():
            if not one.alive:
                self.kills[f"{name} worker, before a call"] += 1
            elif self._random.random() < 0.1:
                self.kills[f"{name} worker, at any time"] += 1
                one.kill()

    def check(self) -> None:
        """Compare what was acknowledged since the last look, and now and then all of it."""
        entries = self.journal.entries
        start = 0 if self.cycles % 100 == 0 else self._checked
        self._checked = len(entries)
        found = self.stores.check(entries[start : self._checked])
        found += [fault for sender in self._senders for fault in sender.faults]
        assert not found, found[:20]

    def _say(self) -> None:
        counts = self.journal.counts()
        text = f"{self.cycles} cycles, {sum(counts.values()):,} acknowledgements {dict(counts)}"
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.__stderr__, flush=True)
        self._save()

    def _save(self) -> None:
        self._state.write_text(json.dumps({"cycles": self.cycles, "kills": self.kills}))

    def settle(self) -> None:
        """Let the workers do what is left, as they do once leases of dead processes have run out."""
        for _ in range(40):
            self.stores.change(
                "UPDATE jobs SET lease_until = '2020' WHERE state = 'running'",
                "UPDATE jobs SET not_before = '2020' WHERE state = 'waiting'",
            )
            for name in self.workers:
                one = worker(self.unit.folder.root, self.place, name, "--once")
                one.start()
                assert one.ended_within(300), f"the {name} worker does not come to an end"
            failed = self.stores.rows("SELECT id, error FROM jobs WHERE state = 'failed'")
            for job in failed:
                # A job that five dead workers had in hand is given up, until the operator asks for it again.
                assert job.error == "the worker ended while it was doing this; see its log", job.error
                again = clew("register", "retry", "--data", self.unit.folder.root, str(job.id))
                assert again.returncode == 0, again.stderr
            left = self.stores.rows("SELECT id, kind FROM jobs WHERE state IN ('waiting', 'running')")
            if not failed and not left:
                return
        raise AssertionError(f"work is left: {left}")

    def check_at_the_end(self) -> None:
        """Read everything: each receipt, each store, each person."""
        found = self.stores.check(self.journal.entries) + self.stores.check_nothing_else(self.journal)
        assert not found, found[:20]
        latest: dict[str, int] = defaultdict(int)
        for one in self.journal.entries:
            if one.kind == "commit":
                latest[one.agency] = max(latest[one.agency], one.sequence)
        rows = self.stores.rows(
            "SELECT id, agency, sequence, state FROM submissions WHERE receipt IS NOT NULL"
        )
        for row in rows:
            # A commit whose answer nobody saw counts too.
            assert row.sequence <= latest[row.agency] + 1
            latest[row.agency] = max(latest[row.agency], row.sequence)
        assert {row.state for row in rows} <= {"accepted", "superseded"}
        standing = [(row.id, row.agency, row.sequence) for row in rows if row.state == "accepted"]
        assert {one[1:] for one in standing} == set(latest.items())
        self._check_encodings(standing)
        self._check_payload(standing, {row.id for row in rows})
        members = self.stores.rows("SELECT agency, handle, person FROM memberships")
        _check_persons(members, [desk for desk in self.desks if latest[desk.code]])
        self.stores.close()
        self.journal.close()

    def _check_encodings(self, standing: list[tuple[str, str, int]]) -> None:
        folder = self.unit.folder.encodings
        bodies = {one.name: one for one in folder.glob("*.sealed")}
        assert {name.partition("-")[0] for name in bodies} == {one[0] for one in standing}
        for name, path in bodies.items():
            digest = name.partition("-")[2].removesuffix(".sealed")
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
        intake = [*self.unit.folder.intake_encodings.iterdir(), *self.unit.folder.intake_payload.iterdir()]
        waiting = [one.name for one in intake if one.name.endswith(".sealed")]
        assert waiting == [], "bodies are left in the intake"

    def _check_payload(self, standing: list[tuple[str, str, int]], received: set[str]) -> None:
        key = read_worker_key(self.unit.folder.register_key, "register-worker")
        store = PayloadStore(self.unit.folder.location("payload"), key)
        desks = {desk.code: desk for desk in self.desks}
        for submission, agency, sequence in standing:
            wanted = make_payload(desks[agency], children_of(desks[agency]), day=day_of(sequence))
            held = store.load(submission, agency)
            assert held is not None
            for kind in ("children", "episodes", "coverage"):
                assert sorted(map(repr, getattr(held, kind))) == sorted(map(repr, getattr(wanted, kind)))
        store.close()
        database = open_database(self.unit.folder.location("payload"), "payload")
        with database.read() as connection:
            stored = {row.submission for row in connection.execute(text("SELECT submission FROM snapshots"))}
            query = (
                "SELECT submission FROM records WHERE kind = 'child' GROUP BY submission HAVING count(*) != 3"
            )
            twice = connection.execute(text(query)).all()
        database.close()
        assert stored == received
        assert twice == []


def _check_persons(members: list[Row[Any]], desks: list[Desk]) -> None:
    child_of = {(desk.code, handle(desk.code, one)): one for desk in desks for one in children_of(desk)}
    assert {(agency, name) for agency, name, _ in members} == set(child_of)
    by_person: dict[str, set[int]] = defaultdict(set)
    by_child: dict[int, set[str]] = defaultdict(set)
    for agency, name, person in members:
        by_person[person].add(child_of[agency, name])
        by_child[child_of[agency, name]].add(person)
    assert all(len(one) == 1 for one in by_person.values())
    assert all(len(one) == 1 for one in by_child.values())


def _made_or_found(place: Path) -> tuple[Unit, list[Desk]]:
    kept = place / "unit.pickle"
    if kept.exists():
        unit, keys = pickle.loads(kept.read_bytes())
        return unit, [Desk(c, "council", Ed25519PrivateKey.from_private_bytes(key)) for c, key in keys]
    unit = make_unit(place / "data")
    desks = [unit.enrol(Desk(f"E{number:02d}", "council")) for number in range(1, CLIENTS + 1)]
    bare = Unit(unit.folder, unit.card, (), unit.epoch)
    kept.write_bytes(pickle.dumps((bare, [(desk.code, desk.key.private_bytes_raw()) for desk in desks])))
    return unit, desks
