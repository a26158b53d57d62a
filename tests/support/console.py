"""The console on a real socket of this machine, and clients that are signed in."""

import datetime as dt
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec import structs

from api.clock import Clock, utc_now
from api.console_accounts import invite_account
from api.console_app.app import create_console
from api.console_app.service import ConsoleService, open_console
from api.console_app.web_server import make_console_server
from api.store import accounts, console_sessions
from pages.assets import MissingAssetsError, read_assets
from tests.support.serving import running


def why_not() -> str | None:
    """Say why no console can be served here, or None where it can."""
    try:
        read_assets()
    except MissingAssetsError as missing:
        return str(missing)
    return None


needs_assets = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@dataclass
class MovableClock:
    """A clock that a test puts forward."""

    moment: dt.datetime = field(default_factory=utc_now)

    def __call__(self) -> dt.datetime:
        return self.moment

    def forward(self, **time: float) -> None:
        self.moment += dt.timedelta(**time)


@dataclass(frozen=True)
class Console:
    service: ConsoleService
    url: str
    stack: ExitStack

    def browser(self) -> httpx.Client:
        """A browser of somebody who is not signed in."""
        return self.stack.enter_context(httpx.Client(base_url=self.url, follow_redirects=False, timeout=60))

    def invited(self, name: str, roles: Sequence[str]) -> str:
        """Make an account and return its one-time code."""
        with self.service.database.write() as connection:
            return invite_account(connection, name, roles, now=self.service.clock())

    def token(self, name: str, *roles: str) -> str:
        """Make an account with roles if there is none, and begin a session of it; returns the cookie."""
        with self.service.database.write() as connection:
            if accounts.account_by_name(connection, name) is None:
                invite_account(connection, name, roles, now=self.service.clock())
                accounts.change_account(
                    connection,
                    name,
                    {"state": "active", "code": None},
                    change="active",
                    now=self.service.now(),
                )
            token = secrets.token_urlsafe(32)
            console_sessions.begin_session(connection, token, name, "full", now=self.service.now())
        return token

    def signed_in(self, name: str, *roles: str) -> httpx.Client:
        """A browser of somebody with these roles who has signed in."""
        browser = self.browser()
        browser.cookies.set("clew-console", self.token(name, *roles))
        return browser


def begun_session(service: ConsoleService, name: str, *roles: str) -> str:
    """Make an account with roles if there is none, and begin a session of it; returns the cookie."""
    token = secrets.token_urlsafe(32)
    with service.database.write() as connection:
        if accounts.account_by_name(connection, name) is None:
            invite_account(connection, name, roles, now=service.clock())
            values = {"state": "active", "code": None}
            accounts.change_account(connection, name, values, change="active", now=service.now())
        console_sessions.begin_session(connection, token, name, "full", now=service.now())
    return token


def client_of(service: ConsoleService, app: Flask, *roles: str) -> FlaskClient:
    """A client without a socket, signed in with roles."""
    client = app.test_client()
    client.set_cookie("clew-console", begun_session(service, f"some.{'.'.join(roles)}", *roles))
    return client


@contextmanager
def serving_console(data: Path, *, clock: Clock = utc_now, **settings: object) -> Iterator[Console]:
    """Serve the console of a unit; ``settings`` come before those of ``[console]`` in its file."""
    service = open_console(data, clock=clock)
    if settings:
        own = structs.replace(service.settings.console, **settings)
        service = replace(service, settings=structs.replace(service.settings, console=own))
    server = make_console_server(create_console(service), service.own, host="127.0.0.1", port=0)
    try:
        with running(server) as url, ExitStack() as stack:
            # Passkeys know a machine by a name.
            yield Console(service, url.replace("127.0.0.1", "localhost"), stack)
    finally:
        service.close()


__all__ = ["Console", "MovableClock", "needs_assets", "serving_console", "why_not"]
