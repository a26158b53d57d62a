"""A department's own sign-on says who somebody is; accounts, roles and sessions stay the register's own."""

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from api.checkpoints import open_signer
from api.console_accounts import bind_account, disable_account, reset_account, unbind_account
from api.console_app.app import create_console
from api.console_app.roles import rule_of
from api.console_app.service import open_console
from api.manage import register
from api.secret_files import read_sign_on_secret
from api.store import accounts
from linkage.errors import InputError
from tests.support.audited import exported, verified
from tests.support.console import Console, MovableClock, needs_assets, serving_console
from tests.support.processes import clew
from tests.support.sign_on import (
    CLIENT,
    LABEL,
    SECRET,
    SignOn,
    asked_of,
    gone_on,
    keep_secret,
    serving_sign_on,
    through,
    way_back,
    way_there,
)
from tests.support.unit import Unit, make_unit
from tests.test_console_sessions import cookie, form_token, is_in

pytestmark = needs_assets

_names = itertools.count()


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    made = make_unit(tmp_path_factory.mktemp("console") / "data")
    keep_secret(made.folder.root)
    return made


@pytest.fixture(scope="module")
def provider(clock: MovableClock) -> Iterator[SignOn]:
    with serving_sign_on(clock) as served:
        yield served


@pytest.fixture
def sign_on(provider: SignOn, clock: MovableClock) -> SignOn:
    """The provider, doing what it should, with somebody in front of it whom nobody else has been."""
    fresh = SignOn(clock=clock, url=provider.url, subject=f"subject-{next(_names)}")
    provider.__dict__.update(fresh.__dict__)
    return provider


@pytest.fixture(scope="module")
def console(unit: Unit, provider: SignOn, clock: MovableClock) -> Iterator[Console]:
    settings = {"attempts_per_address": 10_000, "oidc": provider.settings()}
    with serving_console(unit.folder.root, clock=clock, **settings) as served:
        yield served


def bound(console: Console, sign_on: SignOn, *roles: str) -> str:
    """Make an account and bind it to who sits in front of the sign-on."""
    name = f"user.{next(_names)}"
    console.invited(name, roles or ["operator"])
    with console.service.database.write() as connection:
        bind_account(connection, name, sign_on.issuer, sign_on.subject, now=console.service.clock())
    return name


def test_who_is_bound_signs_in_with_the_account_s_own_roles(console: Console, sign_on: SignOn) -> None:
    name = bound(console, sign_on, "governance")
    sign_on.claims = lambda claims: claims.update(roles=["operator"], groups=["operator"], name="A Person")
    browser = console.browser()
    there = way_there(browser, "/sign-on?next=/governance")
    asked = asked_of(there)
    assert there.startswith(f"{sign_on.issuer}/authorize?")
    assert asked["redirect_uri"] == f"{console.url}/sign-on/back"
    assert (asked["scope"], "prompt" in asked, "max_age" in asked) == ("openid", False, False)
    assert len({asked[one] for one in ("state", "nonce", "code_challenge")}) == 3
    assert all(len(asked[one]) == 43 for one in ("state", "nonce", "code_challenge"))
    done = gone_on(browser, way_back(there))
    assert (done.status_code, done.headers["location"]) == (303, "/governance")
    assert browser.get("/governance").status_code == 200
    assert browser.get("/operator").status_code == 403
    page = browser.get("/").text
    assert name in page
    assert not any(one in page for one in (sign_on.subject, "A Person"))
    assert sign_on.refused == []


def test_nothing_of_a_way_can_be_told_from_the_database(console: Console, sign_on: SignOn) -> None:
    bound(console, sign_on)
    browser = console.browser()
    asked = asked_of(way_there(browser))
    console.service.database.scrub()
    held = b"".join(one.read_bytes() for one in console.service.folder.root.rglob("register.db*"))
    for secret in (cookie(browser), asked["state"], asked["nonce"], SECRET):
        assert secret.encode() not in held
    other = asked_of(way_there(browser))
    assert not {asked[one] for one in ("state", "nonce", "code_challenge")} & set(other.values())


def test_a_sign_in_from_long_ago_does_not_do_for_a_sensitive_act(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    bound(console, sign_on)
    browser = console.browser()
    through(browser)
    asked = browser.get("/account")
    assert (asked.status_code, asked.headers["location"]) == (303, "/confirm?next=/account")
    page = browser.get("/confirm?next=/account")
    assert f"Sign in again with {LABEL}" in page.text
    there = way_there(browser, "/confirm/sign-on?next=/account")
    assert (asked_of(there)["prompt"], asked_of(there)["max_age"]) == ("login", "0")
    before = cookie(browser)
    done = gone_on(browser, way_back(there))
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert cookie(browser) != before
    assert LABEL in browser.get("/account").text
    clock.forward(minutes=6)
    assert browser.get("/account").status_code == 303
    sign_on.heeds_prompts = False
    refused = through(browser, "/confirm/sign-on?next=/account")
    assert (refused.status_code, "/confirm?next=/account" in refused.text) == (403, True)
    sign_on.claims = lambda claims: claims.pop("auth_time")
    assert through(browser, "/confirm/sign-on?next=/account").status_code == 403
    assert browser.get("/account").status_code == 303
    assert is_in(browser)


def test_who_signs_in_there_just_now_need_not_do_it_twice(console: Console, sign_on: SignOn) -> None:
    bound(console, sign_on)
    sign_on.signed_in_ago = 0
    browser = console.browser()
    through(browser)
    assert browser.get("/account").status_code == 200


def test_somebody_else_confirms_nothing(console: Console, sign_on: SignOn) -> None:
    bound(console, sign_on)
    browser = console.browser()
    through(browser)
    sign_on.subject = f"{sign_on.subject}-other"
    other = bound(console, sign_on)
    assert through(browser, "/confirm/sign-on").status_code == 403
    assert other not in browser.get("/").text


def test_a_session_that_ended_on_the_way_is_not_brought_back(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    name = bound(console, sign_on)
    browser = console.browser()
    through(browser)
    there = way_there(browser, "/confirm/sign-on")
    with console.service.database.write() as connection:
        reset_account(connection, name, now=clock())
        bind_account(connection, name, sign_on.issuer, sign_on.subject, now=clock())
    done = gone_on(browser, way_back(there))
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in?ended=1")
    assert not is_in(browser)


def test_a_token_from_before_signing_in_counts_for_nothing_after(console: Console, sign_on: SignOn) -> None:
    bound(console, sign_on)
    victim, planted = console.browser(), "B" * 43
    victim.cookies.set("clew-console", planted, domain="localhost.local", path="/")
    through(victim)
    assert is_in(victim)
    assert cookie(victim) != planted
    attacker = console.browser()
    attacker.cookies.set("clew-console", planted)
    assert not is_in(attacker)


def test_whoever_is_not_bound_is_answered_as_whoever_is_disabled(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    answers = [through(console.browser())]
    name = bound(console, sign_on)
    browser = console.browser()
    assert through(browser).status_code == 303
    with console.service.database.write() as connection:
        disable_account(connection, name, now=clock())
    assert not is_in(browser)
    answers.append(through(console.browser()))
    with console.service.database.write() as connection:
        reset_account(connection, name, now=clock())
        bind_account(connection, name, sign_on.issuer, sign_on.subject, now=clock())
        change = {"values": {"state": "disabled"}, "change": "disabled", "now": console.service.now()}
        accounts.change_account(connection, name, **change)  # past the command, the binding left
    answers.append(through(console.browser()))
    with console.service.database.write() as connection, pytest.raises(InputError, match="is disabled"):
        bind_account(connection, name, sign_on.issuer, sign_on.subject, now=clock())
    sign_on.claims = lambda claims: claims.update(nonce="x" * 43)
    answers.append(through(console.browser()))
    assert {one.status_code for one in answers} == {403}
    assert len({one.text for one in answers}) == 1


def test_another_issuer_s_subject_is_somebody_else(
    console: Console, sign_on: SignOn, clock: MovableClock
) -> None:
    name = bound(console, sign_on)
    with console.service.database.write() as connection:
        bind_account(connection, name, "https://other.example.org", sign_on.subject, now=clock())
    assert through(console.browser()).status_code == 403
    with console.service.database.write() as connection:
        unbind_account(connection, name, now=clock())
        with pytest.raises(InputError, match="no sign-on opens"):
            unbind_account(connection, name, now=clock())


def test_a_sign_in_is_in_the_ledger_and_the_binding_is_covered(
    unit: Unit, console: Console, sign_on: SignOn, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        name = bound(console, sign_on)
        through(console.browser())
    with console.service.database.read() as connection:
        said = connection.exec_driver_sql("SELECT statement FROM ledger_statements ORDER BY entry").scalars()
        mine = [one for one in said if f'"{name}"' in one]
        assert verified(exported(connection, unit, open_signer(unit.folder)), unit, []).findings == []
    assert '"change":"sign-on bound"' in mine[-2]
    assert '"console_sign_ons"' in mine[-2]
    assert '"way":"sign-on"' in mine[-1]
    logged = "\n".join(one.getMessage() for one in caplog.records if one.name.startswith("clew"))
    assert "GET /sign-on/done 303" in logged
    assert not any(one in logged for one in (sign_on.subject, name, SECRET, "code="))


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil"])
def test_nobody_is_sent_on_to_another_place(console: Console, sign_on: SignOn, wanted: str) -> None:
    bound(console, sign_on)
    browser = console.browser()
    there = str(httpx.URL("/sign-on", params={"next": wanted}))
    assert through(browser, there).headers["location"] == "/"
    page = browser.get(str(httpx.URL("/confirm", params={"next": wanted}))).text
    assert "evil" not in page


def test_a_link_elsewhere_begins_nothing_for_anybody(console: Console, sign_on: SignOn) -> None:
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    answer = console.browser().get("/sign-on", headers=elsewhere)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_signing_out_ends_the_session_here_and_offers_to_end_the_other(
    console: Console, sign_on: SignOn
) -> None:
    bound(console, sign_on)
    browser = console.browser()
    through(browser)
    assert browser.get("/sign-on/out").headers["location"] == "/account"
    stolen = cookie(browser)
    out = browser.post("/sign-out", data={"csrf_token": form_token(browser.get("/"))})
    assert f"Sign out of {LABEL}" in browser.get(out.headers["location"]).text
    again = console.browser()
    again.cookies.set("clew-console", stolen)
    assert not is_in(again)
    there = way_there(browser, "/sign-on/out")
    assert asked_of(there) == {
        "client_id": CLIENT,
        "post_logout_redirect_uri": f"{console.url}/sign-in",
    }
    assert way_back(there) == f"{console.url}/sign-in"


def test_every_address_of_it_says_who_may_open_it(console: Console) -> None:
    app = create_console(console.service)
    mine = [one for one in app.url_map.iter_rules() if "sign-on" in one.rule]
    rules = {one.rule: rule_of(app.view_functions[one.endpoint]) for one in mine}
    assert {address: rule.who for address, rule in rules.items() if rule is not None} == {
        "/sign-on": "anybody",
        "/sign-on/back": "anybody",
        "/sign-on/done": "anybody",
        "/sign-on/out": "anybody",
        "/confirm/sign-on": "account",
    }
    assert all(one.methods == {"GET", "HEAD", "OPTIONS"} for one in mine)
    assert console.browser().get("/confirm/sign-on").headers["location"].startswith("/sign-in?")


def test_without_settings_there_is_no_trace_of_it(tmp_path: Path) -> None:
    service = open_console(make_unit(tmp_path / "data").folder.root)
    app = create_console(service)
    client = app.test_client()
    assert "sign-on" not in client.get("/sign-in").text
    assert not [one for one in app.url_map.iter_rules() if "sign-on" in one.rule]
    service.close()


def _said(*arguments: str | Path) -> str:
    """Run a command of the operator's; returns what it printed, or of what is wrong."""
    done = CliRunner().invoke(register, [str(one) for one in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        assert isinstance(done.exception, InputError), done.exception
        return str(done.exception)
    return done.stdout if done.exit_code == 0 else done.stderr


def _set(unit: Unit, **changes: str) -> None:
    text = unit.folder.settings.read_text()
    for name, value in changes.items():
        assert f'{name} = ""' in text
        text = text.replace(f'{name} = ""', f'{name} = "{value}"')
    unit.folder.settings.write_text(text)


def test_the_operator_binds_accounts(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    data = ("--data", unit.folder.root)
    to_abc = ("account", "add", "j.smith", "--role", "operator", "--sign-on", "abc", *data)
    assert "name it under [console.oidc]" in _said(*to_abc)
    _set(unit, issuer="https://sign-on.example.org/unit")
    assert "[console.oidc] client_id: no name of a client" in _said(*to_abc)
    _set(unit, client_id="clew")
    assert _said(*to_abc) == ""
    assert _said("account", "list", *data) == "j.smith\tactive\toperator\t0 passkeys\tno password\tsign-on\n"
    code = _said("account", "add", "k.lee", "--role", "operator", *data)
    assert "another account is bound to it" in _said("account", "sign-on", "k.lee", "abc", *data)
    assert "not what a sign-on calls somebody" in _said("account", "sign-on", "k.lee", "two words", *data)
    assert "give SUBJECT, or --remove" in _said("account", "sign-on", "k.lee", *data)
    assert _said("account", "sign-on", "k.lee", "def", *data) == ""
    assert "k.lee\tactive\toperator\t0 passkeys\tno password\tsign-on\n" in _said("account", "list", *data)
    assert _said("account", "sign-on", "k.lee", "--remove", *data) == ""
    assert _said("account", "reset", "j.smith", *data) != code
    assert "sign-on\n" not in _said("account", "list", *data).replace("no sign-on\n", "")
    started = clew("register", "console", *data, "--listen", "127.0.0.1:0")
    assert (started.returncode, "secrets/sign-on.secret: not there" in started.stderr) == (1, True)


@pytest.mark.parametrize("content", ["", "\n", "two\nlines", "\N{BULLET}", "x" * 2000])
def test_a_secret_that_is_none_is_refused_and_not_repeated(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sign-on.secret"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="not one line") as refused:
        read_sign_on_secret(path)
    assert content.strip()[:20] not in str(refused.value) or not content.strip()
    path.chmod(0o640)
    with pytest.raises(InputError, match="others than its owner"):
        read_sign_on_secret(path)
