"""Only requests that an enrolled agency signed, lately, for this unit and for the first time, are served."""

import base64
import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.clock import utc_now
from api.trust import remove_agency
from linkage.wire.canonical import canonical
from linkage.wire.http import COVERED_COMPONENTS
from linkage.wire.signing import public_text
from tests.support.holdings import holdings
from tests.support.served import Served, served_unit
from tests.support.signing_client import SigningClient, problem
from tests.support.unit import Desk, make_sent, make_unit

AGE = dt.timedelta(minutes=5)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _ago(**span: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(**span)


def _without(client: SigningClient, header: str) -> httpx.Request:
    request = client.signed("GET", "/v1/status")
    del request.headers[header]
    return request


def _flipped(client: SigningClient) -> httpx.Request:
    request = client.signed("GET", "/v1/status")
    label, _, value = request.headers["signature"].partition("=:")
    raw = bytearray(base64.b64decode(value.rstrip(":")))
    raw[7] ^= 1
    request.headers["signature"] = f"{label}=:{base64.b64encode(raw).decode()}:"
    return request


def _other_body(client: SigningClient) -> httpx.Request:
    request = client.signed("POST", "/v1/submissions", b"{}")
    return httpx.Request("POST", request.url, headers=request.headers, content=b"[]")


def _other_body_and_digest(client: SigningClient) -> httpx.Request:
    request = _other_body(client)
    digest = base64.b64encode(hashlib.sha256(b"[]").digest()).decode()
    request.headers["content-digest"] = f"sha-256=:{digest}:"
    return request


def _moved(client: SigningClient, path: str, method: str = "GET") -> httpx.Request:
    request = client.signed("GET", "/v1/status")
    return httpx.Request(method, client.url + path, headers=request.headers)


def _doubled(client: SigningClient) -> httpx.Request:
    request = client.signed("GET", "/v1/status")
    for header in ("signature", "signature-input"):
        value = request.headers[header]
        request.headers[header] = f"{value}, {value}"
    return request


WRONG: dict[str, Callable[[SigningClient], httpx.Request]] = {
    "no signature": lambda c: httpx.Request("GET", c.url + "/v1/status"),
    "no signature header": lambda c: _without(c, "signature"),
    "no signature input": lambda c: _without(c, "signature-input"),
    "no content digest": lambda c: _without(c, "content-digest"),
    "a bit of the signature flipped": _flipped,
    "signed too long ago": lambda c: c.signed("GET", "/v1/status", created=_ago(minutes=5, seconds=5)),
    "signed in the future": lambda c: c.signed("GET", "/v1/status", created=_ago(minutes=-2)),
    "no nonce": lambda c: c.signed("GET", "/v1/status", nonce=None),
    "a nonce too short to be random": lambda c: c.signed("GET", "/v1/status", nonce="123"),
    "a nonce too long to keep": lambda c: c.signed("GET", "/v1/status", nonce="a" * 129),
    "another tag": lambda c: c.signed("GET", "/v1/status", tag="somebody-else-1"),
    "another label": lambda c: c.signed("GET", "/v1/status", label="other"),
    "two signatures": _doubled,
    "another method": lambda c: _moved(c, "/v1/status", "POST"),
    "another path": lambda c: _moved(c, "/v1/results"),
    "another query": lambda c: _moved(c, "/v1/status?all=1"),
    "another host": lambda c: c.signed("GET", "/v1/status", host="unit.example.org"),
    "another body": _other_body,
    "another body and its digest": _other_body_and_digest,
    "a key id that is no key": lambda c: c.signed("GET", "/v1/status", key_id="E09"),
    "a key id in capitals": lambda c: c.signed(
        "GET", "/v1/status", key_id=public_text(c.key.public_key()).upper()
    ),
    **{
        f"{component} not covered": lambda c, left_out=component: c.signed(  # type: ignore[misc]
            "GET", "/v1/status", covered=[one for one in COVERED_COMPONENTS if one != left_out]
        )
        for component in COVERED_COMPONENTS
        if component != "content-digest"
    },
}


def test_a_signed_request_is_served(served: Served) -> None:
    assert served.client(served.council).call("GET", "/v1/status").status_code == 200


def test_every_fault_of_authentication_gets_the_same_answer(served: Served) -> None:
    client = served.client(served.council)
    before = holdings(served.unit.folder)
    answers = {name: client.send(make(client)) for name, make in WRONG.items()}
    stranger = SigningClient(served.url, Ed25519PrivateKey.generate())
    with stranger:
        answers["a key that nobody enrolled"] = stranger.call("GET", "/v1/status")
        answers["another's key id"] = stranger.send(
            stranger.signed("GET", "/v1/status", key_id=public_text(served.council.key.public_key()))
        )
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 401} == {}
    assert {answer.content for answer in answers.values()} == {answers["no signature"].content}
    assert problem(answers["no signature"]) == "unauthenticated"
    assert all("www-authenticate" in answer.headers for answer in answers.values())
    assert holdings(served.unit.folder) == before


def test_a_signature_is_good_for_five_minutes_less_what_the_way_takes(served: Served) -> None:
    client = served.client(served.council)
    assert client.send(client.signed("GET", "/v1/status", created=_ago(minutes=4))).status_code == 200


def test_a_request_that_was_served_is_not_served_again(served: Served) -> None:
    client = served.client(served.council)
    request = client.signed("GET", "/v1/status")
    assert client.send(request).status_code == 200
    assert client.send(request).status_code == 401


def test_a_nonce_counts_for_its_own_agency_only(served: Served) -> None:
    council, police = served.client(served.council), served.client(served.police)
    nonce = "the-very-same-nonce-0001"
    assert council.send(council.signed("GET", "/v1/status", nonce=nonce)).status_code == 200
    assert police.send(police.signed("GET", "/v1/status", nonce=nonce)).status_code == 200
    assert council.send(council.signed("GET", "/v1/status", nonce=nonce)).status_code == 401


def test_a_stranger_cannot_use_up_an_agencys_nonce(served: Served) -> None:
    client = served.client(served.council)
    nonce = "a-nonce-that-will-be-used"
    forged = _flipped(client)
    request = client.signed("GET", "/v1/status", nonce=nonce)
    forged.headers["signature-input"] = request.headers["signature-input"]
    assert client.send(forged).status_code == 401
    assert client.send(request).status_code == 200


def test_nonces_survive_a_restart_of_the_service(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    with SigningClient("http://localhost", desk.key) as client:
        request = client.signed("GET", "/v1/status")
    statuses = []
    for _ in range(2):
        service = open_service(unit.folder.root)
        app = create_app(service).test_client()
        statuses.append(app.get("/v1/status", headers=list(request.headers.items())).status_code)
        service.close()
    assert statuses == [200, 401]


def test_a_removed_agency_is_a_stranger(served: Served) -> None:
    client = served.client(served.council)
    with served.workers.database.write() as connection:
        remove_agency(connection, "E09", now=utc_now())
    assert client.call("GET", "/v1/status").status_code == 401


def test_with_names_set_only_those_are_served(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    text = unit.folder.settings.read_text()
    unit.folder.settings.write_text(text.replace("hosts = []", 'hosts = ["unit.example.org"]'))
    service = open_service(unit.folder.root)
    app = create_app(service).test_client()
    statuses = {}
    for url in ("https://unit.example.org", "https://other.example.org", "http://localhost"):
        with SigningClient(url, desk.key) as client:
            request = client.signed("GET", "/v1/status")
        answer = app.get("/v1/status", base_url=url, headers=list(request.headers.items()))
        statuses[url] = answer.status_code
    service.close()
    assert statuses == {
        "https://unit.example.org": 200,
        "https://other.example.org": 401,
        "http://localhost": 401,
    }


def test_every_address_but_two_denies_an_unsigned_request(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    service = open_service(unit.folder.root)
    app = create_app(service)
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule not in {"/healthz", "/readyz"}]
    assert len(rules) >= 6
    client = app.test_client()
    for rule in rules:
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<digest:{name}>", "0" * 64)
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            assert client.open(path, method=method).status_code == 401, (method, rule.rule)
    for path in (
        "/",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/status",
        "//v1//status",
        "/v1/status/",
        "/healthz/x",
    ):
        assert client.get(path).status_code == 401, path
    assert client.get("/healthz").status_code == 200
    service.close()


def test_no_agency_reaches_anything_of_anothers(served: Served) -> None:
    owner, other = served.client(served.council), served.client(served.other_council)
    sent = make_sent(served.unit, served.council)
    owner.register(sent)
    piece = sent.chunks()["payload"][0]
    before = holdings(served.unit.folder)
    answers = [
        other.call("GET", f"/v1/submissions/{sent.id}"),
        other.put(sent, piece),
        other.commit(sent),
    ]
    assert [(one.status_code, problem(one)) for one in answers] == [(404, "not-found")] * 3
    stolen = other.call("POST", "/v1/submissions", canonical(sent.registration()))
    assert (stolen.status_code, problem(stolen)) == (403, "agency-mismatch")
    assert holdings(served.unit.folder) == before


def test_the_log_names_route_status_and_agency_and_nothing_that_was_sent(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    client = served.client(served.council)
    sent = make_sent(served.unit, served.council)
    with caplog.at_level(logging.DEBUG):
        client.submit(sent)
        client.call("GET", "/v1/canary-in-the-path?canary=1")
        client.call("POST", "/v1/submissions", b'{"canary": true}')
        client.send(httpx.Request("CANARY", client.url + "/v1/status", headers={"x-canary": "canary"}))
    lines = [record for record in caplog.records if record.name.startswith("clew")]
    text = "\n".join(record.getMessage() for record in lines)
    assert "PUT /v1/submissions/<digest:submission>/chunks/<digest:sha256> 204 E09" in text
    assert "GET - 404 E09" in text
    secrets = ("canary", sent.id, public_text(served.council.key.public_key()), sent.manifest.parts[0].sha256)
    assert [one for one in secrets if one in text.lower()] == []
