"""Sessions of the console end when they should, cannot be given to anybody, and open what a role may open."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from sqlalchemy import func, select

from api.console_accounts import disable_account, reset_account
from api.console_app.app import create_console
from api.console_app.roles import ROLES, rule_of
from api.store import console_sessions, schema, schema_console
from tests.support.console import Console, MovableClock, client_of, needs_assets, serving_console
from tests.support.unit import make_unit

pytestmark = needs_assets

PASSWORD = "heron lantern gravel"
_names = itertools.count()


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, clock: MovableClock) -> Iterator[Console]:
    root = make_unit(tmp_path_factory.mktemp("console") / "data").folder.root
    with serving_console(root, clock=clock, attempts_per_address=10_000) as served:
        yield served


@pytest.fixture
def name() -> str:
    return f"user.{next(_names)}"


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page.text)
    assert found is not None, page.text
    return found[1]


def send(browser: httpx.Client, address: str, page: str | None = None, **fields: str) -> httpx.Response:
    """Fill in a page's form and send it."""
    token = form_token(browser.get(page or address))
    return browser.post(address, data={"csrf_token": token, **fields})


def made_account(console: Console, clock: MovableClock, name: str, *roles: str) -> pyotp.TOTP:
    """Make an account with a password and an app, as a person does, and return the app."""
    browser = console.browser()
    assert send(browser, "/first", name=name, code=console.invited(name, roles)).status_code == 303
    page = browser.get("/set-up/password")
    app = pyotp.TOTP(re.sub(r"\s", "", re.findall(r'clew-code">([A-Z2-7 ]+)<', page.text)[0]))
    fields = {"password": PASSWORD, "again": PASSWORD, "code": app.at(clock())}
    done = browser.post("/set-up/password", data={"csrf_token": form_token(page), **fields})
    assert (done.status_code, done.headers["location"]) == (303, "/")
    clock.forward(seconds=31)
    return app


def sign_in(console: Console, clock: MovableClock, name: str, app: pyotp.TOTP) -> httpx.Client:
    browser = console.browser()
    sent = send(browser, "/sign-in", name=name, password=PASSWORD, code=app.at(clock()))
    assert sent.status_code == 303
    clock.forward(seconds=31)
    return browser


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/").status_code == 200


def cookie(browser: httpx.Client) -> str:
    return browser.cookies["clew-console"]


def test_a_token_from_before_signing_in_counts_for_nothing_after(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    victim = console.browser()
    planted = "A" * 43
    victim.cookies.set("clew-console", planted)
    sent = send(victim, "/sign-in", name=name, password=PASSWORD, code=app.at(clock()))
    assert sent.status_code == 303
    fresh = re.search(r"clew-console=([A-Za-z0-9_-]{43});", sent.headers["set-cookie"])
    assert fresh is not None
    assert fresh[1] != planted
    attacker = console.browser()
    attacker.cookies.set("clew-console", planted)
    assert not is_in(attacker)


def test_the_database_holds_no_token_password_code_or_secret(
    console: Console, clock: MovableClock, name: str
) -> None:
    code = console.invited("canary.code", ["operator"])
    app = made_account(console, clock, name, "operator")
    browser = sign_in(console, clock, name, app)
    console.service.database.scrub()
    root = console.service.folder.root
    held = b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    for secret in (cookie(browser), PASSWORD, app.secret, code, code.replace("-", "")):
        assert secret.encode() not in held


def test_a_code_of_the_app_counts_once(console: Console, clock: MovableClock, name: str) -> None:
    app = made_account(console, clock, name, "operator")
    code = app.at(clock())
    fields = {"name": name, "password": PASSWORD, "code": code}
    assert send(console.browser(), "/sign-in", **fields).status_code == 303
    assert send(console.browser(), "/sign-in", **fields).status_code == 403
    clock.forward(seconds=30)
    assert send(console.browser(), "/sign-in", **fields).status_code == 403  # still shown by a slow app
    older = app.at(clock(), counter_offset=-1)
    assert send(console.browser(), "/sign-in", **{**fields, "code": older}).status_code == 403
    clock.forward(seconds=31)
    assert send(console.browser(), "/sign-in", **{**fields, "code": app.at(clock())}).status_code == 303


def test_signing_out_ends_the_session_at_the_server(console: Console, name: str) -> None:
    browser = console.signed_in(name, "operator")
    stolen = cookie(browser)
    assert send(browser, "/sign-out", page="/").status_code == 303
    again = console.browser()
    again.cookies.set("clew-console", stolen)
    assert not is_in(again)
    assert not is_in(browser)


def test_a_session_ends_when_it_is_not_used(console: Console, clock: MovableClock, name: str) -> None:
    browser = console.signed_in(name, "operator")
    for _ in range(3):
        clock.forward(minutes=14)
        assert is_in(browser)
    clock.forward(minutes=15)
    ended = browser.get("/account")
    assert (ended.status_code, ended.headers["location"]) == (303, "/sign-in?next=/account&ended=1")
    with console.service.database.read() as connection:
        accounts = connection.scalars(select(schema_console.sessions.c.account)).all()
    assert name not in accounts


def test_a_session_ends_after_eight_hours_however_much_it_is_used(
    console: Console, clock: MovableClock, name: str
) -> None:
    browser = console.signed_in(name, "operator")
    for _ in range(47):
        clock.forward(minutes=10)
        assert is_in(browser)
    clock.forward(minutes=10)
    assert not is_in(browser)


def test_disabling_or_resetting_an_account_ends_its_sessions(console: Console, clock: MovableClock) -> None:
    for act in (disable_account, reset_account):
        name = f"user.{next(_names)}"
        browser = console.signed_in(name, "operator")
        assert is_in(browser)
        with console.service.database.write() as connection:
            act(connection, name, now=clock())
        assert not is_in(browser)


def test_no_role_opens_what_is_not_for_it(console: Console) -> None:
    app = create_console(console.service)
    walked = 0
    clients = {role: client_of(console.service, app, role) for role in ROLES}
    for rule in app.url_map.iter_rules():
        stated = rule_of(app.view_functions[rule.endpoint])
        assert stated is not None
        if stated.who != "account" or "GET" not in (rule.methods or ()):
            continue
        address = re.sub(r"<[^>]*>", "1", rule.rule)
        for role, client in clients.items():
            status = client.get(address).status_code
            walked += 1
            if role not in stated.roles:
                assert status == 403, (address, role)
        assert app.test_client().get(address).status_code == 303
    assert walked >= 12


def test_a_form_of_another_site_is_refused(console: Console, name: str) -> None:
    browser = console.signed_in(name, "operator")
    token = form_token(browser.get("/"))
    other = form_token(console.signed_in("other.c", "operator").get("/"))
    for wrong in ("", other, token[:-1], token + "0", "é"):
        assert browser.post("/sign-out", data={"csrf_token": wrong}).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/sign-out", data={"csrf_token": token}, headers=elsewhere).status_code == 403
    assert is_in(browser)
    assert browser.post("/sign-out", data={"csrf_token": token}).status_code == 303


def test_a_sensitive_act_asks_once_more_and_gives_a_new_token(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    browser = sign_in(console, clock, name, app)
    assert browser.get("/account").status_code == 200
    clock.forward(minutes=5)
    asked = browser.get("/account")
    assert (asked.status_code, asked.headers["location"]) == (303, "/confirm?next=/account")
    before = cookie(browser)
    wrong = {"next": "/account", "password": "not the password", "code": app.at(clock())}
    assert send(browser, "/confirm", **wrong).status_code == 403
    done = send(browser, "/confirm", **{**wrong, "password": PASSWORD})
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert cookie(browser) != before
    assert browser.get("/account").status_code == 200
    stolen = console.browser()
    stolen.cookies.set("clew-console", before)
    assert not is_in(stolen)


@pytest.mark.parametrize(
    "next_", ["//elsewhere.invalid/", "https://elsewhere.invalid", "/\\elsewhere.invalid"]
)
def test_nobody_is_sent_to_another_site(console: Console, clock: MovableClock, next_: str, name: str) -> None:
    app = made_account(console, clock, name, "operator")
    fields = {"name": name, "password": PASSWORD, "code": app.at(clock()), "next": next_}
    assert send(console.browser(), "/sign-in", **fields).headers["location"] == "/"


def test_guessing_is_held_back_and_nobody_is_locked_out_for_good(
    console: Console, clock: MovableClock, name: str
) -> None:
    clock.moment = clock.moment.replace(minute=1)
    app = made_account(console, clock, name, "operator")
    attacker = console.browser()
    wrong = {"name": name, "password": "guessed wrongly", "code": "000000"}
    codes = [send(attacker, "/sign-in", **wrong).status_code for _ in range(12)]
    assert codes[-1] == 429
    assert codes.count(403) <= 10
    right = {"name": name, "password": PASSWORD}
    held = send(console.browser(), "/sign-in", **right, code=app.at(clock()))
    assert held.status_code == 429  # by password; a passkey would do
    token = form_token(attacker.get("/sign-in"))
    assert attacker.post("/sign-in/passkey/options", headers={"X-CSRF-Token": token}).status_code == 200
    clock.forward(minutes=15)
    assert send(console.browser(), "/sign-in", **right, code=app.at(clock())).status_code == 303


def test_one_address_cannot_try_many_accounts(tmp_path: Path, clock: MovableClock, name: str) -> None:
    clock.moment = clock.moment.replace(minute=1)
    root = make_unit(tmp_path / "data").folder.root
    with serving_console(root, clock=clock, attempts_per_address=5) as console:
        browser = console.browser()
        token = form_token(browser.get("/first"))
        codes = [
            browser.post("/first", data={"csrf_token": token, "name": f"user{n}", "code": "x"}).status_code
            for n in range(7)
        ]
        assert codes == [403] * 5 + [429] * 2
        clock.forward(days=2)
        browser.post("/first", data={"csrf_token": token, "name": "user", "code": "x"})
        with console.service.database.read() as connection:
            kept = connection.scalar(select(func.count()).select_from(schema.usage))
        assert kept == 2  # what was counted long ago is forgotten


def test_a_token_is_found_by_its_hash_alone(console: Console, name: str) -> None:
    browser = console.signed_in(name, "operator")
    forged = console.browser()
    forged.cookies.set("clew-console", console_sessions.token_hash(cookie(browser))[:43])
    assert not is_in(forged)
