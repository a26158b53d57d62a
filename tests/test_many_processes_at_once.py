"""Two web processes and two of each worker share a unit on PostgreSQL, while its records are moved."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api.clock import utc_now
from api.cycle import close_cycle
from api.store import jobs, results, schema
from api.store.database import Database
from tests.support import databases, postgresql
from tests.support.killing import Running, worker
from tests.support.older_releases import write_flat_payload
from tests.support.processes import ROOT, clew
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, Unit, make_sent, make_unit

pytestmark = pytest.mark.skipif(postgresql.why_not() is not None, reason=str(postgresql.why_not()))

DESKS = [Desk("E09", "council"), Desk("E10", "council"), Desk("P01", "police"), Desk("P02", "police")]
ROUNDS = 2


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    """A unit on a server, its payload as an upgrade from an older release leaves it."""
    with databases.using("postgresql"):
        made = make_unit(tmp_path / "data")
        location = made.folder.location("payload")
        database = Database(location)
        with database.write() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
        database.close()
        write_flat_payload(location)
        for desk in DESKS:
            made.enrol(desk)
        yield made


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def _two_web_processes(unit: Unit, place: Path) -> Iterator[str]:
    port = _free_port()
    app = f"api.agency_app.app:load_app('{unit.folder.root}')"
    command = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn_settings", "--workers", "2"]
    with (place / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}", app], stderr=log, cwd=ROOT, env=dict(os.environ)
        )
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(trust_env=False) as http:
            for _ in range(600):
                assert process.poll() is None, (place / "web.log").read_text()
                try:
                    if http.get(f"{url}/healthz").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.05)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def _workers(unit: Unit, place: Path) -> Iterator[list[Running]]:
    with ExitStack() as stack:
        started = []
        for number in range(2):
            for which in ("linking", "register"):
                (place / f"{number}").mkdir(exist_ok=True)
                one = worker(unit.folder.root, place / f"{number}", which)
                one.start()
                stack.callback(one.kill)
                started.append(one)
        yield started


def _said(ask: Callable[[], httpx.Response], expected: set[int]) -> None:
    """Ask until the answer is not that the unit is busy, as every agency's command does."""
    for _ in range(20):
        answer = ask()
        if answer.status_code != 503:
            assert answer.status_code in expected, answer.text
            return
        time.sleep(0.5)
    raise AssertionError("busy for too long")


def _submit(url: str, unit: Unit, desk: Desk, faults: list[BaseException]) -> None:
    """Send the same period again and again, with another child each time."""
    try:
        with SigningClient(url, desk.key) as client:
            for number in range(1, ROUNDS + 1):
                sent = make_sent(unit, desk, sequence=number, children=range(1, 3 + number))
                _said(lambda sent=sent: client.register(sent), {201, 200})  # type: ignore[misc]
                for pieces in sent.chunks().values():
                    for piece in pieces:
                        _said(lambda sent=sent, piece=piece: client.put(sent, piece), {204})  # type: ignore[misc]
                _said(lambda sent=sent: client.commit(sent), {200})  # type: ignore[misc]
                _said(lambda: client.call("GET", "/v1/status"), {200})
    except BaseException as error:  # noqa: BLE001
        faults.append(error)


def _settle(database: Database, started: list[Running]) -> None:
    for _ in range(2400):
        assert all(one.alive for one in started), [one.log.read_text()[-2000:] for one in started]
        with database.read() as connection:
            left = sum(sum(jobs.pending(connection, which)) for which in ("linking", "register"))
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError("jobs are left")


def _migrated(unit: Unit) -> tuple[int, str]:
    """Migrate, again if somebody held what is needed for longer than others may be kept waiting."""
    said = ""
    for _ in range(10):
        done = clew("register", "migrate", "--online", "--data", unit.folder.root)
        said += done.stderr
        if done.returncode == 0 or "nothing is lost; run this again" not in done.stderr:
            break
    return done.returncode, said


def test_every_job_is_done_once_nobody_is_refused_and_every_record_is_moved(
    unit: Unit, tmp_path: Path
) -> None:
    faults: list[BaseException] = []
    database = unit.database()
    with _two_web_processes(unit, tmp_path) as url, _workers(unit, tmp_path) as started:
        sending = [threading.Thread(target=_submit, args=(url, unit, desk, faults)) for desk in DESKS]
        for one in sending:
            one.start()
        migrated = _migrated(unit)
        for one in sending:
            one.join()
        _settle(database, started)
        with database.write() as connection:
            close_cycle(connection, now=utc_now())
        _settle(database, started)
        again = _migrated(unit)
    assert faults == []
    assert (migrated[0], again[0]) == (0, 0), migrated[1] + again[1]
    assert "new records go into partitions from now on" in migrated[1]
    assert " 0 left" in again[1]
    with database.read() as connection:
        every = jobs.all_jobs(connection, limit=1000)
        states = Counter(connection.scalars(select(schema.submissions.c.state)))
        assert results.latest_reconciled(connection) == 1
    assert {one.state for one in every} <= {"done", "cancelled"}
    assert {one.attempts for one in every if one.state == "done"} == {1}
    assert states == {"accepted": 4, "superseded": 4 * (ROUNDS - 1)}
    logs = [one.log.read_text() for one in started]
    for job in every:
        ended = sum(f"job {job.id}: done" in line for log in logs for line in log.splitlines())
        assert ended == (job.state == "done"), f"job {job.id} was done {ended} times"
    name = database._engine.url.database
    with postgresql.server().connect() as connection:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = %s"
        assert connection.execute(query, (name,)).fetchone() == (0,)
    database.close()
    checked = clew("register", "check", "--data", unit.folder.root)
    assert checked.returncode == 0, checked.stderr + checked.stdout
