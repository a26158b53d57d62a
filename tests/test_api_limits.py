"""An agency gets no more than its limits, is told how long to wait, and what it was promised stays."""

import datetime as dt
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.agency_app import committing
from api.agency_app.app import create_app
from api.agency_app.quotas import MEASURES
from api.agency_app.service import open_service
from api.clock import utc_now
from api.config import Limits, read_settings
from api.store import schema, usage
from api.store.database import open_database
from api.store.migrating import create_database
from api.trust import remove_agency
from cli.agency.client import Unit as UnitClient
from keys.identity import create_identity
from linkage.errors import ClewError, InputError
from linkage.wire.canonical import canonical
from linkage.wire.submission import Problem
from tests.support.databases import new_location
from tests.support.raw_http import read_answer
from tests.support.served import Served, served_unit
from tests.support.serving import serving
from tests.support.signing_client import SigningClient, problem
from tests.support.unit import Desk, Unit, make_sent, make_unit, set_limits

pytestmark = [pytest.mark.usefixtures("each_database"), pytest.mark.postgresql("soak")]


@contextmanager
def _served(folder: Path, **limits: int) -> Iterator[Served]:
    with served_unit(folder, limits) as served:
        yield served


def _nonces(served: Served) -> int:
    with served.workers.database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM nonces").scalar() or 0)


def test_counting_stops_at_the_limit_and_begins_again_with_the_next_span(tmp_path: Path) -> None:
    location = new_location(tmp_path, "register")
    create_database(location, "register")
    database = open_database(location, "register")
    with database.write() as connection:

        def charge(amount: int, span: str = "day 1", subject: str = "E09") -> bool:
            return usage.charge(connection, subject, "bytes", amount, span=span, limit=10)

        assert [charge(4), charge(6), charge(1), charge(0)] == [True, True, False, True]
        assert usage.used(connection, "E09", "bytes", span="day 1") == 10
        assert [charge(10, subject="E10"), charge(11, subject="E11")] == [True, False]
        assert [charge(11, "day 2"), charge(3, "day 2"), charge(7, "day 2")] == [False, True, True]
        assert usage.used(connection, "E09", "bytes", span="day 1") == 0
    database.close()


def test_requests_beyond_the_minutes_are_refused_until_it_is_over(tmp_path: Path) -> None:
    """On a clock that stands still, then goes on: what was refused leaves nothing, not even a nonce."""
    unit = make_unit(tmp_path / "data")
    desks = [unit.enrol(Desk(code, "council")) for code in ("E09", "E10")]
    set_limits(unit.folder, requests_per_minute=10)
    moment = [utc_now().replace(second=20)]
    service = open_service(unit.folder.root, clock=lambda: moment[0])
    app = create_app(service).test_client()

    def ask(desk: Desk) -> httpx.Response:
        with SigningClient("http://localhost", desk.key) as client:
            request = client.signed("GET", "/v1/status")
        answer = app.get("/v1/status", headers=list(request.headers.items()))
        return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data)

    answers = [ask(desks[0]) for _ in range(13)]
    assert [one.status_code for one in answers] == [200] * 10 + [429] * 3
    assert problem(answers[-1]) == "limit-reached"
    assert answers[-1].headers["retry-after"] == "40"
    assert ask(desks[1]).status_code == 200
    with service.database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM nonces").scalar() == 11
    moment[0] += dt.timedelta(seconds=40)
    assert ask(desks[0]).status_code == 200
    service.close()


def test_who_holds_a_revoked_card_cannot_fill_the_store_of_nonces(tmp_path: Path) -> None:
    with _served(tmp_path / "data", requests_per_minute=10) as served:
        client = served.client(served.council)
        with served.workers.database.write() as connection:
            connection.execute(
                schema.revocations.insert().values(
                    kind="agency",
                    subject=served.council.card.signing_key,
                    name="E09",
                    reason="test",
                    decided="2026-01-01",
                    document="{}",
                    received_at="2026-01-01",
                )
            )
            remove_agency(connection, "E09", now=utc_now())
        statuses = [client.call("GET", "/v1/status").status_code for _ in range(30)]
        assert set(statuses[:10]) == {403}
        assert statuses.count(429) >= 10  # a minute may have ended on the way
        assert _nonces(served) <= 20


def test_nonces_go_once_their_signatures_are_too_old(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    moment = [utc_now()]
    service = open_service(unit.folder.root, clock=lambda: moment[0])
    app = create_app(service).test_client()
    held = []
    for _ in range(3):
        with SigningClient("http://localhost", desk.key) as client:
            for _ in range(4):
                headers = list(client.signed("GET", "/v1/status").headers.items())
                assert app.get("/v1/status", headers=headers).status_code == 200
        with service.database.read() as connection:
            held.append(connection.exec_driver_sql("SELECT count(*) FROM nonces").scalar())
        moment[0] += dt.timedelta(minutes=7, seconds=1)
    service.close()
    assert held == [4, 4, 4]


def test_a_request_played_again_does_not_count_against_its_agency(tmp_path: Path) -> None:
    with _served(tmp_path / "data", requests_per_minute=10) as served:
        client = served.client(served.council)
        request = client.signed("GET", "/v1/status")
        statuses = [client.send(request).status_code for _ in range(30)]
        assert statuses == [200] + [401] * 29
        assert client.call("GET", "/v1/status").status_code == 200


def test_the_bytes_of_a_day_are_counted_before_they_are_read(tmp_path: Path) -> None:
    with _served(tmp_path / "data", submission_bytes=1024**2, bytes_per_day=1024**2) as served:
        client, sent = served.client(served.council), make_sent(served.unit, served.council)
        client.register(sent)
        piece = sent.chunks()["payload"][0]
        with served.workers.database.write() as connection:
            day = utc_now().strftime(MEASURES["bytes"][0])
            left = 1024**2 - usage.used(connection, "E09", "bytes", span=day) - len(piece)
            assert usage.charge(connection, "E09", "bytes", left, span=day, limit=1024**2)
        assert client.put(sent, piece).status_code == 204
        nonces = _nonces(served)
        refused = client.put(sent, piece)
        assert (refused.status_code, problem(refused)) == (429, "limit-reached")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert _nonces(served) == nonces
        assert client.call("GET", f"/v1/submissions/{sent.id}").status_code == 200


def test_the_records_of_a_day_are_counted_when_a_submission_is_registered(tmp_path: Path) -> None:
    with _served(tmp_path / "data", records=22, records_per_day=22) as served:
        client = served.client(served.council)
        first, second = (make_sent(served.unit, served.council, sequence=number) for number in (1, 2))
        assert client.register(first).status_code == 201
        assert client.register(first).status_code == 200
        refused = client.register(second)
        assert (refused.status_code, problem(refused)) == (429, "limit-reached")
        assert "records per day" in refused.json()["detail"]
        assert client.call("GET", f"/v1/submissions/{second.id}").status_code == 404
        client.put_all(first)
        assert client.commit(first).status_code == 200


def test_queries_of_a_day_are_counted(tmp_path: Path) -> None:
    with _served(tmp_path / "data", queries_per_day=2) as served:
        client = served.client(served.council)
        statuses = [client.call("GET", "/v1/results").status_code for _ in range(3)]
        assert statuses == [404, 404, 429]
        assert client.call("GET", "/v1/status").status_code == 200


def test_no_agency_takes_every_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, go_on = threading.Semaphore(0), threading.Event()
    put = committing.own_submission

    def slowly(*arguments: object) -> object:
        held.release()
        assert go_on.wait(20)
        return put(*arguments)  # type: ignore[arg-type]

    with _served(tmp_path / "data", in_flight=2) as served:
        monkeypatch.setattr("api.agency_app.routes.own_submission", slowly)
        path = f"/v1/submissions/{'0' * 64}"
        clients = [served.client(served.council) for _ in range(2)]
        threads = [threading.Thread(target=one.call, args=("GET", path)) for one in clients]
        for thread in threads:
            thread.start()
            assert held.acquire(timeout=20)
        client = served.client(served.council)
        refused = client.call("GET", "/v1/status")
        other = served.client(served.police).call("GET", "/v1/status")
        go_on.set()
        for thread in threads:
            thread.join()
        assert (refused.status_code, problem(refused)) == (429, "too-many-at-once")
        assert refused.headers["retry-after"] == "1"
        assert other.status_code == 200
        assert [client.call("GET", "/v1/status").status_code for _ in range(5)] == [200] * 5


def test_a_unit_with_too_much_to_do_says_so_before_it_reads_a_body(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    set_limits(unit.folder, waiting=1, threads=1)
    held, go_on = threading.Event(), threading.Event()

    def slowly(*_: object) -> None:
        held.set()
        assert go_on.wait(20)

    monkeypatch.setattr("api.agency_app.app._log_access", slowly)
    with serving(unit.folder.root) as url, SigningClient(url, desk.key) as client:
        occupied = [socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) for _ in range(2)]
        for one in occupied:
            one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert held.wait(20)
        time.sleep(0.5)  # until the server has taken the second one in
        head = client.signed("PUT", f"/v1/submissions/{'0' * 64}/chunks/{'0' * 64}", b"x" * 4096)
        with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port)) as line:
            fields = "".join(f"{name}: {value}\r\n" for name, value in head.headers.items())
            line.sendall(f"PUT {head.url.raw_path.decode()} HTTP/1.1\r\n{fields}\r\n".encode())
            answer = read_answer(line)  # the body was never sent
        go_on.set()
        for one in occupied:
            assert one.recv(65536).startswith(b"HTTP/1.1 200")
            one.close()
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert answer.json()["type"] == "urn:clew:problem:overloaded"
        assert client.call("GET", "/v1/status").status_code == 200


def test_limits_of_a_day_below_one_submission_are_refused(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    set_limits(unit.folder, records=10, records_per_day=5)
    with pytest.raises(InputError, match="records_per_day"):
        read_settings(unit.folder.settings)
    with pytest.raises(ValueError, match="bytes_per_day"):
        Limits(bytes_per_day=1024**2)


def _busy(status: int, name: str, **headers: str) -> httpx.Response:
    document = Problem(type=f"urn:clew:problem:{name}", title="a title", status=status, hint="a hint")
    return httpx.Response(status, stream=httpx.ByteStream(canonical(document)), headers=headers)


def test_the_agencys_client_waits_as_long_as_it_is_told_under_one_key() -> None:
    answers = iter(
        [
            _busy(429, "limit-reached", **{"retry-after": "58"}),
            _busy(409, "idempotency-key-in-use", **{"retry-after": "1"}),
            _busy(503, "overloaded", **{"retry-after": "5"}),
        ]
    )
    keys: list[str] = []
    waits: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        assert '"idempotency-key"' in request.headers["signature-input"]
        return next(answers, None) or httpx.Response(204, stream=httpx.ByteStream(b""))

    transport = httpx.MockTransport(answer)
    with UnitClient(
        "https://unit.example", create_identity(), transport=transport, sleep=waits.append
    ) as unit:
        unit.put_chunk("0" * 64, "1" * 64, b"x")
        unit.put_chunk("0" * 64, "1" * 64, b"x")
    assert waits == [58.0, 1.0, 5.0]
    assert len(set(keys[:4])) == 1
    assert len(set(keys)) == 2


def test_the_agencys_client_does_not_wait_for_the_next_day() -> None:
    transport = httpx.MockTransport(lambda _: _busy(429, "limit-reached", **{"retry-after": "40000"}))
    waits: list[float] = []
    with (
        UnitClient(
            "https://unit.example", create_identity(), transport=transport, sleep=waits.append
        ) as unit,
        pytest.raises(ClewError, match="a title"),
    ):
        unit.commit("0" * 64)
    assert waits == []


def test_every_limit_is_documented_where_the_operator_sets_it(tmp_path: Path) -> None:
    unit: Unit = make_unit(tmp_path / "data")
    text = unit.folder.settings.read_text()
    operations = (Path(__file__).parents[1] / "docs" / "operations" / "register.md").read_text()
    for name in Limits.__struct_fields__:
        assert f"\n{name} = " in text
        assert f"`{name}`" in operations
