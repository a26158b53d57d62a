"""Each process answers Prometheus on its own address, with what the document lists and nothing by agency."""

import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.clock import utc_now
from api.heartbeats import Pulse
from api.metrics import ServiceMetrics, WorkerMetrics, serve_metrics
from api.store import jobs
from linkage.errors import InputError
from tests.support.processes import clew, clew_running, content_of
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, make_sent, make_unit

DOCUMENT = Path(__file__).parents[1] / "docs" / "operations" / "metrics.md"


def _documented(process: str) -> dict[str, tuple[str, str]]:
    """Name, kind and labels of every metric that the document lists for a process."""
    rows = re.findall(
        r"^\| `(\w+)` \| ([a-z, ]+) \| (counter|gauge|histogram) \| ([^|]*) \|", DOCUMENT.read_text(), re.M
    )
    return {name: (kind, labels.strip()) for name, of, kind, labels in rows if process in of}


def _families(text: str) -> dict[str, tuple[str, str]]:
    found = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("process_"):
            continue
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        if not family.name.endswith("_created"):
            found[name] = (family.type, ", ".join(f"`{one}`" for one in sorted(labels)))
    return found


def _scraped(url: str) -> str:
    with httpx.Client(trust_env=False) as http:
        answer = http.get(url)
    assert answer.status_code == 200
    return answer.text


def test_the_document_lists_what_the_service_answers(tmp_path: Path) -> None:
    unit, ready = make_unit(tmp_path / "data"), tmp_path / "url.txt"
    desk = unit.enrol(Desk("E09", "council"))
    data, sent = unit.folder.root, make_sent(unit, desk)
    serve = ("register", "serve", "--data", data, "--port", "0", "--ready-file", ready)
    with clew_running(*serve, "--metrics", "127.0.0.1:0") as server:
        with SigningClient(content_of(ready, server), desk.key) as client:
            client.submit(sent)
            client.call("GET", "/v1/canary-path")
        assert server.stderr is not None
        line = next(line for line in server.stderr if "metrics at" in line)
        text = _scraped(line.split("metrics at ")[1].strip())
    assert _families(text) == _documented("service")
    samples = {
        (one.name, *sorted(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    assert samples[("clew_submission_commits_total",)] == 1
    pieces = [piece for part in sent.chunks().values() for piece in part]
    put = "/v1/submissions/<digest:submission>/chunks/<digest:sha256>"
    requests = ("clew_requests_total", ("method", "PUT"), ("status", "204"), ("template", put))
    assert samples[requests] == len(pieces)
    assert samples[("clew_request_body_bytes_total",)] > sum(map(len, pieces))
    assert samples[("clew_jobs", ("kind", "check-payload"), ("state", "waiting"))] == 1
    assert samples[("clew_database_up",)] == 1
    # Thirty days and a part of the present one; at midnight the test may end on another day than it began.
    assert 30 * 86400 <= samples[("clew_epoch_age_seconds",)] < 32 * 86400
    for secret in ("E09", "canary", sent.id, "127.0.0.1", desk.card.signing_key):
        assert secret not in text


def test_the_document_lists_what_a_worker_answers(tmp_path: Path) -> None:
    metrics = WorkerMetrics()
    with make_unit(tmp_path / "data").database().write() as connection:
        job = jobs.job(connection, jobs.queue(connection, "link", now=utc_now()))
    metrics.began(job)
    metrics.progress(7, 9, 1)
    metrics.progress(9, 9, 1)
    metrics.ended(job, "done", 2.0)
    with serve_metrics(metrics.registry, "127.0.0.1", 0) as port:
        text = _scraped(f"http://127.0.0.1:{port}/metrics")
    assert _families(text) == _documented("worker")
    assert "clew_comparisons_total 9.0" in text


def test_a_database_that_cannot_be_read_is_said_and_not_an_error(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    service, metrics = open_service(unit.folder.root), ServiceMetrics()
    metrics.watch_unit(service.database, unit.folder.root, unit.folder.heartbeats, utc_now)
    create_app(service, metrics)
    assert metrics.registry.get_sample_value("clew_database_up") == 1
    with Pulse(unit.folder.heartbeats, "linking", utc_now) as pulse:
        pulse.ready()
        labels = {"worker": "linking", "warm": "true"}
        assert metrics.registry.get_sample_value("clew_workers", labels) == 1
    service.close()
    for path in unit.folder.root.glob("register.db*"):
        path.unlink()
    unit.folder.register_database.mkdir()
    assert metrics.registry.get_sample_value("clew_database_up") == 0


@pytest.mark.parametrize("where", ["0.0.0.0:0", "nowhere", "127.0.0.1:99999"])
def test_an_address_that_is_not_this_machines_is_refused(tmp_path: Path, where: str) -> None:
    unit = make_unit(tmp_path / "data")
    done = clew("register", "work", "register", "--data", unit.folder.root, "--once", "--metrics", where)
    assert (done.returncode, "--metrics: " in done.stderr, "hint: " in done.stderr) == (1, True, True)


def test_an_address_that_is_taken_is_refused() -> None:
    registry = WorkerMetrics().registry
    with (
        serve_metrics(registry, "127.0.0.1", 0) as port,
        pytest.raises(InputError, match="in use"),
        serve_metrics(registry, "127.0.0.1", port),
    ):
        pass
