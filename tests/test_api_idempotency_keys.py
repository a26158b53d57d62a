"""A request made again under its Idempotency-Key gets the answer it got; another one under it is refused."""

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import select, update

from api.agency_app import answers as app_answers
from api.agency_app import committing
from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.store import schema
from linkage.wire.canonical import canonical
from tests.support.served import Served, served_unit
from tests.support.signing_client import SigningClient, problem
from tests.support.unit import Desk, make_sent, make_unit

pytestmark = [pytest.mark.usefixtures("each_database"), pytest.mark.postgresql("soak")]

KEY = "a-key-of-the-agencys-own-1"
OTHER = "a-key-of-the-agencys-own-2"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def test_a_registration_made_again_gets_the_stored_answer_whatever_came_since(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    body = canonical(sent.registration())
    first = client.call("POST", "/v1/submissions", body, idempotency=KEY)
    client.put_all(sent)
    again = client.call("POST", "/v1/submissions", body, idempotency=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert client.call("POST", "/v1/submissions", body, idempotency=OTHER).status_code == 200


def test_every_mutating_call_made_again_under_its_key_gets_the_same_answer(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    one = f"/v1/submissions/{sent.id}"
    calls = [("POST", "/v1/submissions", canonical(sent.registration()))]
    pieces = [piece for part in sent.chunks().values() for piece in part]
    calls += [("PUT", f"{one}/chunks/{hashlib.sha256(piece).hexdigest()}", piece) for piece in pieces]
    calls += [("POST", f"{one}/commit", b"")]
    for number, (method, path, body) in enumerate(calls):
        key = f"the-key-of-call-number-{number}"
        got = [client.call(method, path, body, idempotency=key) for _ in range(3)]
        assert len({(answer.status_code, answer.content) for answer in got}) == 1, path
        assert got[0].is_success
    assert len(_rows(served, "submissions")) == 1
    assert len(_rows(served, "jobs")) == 2


def test_another_request_under_a_used_key_is_refused_and_does_nothing(served: Served) -> None:
    client = served.client(served.council)
    first, second = (make_sent(served.unit, served.council, sequence=number) for number in (1, 2))
    client.call("POST", "/v1/submissions", canonical(first.registration()), idempotency=KEY)
    refused = client.call("POST", "/v1/submissions", canonical(second.registration()), idempotency=KEY)
    assert (refused.status_code, problem(refused)) == (422, "idempotency-key-reused")
    elsewhere = client.call("POST", f"/v1/submissions/{first.id}/commit", idempotency=KEY)
    assert (elsewhere.status_code, problem(elsewhere)) == (422, "idempotency-key-reused")
    assert [row[0] for row in _rows(served, "submissions")] == [first.id]


def test_a_key_counts_for_its_own_agency_only(served: Served) -> None:
    for desk in (served.council, served.police):
        body = canonical(make_sent(served.unit, desk).registration())
        answer = served.client(desk).call("POST", "/v1/submissions", body, idempotency=KEY)
        assert answer.status_code == 201


def test_a_refusal_without_effect_leaves_the_key_free(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    path = f"/v1/submissions/{sent.id}/commit"
    assert problem(client.call("POST", path, idempotency=KEY)) == "chunks-missing"
    client.put_all(sent)
    assert client.call("POST", path, idempotency=KEY).status_code == 200


def test_a_refusal_with_an_effect_is_kept(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    wrong = sent.changed(
        served.council,
        parts=tuple(
            structs.replace(part, sealed_sha256="0" * 64) if part.name == "payload" else part
            for part in sent.manifest.parts
        ),
    )
    client.register(wrong)
    client.put_all(wrong)
    path = f"/v1/submissions/{wrong.id}/commit"
    first, again = (client.call("POST", path, idempotency=KEY) for _ in range(2))
    assert (first.status_code, problem(first)) == (422, "part-digest")
    assert (again.status_code, again.content) == (422, first.content)
    assert problem(client.call("POST", path, idempotency=OTHER)) == "not-found"


def test_a_request_whose_key_is_being_worked_on_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    client.register(sent)
    client.put_all(sent)
    reached, go_on = threading.Event(), threading.Event()
    assemble = committing._assemble

    def slowly(*arguments: object) -> None:
        reached.set()
        assert go_on.wait(20)
        assemble(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(committing, "_assemble", slowly)
    path, statuses = f"/v1/submissions/{sent.id}/commit", []
    other = served.client(served.council)
    thread = threading.Thread(
        target=lambda: statuses.append(other.call("POST", path, idempotency=KEY).status_code)
    )
    thread.start()
    assert reached.wait(20)
    refused = client.call("POST", path, idempotency=KEY)
    go_on.set()
    thread.join()
    assert (refused.status_code, problem(refused)) == (409, "idempotency-key-in-use")
    assert refused.headers["retry-after"] == "1"
    assert statuses == [200]
    assert client.call("POST", path, idempotency=KEY).status_code == 200


def test_two_processes_never_both_have_the_effect_of_one_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the first one's answer in its own transaction, which is given up whole."""
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    first, second = (make_sent(unit, desk, sequence=number) for number in (1, 2))
    services = [open_service(unit.folder.root) for _ in range(2)]
    clients = [create_app(service).test_client() for service in services]
    # Both looked before either had answered: then only the effect's own transaction can tell.
    monkeypatch.setattr(app_answers.kept_answers, "find_answer", lambda *_, **__: None)
    statuses = []
    with SigningClient("http://localhost", desk.key) as signer:
        for client, sent in zip(clients, (first, second), strict=True):
            body = canonical(sent.registration())
            request = signer.signed("POST", "/v1/submissions", body, idempotency=KEY)
            headers = [(k, v) for k, v in request.headers.items() if k != "content-length"]
            statuses.append(client.post("/v1/submissions", data=body, headers=headers).status_code)
    with services[0].database.read() as connection:
        held = connection.scalars(select(schema.submissions.c.id)).all()
    for service in services:
        service.close()
    assert statuses == [201, 409]
    assert held == [first.id]


@pytest.mark.parametrize(
    "text", ["short", '"short"', "no-quotes-but-long-enough", '"with a space inside it"', '""']
)
def test_a_key_out_of_form_is_refused(served: Served, text: str) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    request = client.signed("POST", "/v1/submissions", canonical(sent.registration()), raw_key=text)
    answer = client.send(request)
    assert (answer.status_code, problem(answer)) == (400, "idempotency-key")
    assert _rows(served, "submissions") == []


def test_a_key_that_is_not_signed_is_a_fault_of_authentication(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    request = client.signed("POST", "/v1/submissions", canonical(sent.registration()))
    request.headers["idempotency-key"] = f'"{KEY}"'
    assert client.send(request).status_code == 401
    request = client.signed("POST", "/v1/submissions", canonical(sent.registration()), idempotency=KEY)
    request.headers["idempotency-key"] = f'"{OTHER}"'
    assert client.send(request).status_code == 401


def test_a_client_without_keys_is_served_where_the_address_repeats(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    assert client.call("POST", "/v1/submissions", canonical(sent.registration()), idempotency=None).is_success
    client.put_all(sent)
    assert client.call("POST", f"/v1/submissions/{sent.id}/commit", idempotency=None).status_code == 200
    assert len(_rows(served, "submissions")) == 1


def test_an_address_that_does_not_repeat_asks_for_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_answers, "REPEATABLE", frozenset({"put_chunk", "commit"}))
    with served_unit(tmp_path / "data") as served:
        client, sent = served.client(served.council), make_sent(served.unit, served.council)
        body = canonical(sent.registration())
        answer = client.call("POST", "/v1/submissions", body, idempotency=None)
        assert (answer.status_code, problem(answer)) == (400, "idempotency-key")
        assert _rows(served, "submissions") == []
        first, again = (client.call("POST", "/v1/submissions", body, idempotency=KEY) for _ in range(2))
        assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)


def test_a_kept_answer_expires_and_goes(served: Served) -> None:
    client, sent = served.client(served.council), make_sent(served.unit, served.council)
    body = canonical(sent.registration())
    client.call("POST", "/v1/submissions", body, idempotency=KEY)
    with served.workers.database.write() as connection:
        connection.execute(update(schema.kept_answers).values(expires="2000-01-01T00:00:00.000000Z"))
    assert client.call("POST", "/v1/submissions", body, idempotency=KEY).status_code == 200
    assert [row[1] for row in _rows(served, "kept_answers")] == [KEY]


def _rows(served: Served, table: str) -> list[tuple[object, ...]]:
    with served.workers.database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")]
