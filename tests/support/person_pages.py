"""An operator who looks at persons in the console, without a browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.audiences import OPERATOR, in_use
from api.clock import Clock, utc_now
from api.console_app.app import create_console
from api.console_app.service import ConsoleService, open_console
from tests.support.console import begun_session
from tests.support.served import Served


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
