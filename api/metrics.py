"""What Prometheus may read of the service and of each worker; docs/operations/metrics.md lists the same.

Each process answers on an address of its own, this machine's by default.  Nothing is counted by agency:
who submits, when and how much is for the operator's screen, not for a time series that others keep.
"""

import datetime as dt
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from api.clock import Clock
from api.heartbeats import Watch, living, read_beats
from api.privacy_settings import LinkWhen
from api.store import agencies, jobs, ledger
from api.store.database import Database
from api.store.jobs import Job
from linkage.errors import InputError

__all__ = ["ServiceMetrics", "WorkerMetrics", "serve_metrics"]

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0)
_JOB_SECONDS = (0.1, 1.0, 10.0, 60.0, 300.0, 1800.0, 7200.0, 28800.0, 86400.0)


class ServiceMetrics:
    """Counts of one service process, and what it reads from the unit when it is asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("template", "status")
        self._requests = Counter(
            "clew_requests", "Requests answered.", ("method", *labels), registry=self.registry
        )
        self._seconds = Histogram(
            "clew_request_duration_seconds",
            "Time from a request's head to its answer.",
            ("template",),
            buckets=_REQUEST_SECONDS,
            registry=self.registry,
        )
        self._bytes = Counter(
            "clew_request_body_bytes", "Bytes of bodies that were signed and taken.", registry=self.registry
        )
        self._commits = Counter(
            "clew_submission_commits", "Commits answered with a receipt.", registry=self.registry
        )

    def observe(self, method: str, template: str, status: int, seconds: float, body: int) -> None:
        """Count one request; ``template`` is a route's, never an address."""
        self._requests.labels(method, template, str(status)).inc()
        self._seconds.labels(template).observe(seconds)
        self._bytes.inc(body)
        if status == 200 and template.endswith("/commit"):
            self._commits.inc()

    def watch_unit(
        self, database: Database, folder: Path, heartbeats: Path, clock: Clock, link: LinkWhen = "arrival"
    ) -> None:
        """Add what the unit's own folder and database say at the moment of asking.

        ``link``: when a linkage is done that no cycle asked for; one that waits for its batch is not late.
        """
        self.registry.register(_Unit(database, folder, heartbeats, clock, link))


class _Unit(Collector):
    def __init__(
        self, database: Database, folder: Path, heartbeats: Path, clock: Clock, link: LinkWhen
    ) -> None:
        self._database, self._folder, self._heartbeats, self._clock = database, folder, heartbeats, clock
        self._link: LinkWhen = link

    def describe(self) -> Iterable[Metric]:
        """Name nothing beforehand: the database is read when somebody asks, not at the start."""
        return []

    def collect(self) -> Iterable[Metric]:
        """Read the unit."""
        now = self._clock()
        yield GaugeMetricFamily(
            "clew_disk_free_bytes", "Free bytes under the data folder.", shutil.disk_usage(self._folder).free
        )
        yield self._workers(now)
        try:
            yield from self._of_database(now)
        except SQLAlchemyError:
            yield GaugeMetricFamily("clew_database_up", "1 if the database can be read.", 0)

    def _workers(self, now: dt.datetime) -> Metric:
        workers = GaugeMetricFamily("clew_workers", "Worker processes that live.", labels=("worker", "warm"))
        beats = living(read_beats(self._heartbeats), now=now)
        for name in ("linking", "register"):
            for warm in (False, True):
                count = sum(one.worker == name and one.warm == warm for one in beats)
                workers.add_metric((name, str(warm).lower()), count)
        return workers

    def _of_database(self, now: dt.datetime) -> Iterator[Metric]:
        with self._database.read() as connection:
            counts = jobs.count_queued(connection)
            oldest = jobs.oldest_startable(connection, now=now, when=self._link)
            epoch = agencies.current_epoch(connection)
            entries = ledger.size_of(connection)
        queued = GaugeMetricFamily(
            "clew_jobs", "Jobs that have not ended well, by kind and state.", labels=("kind", "state")
        )
        for (kind, state), count in counts.items():
            queued.add_metric((kind, state), count)
        yield queued
        yield GaugeMetricFamily(
            "clew_job_oldest_waiting_seconds", "How long the oldest job waits that could be started.", oldest
        )
        yield GaugeMetricFamily("clew_ledger_entries", "Entries of the ledger.", entries)
        groups, blocks = self._database.groups()
        yield CounterMetricFamily("clew_write_groups", "Commits of this process.", groups)
        yield CounterMetricFamily("clew_write_blocks", "Transactions that shared those commits.", blocks)
        if epoch is not None:
            age = (now - epoch.opens.at).total_seconds()
            yield GaugeMetricFamily("clew_epoch_age_seconds", "Since the epoch in force opened.", age)
            left = (epoch.closes.at - now).total_seconds()
            yield GaugeMetricFamily("clew_epoch_left_seconds", "Until the epoch in force closes.", left)
        yield GaugeMetricFamily("clew_database_up", "1 if the database can be read.", 1)


class WorkerMetrics(Watch):
    """Counts of one worker process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._seconds = Histogram(
            "clew_job_duration_seconds",
            "Time that jobs took, by kind and outcome.",
            ("kind", "outcome"),
            buckets=_JOB_SECONDS,
            registry=self.registry,
        )
        self._comparisons = Counter(
            "clew_comparisons", "Pairs of rows compared, view by view.", registry=self.registry
        )
        self._kind, self._done = "", 0

    def began(self, job: Job) -> None:
        """Remember what kind of job is in hand."""
        self._kind, self._done = job.kind, 0

    def progress(self, done: int, total: int, per_second: int) -> None:  # noqa: ARG002
        """Count comparisons."""
        if self._kind == "link":
            self._comparisons.inc(max(done - self._done, 0))
            self._done = done

    def ended(self, job: Job, outcome: str, seconds: float) -> None:
        """Count the job."""
        self._seconds.labels(job.kind, outcome).observe(seconds)


@contextmanager
def serve_metrics(registry: CollectorRegistry, host: str, port: int) -> Iterator[int]:
    """Answer Prometheus on an address of its own while the block runs; yields the port.

    Raises :class:`InputError` if the address cannot be listened on.
    """
    try:
        server, thread = start_http_server(port, host, registry)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or "cannot listen there").lower()
        raise InputError(f"--metrics: {reason}", hint="choose another address or port") from None
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
