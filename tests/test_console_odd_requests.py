"""Requests that no page of the console makes are refused in a sentence, and are never a fault."""

import hashlib
import json
import logging
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from api.console_app.app import create_console
from api.console_app.service import ConsoleService, open_console
from api.store import schema_console
from tests.support import databases, postgresql
from tests.support.console import MovableClock, client_of, needs_assets
from tests.support.console_world import make_world
from tests.support.unit import make_unit

pytestmark = needs_assets


@pytest.fixture(scope="module", params=databases.KINDS)
def service(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[ConsoleService]:
    if request.param == "postgresql" and (reason := postgresql.why_not()) is not None:
        pytest.skip(reason)
    with databases.using(request.param):
        opened = open_console(make_world(tmp_path_factory.mktemp("odd") / "data").unit.folder.root)
        yield opened
        opened.close()


@pytest.fixture
def app(service: ConsoleService) -> Flask:
    return create_console(service)


def _form_token(client: FlaskClient, page: str = "/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', client.get(page).text)
    assert found is not None
    return found[1]


def _addresses(app: Flask, text: str) -> Iterator[str]:
    """Every address that has a part to fill in, filled in with a text."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and "<" in rule.rule:
            yield re.sub(r"<[^>]*>", lambda _: text, rule.rule)


def test_no_part_of_an_address_is_a_fault(service: ConsoleService, app: Flask) -> None:
    odd = [str(2**31), str(2**63), "9" * 5000, "-1", "a%00b", "%00", "%ff", "..", "a'b", "😀", "x" * 2000]
    for roles in (("operator", "governance", "reviewer"), ("publisher",)):
        client = client_of(service, app, *roles)
        for text in odd:
            for address in _addresses(app, text):
                assert client.get(address).status_code in {303, 403, 404, 409}, (roles, address[:80])


def test_a_number_is_written_in_one_way_so_that_the_record_of_views_tells_it(
    service: ConsoleService, app: Flask
) -> None:
    client = client_of(service, app, "governance")
    assert client.get("/governance/entries/1").status_code == 200
    for other in ("01", "0" * 400 + "1", "١", "１"):
        assert client.get(f"/governance/entries/{other}").status_code == 404, other
    with service.database.read() as connection:
        seen = connection.scalars(select(schema_console.views.c.address)).all()
    assert [one for one in seen if one.startswith("/governance/entries")] == ["/governance/entries/1"]


def test_no_name_that_is_typed_is_a_fault(app: Flask) -> None:
    client = app.test_client()
    token = _form_token(client)
    for name in ("a\x00b", "x" * 9999, "'; --%\ufeff"):
        for page in ("/sign-in", "/first"):
            sent = client.post(page, data={"csrf_token": token, "name": name, "password": "p", "code": "1"})
            assert sent.status_code in {400, 403}, (page, name)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"id":"\\ud800"}',
        b'{"id":"\\u0000"}',
        b'{"id":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        b'{"id":"x","response":[]}',
        b'{"id":1e999}',
        b"\xff",
        b"null",
    ],
    ids=["deep", "surrogate", "nul", "deeper", "list", "huge", "bytes", "null"],
)
def test_no_answer_of_a_passkey_is_a_fault(app: Flask, body: bytes) -> None:
    client = app.test_client()
    headers = {"X-CSRF-Token": _form_token(client)}
    assert client.post("/sign-in/passkey/options", headers=headers).status_code == 200
    sent = client.post("/sign-in/passkey", data=body, headers=headers, content_type="application/json")
    assert sent.status_code in {400, 403}


def _text(data: bytes) -> str:
    return b64encode(data, altchars=b"-_").decode().rstrip("=")


def _made_by_hand(challenge: str, id: bytes, key: object) -> dict[str, object]:  # noqa: A002
    """What a browser would send of a new passkey, with an identifier and a key as we like."""
    flags = b"\x45"  # somebody was there, and was seen to be who it is; a key comes with it
    known = b"\0" * 16 + len(id).to_bytes(2, "big") + id + cbor2.dumps(key)
    data = hashlib.sha256(b"localhost").digest() + flags + b"\0" * 4 + known
    client = {"type": "webauthn.create", "challenge": challenge, "origin": "http://localhost"}
    made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
    response = {"attestationObject": _text(made), "clientDataJSON": _text(json.dumps(client).encode())}
    return {"id": _text(id), "rawId": _text(id), "type": "public-key", "response": response}


def test_no_new_passkey_is_a_fault_nor_one_that_could_not_be_used(
    service: ConsoleService, app: Flask
) -> None:
    client = client_of(service, app, "operator")
    headers = {"X-CSRF-Token": _form_token(client, "/")}
    good = {1: 2, 3: -7, -1: 1, -2: b"\1" * 32, -3: b"\2" * 32}
    for size, key, status in ((16, good, 200), (300, good, 200), (301, good, 403), (16, [1], 403)):
        options = client.post("/set-up/passkey/options", headers=headers)
        made = _made_by_hand(options.json["challenge"], secrets.token_bytes(size), key)  # type: ignore[index]
        assert client.post("/set-up/passkey", json=made, headers=headers).status_code == status, (size, key)


def test_nothing_typed_stands_in_the_log(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    client = app.test_client()
    token = _form_token(client)
    with caplog.at_level(logging.INFO, "clew"):
        client.get("/canary?canary", headers={"User-Agent": "canary", "X-Forwarded-For": "canary"})
        client.post("/sign-in", data={"csrf_token": token, "name": "canary\x00", "password": "canary"})
        client.open("/canary", method="CANARY")
    assert len(caplog.records) == 3
    assert "canary" not in caplog.text.lower()


def test_whoever_asks_in_vain_takes_nobody_s_place_at_the_database(tmp_path: Path) -> None:
    opened = open_console(make_unit(tmp_path / "data").folder.root, clock=MovableClock())
    client = create_console(opened).test_client()
    token = _form_token(client)
    form = {"csrf_token": token, "name": "nobody", "code": "x"}
    codes = [client.post("/first", data=form).status_code for _ in range(20)]
    assert codes[-2:] == [429, 429]
    _, before = opened.database.groups()
    for _ in range(5):
        assert client.post("/first", data=form).status_code == 429
        sent = client.post("/sign-in/passkey", json={"id": "x"}, headers={"X-CSRF-Token": token})
        assert sent.status_code == 403
    assert opened.database.groups()[1] == before
    opened.close()
