"""Signs of life: each worker process says every few seconds what it does, in a small file of its own.

Files and not rows: a worker must be seen to live while the database is locked or full, and a beat need not
survive a power cut.  Nothing in a beat names an agency, a submission or a record.
"""

import contextlib
import datetime as dt
import secrets
import threading
import time
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct, structs

from api.clock import Clock, stamp
from api.store.jobs import Job, WorkerName
from linkage.errors import ClewError
from linkage.wire.canonical import canonical, parse

__all__ = ["FRESH", "Beat", "Pulse", "Watch", "living", "read_beats", "unit_is_ready"]

FRESH = dt.timedelta(seconds=30)
"""A worker whose last beat is older is silent: ended without a word, stuck, or its machine is."""

_EVERY_SECONDS = 5.0
_FORGET = dt.timedelta(days=1)
_MAX_BYTES = 4096
_SUFFIX = ".beat"

WorkerState = Literal["starting", "ready", "working"]


class Beat(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one worker process says of itself; ``job`` 0: none in hand."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-heartbeat"] = "clew-heartbeat"
    version: int = 1
    worker: WorkerName
    state: WorkerState
    warm: bool = False
    at: Annotated[str, Meta(max_length=27)]
    job: int = 0
    kind: str = ""
    done: int = 0
    total: int = 0
    per_second: int = 0

    @property
    def seconds_left(self) -> int | None:
        """How long the job in hand takes still at its present rate; None while that is not known."""
        return -(-(self.total - self.done) // self.per_second) if self.per_second else None


class Watch:
    """What a worker tells while it works; this one listens to nothing."""

    def ready(self) -> None:
        """The worker has recovered and warmed up."""

    def began(self, job: Job) -> None:
        """A job was taken."""

    def progress(self, done: int, total: int, per_second: int) -> None:
        """The job in hand is so far."""

    def ended(self, job: Job, outcome: str, seconds: float) -> None:
        """The job in hand was done, failed, was put off or given back."""


class Pulse(Watch):
    """Writes a worker's beats while the block runs; a beat that cannot be written harms nobody."""

    def __init__(self, folder: Path, worker: WorkerName, clock: Clock) -> None:
        self._path = folder / f"{worker}-{secrets.token_hex(6)}{_SUFFIX}"
        self._clock = clock
        self._beat = Beat(worker=worker, state="starting", at=stamp(clock()))
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._written = 0.0
        self._thread = threading.Thread(target=self._go_on, name="heartbeat", daemon=True)

    def __enter__(self) -> "Pulse":
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            _forget_old(self._path.parent, self._clock())
        self._say()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def ready(self) -> None:
        """Say that the worker waits for jobs, with everything compiled."""
        self._say(state="ready", warm=True)

    def began(self, job: Job) -> None:
        """Say which job is in hand."""
        self._say(state="working", job=job.id, kind=job.kind, done=0, total=0, per_second=0)

    def progress(self, done: int, total: int, per_second: int) -> None:
        """Say how far the job is, at most once a second."""
        if time.monotonic() - self._written >= 1.0 or done == total:
            self._say(done=done, total=total, per_second=per_second)

    def ended(self, job: Job, outcome: str, seconds: float) -> None:  # noqa: ARG002
        """Say that there is no job in hand."""
        self._say(state="ready", job=0, kind="", done=0, total=0, per_second=0)

    def _go_on(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self._say()

    def _say(self, **changes: object) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._beat = structs.replace(self._beat, at=stamp(self._clock()), **changes)
            self._written = time.monotonic()
            unfinished = self._path.with_suffix(".part")
            unfinished.write_bytes(canonical(self._beat))
            unfinished.chmod(0o640)
            unfinished.replace(self._path)


def _forget_old(folder: Path, now: dt.datetime) -> None:
    """Remove what killed processes left behind a day ago."""
    oldest = (now - _FORGET).timestamp()
    for entry in folder.iterdir():
        if entry.suffix in {_SUFFIX, ".part"} and entry.stat().st_mtime < oldest:
            entry.unlink(missing_ok=True)


def read_beats(folder: Path) -> list[Beat]:
    """Return the last beat of every worker process that left one, by worker and time."""
    found = []
    with contextlib.suppress(OSError):
        for entry in folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError, ClewError):
                found.append(parse(entry.read_bytes()[: _MAX_BYTES + 1], Beat, limit=_MAX_BYTES))
    return sorted(found, key=lambda one: (one.worker, one.at))


def living(beats: list[Beat], *, now: dt.datetime) -> list[Beat]:
    """Return those that are fresh."""
    oldest = stamp(now - FRESH)
    return [one for one in beats if one.at >= oldest]


def unit_is_ready(beats: list[Beat], *, now: dt.datetime) -> bool:
    """Say whether a warm worker of each kind lives."""
    return {one.worker for one in living(beats, now=now) if one.warm} == {"linking", "register"}
