"""Who may ask what: every role, address and agency, from the URL map; what no row allows is denied.

A route without a row fails, so that nobody adds one without saying who may read it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from werkzeug.routing import Rule

from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.clock import utc_now
from api.store import schema
from api.trust import remove_agency
from linkage.wire.answers import QueryAnswer
from linkage.wire.canonical import canonical
from linkage.wire.record_requests import RecordRequest
from linkage.wire.reidentification import RequestAnswer
from tests.support.asked import ask
from tests.support.holdings import holdings
from tests.support.served import Served, served_unit
from tests.support.signing_client import SigningClient, problem
from tests.support.unit import Desk, Sent, make_payload, make_sent

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True)
class Mine:
    """What one agency has at the unit, and what would show it to another."""

    desk: Desk
    committed: Sent
    open: Sent
    new: Sent
    erasure: str
    query: str = ""
    request: str = ""

    @property
    def marks(self) -> set[str]:
        """Texts that only this agency may be shown."""
        handles = [one.handle for one in make_payload(self.desk, (1, 2, 3)).episodes]
        ids = [self.committed.id, self.open.id, self.new.id]
        digests = [part.sealed_sha256 for sent in (self.committed, self.open) for part in sent.manifest.parts]
        return {f'"{self.desk.code}"', *handles, *ids, *digests, self.erasure, self.query, self.request}


@dataclass(frozen=True)
class Row:
    """One address and method: its path and body for what an agency has, and what may come of it.

    ``own``: the status for the agency whose it is.  ``others``: for any other agency that names it, None for
    an address that names nothing of anybody.  ``signed`` False: a stranger is answered as well.
    """

    path: Callable[[Mine], str]
    body: Callable[[Mine], bytes] = lambda _: b""
    own: int = 200
    others: int | None = None
    roles: frozenset[str] = field(default=frozenset({"council", "police"}))
    signed: bool = True


def _chunk(mine: Mine) -> bytes:
    return mine.open.chunks()["payload"][0]


_RECORDS = canonical(RecordRequest(handles=("0" * 32,)))
"""About a record that nobody holds: a handle is taken to be the asking agency's own, whoever else has it."""

_ONE = "/v1/submissions/<digest:submission>"
_SHOW = Row(lambda mine: f"/v1/submissions/{mine.committed.id}", others=404)
_STATUS, _RESULTS = Row(lambda _: "/v1/status"), Row(lambda _: "/v1/results")
_URGENT = Row(lambda _: "/v1/urgent")
_CHECKPOINT = Row(lambda _: "/v1/checkpoint")
_CONSISTENCY = Row(lambda _: "/v1/checkpoint/consistency/1")
_DOCUMENT, _HEALTH = Row(lambda _: "/v1/openapi.json"), Row(lambda _: "/healthz", signed=False)
_ERASURE = Row(lambda mine: f"/v1/erasures/{mine.erasure}", others=404)
_REQUESTS = Row(lambda _: "/v1/requests")
_READY = Row(lambda _: "/readyz", own=503, signed=False)

MATRIX: dict[tuple[str, str], Row] = {
    ("POST", "/v1/submissions"): Row(
        lambda _: "/v1/submissions", lambda mine: canonical(mine.new.registration()), own=201, others=403
    ),
    ("GET", _ONE): _SHOW,
    ("HEAD", _ONE): _SHOW,
    ("PUT", f"{_ONE}/chunks/<digest:sha256>"): Row(
        lambda mine: f"/v1/submissions/{mine.open.id}/chunks/{hashlib.sha256(_chunk(mine)).hexdigest()}",
        _chunk,
        own=204,
        others=404,
    ),
    ("POST", f"{_ONE}/commit"): Row(lambda mine: f"/v1/submissions/{mine.committed.id}/commit", others=404),
    ("GET", "/v1/status"): _STATUS,
    ("HEAD", "/v1/status"): _STATUS,
    ("GET", "/v1/results"): _RESULTS,
    ("HEAD", "/v1/results"): _RESULTS,
    ("GET", "/v1/urgent"): _URGENT,
    ("HEAD", "/v1/urgent"): _URGENT,
    ("GET", "/v1/checkpoint"): _CHECKPOINT,
    ("HEAD", "/v1/checkpoint"): _CHECKPOINT,
    ("GET", "/v1/checkpoint/consistency/<size:size>"): _CONSISTENCY,
    ("HEAD", "/v1/checkpoint/consistency/<size:size>"): _CONSISTENCY,
    ("POST", "/v1/records/withdraw"): Row(lambda _: "/v1/records/withdraw", lambda _: _RECORDS),
    ("POST", "/v1/records/erase"): Row(lambda _: "/v1/records/erase", lambda _: _RECORDS, own=202),
    ("POST", "/v1/records/shield"): Row(lambda _: "/v1/records/shield", lambda _: _RECORDS),
    ("POST", "/v1/records/unshield"): Row(lambda _: "/v1/records/unshield", lambda _: _RECORDS),
    ("PUT", "/v1/answers/<query:query>"): Row(
        lambda mine: f"/v1/answers/{mine.query}",
        lambda mine: canonical(QueryAnswer(query=mine.query, answer="same-child")),
        others=404,
    ),
    ("GET", "/v1/requests"): _REQUESTS,
    ("HEAD", "/v1/requests"): _REQUESTS,
    ("PUT", "/v1/requests/<request:number>"): Row(
        lambda mine: f"/v1/requests/{mine.request}",
        lambda mine: canonical(RequestAnswer(number=mine.request, answer="refused")),
        others=404,
    ),
    ("GET", "/v1/erasures/<digest:erasure>"): _ERASURE,
    ("HEAD", "/v1/erasures/<digest:erasure>"): _ERASURE,
    ("GET", "/v1/openapi.json"): _DOCUMENT,
    ("HEAD", "/v1/openapi.json"): _DOCUMENT,
    ("GET", "/readyz"): _READY,
    ("HEAD", "/readyz"): _READY,
    ("GET", "/healthz"): _HEALTH,
    ("HEAD", "/healthz"): _HEALTH,
}


@dataclass(frozen=True)
class World:
    served: Served
    agencies: tuple[Mine, ...]
    removed: Desk
    rules: tuple[Rule, ...]
    clients: dict[str, SigningClient] = field(default_factory=dict)

    def others(self, mine: Mine) -> list[Mine]:
        return [one for one in self.agencies if one is not mine]

    def ask(self, desk: Desk, method: str, row: Row, about: Mine) -> httpx.Response:
        return self.client(desk).call(method, row.path(about), row.body(about))

    def client(self, desk: Desk) -> SigningClient:
        name = desk.card.signing_key
        if name not in self.clients:
            self.clients[name] = self.served.client(desk)
        return self.clients[name]


def _mine(served: Served, desk: Desk) -> Mine:
    client = served.client(desk)
    committed, begun, new = (make_sent(served.unit, desk, sequence=number) for number in (1, 2, 3))
    client.submit(committed)
    client.register(begun)
    erasure = client.call("POST", "/v1/records/erase", _RECORDS).json()["erasure"]
    return Mine(desk, committed, begun, new, erasure)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as served:
        gone = served.unit.enrol(Desk("E11", "council"))
        second = served.unit.enrol(Desk("P02", "police"))
        desks = (served.council, served.other_council, served.police, second)
        agencies = tuple(_mine(served, desk) for desk in desks)
        with served.workers.database.write() as connection:
            remove_agency(connection, "E11", now=utc_now())
        served.workers.settle()
        served.workers.cycle()
        asked = [ask(served, mine.desk, number) for number, mine in enumerate(agencies, start=1)]
        agencies = tuple(
            replace(mine, query=query, request=request)
            for mine, (query, request) in zip(agencies, asked, strict=True)
        )
        service = open_service(served.unit.folder.root)
        rules = tuple(create_app(service).url_map.iter_rules())
        yield World(served, agencies, gone, rules)
        service.close()


def test_every_route_and_method_has_a_row_and_every_row_a_route(world: World) -> None:
    routes = {(method, rule.rule) for rule in world.rules for method in rule.methods or ()}
    assert routes - set(MATRIX) == set(), "say in MATRIX who may ask it"
    assert set(MATRIX) - routes == set()


@pytest.mark.parametrize("entry", MATRIX, ids=lambda entry: f"{entry[0]} {entry[1]}")
def test_an_agency_of_each_role_reaches_its_own_and_nobody_elses(
    world: World, entry: tuple[str, str]
) -> None:
    row, method = MATRIX[entry], entry[0]
    asked = 0
    for mine in world.agencies:
        for about in world.others(mine):
            answer = world.ask(mine.desk, method, row, about)
            asked += 1
            if row.others is not None:
                assert answer.status_code == row.others, (mine.desk.code, about.desk.code)
            shown = {mark for mark in about.marks if mark in answer.text}
            assert shown == set(), (mine.desk.code, about.desk.code, entry)
    for mine in world.agencies:
        expected = row.own if mine.desk.role in row.roles else 403
        assert world.ask(mine.desk, method, row, mine).status_code == expected, mine.desk.code
    assert asked == len(world.agencies) * (len(world.agencies) - 1)


@pytest.mark.parametrize("entry", MATRIX, ids=lambda entry: f"{entry[0]} {entry[1]}")
def test_who_is_no_agency_reaches_nothing(world: World, entry: tuple[str, str]) -> None:
    row, method, about = MATRIX[entry], entry[0], world.agencies[0]
    before = holdings(world.served.unit.folder)
    strangers = {
        "a stranger": Desk("E09", "council", Ed25519PrivateKey.generate()),
        "a removed agency": world.removed,
    }
    for name, desk in strangers.items():
        answer = world.ask(desk, method, row, about)
        assert answer.status_code == (401 if row.signed else row.own), name
        assert {mark for mark in about.marks if mark in answer.text} == set()
    unsigned = httpx.request(method, world.served.url + row.path(about), content=row.body(about))
    assert unsigned.status_code == (401 if row.signed else row.own)
    assert holdings(world.served.unit.folder) == before


def test_anothers_thing_and_nothing_are_told_apart_by_nobody(world: World) -> None:
    """Byte by byte: an answer that differed would say what another agency has."""
    mine, about = world.agencies[0], world.agencies[1]
    for (method, _), row in MATRIX.items():
        if row.others == 404:
            known = world.ask(mine.desk, method, row, about)
            path = row.path(about)
            body = row.body(about)
            for one in (about.committed.id, about.open.id, about.erasure):
                path = path.replace(one, "0" * 64)
            for one in (about.query, about.request):
                path = path.replace(one, f"{one[:2]}{'F' * 10}")
                body = body.replace(one.encode(), f"{one[:2]}{'F' * 10}".encode())
            unknown = world.client(mine.desk).call(method, path, body)
            assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
            kept = [{k: v for k, v in one.headers.items() if k != "date"} for one in (known, unknown)]
            assert kept[0] == kept[1]


def test_methods_that_no_row_names_are_denied(world: World) -> None:
    mine = world.agencies[0]
    for rule in {rule.rule for rule in world.rules}:
        row = next(row for (_, known), row in MATRIX.items() if known == rule)
        for method in METHODS:
            if (method, rule) in MATRIX:
                continue
            answer = world.client(mine.desk).call(method, row.path(mine))
            assert answer.status_code == 405, (method, rule)
            assert method == "HEAD" or problem(answer) == "method-not-allowed"


def test_a_revoked_card_is_told_so_and_nothing_else(tmp_path: Path) -> None:
    with served_unit(tmp_path / "data") as served:
        mine = replace(_mine(served, served.council), query="Q-0000000001", request="R-0000000001")
        with served.workers.database.write() as connection:
            connection.execute(
                schema.revocations.insert().values(
                    kind="agency",
                    subject=mine.desk.card.signing_key,
                    name="E09",
                    reason="test",
                    decided="2026-01-01",
                    document="{}",
                    received_at="2026-01-01",
                )
            )
            remove_agency(connection, "E09", now=utc_now())
        before = holdings(served.unit.folder)
        client = served.client(mine.desk)
        for (method, _), row in MATRIX.items():
            if row.signed:
                answer = client.call(method, row.path(mine), row.body(mine))
                assert answer.status_code == 403
                assert method == "HEAD" or problem(answer) == "card-revoked"
        assert holdings(served.unit.folder) == before
