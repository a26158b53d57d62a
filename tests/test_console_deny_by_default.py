"""Every address of the console says who may open it; what says nothing is open to nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from api.console_app.app import create_console
from api.console_app.roles import ROLES, allow, rule_of
from api.console_app.sections import SECTIONS
from api.console_app.service import ConsoleService, open_console
from api.store import schema_console
from tests.support.console import client_of, needs_assets
from tests.support.unit import make_unit

pytestmark = needs_assets


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ConsoleService]:
    opened = open_console(make_unit(tmp_path / "data").folder.root)
    yield opened
    opened.close()


@pytest.fixture
def app(service: ConsoleService) -> Flask:
    return create_console(service)


def test_every_address_says_who_may_open_it(app: Flask) -> None:
    rules = {rule.endpoint: rule_of(app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules()}
    assert len(rules) > 15
    assert [name for name, rule in rules.items() if rule is None] == []
    open_to_all = {name for name, rule in rules.items() if rule is not None and rule.who == "anybody"}
    assert open_to_all <= {
        "assets.asset",
        "sign_in",
        "sign_in_by_password",
        "passkey_to_sign_in",
        "sign_in_by_passkey",
        "first",
        "first_code",
    }


def test_a_view_without_a_rule_is_refused_to_everybody(service: ConsoleService, app: Flask) -> None:
    @app.get("/unguarded")
    def unguarded() -> str:
        return "canary"

    for role in ROLES:
        answer = client_of(service, app, role).get("/unguarded")
        assert answer.status_code == 403
        assert b"canary" not in answer.data


def test_a_role_that_there_is_not_cannot_be_named() -> None:
    for wrong in ((), ("administrator",)):
        with pytest.raises(ValueError, match="roles"):
            allow(*wrong)  # type: ignore[arg-type]


def test_sections_have_addresses_of_their_own() -> None:
    assert len({one.address for one in SECTIONS}) == len(SECTIONS)
    assert all(one.roles for one in SECTIONS)


def test_a_view_that_is_accounted_for_is_recorded_before_it_is_shown(
    service: ConsoleService, app: Flask
) -> None:
    @app.get("/evidence")
    @allow("governance", logged=True)
    def evidence() -> str:
        with service.database.read() as connection:
            seen.extend(connection.execute(select(schema_console.views)).all())
        return "shown"

    seen: list[object] = []
    reader, other = client_of(service, app, "governance"), client_of(service, app, "operator")
    assert other.get("/evidence").status_code == 403
    assert reader.get("/evidence?page=2").data == b"shown"
    ((_, _, account, page, address),) = seen  # type: ignore[misc]
    assert (account, page, address) == ("some.governance", "evidence", "/evidence?page=2")
