"""/healthz says whether a submission would be taken, /readyz whether it would be worked on, and no more."""

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from unittest import mock

import pytest
from werkzeug.test import TestResponse

from api.agency_app.app import create_app
from api.agency_app.problems import RefusedError
from api.agency_app.service import Service, open_service
from api.clock import utc_now
from api.heartbeats import Pulse
from api.store import probing
from linkage.wire.canonical import canonical
from tests.support.processes import clew, clew_running, content_of
from tests.support.unit import Unit, make_unit

OK = b'{"status":"ok"}'
NOT_WELL = canonical(RefusedError("not-well", "", "tell the operator, whose log says why").problem)


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@contextmanager
def _asked(unit: Unit, path: str = "/healthz") -> Iterator[TestResponse]:
    service = open_service(unit.folder.root)
    yield create_app(service).test_client().get(path)
    service.close()


def _refused(answer: TestResponse) -> bool:
    said = dict(answer.headers)
    assert set(said) <= {
        "Content-Type",
        "Content-Length",
        "Cache-Control",
        "X-Content-Type-Options",
        "Retry-After",
    }
    return (answer.status_code, answer.data, said["Retry-After"]) == (503, NOT_WELL, "5")


def test_a_healthy_unit_writes_a_row_and_leaves_no_file(unit: Unit) -> None:
    with _asked(unit) as answer:
        assert (answer.status_code, answer.data) == (200, OK)
    with closing(sqlite3.connect(unit.folder.register_database)) as raw:
        assert raw.execute("SELECT count(*) FROM nonces").fetchone() == (1,)
    assert [list(unit.folder.intake(part).iterdir()) for part in ("encodings", "payload")] == [[], []]


def test_asking_often_costs_one_probe(unit: Unit) -> None:
    service, written = open_service(unit.folder.root), []
    app = create_app(service)
    with mock.patch("api.agency_app.health.write_probe", side_effect=lambda *_, **__: written.append(1)):
        threads = [
            threading.Thread(target=lambda: [app.test_client().get("/healthz") for _ in range(50)])
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    service.close()
    assert len(written) <= 2


def test_a_writer_that_cannot_write_is_not_ok(unit: Unit) -> None:
    service = open_service(unit.folder.root)
    with closing(sqlite3.connect(unit.folder.register_database, isolation_level=None)) as raw:
        raw.execute("BEGIN EXCLUSIVE")
        assert _refused(create_app(service).test_client().get("/healthz"))
        raw.execute("ROLLBACK")
    service.close()


def test_a_full_disk_is_not_ok_and_the_log_says_why(unit: Unit, caplog: pytest.LogCaptureFixture) -> None:
    unit.folder.settings.write_text(
        unit.folder.settings.read_text().replace("free_bytes = 1073741824", f"free_bytes = {1 << 40}")
    )
    with caplog.at_level(logging.INFO), _asked(unit) as answer:
        assert _refused(answer)
    assert "bytes are free" in caplog.text


@pytest.mark.parametrize("fails", ["fsync", "write"])
def test_a_disk_that_does_not_keep_bytes_is_not_ok(unit: Unit, fails: str) -> None:
    real = getattr(os, fails)

    def broken(descriptor: int, *rest: object) -> object:
        if "healthz" in str(Path(f"/proc/self/fd/{descriptor}").readlink()):
            raise OSError(5, "Input/output error")
        return real(descriptor, *rest)

    with mock.patch.object(os, fails, broken), _asked(unit) as answer:
        assert _refused(answer)
    assert list(unit.folder.intake_encodings.iterdir()) == []


def test_an_intake_that_is_gone_is_not_ok(unit: Unit) -> None:
    service = open_service(unit.folder.root)
    unit.folder.intake_payload.rmdir()
    assert _refused(create_app(service).test_client().get("/healthz"))
    service.close()


def test_ready_takes_a_warm_worker_of_each_kind(unit: Unit) -> None:
    def ready(service: Service) -> bool:
        answer = create_app(service).test_client().get("/readyz")
        assert answer.status_code == 200 or _refused(answer)
        return answer.status_code == 200

    service, folder = open_service(unit.folder.root), unit.folder.heartbeats
    assert not ready(service)
    with Pulse(folder, "linking", utc_now) as linking, Pulse(folder, "register", utc_now) as register:
        register.ready()
        assert not ready(service)  # the linking worker still compiles
        linking.ready()
        assert ready(service)
    assert not ready(service)
    assert list(folder.iterdir()) == []
    service.close()


def test_a_silent_worker_is_seen_by_everybody(unit: Unit) -> None:
    service, folder = open_service(unit.folder.root), unit.folder.heartbeats
    with Pulse(folder, "linking", utc_now) as linking, Pulse(folder, "register", utc_now) as register:
        linking.ready(), register.ready()
        said = {path: path.read_bytes() for path in folder.glob("*.beat")}
    for path, beat in said.items():
        content = json.loads(beat)
        content["at"] = "2026-01-01T00:00:00.000000Z"
        path.write_text(json.dumps(content, separators=(",", ":"), sort_keys=True))
    assert create_app(service).test_client().get("/readyz").status_code == 503
    status = json.loads(clew("register", "status", "--data", unit.folder.root, "--json").stdout)
    assert {(one["worker"], one["state"]) for one in status["workers"]} == {
        ("linking", "silent"),
        ("register", "silent"),
    }
    service.close()


def test_the_three_processes_together_are_ready(unit: Unit, tmp_path: Path) -> None:
    import httpx

    data, ready = unit.folder.root, tmp_path / "url.txt"
    with (
        clew_running("register", "serve", "--data", data, "--port", "0", "--ready-file", ready) as server,
        clew_running("register", "work", "linking", "--data", data) as linking,
        clew_running("register", "work", "register", "--data", data) as register,
    ):
        url = content_of(ready, server)
        for worker in (linking, register):
            assert worker.stderr is not None
            while "worker: ready" not in worker.stderr.readline():
                assert worker.poll() is None
        with httpx.Client(trust_env=False) as http:
            answers = [http.get(f"{url}/{path}").status_code for path in ("healthz", "readyz")]
        assert answers == [200, 200]
        shown = clew("register", "status", "--data", data).stdout
        assert shown.count("ready") == 2


def test_a_probe_can_never_be_taken_for_an_agencys_nonce() -> None:
    assert len(probing._OWNER) < 64
