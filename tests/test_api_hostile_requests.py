"""A forged, changed, replayed, late or re-targeted request is never served: not one of 100,000."""

import hashlib
import logging
import random
import secrets
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from linkage.wire.canonical import canonical
from tests.support.holdings import holdings
from tests.support.hostile_requests import ATTACKS, Ordinary, World, changed_at_random, means_the_same
from tests.support.raw_http import Answer, connected, read_answer
from tests.support.served import Served, served_unit
from tests.support.signed_wire import Wire
from tests.support.unit import make_sent

_REFUSED = {400, 401, 413, 431, 501}
"""401 by the unit; 400, 431 and 501 by its web server, which reads heads; 413 for a body where none is."""

_FRESH = 150
"""How many changes are made of one signed request before another is signed: less than five minutes' worth."""


class Line:
    """One connection, made again whenever the server ended it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._socket: socket.socket | None = None

    def ask(self, wire: Wire) -> Answer:
        for _ in range(2):
            again = self._socket is not None
            self._socket = self._socket or connected(self._url)
            try:
                self._socket.sendall(wire.bytes())
                answer = read_answer(self._socket, head=wire.method == "HEAD")
            except OSError:
                self.close()
                if not again:
                    raise
                continue
            if answer.headers.get("connection", "").lower() == "close":
                self.close()
            return answer
        raise AssertionError("a new connection was not answered")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A line of log for each of 100,000 refusals would only be kept by pytest."""
    logger = logging.getLogger("clew")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


def _world(served: Served, rng: random.Random) -> World:
    """An agency with a submission ready for its commit, one that lacks a chunk, and one to be registered."""
    client = served.client(served.council)
    ready, lacking, new = (make_sent(served.unit, served.council, sequence=number) for number in (1, 2, 3))
    for sent in (ready, lacking):
        client.register(sent)
    client.put_all(ready)
    piece = lacking.chunks()["payload"][0]
    one = "/v1/submissions"
    chunk = f"{one}/{lacking.id}/chunks/{hashlib.sha256(piece).hexdigest()}"
    registration = canonical(new.registration())
    ordinary = (
        Ordinary("GET", "/v1/status"),
        Ordinary("GET", f"{one}/{ready.id}"),
        Ordinary("GET", "/v1/openapi.json"),
        Ordinary("GET", "/v1/status?page=1"),
        Ordinary("POST", one, registration, reads=False),
        Ordinary("POST", one, registration, reads=False, keyed=True),
        Ordinary("PUT", chunk, piece, reads=False),
        Ordinary("PUT", chunk, piece, reads=False, keyed=True),
        Ordinary("POST", f"{one}/{ready.id}/commit", reads=False, keyed=True),
        Ordinary("POST", f"{one}/{ready.id}/commit", reads=False),
    )
    return World(
        url=served.url,
        key=served.council.key,
        other=served.police.key,
        unit_key=served.unit.card.signing_key,
        custodian_key=served.unit.custodians[0].card.signing_key,
        ordinary=ordinary,
        rng=rng,
        served=[],
    )


def _ask_for_nothing(world: World, line: Line) -> None:
    """Have some requests served, that can be replayed."""
    reading = [one for one in world.ordinary if one.reads]
    for _ in range(8):
        wire = world.signed(world.rng.choice(reading))
        assert line.ask(wire).status == 200
        world.served.append(wire)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused(shared: tuple[Served, World, Line], name: str) -> None:
    served, world, line = shared
    before = holdings(served.unit.folder)
    for _ in range(3):
        answer = line.ask(ATTACKS[name](world))
        assert answer.status in _REFUSED, name
    assert holdings(served.unit.folder) == before


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, World, Line]]:
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as opened:
        world, line = _world(opened, random.Random(secrets.randbits(64))), Line(opened.url)
        _ask_for_nothing(world, line)
        yield opened, world, line
        line.close()


def test_not_one_of_many_hostile_requests_is_served(served: Served, soak: bool) -> None:
    wanted = 100_000 if soak else 1_000
    seed = secrets.randbits(64)
    world, line = _world(served, random.Random(seed)), Line(served.url)
    before = holdings(served.unit.folder)
    statuses, controls, made = Counter[int](), 0, 0
    names = list(ATTACKS)
    while made < wanted:
        one = world.rng.choice(world.ordinary)
        original = world.signed(one)
        _ask_for_nothing(world, line)
        del world.served[:-64]
        for _ in range(_FRESH):
            if world.rng.random() < 0.4:
                name = world.rng.choice(names)
                hostile = ATTACKS[name](world)
            else:
                name, hostile = "changed at random", changed_at_random(world.rng, original)
                if means_the_same(original, hostile):
                    continue
            answer = line.ask(hostile)
            assert answer.status in _REFUSED, f"{name}, seed {seed}: {hostile}"
            statuses[answer.status] += 1
            made += 1
        if one.reads:  # what was changed would have been served as it was
            assert line.ask(original).status == 200
            controls += 1
    assert holdings(served.unit.folder) == before
    assert controls > 0
    assert statuses[401] > made * 0.7  # the rest is no request at all
    for one in world.ordinary:
        assert line.ask(world.signed(one)).status in {200, 201, 204}
    line.close()
    print(f"{made} hostile requests, by status {dict(statuses)}; {controls} originals served")
