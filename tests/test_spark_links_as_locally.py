"""A cluster makes the same persons as one process, in any pieces and with a machine lost on the way."""

import json
import os
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.spark import running
from api.spark.engine import SparkEngine
from api.worker import StoppedError
from linkage.match.linkage import Linkage, link
from tests.support import spark, spark_worlds

_STRIPS = {1: 2, 2: 3, 8: 8}
"""How many strips a world is cut into, by how many tiles are compared at once."""


@dataclass(frozen=True)
class Small:
    """A cluster of two executors, the folder it is given its rows in, and the log of all that it did."""

    engine: SparkEngine
    staging: Path
    log: Path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    spark.require()
    folder = tmp_path_factory.mktemp("spark")
    staging, log = folder / "staging", folder / "log"
    staging.mkdir()
    log.mkdir()
    options = {
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": log.as_uri(),
        "spark.eventLog.rolling.enabled": "false",
        "spark.eventLog.compress": "false",
    }
    with spark.home(folder, **options), spark.engine(spark.CLUSTER, staging) as engine:
        yield Small(engine, staging, log)


def _linked(small: Small, name: str, people: int, partitions: int, progress: Any = None) -> Linkage:
    sources, profile = spark_worlds.world(name, people)
    rows = sum(len(source.encodings) for source in sources)
    small.engine._strip_rows = -(-rows // _STRIPS[partitions])
    small.engine._partitions = partitions
    return link(sources, profile, engine=small.engine, progress=progress)


def _require_same(found: Linkage, expected: Linkage) -> None:
    assert found.records == expected.records
    assert (found.clusters == expected.clusters).all()
    for column in ("left", "right", "score", "link", "choice", "reasons"):
        mine, theirs = getattr(found.pairs, column), getattr(expected.pairs, column)
        assert mine.dtype == theirs.dtype
        assert (mine == theirs).all(), column
    assert found.method == expected.method


def _cases(soak: bool) -> list[tuple[str, int]]:
    if soak:
        return [(name, partitions) for name in spark_worlds.NAMES for partitions in _STRIPS]
    return list(zip(spark_worlds.NAMES, _STRIPS, strict=True))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", _cases(metafunc.config.getoption("--soak")), ids=str)


def test_persons_are_the_same_in_any_number_of_partitions(
    small: Small, case: tuple[str, int], soak: bool
) -> None:
    name, partitions = case
    people = (2000 if name == "demo" else 5000) if soak else 300
    found = _linked(small, name, people, partitions)
    assert len(found.pairs) > 40
    _require_same(found, spark_worlds.linked_here(name, people))
    assert list(small.staging.iterdir()) == []


@dataclass
class _Killer:
    """Kills one executor when the first tiles are done, in the midst of others."""

    killed: int = 0
    said: list[int] = field(default_factory=list)

    def __call__(self, done: int, total: int) -> None:
        assert 0 <= done <= total
        self.said.append(done)
        if self.killed or len(set(self.said)) < 3:
            return
        there = spark.executors()
        if len(there) == 2:  # they come one after the other
            self.killed = there[0]
            os.kill(self.killed, signal.SIGKILL)


def test_an_executor_that_is_killed_costs_no_more_than_its_tiles(
    small: Small, monkeypatch: pytest.MonkeyPatch, soak: bool
) -> None:
    monkeypatch.setattr(running, "_LOOK_EVERY", 0.05)
    people, killer = (2000 if soak else 300), _Killer()
    begun = _events(small.log)
    found = _linked(small, "demo", people, 8, killer)
    _require_same(found, spark_worlds.linked_here("demo", people))
    assert killer.killed
    assert killer.said == sorted(killer.said)
    events = _events(small.log)[len(begun) :]
    runs = _tile_runs(events)
    tiles = len({(one.stage, one.place) for one in runs if one.succeeded})
    assert tiles == 8 * 9 // 2
    lost = {one["Executor ID"] for one in events if one["Event"] == "SparkListenerExecutorRemoved"}
    assert len(lost) == 1
    again = [one for one in runs if not one.succeeded]
    assert {one.executor for one in again} <= lost
    assert len(runs) - tiles <= sum(one.executor in lost for one in runs)
    assert list(small.staging.iterdir()) == []


@dataclass(frozen=True)
class _Run:
    stage: int
    place: int
    executor: str
    succeeded: bool


def _events(log: Path) -> list[dict[str, Any]]:
    (written,) = (one for one in log.iterdir() if not one.name.startswith("."))
    return [json.loads(line) for line in written.read_text().splitlines() if line.endswith("}")]


def _tile_runs(events: list[dict[str, Any]]) -> list[_Run]:
    """Return every comparison that was begun, of tasks that were given all of their rows.

    Where rows had been on the lost machine a task asks for them in vain, and compares nothing.
    """
    stages = {
        stage
        for one in events
        if one["Event"] == "SparkListenerJobStart"
        and "clew-tiles-" in str(one["Properties"].get("spark.job.tags"))
        for stage in one["Stage IDs"]
    }
    ends = [one for one in events if one["Event"] == "SparkListenerTaskEnd" and one["Stage ID"] in stages]
    comparing = {one["Stage ID"] for one in ends if _python(one)}
    return [
        _Run(
            one["Stage ID"],
            one["Task Info"]["Partition ID"],
            one["Task Info"]["Executor ID"],
            one["Task End Reason"]["Reason"] == "Success",
        )
        for one in ends
        if one["Stage ID"] in comparing and one["Task End Reason"]["Reason"] != "FetchFailed"
    ]


def _python(end: dict[str, Any]) -> bool:
    return any("Python workers" in one.get("Name", "") for one in end["Task Info"]["Accumulables"])


def test_a_linkage_that_is_stopped_stops_its_jobs_and_leaves_nothing(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_LOOK_EVERY", 0.05)
    seen: list[int] = []

    def stop(done: int, _: int) -> None:
        seen.extend(stat.S_IMODE(one.stat().st_mode) for one in small.staging.iterdir())
        if done:
            raise StoppedError

    with pytest.raises(StoppedError):
        _linked(small, "demo", 300, 8, stop)
    assert set(seen) == {0o700}
    assert list(small.staging.iterdir()) == []
    tracker = small.engine._cluster.session.sparkContext.statusTracker()
    assert list(tracker.getActiveJobsIds()) == []
