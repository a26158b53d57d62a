"""The linkage unit's side: a real unit and its processes, and what its stores say came of a month."""

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, func, select, text

from api.clock import utc_now
from api.cycle import close_cycle
from api.folders import DataFolder
from api.heartbeats import read_beats, unit_is_ready
from api.store import results, schema
from api.store.database import SCHEMAS, Database, StoreName, open_database
from api.trust import adopt_epoch, enrol_agency
from api.unit import create_unit, read_unit_card
from benchmarks.national.agencies import make_desks, records_of
from benchmarks.national.nation import Nation
from cli.demo.world_files import write_areas
from linkage.errors import ClewError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, card_fingerprint, read_card
from tests.support.agency_desk import make_epoch
from tests.support.killing import Running, Service, service, worker
from tests.support.processes import ROOT
from tests.support.unit import set_limits

__all__ = ["JobTimes", "UnitUnderLoad", "database_urls", "job_times", "prepare"]

_MANY = 1_000_000
_POLL_SECONDS = 0.25
_ASKED_OF_POSTGRESQL = "SELECT pg_database_size(current_database())"


def database_urls(url: str | None) -> dict[StoreName, str] | None:
    """Return a URL for each store: ``{store}`` in it stands for register, encodings and payload."""
    if url is None:
        return None
    if "{store}" not in url:
        raise InputError(
            "--database: one URL for three databases",
            hint="write {store} where their names differ, as postgresql+psycopg://clew@/clew_{store}",
        )
    return {store: url.replace("{store}", store) for store in SCHEMAS}


def prepare(folder: Path, nation: Nation, urls: Mapping[StoreName, str] | None) -> None:
    """Make a unit with an epoch in force, and enrol every agency of the nation.

    Limits and batches are set so that years of submissions pass in a day; a linkage waits for its cycle.
    """
    data = DataFolder(folder / "unit")
    create_unit(data.root, "Simulated linkage unit", urls)
    set_limits(
        data,
        requests_per_minute=_MANY,
        queries_per_day=_MANY,
        in_flight=64,
        waiting=1000,
        bytes_per_day=1024 * 1024**3,
        records_per_day=100 * _MANY,
    )
    settings = data.settings.read_text()
    for old, new in (('link = "day"', 'link = "cycle"'), ("snapshots = 2", "snapshots = 1000")):
        assert settings.count(f"\n{old}\n") == 1, old
        settings = settings.replace(f"\n{old}\n", f"\n{new}\n")
    data.settings.write_text(settings)
    card = read_unit_card(data)
    epoch = make_epoch(card, key=os.urandom(32))
    database = open_database(data.location("register"), "register")
    with database.write() as connection:
        custodians = [member.card for member in epoch.members]
        descriptor = canonical(epoch.descriptor)
        adopt_epoch(connection, card, descriptor, custodians=custodians, threshold=2, now=utc_now())
    for made in make_desks(folder / "agencies", nation.agencies, epoch, card):
        with database.write() as connection:
            fingerprint = card_fingerprint(read_card(made, AgencyCard))
            enrol_agency(connection, made, fingerprint=fingerprint, now=utc_now())
    database.close()
    areas = write_areas(nation.agencies, folder / "areas.csv")
    _clew("areas", "import", "--data", data.root, areas)


def _clew(*arguments: str | Path) -> None:
    words = [sys.executable, "-m", "cli.main", "register", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode != 0:
        raise ClewError(f"clew register {arguments[0]} failed", hint=done.stderr.strip()[-500:])


@dataclass(frozen=True, slots=True)
class JobTimes:
    """Jobs of one kind that ended: how many, and their seconds (see :func:`job_times`)."""

    count: int
    seconds: float


class UnitUnderLoad:
    """A unit's three processes and a view of its stores."""

    def __init__(self, folder: Path) -> None:
        self.data = DataFolder(folder / "unit")
        logs = folder / "logs"
        logs.mkdir(exist_ok=True)
        self.service: Service = service(self.data.root, logs)
        self.workers: dict[str, Running] = {
            name: worker(self.data.root, logs, name) for name in ("linking", "register")
        }
        self._databases: dict[StoreName, Database] = {}
        self.url = ""

    def __enter__(self) -> "UnitUnderLoad":
        for store in SCHEMAS:
            self._databases[store] = open_database(self.data.location(store), store)
        url = self.service.serve()
        if url is None:
            raise ClewError("the service did not start", hint="see logs/service.log")
        self.url = url
        for one in self.workers.values():
            one.start()
        self._wait(lambda _: unit_is_ready(read_beats(self.data.heartbeats), now=utc_now()))
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self.service, *self.workers.values()):
            if one.alive:
                one.terminate()
        for database in self._databases.values():
            database.close()

    @property
    def processes(self) -> dict[str, int]:
        """The process number of each of the three."""
        each = {"service": self.service, **{f"{name} worker": one for name, one in self.workers.items()}}
        return {name: one.process.pid for name, one in each.items() if one.process is not None}

    def read(self, ask: Callable[[Connection], Any], store: StoreName = "register") -> Any:
        """Ask a store something in a transaction that reads."""
        with self._databases[store].read() as connection:
            return ask(connection)

    def wait_checked(self) -> None:
        """Wait until every part that was submitted is checked.

        Raises :class:`ClewError` if one was refused, a job was given up, or a process ended.
        """
        self._wait(lambda connection: not connection.scalar(_UNCHECKED))
        refused = self.read(lambda connection: connection.scalar(_REFUSED))
        if refused:
            raise ClewError(f"{refused} submissions were refused", hint="see the logs of both workers")

    def close_cycle(self) -> int:
        """Close a cycle, unless one is still being worked on; wait for its results."""

        def number(connection: Connection) -> int:
            last = results.last_closed(connection)
            return 0 if last is None or last.reconciled_at is not None else last.number

        going_on: int = self.read(number)
        if not going_on:
            with self._databases["register"].write() as connection:
                going_on = close_cycle(connection, now=utc_now())
        self._wait(lambda connection: results.latest_reconciled(connection) >= going_on)
        return going_on

    def _wait(self, done: Callable[[Connection], bool]) -> None:
        while not self.read(done):
            for name, one in (("service", self.service), *self.workers.items()):
                if not one.alive:
                    raise ClewError(f"the {name} process ended", hint="see its log in the folder logs")
            if failed := self.read(lambda connection: connection.scalar(_FAILED)):
                raise ClewError(f"a job was given up: {failed}", hint="see the logs of both workers")
            time.sleep(_POLL_SECONDS)

    def last_job(self) -> int:
        """Return the number of the newest job."""
        return int(self.read(lambda connection: connection.scalar(select(func.max(schema.jobs.c.id)))) or 0)

    def jobs_since(self, last: int) -> tuple[dict[str, JobTimes], int]:
        """Return times of the jobs that came after one, by kind, and the comparisons of linkages."""
        jobs = schema.jobs.c
        rows = self.read(
            lambda connection: connection.execute(
                select(jobs.kind, jobs.worker, jobs.queued_at, jobs.finished_at, jobs.total)
                .where(jobs.id > last, jobs.state == "done")
                .order_by(jobs.finished_at)
            ).all()
        )
        comparisons = sum(int(row.total) for row in rows if row.kind == "link")
        return job_times(tuple(row)[:4] for row in rows), comparisons

    def standing(self) -> dict[str, int]:
        """Return how many snapshots stand, with how many rows and records; who is in two counts twice."""
        manifests = self.read(lambda connection: connection.execute(_STANDING).scalars().all())
        counts = [json.loads(one)["counts"] for one in manifests]
        rows, records = sum(one["rows"] for one in counts), sum(map(records_of, counts))
        return {"snapshots": len(counts), "rows": rows, "records": records}

    def latest_run(self) -> dict[str, Any]:
        """Return what the newest linkage said of itself."""
        runs = schema.link_runs
        chosen = (
            runs.c.records,
            runs.c.pairs,
            runs.c.links,
            runs.c.possible,
            runs.c.persons,
            runs.c.precision,
        )
        newest = select(*chosen).order_by(runs.c.id.desc()).limit(1)
        row = self.read(lambda connection: connection.execute(newest).first())
        return {} if row is None else dict(row._mapping)

    def stores(self) -> dict[str, dict[str, Any]]:
        """Return bytes and rows of every table of each store."""
        return {
            store: {
                "bytes": self._store_bytes(store),
                "rows": self.read(_row_counts, store),
            }
            for store in SCHEMAS
        }

    def _store_bytes(self, store: StoreName) -> int:
        location = self.data.location(store)
        if isinstance(location, Path):
            beside = (location, *(location.with_name(location.name + end) for end in ("-wal", "-shm")))
            return sum(path.stat().st_size for path in beside if path.exists())
        asked = text(_ASKED_OF_POSTGRESQL)
        return int(self.read(lambda connection: connection.execute(asked).scalar_one(), store))

    def memberships(self) -> Iterable[tuple[str, str, str]]:
        """Return agency, handle and person of every record in the register."""
        members = schema.memberships.c
        query = select(members.agency, members.handle, members.person)
        rows: Iterable[tuple[str, str, str]] = self.read(
            lambda connection: [tuple(row) for row in connection.execute(query)]
        )
        return rows


_PARTITIONS = "SELECT relname FROM pg_class WHERE relispartition"
_OPEN = ("waiting", "running")
_UNCHECKED = select(func.count()).where(
    schema.jobs.c.state.in_(_OPEN), schema.jobs.c.kind.in_(("check-encodings", "check-payload"))
)
_STANDING = select(schema.submissions.c.manifest).where(schema.submissions.c.state == "accepted")
_REFUSED = select(func.count()).select_from(schema.submissions).where(schema.submissions.c.state == "refused")
_FAILED = select(schema.jobs.c.error).where(schema.jobs.c.state == "failed").limit(1)


def job_times(rows: Iterable[tuple[str, str, str, str]]) -> dict[str, JobTimes]:
    """Return count and seconds by kind of jobs (kind, worker, queued, finished), sorted by their ends.

    A job began when it was queued or when its worker ended the one before, whichever was later: one worker
    does one job after another.  What several processes of a worker do at once counts once.
    """
    ended: dict[str, dt.datetime] = {}
    found: dict[str, JobTimes] = {}
    for kind, worked, queued, finished in rows:
        begin, end = dt.datetime.fromisoformat(queued), dt.datetime.fromisoformat(finished)
        begin = max(begin, ended.get(worked, begin))
        before = found.get(kind, JobTimes(0, 0.0))
        seconds = max(0.0, (end - begin).total_seconds())
        found[kind] = JobTimes(before.count + 1, before.seconds + seconds)
        ended[worked] = end
    return found


def _row_counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each table has that has any; a partition's are its table's."""
    tables, partitions = MetaData(), set[str]()
    tables.reflect(connection)
    if connection.dialect.name == "postgresql":
        partitions = set(connection.execute(text(_PARTITIONS)).scalars())
    counted = {
        name: int(connection.scalar(select(func.count()).select_from(table)) or 0)
        for name, table in tables.tables.items()
        if name not in partitions
    }
    return {name: count for name, count in sorted(counted.items()) if count}
