"""A worker says how much work a linkage is before it starts, how far it is, and what a stop loses."""

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from api import link_estimate
from api.clock import utc_now
from api.heartbeats import Beat, Pulse, Watch, read_beats
from api.metrics import WorkerMetrics
from api.store import jobs
from api.worker import Task, Worker, progress_words
from linkage.match.kernel import candidate_pairs
from linkage.match.linkage import link
from linkage.match.rows import Source, gather
from linkage.match.size import work_size
from tests.support.served import served_unit
from tests.support.unit import PROFILE, handle, make_encodings, make_sent, make_unit


def _sources(*counts: int) -> list[Source]:
    return [
        Source(f"E{place:02d}", make_encodings((handle(place, one), one) for one in range(count)))
        for place, count in enumerate(counts)
    ]


@pytest.mark.parametrize("counts", [(), (0,), (1,), (5, 3), (40, 2, 17)])
def test_the_size_that_is_said_is_the_total_that_progress_counts_to(counts: tuple[int, ...]) -> None:
    sources, told = _sources(*counts), list[tuple[int, int]]()
    size = work_size(sources, PROFILE)
    if sources:
        link(sources, PROFILE, threads=1, progress=lambda *one: told.append(one))
        assert told[0] == (0, size.comparisons)
        assert told[-1] == (size.comparisons, size.comparisons)
    assert (size.records, size.rows) == (sum(counts), sum(counts))


def test_a_view_that_rows_lack_is_not_counted() -> None:
    (source,) = _sources(10)
    source.encodings.present[:4] = 1
    told: list[int] = []
    candidate_pairs(gather([source], PROFILE), noise_z=0, nearest=3, progress=lambda _, of: told.append(of))
    assert {work_size([source], PROFILE).comparisons} == set(told)


def test_time_is_estimated_where_it_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = link_estimate.estimate(_sources(30, 10), PROFILE)
    assert "40 records of 2 agencies, 4,680 comparisons, at most about 0.2 GB of memory" in said
    assert said.endswith("memory")
    monkeypatch.setattr(link_estimate, "_SAMPLE_ROWS", 10)
    monkeypatch.setattr(link_estimate, "_WORTH_TIMING", 2)
    assert ", about " in link_estimate.estimate(_sources(30, 10), PROFILE).split("memory")[1]


def test_progress_says_rate_and_time_left() -> None:
    assert progress_words(5_000_000, 20_000_000, 2_000_000, "comparisons") == (
        "5,000,000 of 20,000,000 comparisons, 25%, 2.0 million a second, 8 s left"
    )
    assert progress_words(1, 2, 0, "steps") == "1 of 2 steps, 50%"
    assert "16 min left" in progress_words(0, 10**9, 10**6, "comparisons")
    assert "2.8 h left" in progress_words(0, 10**10, 10**6, "comparisons")


class _Told(Watch):
    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def ready(self) -> None:
        self.calls.append(("ready",))

    def began(self, job: jobs.Job) -> None:
        self.calls.append(("began", job.kind))

    def progress(self, done: int, total: int, per_second: int) -> None:
        self.calls.append(("progress", done, total))

    def ended(self, job: jobs.Job, outcome: str, seconds: float) -> None:
        self.calls.append(("ended", job.kind, outcome))


@pytest.mark.parametrize(
    ("what", "said_last"),
    [
        ("steps", "job 1: given back, to be begun again; 5,000,000 of what was done is lost"),
        ("comparisons", "job 1: given back, to be gone on with"),
    ],
)
def test_a_stop_gives_the_job_back_and_says_what_is_lost(
    tmp_path: Path, what: Literal["steps", "comparisons"], said_last: str
) -> None:
    database = make_unit(tmp_path / "data").database()
    with database.write() as connection:
        jobs.queue(connection, "link", now=utc_now())
    stop, said, told = threading.Event(), list[str](), _Told()

    def handler(task: Task) -> None:
        progress = task.comparisons if what == "comparisons" else task.progress
        progress(0, 9_000_000)
        progress(4_000_000, 9_000_000)
        stop.set()
        progress(5_000_000, 9_000_000)

    worker = Worker("linking", database, {"link": handler}, clock=utc_now, say=said.append)
    worker.watches = (told,)
    worker.run(stop, once=False)
    database.close()
    assert said[-1] == said_last
    assert [one for one in told.calls if one[0] != "progress"] == [
        ("ready",),
        ("began", "link"),
        ("ended", "link", "given back"),
    ]
    assert ("progress", 4_000_000, 9_000_000) in told.calls


def test_a_linkage_by_the_worker_says_its_size_first_and_is_counted(tmp_path: Path) -> None:
    metrics = WorkerMetrics()
    with served_unit(tmp_path / "data") as served:
        served.client(served.council).submit(make_sent(served.unit, served.council, children=range(30)))
        served.workers.settle()
        said = served.workers.said
        size = next(place for place, line in enumerate(said) if "30 records of 1 agencies" in line)
        assert any("2,610 of 2,610 comparisons, 100%" in line for line in said[size:])
        served.workers.cycle()
        for kept in served.unit.folder.encodings.glob("*.kept"):
            kept.unlink()  # or nothing would be left to compare
        with served.workers.database.write() as connection:
            number = jobs.queue(connection, "link", now=utc_now())
        worker = served.workers.linking.worker(said.append)
        worker.watches = (metrics,)
        assert worker.step(threading.Event())
        with served.workers.database.read() as connection:
            done = jobs.job(connection, number)
    assert (done.done, done.total) == (2610, 2610)
    assert metrics.registry.get_sample_value("clew_comparisons_total") == 2610
    labels = {"kind": "link", "outcome": "done"}
    assert metrics.registry.get_sample_value("clew_job_duration_seconds_count", labels) == 1


def test_a_beat_shows_the_job_in_hand_and_how_long_it_takes_still(tmp_path: Path) -> None:
    database = make_unit(tmp_path / "data").database()
    with database.write() as connection:
        jobs.queue(connection, "link", now=utc_now())
    seen: list[Beat] = []
    with Pulse(tmp_path / "beats", "linking", utc_now) as pulse:

        def handler(task: Task) -> None:
            pulse._written = 0.0
            pulse.progress(100, 1100, 50)
            seen.extend(read_beats(tmp_path / "beats"))

        worker = Worker("linking", database, {"link": handler}, clock=utc_now, say=lambda _: None)
        worker.watches = (pulse,)
        worker.step(threading.Event())
        (after,) = read_beats(tmp_path / "beats")
    database.close()
    (beat,) = seen
    assert (beat.state, beat.kind, beat.done, beat.total) == ("working", "link", 100, 1100)
    assert beat.seconds_left == 20
    assert (after.state, after.job, after.seconds_left) == ("ready", 0, None)


def test_what_killed_workers_left_is_forgotten_after_a_day(tmp_path: Path) -> None:
    old = tmp_path / "linking-0.beat"
    old.write_text("{}")
    with Pulse(tmp_path, "linking", lambda: utc_now() + dt.timedelta(days=2)):
        assert not old.exists()
    (tmp_path / "x.beat").write_text(json.dumps({"format": "something else"}))
    assert read_beats(tmp_path) == []


def test_a_beat_that_cannot_be_written_harms_nobody(tmp_path: Path) -> None:
    (tmp_path / "beats").write_text("no folder")
    with Pulse(tmp_path / "beats", "linking", utc_now) as pulse:
        pulse.ready()
    assert np.array(read_beats(tmp_path / "beats")).size == 0
