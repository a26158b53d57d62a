"""Linkages of millions of records, planned, estimated, stopped, gone on with and measured.

    python -m benchmarks.scale_linkage --agencies 2 --records 1000000 --folder FOLDER [--minutes 50]
    python -m benchmarks.scale_linkage --agencies 6 --records 1000000 --folder FOLDER --minutes 50
    python -m benchmarks.scale_linkage --agencies 2 --records 60000 --folder FOLDER --sweep

The same command goes on where one was stopped (SIGTERM, ``--minutes``, or killed).  It ends with 3 while
something is left to do.  Prints JSON: what was estimated, what was measured in all sessions (of one that was
killed only its memory and how long it ran), and for what is left the time that it would take at the rate
measured so far.  ``--sweep`` measures memory against the number of comparisons kept back instead.
"""

import argparse
import json
import os
import platform
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from api.comparison_journal import ComparisonJournal
from api.link_estimate import estimate, predicted_seconds
from api.secret_files import read_worker_key, write_secret
from benchmarks.national.meters import Meter
from benchmarks.national.quality import pair_quality
from benchmarks.scale_linkage.encodings import PROFILE, Load, made_sources, person_of
from benchmarks.scale_linkage.engine import MeasuredEngine, StoppedError
from benchmarks.scale_linkage.sweep import TARGETS, sweep
from linkage.errors import ClewError
from linkage.match.linkage import Linkage, link
from linkage.match.plan import STRIP_ROWS
from linkage.match.rows import Source
from linkage.match.size import work_size
from linkage.match.warming import warm_up
from linkage.wire.seal import SealingKey

__all__ = ["Measured", "main"]

_LEFT = 3
_EVERY_SECONDS = 10.0
_SAMPLES_SHOWN = 50
_PAUSE_SECONDS = 60.0
"""Between two samples of memory: nothing ran."""

Record = dict[str, Any]


class Measured:
    """A linkage in a folder, measured over as many sessions as it takes."""

    def __init__(
        self,
        folder: Path,
        load: Load,
        *,
        say: Callable[[str], None],
        stop: Callable[[], bool],
        threads: int = 0,
        strip_rows: int = STRIP_ROWS,
        kernel_every: int = 25,
    ) -> None:
        self.folder, self.load, self.say = folder, load, say
        folder.mkdir(parents=True, exist_ok=True)
        self._stop, self._threads = stop, threads
        self._strip_rows, self._kernel_every = strip_rows, kernel_every

    def run(self) -> Record:
        """Link for a session and return all that is known; a linkage that is over is not done again."""
        kept = self.folder / "linkage.json"
        if not kept.exists():
            sources = made_sources(self.folder, self.load, self.say)
            warm_up()
            estimated = self._estimate(sources)
            outcome = self._session(sources)
            if outcome is not None:
                kept.write_text(json.dumps(outcome))
        else:
            estimated = self._estimate([])
        outcome = json.loads(kept.read_text()) if kept.exists() else None
        return self._record(estimated, outcome)

    def _estimate(self, sources: Sequence[Source]) -> Record:
        """Return what was said before the first session."""
        kept = self.folder / "estimate.json"
        if not kept.exists():
            size = work_size(sources, PROFILE)
            said = {
                **asdict(size),
                "seconds": predicted_seconds(sources, PROFILE),
                "words": estimate(sources, PROFILE),
            }
            kept.write_text(json.dumps(said))
        found: Record = json.loads(kept.read_text())
        self.say(found["words"])
        return found

    def _session(self, sources: Sequence[Source]) -> Record | None:
        """Link until it is over, or until it is time to stop; returns the outcome in the first case."""
        engine = MeasuredEngine(
            ComparisonJournal(self.folder, _key(self.folder / "journal.key")),
            stop=self._stop,
            threads=self._threads,
            strip_rows=self._strip_rows,
            kernel_every=self._kernel_every,
        )
        meter = Meter({"own": os.getpid()}, every_seconds=_EVERY_SECONDS, note=self._memory)
        began, cpu = time.perf_counter(), time.process_time()
        found: Linkage | None = None
        try:
            with meter.running():
                found = link(sources, PROFILE, engine=engine, threads=self._threads, progress=self._progress)
        except StoppedError:
            self.say("stopped; the same command goes on")
        finally:
            timed = engine.timed
            session = {
                "began": time.time(),
                "seconds": time.perf_counter() - began,
                "cpu_seconds": time.process_time() - cpu,
                "stages": engine.seconds,
                "tiles": [timed.before, timed.tiles, timed.of],
                "comparisons": [timed.done, timed.total],
                "engine": asdict(timed.engine),
                "twice": [[asdict(rate) for rate in pair] for pair in timed.twice],
                "peak_rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
                "anonymous_bytes": meter.used["own"].anonymous_bytes,
            }
            with (self.folder / "sessions.jsonl").open("a") as stream:
                stream.write(json.dumps(session) + "\n")
        return None if found is None else self._outcome(found, engine)

    def _outcome(self, found: Linkage, engine: MeasuredEngine) -> Record:
        handles = np.array([int(one.handle, 16) & (1 << 62) - 1 for one in found.records], dtype=np.int64)
        agencies = np.array([int(one.source[1:]) for one in found.records], dtype=np.int64)
        persons = np.empty(len(handles), dtype=np.int64)
        for agency in range(self.load.agencies):
            own = agencies == agency
            persons[own] = person_of(self.load, agency, handles[own])
        return {
            "candidates": engine.pairs,
            "links": int(found.pairs.link.sum()),
            "quality": asdict(pair_quality(found.clusters, persons)),
        }

    def _memory(self, anonymous: int) -> None:
        with (self.folder / "memory.jsonl").open("a") as stream:
            stream.write(json.dumps([round(time.time(), 1), anonymous]) + "\n")

    def _samples(self) -> list[tuple[float, int]]:
        """Return the samples of memory of all sessions: seconds since the epoch, and anonymous bytes."""
        path = self.folder / "memory.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def _progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - getattr(self, "_told", 0.0) >= 60 or done == total:
            self._told = now
            self.say(f"{done:,} of {total:,} comparisons, {done / max(total, 1):.1%}")

    def _record(self, estimated: Record, outcome: Record | None) -> Record:
        sessions = [json.loads(line) for line in (self.folder / "sessions.jsonl").read_text().splitlines()]
        engine = [one["engine"] for one in sessions]
        compared, seconds = (sum(one[name] for one in engine) for name in ("comparisons", "seconds"))
        done, total = sessions[-1]["comparisons"]
        rate = compared / seconds if seconds else 0.0
        left = (total - done) / rate if rate else None
        samples = self._samples()
        return {
            "load": asdict(self.load),
            "machine": {"cores": os.cpu_count(), "machine": platform.machine()},
            "threads": self._threads or os.cpu_count(),
            "estimate": estimated,
            "whole": outcome is not None,
            "outcome": outcome,
            "sessions": len(sessions),
            "seconds": round(sum(one["seconds"] for one in sessions), 2),
            "seconds_running": round(_running(samples), 2),
            "comparisons_of_sessions": compared,
            "stages": _summed([one["stages"] for one in sessions]),
            "cpu_seconds": round(sum(one["cpu_seconds"] for one in sessions), 2),
            "comparisons_done": done,
            "comparisons": total,
            "comparisons_per_second": round(rate),
            **_beside_kernel([one for session in sessions for one in session["twice"]]),
            "peak_rss_bytes": max(one["peak_rss_bytes"] for one in sessions),
            "peak_anonymous_bytes": max(one["anonymous_bytes"] for one in sessions),
            "memory_over_time": _some(samples),
            "extrapolated_seconds_left": None if outcome or left is None else round(left),
        }


def _running(samples: Sequence[tuple[float, int]]) -> float:
    """Return the seconds in which something ran, those of killed sessions too, which tell nothing else."""
    gaps = (after - before for (before, _), (after, _) in pairwise(samples))
    return sum(gap for gap in gaps if gap < _PAUSE_SECONDS)


def _some(samples: Sequence[tuple[float, int]]) -> list[list[float]]:
    """Return some samples: seconds since the first, and bytes."""
    every = max(1, len(samples) // _SAMPLES_SHOWN)
    return [[round(when - samples[0][0], 1), used] for when, used in samples[::every]]


def _beside_kernel(twice: Sequence[Sequence[Record]]) -> Record:
    """Return the kernel's own rate, and the engine's as a share of it, over the tiles that both compared.

    By the clock, and by seconds of processor, which other work on the machine disturbs less.
    """
    if not twice:
        return {"tiles_measured_twice": 0}
    engine, kernel = (
        {name: sum(pair[side][name] for pair in twice) for name in twice[0][0]} for side in (0, 1)
    )
    return {
        "tiles_measured_twice": len(twice),
        "kernel_per_second": round(kernel["comparisons"] / kernel["seconds"]),
        "share_of_kernel": round(kernel["seconds"] / engine["seconds"], 4),
        "share_of_kernel_by_processor": round(kernel["cpu_seconds"] / engine["cpu_seconds"], 4),
    }


def _summed(stages: Sequence[dict[str, float]]) -> dict[str, float]:
    names = dict.fromkeys(name for one in stages for name in one)
    return {name: round(sum(one.get(name, 0.0) for one in stages), 2) for name in names}


def _key(path: Path) -> Any:
    """Return the key of this folder's journal, made with it."""
    if not path.exists():
        write_secret(path, "linking-worker", SealingKey.generate().to_bytes())
    return read_worker_key(path, "linking-worker")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--agencies", type=int, default=2)
    parser.add_argument("--records", type=int, default=20_000, help="of each agency")
    parser.add_argument("--shared", type=float, default=0.3, help="of them, of people whom all agencies have")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, help="stop after so many")
    parser.add_argument("--threads", type=int, default=0, help="0: one per processor")
    parser.add_argument("--strip-rows", type=int, default=STRIP_ROWS)
    parser.add_argument("--kernel-every", type=int, default=25, help="tiles between two of the kernel's own")
    parser.add_argument("--sweep", action="store_true", help="memory against comparisons kept back")
    parser.add_argument(
        "--targets", default=",".join(map(str, TARGETS)), help="of a sweep: comparisons kept back"
    )
    asked = parser.parse_args()
    told: list[bool] = []

    def told_to_stop(_signal: int, _frame: FrameType | None) -> None:
        told.append(True)

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    ends = time.monotonic() + 60 * asked.minutes if asked.minutes else None

    def say(message: str) -> None:
        print(message, file=sys.stderr, flush=True)

    try:
        load = Load(asked.agencies, asked.records, asked.shared, asked.seed)
        if asked.sweep:
            swept = sweep(asked.folder, load, say, [int(text) for text in asked.targets.split(",")])
            (asked.folder / "sweep.json").write_text(json.dumps(swept, indent=1) + "\n")
            print(json.dumps(swept))
            return 0
        measured = Measured(
            asked.folder,
            load,
            say=say,
            stop=lambda: bool(told) or (ends is not None and time.monotonic() >= ends),
            threads=asked.threads,
            strip_rows=asked.strip_rows,
            kernel_every=asked.kernel_every,
        ).run()
    except ClewError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    (asked.folder / "result.json").write_text(json.dumps(measured, indent=1) + "\n")
    print(json.dumps(measured))
    return 0 if measured["whole"] else _LEFT


if __name__ == "__main__":
    sys.exit(main())
