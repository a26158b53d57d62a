"""The loop that both workers share: take a job, do it, end it, and stop when told to."""

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from api.clock import Clock
from api.heartbeats import Watch
from api.privacy_settings import LinkWhen
from api.store import jobs
from api.store.database import Database, PlaceTakenError
from api.store.jobs import Job, Lease, LeaseLostError, WorkerName
from linkage.errors import ClewError

__all__ = ["Handler", "Say", "StoppedError", "Task", "Worker", "progress_words", "span_words"]

Say = Callable[[str], None]

_HEARTBEAT = jobs.LEASE.total_seconds() / 4
_LOOK_AROUND = dt.timedelta(minutes=1)
_PROGRESS_EVERY = dt.timedelta(seconds=1)


class StoppedError(Exception):
    """The process was told to stop in the middle of a job that can be begun again."""


class Task:
    """A job in hand."""

    def __init__(
        self,
        database: Database,
        lease: Lease,
        *,
        clock: Clock,
        stop: threading.Event,
        say: Say,
        watches: Sequence[Watch] = (),
    ) -> None:
        self.job: Job = lease.job
        self.done = 0
        self.require: Callable[[], None] = lambda: None
        """Raises if a place was lost that this job holds."""
        self._database = database
        self._lease = lease
        self._clock = clock
        self._stop = stop
        self._say = say
        self._watches = watches
        self._told = clock()
        self._began: tuple[int, float] | None = None

    @contextmanager
    def ending(self) -> Iterator[Connection]:
        """Open the transaction that writes the job's effect and ends the job.

        The effect is rolled back if another worker took the job over in the meantime.
        """
        with self._database.write() as connection:
            yield connection
            self.require()
            jobs.finish(connection, self._lease, now=self._clock())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the writer's place while the job is certainly ours: nobody takes it over in the block.

        Raises :class:`LeaseLostError` if somebody has.
        """
        with self._database.write() as connection:
            jobs.renew(connection, self._lease, now=self._clock())
            yield

    def tell(self, message: str) -> None:
        """Say something about the job."""
        self._say(f"job {self.job.id}: {message}")

    def progress(self, done: int, total: int, *, what: str = "steps") -> None:
        """Record how far the job is, at most once a second; raises :class:`StoppedError` to stop."""
        self.done = done
        if self._stop.is_set():
            raise StoppedError
        speed = self._speed(done)
        for watch in self._watches:
            watch.progress(done, total, speed)
        now = self._clock()
        if now - self._told >= _PROGRESS_EVERY or done == total:
            self._told = now
            self._renew((done, total))
            self.tell(progress_words(done, total, speed, what))

    def comparisons(self, done: int, total: int) -> None:
        """Record how many comparisons are done, of how many in all; those done before a stop are kept."""
        try:
            self.progress(done, total, what="comparisons")
        finally:
            self.done = 0

    def _speed(self, done: int) -> int:
        """Return how much of the job is done in a second, from the first progress on; 0: not known yet."""
        if self._began is None:
            self._began = (done, time.monotonic())
        first, began = self._began
        spent = time.monotonic() - began
        return round((done - first) / spent) if spent > 0 and done > first else 0

    def _renew(self, progress: tuple[int, int] | None = None) -> None:
        with self._database.write_beside() as connection:
            jobs.renew(connection, self._lease, now=self._clock(), progress=progress)

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the lease from a thread of its own while the block runs.

        A job that is long and silent would otherwise lose its lease and be done twice.
        """
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(_HEARTBEAT):
                try:
                    self._renew()
                except LeaseLostError:
                    return
                except OperationalError:
                    continue  # a busy database: the next beat comes well before the lease runs out

        thread = threading.Thread(target=beat, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def progress_words(done: int, total: int, per_second: int, what: str) -> str:
    """Say how far a job is, how fast it goes and how long it takes still."""
    said = f"{done:,} of {total:,} {what}, {done / max(total, 1):.0%}"
    if not per_second or what != "comparisons":
        return said
    left = -(-(total - done) // per_second)
    return f"{said}, {per_second / 1e6:,.1f} million a second, {span_words(left)} left"


def span_words(seconds: int) -> str:
    """Say how long some seconds are."""
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


Handler = Callable[[Task], None]


class Worker:
    """One worker process."""

    def __init__(
        self,
        name: WorkerName,
        database: Database,
        handlers: Mapping[jobs.JobKind, Handler],
        *,
        clock: Clock,
        say: Say,
        warm_up: Callable[[], None] | None = None,
        now_and_then: Callable[[], None] | None = None,
        link: LinkWhen = "arrival",
    ) -> None:
        """``now_and_then`` is called about once a minute by a worker that waits for jobs.

        ``link``: when a linkage is done that no cycle asked for ([batches] of the settings).
        """
        self.name = name
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._say = say
        self._warm_up = warm_up
        self.watches: Sequence[Watch] = ()
        self._now_and_then = now_and_then
        self._link = link
        self._called: dt.datetime | None = None
        self.failed = 0
        self._can_claim = True

    def run(self, stop: threading.Event, *, once: bool, idle_seconds: float = 0.5) -> None:
        """Work until told to stop; with ``once`` until nothing is left that this worker can get to.

        ``failed`` counts the jobs that were given up on the way.  One that is to wait for jobs warms up and
        then says that it is ready; with ``once`` there may be no job that is worth it.
        """
        if not once:
            self._make_ready(stop)
        while not stop.is_set():
            if not once:
                self._look_around()
            if self.step(stop):
                continue
            if once and self._drained():
                return
            stop.wait(idle_seconds)

    def _make_ready(self, stop: threading.Event) -> None:
        if self._warm_up is not None and not stop.is_set():
            self._warm_up()
        for watch in self.watches:
            watch.ready()
        self._say(f"{self.name} worker: ready")

    def _look_around(self) -> None:
        now = self._clock()
        if self._now_and_then is None or (self._called is not None and now - self._called < _LOOK_AROUND):
            return
        self._called = now
        try:
            self._now_and_then()
        except (OSError, OperationalError) as error:  # the next time comes in a minute
            self._say(f"{self.name} worker: {type(error).__name__} between jobs")

    def step(self, stop: threading.Event) -> bool:
        """Do one job; returns False if there was none to take."""
        lease = self._claim()
        if lease is None:
            return False
        self._say(f"job {lease.job.id}: {lease.job.kind}")
        task = Task(self._database, lease, clock=self._clock, stop=stop, say=self._say, watches=self.watches)
        for watch in self.watches:
            watch.began(lease.job)
        began, outcome = time.monotonic(), "fault"
        try:
            outcome = self._do(task, lease)
        finally:
            for watch in self.watches:
                watch.ended(lease.job, outcome, time.monotonic() - began)
        return True

    def _do(self, task: Task, lease: Lease) -> str:
        """Do a job that was taken, and return how it ended."""
        try:
            with task.kept_alive():
                self._handlers[lease.job.kind](task)
        except StoppedError:
            self._end(lease, jobs.release)
            lost = f"begun again; {task.done:,} of what was done is lost" if task.done else "gone on with"
            task.tell(f"given back, to be {lost}")
            return "given back"
        except LeaseLostError:
            task.tell("another process took it over")
            return "lost"
        except PlaceTakenError:
            self._end(lease, jobs.wait_for_place, now=self._clock())
            task.tell("waits: a process that had this job before, or another, is still at work on the epoch")
            return "waits"
        except ClewError as error:
            self._give_up(lease, str(error))
            return "failed"
        except (OSError, OperationalError) as error:
            self._put_off(lease, type(error).__name__)
            return "put off"
        except BaseException:
            # Unknown state means stop: the job goes back for the next start, and the fault ends the process.
            self._end(
                lease, jobs.retry_later, now=self._clock(), reason="the worker met a fault; see its log"
            )
            raise
        task.tell("done")
        return "done"

    def _claim(self) -> Lease | None:
        try:
            with self._database.write() as connection:
                lease = jobs.claim(connection, self.name, now=self._clock(), when=self._link)
        except OperationalError as error:
            # Others write, the disk is full, or the server is away: nothing was begun, so waiting is no harm.
            if self._can_claim:
                self._say(f"{self.name} worker: no job can be taken for now: {type(error.orig).__name__}")
            self._can_claim = False
            return None
        self._can_claim = True
        return lease

    def _give_up(self, lease: Lease, reason: str) -> None:
        """End a job that only a person can mend; `clew register retry` queues it again."""
        self._end(lease, jobs.fail, now=self._clock(), reason=reason)
        self.failed += 1
        self._say(f"job {lease.job.id}: failed: {reason}")

    def _put_off(self, lease: Lease, reason: str) -> None:
        """Try again later after a fault that may pass, such as a full disk; a few times, then never."""
        self._end(lease, jobs.retry_later, now=self._clock(), reason=reason)
        self.failed += lease.job.attempts >= jobs.MAX_ATTEMPTS
        self._say(f"job {lease.job.id}: {reason}, attempt {lease.job.attempts} of {jobs.MAX_ATTEMPTS}")

    def _end(self, lease: Lease, how: Callable[..., Any], **values: object) -> None:
        try:
            with self._database.write() as connection:
                how(connection, lease, **values)
        except LeaseLostError:
            self._say(f"job {lease.job.id}: another process took it over")

    def _drained(self) -> bool:
        with self._database.read() as connection:
            free, blocked = jobs.pending(connection, self.name, now=self._clock(), when=self._link)
        if not free and blocked:
            self._say(f"{blocked} jobs wait for another worker")
        return free == 0
