"""gunicorn serves the agencies' API as the runbook starts it, logs no address, and ends well."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx

from tests.support.processes import ROOT
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, make_sent, make_unit

INSTALL = ROOT / "docs" / "operations" / "install.md"


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    with httpx.Client(trust_env=False) as http:
        for _ in range(300):
            assert process.poll() is None
            try:
                if http.get(f"{url}/healthz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
    raise AssertionError("it did not begin to serve")


def test_gunicorn_takes_a_submission_and_ends_well(tmp_path: Path) -> None:
    documented = "gunicorn -c python:api.gunicorn_settings \"api.agency_app.app:load_app('/srv/clew')\""
    assert documented in INSTALL.read_text()
    unit, port, metrics = make_unit(tmp_path / "data"), _free_port(), _free_port()
    desk = unit.enrol(Desk("E09", "council"))
    settings = unit.folder.settings
    settings.write_text(settings.read_text().replace('service = ""', f'service = "127.0.0.1:{metrics}"'))
    command = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn_settings"]
    app = f"api.agency_app.app:load_app('{unit.folder.root}')"
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", app], stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        try:
            _wait_for(url, process)
            with SigningClient(url, desk.key) as client:
                client.submit(make_sent(unit, desk))
                assert client.call("GET", "/v1/status").json()["sequence"] == 1
            with socket.create_connection(("127.0.0.1", port)) as raw:
                raw.sendall(b"canary-of-no-request\r\n\r\n")
                raw.recv(100)
            with httpx.Client(trust_env=False) as http:
                counted = http.get(f"http://127.0.0.1:{metrics}/metrics").text
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None
        log = process.stderr.read()
    assert "clew_submission_commits_total 1.0" in counted
    assert "clew.access GET /v1/status 200 E09" in log
    assert "canary" not in log
    assert "127.0.0.1" not in log
    assert "Traceback" not in log
