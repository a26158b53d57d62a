"""An operator who looks at persons in the console, without a browser."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from msgspec import structs
from werkzeug.test import TestResponse

from api.audiences import OPERATOR, in_use
from api.clock import Clock, utc_now
from api.console_app.app import create_console
from api.console_app.service import ConsoleService, open_console
from linkage.wire.records import Payload
from tests.support.console import begun_session
from tests.support.reviewable import COUNCIL, POLICE, send
from tests.support.served import Served, served_unit
from tests.support.unit import Desk, make_payload


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@dataclass(frozen=True)
class Looking:
    """An account at the console of a unit."""

    service: ConsoleService
    app: Flask
    client: FlaskClient
    name: str

    def get(self, address: str) -> TestResponse:
        return self.client.get(address)

    def text(self, address: str) -> str:
        answer = self.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return words_of(answer.text)

    def post(self, address: str, page: str = "/operator", **fields: object) -> TestResponse:
        found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', self.get(page).text)
        assert found is not None
        return self.client.post(address, data={"csrf_token": found[1], **fields})

    def address(self, person: str) -> str:
        return f"/operator/persons/{self.service.key.address_of(self.name, person)}"

    def pseudonym(self, person: str) -> str:
        with self.service.database.read() as connection:
            return in_use(self.service.folder, connection, OPERATOR).of(person)


def signed_in(service: ConsoleService, app: Flask, name: str, *roles: str) -> Looking:
    client = app.test_client()
    client.set_cookie("clew-console", begun_session(service, name, *roles))
    return Looking(service, app, client, name)


@contextmanager
def looking_at(served: Served, *, clock: Clock = utc_now) -> Iterator[Looking]:
    """An operator at the console of a unit."""
    service = open_console(served.unit.folder.root, clock=clock)
    try:
        yield signed_in(service, create_console(service), "olga", "operator")
    finally:
        service.close()


_DAYS = {"E09": ("2024-05-02", "2024-06-03", "2024-09-14"), "P01": ("2024-06-03", "2024-09-15", "2024-11-20")}


@contextmanager
def unit_with_histories(folder: Path) -> Iterator[Served]:
    """Two councils and a force, whose children have several absences, one of them still open."""
    with served_unit(folder) as served:
        for desk, children in ((served.council, COUNCIL), (served.police, POLICE)):
            send(served, desk, children, 1, payload=_payload(desk, children))
        send(served, served.other_council, (4, 20), 1)
        served.workers.settle()
        yield served


def _payload(desk: Desk, children: Sequence[int]) -> Payload:
    parts = [make_payload(desk, children, day=day) for day in _DAYS[desk.code]]
    episodes = [one for part in parts for one in part.episodes]
    last = _DAYS[desk.code][-1]
    opened = [
        structs.replace(one, end=None) if desk.role == "police" and str(one.start).startswith(last) else one
        for one in episodes
    ]
    return structs.replace(parts[0], episodes=tuple(opened))
