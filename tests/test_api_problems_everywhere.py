"""Whatever goes wrong, the answer is a problem document; nobody sees a traceback, nor what was sent."""

import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask

from api.agency_app.problems import PROBLEMS
from api.agency_app.web_server import MAX_HEAD_BYTES, make_server
from api.config import Settings
from linkage.wire.limits import MAX_CHUNK_BYTES
from linkage.wire.submission import Problem
from tests.support.raw_http import Answer, answer_to, read_answer
from tests.support.served import Served, served_unit
from tests.support.serving import running

WRONG: dict[str, tuple[bytes, str]] = {
    "no request at all": (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", "malformed"),
    "a bad request line": (b"GET\r\n\r\n", "malformed"),
    "a method in small letters": (b"get /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", "malformed"),
    "a space before the request": (b" GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "malformed"),
    "a tab on a line before": (b"\r\n\tGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "malformed"),
    "a bad header": (b"GET /v1/status HTTP/1.1\r\nHost localhost\r\n\r\n", "malformed"),
    "a bare line feed": (b"GET /v1/status HTTP/1.1\r\nHost: local\nhost\r\n\r\n", "malformed"),
    "a negative length": (b"PUT / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "malformed"),
    "two lengths": (b"PUT / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "malformed"),
    "bad chunks": (b"PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n\r\n", "malformed"),
    "an unknown coding": (b"PUT / HTTP/1.1\r\nTransfer-Encoding: br\r\n\r\n", "unknown-coding"),
    "a head too large": (b"GET / HTTP/1.1\r\nA: " + b"a" * MAX_HEAD_BYTES + b"\r\n\r\n", "headers-too-large"),
    "a body too large": (
        f"PUT / HTTP/1.1\r\nContent-Length: {MAX_CHUNK_BYTES + 5000}\r\n\r\n".encode(),
        "too-large",
    ),
    "an unknown method": (b"CANARY /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", "unauthenticated"),
    "an unknown address": (b"GET /canary HTTP/1.1\r\nHost: localhost\r\n\r\n", "unauthenticated"),
    "an absolute target": (b"GET http://canary/v1/status HTTP/1.1\r\nHost: x\r\n\r\n", "unauthenticated"),
    "an old version": (b"GET /v1/status HTTP/0.9\r\n\r\n", "unauthenticated"),
    "bytes in the target": (b"GET /v1/\xff\xfe?\x80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "malformed"),
    "bytes in a header": (
        b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nSignature-Input: \xff\r\nSignature: \xfe\r\n\r\n",
        "unauthenticated",
    ),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as opened:
        yield opened


def _problem(answer: Answer) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    document = answer.json()
    assert set(document) == set(Problem.__struct_fields__)
    assert document["status"] == answer.status
    name = str(document["type"]).removeprefix("urn:clew:problem:")
    assert PROBLEMS[name] == (answer.status, document["title"])
    return name


@pytest.mark.parametrize("wrong", WRONG)
def test_a_request_that_cannot_be_served_gets_a_problem(
    served: Served, wrong: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    sent, name = WRONG[wrong]
    with caplog.at_level(logging.DEBUG):
        answer = answer_to(served.url, sent)
    assert _problem(answer) == name
    assert b"canary" not in answer.body
    said = capfd.readouterr()
    assert said.out + said.err == ""
    lines = [record.getMessage() for record in caplog.records if record.name.startswith(("clew", "waitress"))]
    assert "canary" not in "".join(lines).lower()
    assert lines


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/v1/nothing", "not-found"),
        ("GET", "/v1//status", "not-found"),
        ("GET", "/v1/status/", "not-found"),
        ("DELETE", "/v1/status", "method-not-allowed"),
        ("CANARY", "/v1/status", "method-not-allowed"),
        ("OPTIONS", "/v1/submissions", "method-not-allowed"),
        ("TRACE", "/v1/submissions", "method-not-allowed"),
        ("GET", "/v1/submissions", "method-not-allowed"),
    ],
)
def test_a_signed_request_for_nothing_gets_a_problem(
    served: Served, method: str, path: str, name: str
) -> None:
    client = served.client(served.council)
    answer = client.call(method, path)
    assert _problem(Answer(answer.status_code, dict(answer.headers), answer.content)) == name
    assert ("allow" in answer.headers) == (name == "method-not-allowed")


def test_a_fault_of_the_app_is_a_problem_that_tells_nothing(
    served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("canary")

    monkeypatch.setattr("api.agency_app.routes.own_submission", fail)
    answer = served.client(served.council).call("GET", f"/v1/submissions/{'0' * 64}")
    assert _problem(Answer(answer.status_code, dict(answer.headers), answer.content)) == "fault"
    assert "canary" not in answer.text
    assert "Traceback" not in capfd.readouterr().err


def test_a_fault_beside_the_app_is_a_problem_without_a_traceback(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    def app(*_: object) -> None:
        raise RuntimeError("canary")

    server = make_server(app, Settings(version=1, name="Test"), host="127.0.0.1", port=0)  # type: ignore[arg-type]
    with running(server) as url, caplog.at_level(logging.DEBUG, logger="clew"):
        answer = answer_to(url, b"GET /canary HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert _problem(answer) == "fault"
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    assert "Traceback" not in caplog.text + capfd.readouterr().err


def test_a_refused_body_is_not_taken_for_another_request(served: Served) -> None:
    """The body of a request that was refused by its head looks like a request; nobody answers it."""
    inner = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    outer = f"PUT / HTTP/1.1\r\nContent-Length: {MAX_CHUNK_BYTES + 5000}\r\n\r\n".encode()
    parts = urlsplit(served.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        line.sendall(outer + inner * 3)
        assert read_answer(line).status == 413
        assert line.recv(100) == b""


def test_a_server_is_made_for_a_flask_app() -> None:
    server = make_server(Flask("x"), Settings(version=1, name="Test"), host="127.0.0.1", port=0)
    assert int(server.effective_port) > 0
    server.task_dispatcher.shutdown()
    server.close()
