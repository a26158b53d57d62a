"""Month after month: agencies submit, the unit checks, links and reconciles, and all of it is measured.

A folder holds everything.  ``months.jsonl`` has a line for each month that is over; ``months/NNN`` has what
is under way: which agencies have their receipts, and what each session's processes used.  A run that was
stopped, or killed, goes on with the first agency that has no receipt; one that had submitted without keeping
note of it submits again, and the newer snapshot takes the older one's place.
"""

import datetime as dt
import json
import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.store import results
from benchmarks.national.agencies import Asked, Month, Player, Sent
from benchmarks.national.case_systems import CaseSystems
from benchmarks.national.linkage_unit import UnitUnderLoad, database_urls, prepare
from benchmarks.national.meters import Meter, disk_bytes
from benchmarks.national.nation import Nation, Scale
from benchmarks.national.quality import measured_quality
from linkage.errors import InputError
from tests.support.processes import ROOT

__all__ = ["Say", "Simulation", "request_figures"]

Say = Callable[[str], None]
Record = dict[str, Any]

_player: list[Player] = []
"""The one of a process of the pool."""


class Simulation:
    """A simulation in a folder, new or gone on with."""

    def __init__(
        self,
        folder: Path,
        scale: Scale,
        *,
        database: str | None = None,
        senders: int = 2,
        statistics: bool = True,
        say: Say = print,
    ) -> None:
        """``statistics``: count and draw all tables at the end, which takes minutes at any size."""
        self.folder, self.scale, self.say, self.senders = folder.resolve(), scale, say, senders
        self._with_statistics = statistics
        self.nation = Nation(scale)
        self._urls = database_urls(database)
        self._systems = CaseSystems(self.folder / "world", self.nation)

    @classmethod
    def resumed(
        cls, folder: Path, *, senders: int = 2, statistics: bool = True, say: Say = print
    ) -> "Simulation":
        """Return the simulation that a folder holds; raises :class:`InputError` if it holds none."""
        try:
            scale = Scale(**json.loads((folder / "scale.json").read_text()))
        except OSError:
            raise InputError(
                f"{folder.name}: no simulation is here", hint="begin one with --folder and a scale"
            ) from None
        return cls(folder, scale, senders=senders, statistics=statistics, say=say)

    @property
    def months(self) -> list[Record]:
        """The record of every month that is over."""
        return list(_lines(self.folder / "months.jsonl"))

    def run(self) -> Record:
        """Simulate what is left and return the whole record.

        Raises :class:`linkage.errors.ClewError` where the unit refuses something or a process ends.
        """
        self._prepare()
        with UnitUnderLoad(self.folder) as unit, self._players(unit.url) as pool:
            for number in range(len(self.months) + 1, self.scale.months + 1):
                record = _Month(self, unit, pool, number).run()
                _add_line(self.folder / "months.jsonl", record)
                self.say(_month_words(record))
        return self._whole()

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder / "scale.json"
        if not kept.exists():
            kept.write_text(json.dumps(asdict(self.scale)))
        began = time.perf_counter()
        self._systems.make(self.say)
        prepared = self.folder / "prepared.json"
        if prepared.exists():
            return
        made = time.perf_counter() - began
        for left in ("unit", "agencies"):  # a unit that was half made has nothing worth keeping
            shutil.rmtree(self.folder / left, ignore_errors=True)
        began = time.perf_counter()
        prepare(self.folder, self.nation, self._urls)
        seconds = {"nation": round(made, 1), "agencies": round(time.perf_counter() - began, 1)}
        kind = "postgresql" if self._urls else "sqlite"
        prepared.write_text(json.dumps({"seconds": seconds, "database": kind}))
        self.say(f"{self.scale.agencies} agencies enrolled")

    @contextmanager
    def _players(self, url: str) -> Iterator[ProcessPoolExecutor]:
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(
            self.senders, context, initializer=_begin, initargs=(self.folder, self.scale, url)
        )
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _whole(self) -> Record:
        prepared = json.loads((self.folder / "prepared.json").read_text())
        whole = {
            "scale": asdict(self.scale),
            "machine": {
                "cores": os.cpu_count(),
                "machine": platform.machine(),
                "python": platform.python_version(),
            },
            **prepared,
            "nation": self._systems.totals,
            "months": self.months,
            "statistics": self._statistics() if self._with_statistics else None,
        }
        (self.folder / "result.json").write_text(json.dumps(whole, indent=1) + "\n")
        return whole

    def _statistics(self) -> Record:
        """Count and control all tables of all months, once, as the register worker's account would."""
        kept, written = self.folder / "statistics.json", self.folder / "statistics"
        if kept.exists():
            return dict(json.loads(kept.read_text()))
        shutil.rmtree(written, ignore_errors=True)
        first, last = self.scale.period[0], Month.of(self.scale, self.scale.months).last
        words = ["register", "tables", "--data", str(self.folder / "unit")]
        words += ["--period", f"{first}..{last}", "--output", str(written)]
        began = time.perf_counter()
        with (self.folder / "logs" / "tables.log").open("wb") as log:
            process = subprocess.Popen([sys.executable, "-m", "cli.main", *words], stderr=log, cwd=ROOT)
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        found = {
            "done": process.returncode == 0,
            "seconds": round(time.perf_counter() - began, 2),
            "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
            "rss_bytes": used.ru_maxrss * 1024,
            "files": len(list(written.rglob("*"))) if written.exists() else 0,
        }
        kept.write_text(json.dumps(found))
        return found


class _Month:
    """One month of a simulation."""

    def __init__(
        self, simulation: Simulation, unit: UnitUnderLoad, pool: ProcessPoolExecutor, number: int
    ) -> None:
        self._simulation, self._unit, self._pool, self.number = simulation, unit, pool, number
        self._codes = [agency.code for agency in simulation.nation.agencies]
        self._place = simulation.folder / "months" / f"{number:03d}"
        self._place.mkdir(parents=True, exist_ok=True)
        self._used: Record = {}

    def run(self) -> Record:
        """Do what is left of the month and return its record."""
        last_job = self._begun()
        _add_line(self._place / "sessions.jsonl", {"began": _now()})
        meter = Meter(self._unit.processes)
        try:
            with meter.running():
                self._submit()
                self._link()
                self._pull()
        finally:
            self._used["processes"] = {name: asdict(used) for name, used in meter.used.items()}
            _add_line(self._place / "parts.jsonl", self._used)
        return self._record(last_job)

    def _begun(self) -> int:
        """Return the last job before the month began."""
        kept = self._place / "begun.json"
        if not kept.exists():
            kept.write_text(json.dumps({"last_job": self._unit.last_job()}))
        return int(json.loads(kept.read_text())["last_job"])

    def _submit(self) -> None:
        sent = self._place / "sent.jsonl"
        done = {line["agency"] for line in _lines(sent)}
        with self._stopwatch("submit"):
            left = [code for code in self._codes if code not in done]
            for one in self._all(_send, left):
                _add_line(sent, asdict(one))
        with self._stopwatch("wait for checks"):
            self._unit.wait_checked()

    def _link(self) -> None:
        if self._unit.read(results.latest_reconciled) >= self.number:
            return
        with self._stopwatch("cycle"):
            self._unit.close_cycle()

    def _pull(self) -> None:
        pulled = self._place / "pulled.jsonl"
        done = {line["agency"] for line in _lines(pulled)}
        with self._stopwatch("results"):
            for one in self._all(_results, [code for code in self._codes if code not in done]):
                _add_line(pulled, asdict(one))

    @contextmanager
    def _stopwatch(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            seconds = self._used.setdefault("seconds", {})
            seconds[what] = round(time.perf_counter() - began, 3)

    def _all(self, act: Callable[[str, int], Sent], codes: Sequence[str]) -> Iterator[Sent]:
        """Let all agencies act and yield what came of each as it comes; after a fault nobody else begins."""
        waiting: set[Future[Sent]] = {self._pool.submit(act, code, self.number) for code in codes}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for one in done:
                    yield one.result()
        finally:
            for one in waiting:
                one.cancel()

    def _record(self, last_job: int) -> Record:
        month = Month.of(self._simulation.scale, self.number)
        sent = list(_lines(self._place / "sent.jsonl"))
        pulled = list(_lines(self._place / "pulled.jsonl"))
        sessions = sum(1 for _ in _lines(self._place / "sessions.jsonl"))
        parts = list(_lines(self._place / "parts.jsonl"))
        asked = [Asked(**one) for line in (*sent, *pulled) for one in line["asked"]]
        times, comparisons = self._unit.jobs_since(last_job)
        counted = ("rows", "children", "episodes", "records", "encodings_bytes", "payload_bytes")
        stores = self._unit.stores()
        return {
            "month": self.number,
            "last_day": month.last.isoformat(),
            "sessions": sessions,
            "sessions_measured": len(parts),
            "submissions": sum(line["rows"] > 0 or line["children"] > 0 for line in sent),
            **{name: sum(line[name] for line in sent) for name in counted},
            "encode_seconds": round(sum(line["encode_seconds"] for line in sent), 2),
            "agencies_cpu_seconds": round(sum(line["cpu_seconds"] for line in (*sent, *pulled)), 2),
            "seconds": _summed(part.get("seconds", {}) for part in parts),
            "requests": request_figures(asked),
            "network": {"up": sum(one.up for one in asked), "down": sum(one.down for one in asked)},
            "jobs": {kind: asdict(one) for kind, one in sorted(times.items())},
            "comparisons": comparisons,
            "linkage": self._unit.latest_run(),
            "standing": self._unit.standing(),
            "processes": _processes(parts),
            "disk": disk_bytes(self._unit.data.root),
            "stores": stores,
            "quality": asdict(self._quality()),
        }

    def _quality(self) -> Any:
        waiting = {code: self._pool.submit(_children, code) for code in self._codes}
        truth = {code: dict(one.result()) for code, one in waiting.items()}
        return measured_quality(self._unit.memberships(), truth)


def _begin(folder: Path, scale: Scale, url: str) -> None:
    """Begin a process of the pool; the one that began it says when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _player.append(Player(folder, scale, url))


def _send(agency: str, number: int) -> Sent:
    return _player[0].send(agency, number)


def _results(agency: str, _number: int) -> Sent:
    return _player[0].results(agency)


def _children(agency: str) -> list[tuple[bytes, int]]:
    return _player[0].children(agency)


def request_figures(asked: Iterable[Asked]) -> Record:
    """Return by kind how many requests there were, seconds at p50, p99 and most, and refusals."""
    times: dict[str, list[float]] = defaultdict(list)
    refused: dict[str, int] = defaultdict(int)
    for one in asked:
        times[one.kind].append(one.seconds)
        refused[one.kind] += one.status >= 400
    found = {}
    for kind, each in sorted(times.items()):
        each.sort()
        found[kind] = {
            "count": len(each),
            "p50": round(each[len(each) // 2], 4),
            "p99": round(each[min(len(each) - 1, int(0.99 * len(each)))], 4),
            "most": round(each[-1], 4),
            "refused": refused[kind],
        }
    return found


def _summed(parts: Iterable[dict[str, float]]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for part in parts:
        for name, value in part.items():
            found[name] = round(found[name] + value, 3)
    return dict(found)


def _processes(parts: Sequence[Record]) -> Record:
    """Return of each process its seconds of processor in all sessions, and its largest sizes in any."""
    found: Record = {}
    for part in parts:
        for name, used in part["processes"].items():
            one = found.setdefault(name, {"cpu_seconds": 0.0, "rss_bytes": 0, "anonymous_bytes": 0})
            one["cpu_seconds"] = round(one["cpu_seconds"] + used["cpu_seconds"], 2)
            for size in ("rss_bytes", "anonymous_bytes"):
                one[size] = max(one[size], used[size])
    return found


def _month_words(record: Record) -> str:
    seconds, quality = record["seconds"], record["quality"]
    return (
        f"month {record['month']}: {record['submissions']} submissions, {record['rows']:,} rows, "
        f"{record['comparisons']:,} comparisons; submitted in {seconds['submit']:.0f} s, "
        f"cycle in {seconds.get('cycle', 0):.0f} s; "
        f"precision {quality['precision']:.4f}, recall {quality['recall']:.4f}"
    )


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")


def _lines(path: Path) -> Iterator[Record]:
    """Yield the whole lines of a file; one that was being written at a kill does not count."""
    if path.exists():
        for line in path.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                yield json.loads(line)


def _add_line(path: Path, record: Record) -> None:
    """Add a line durably, in the place of one that was left unfinished."""
    whole = b""
    if path.exists():
        whole = path.read_bytes()
        if not whole.endswith(b"\n"):
            os.truncate(path, whole.rfind(b"\n") + 1)
    with path.open("ab") as stream:
        stream.write(json.dumps(record).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
