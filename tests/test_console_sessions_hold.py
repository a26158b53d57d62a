"""Sessions and credentials hold against what happens beside them: resets, clocks, copies, scripts, races."""

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pyotp
import pytest
from sqlalchemy import func, select

from api.backup import back_up, restore_unit
from api.checkpoints import open_signer
from api.clock import utc_now
from api.console_accounts import reset_account
from api.console_app import passwords
from api.console_app.sealing import ConsoleKey, make_console_key
from api.console_app.service import ConsoleService, open_console
from api.store import accounts, schema, schema_console
from api.store.database import open_database
from linkage.errors import VerificationError
from tests.support.audited import exported, verified
from tests.support.console import Console, MovableClock, needs_assets, serving_console
from tests.support.console_world import PERSONS, make_world
from tests.support.unit import make_unit
from tests.test_console_sessions import PASSWORD, cookie, form_token, is_in, made_account, send, sign_in

pytestmark = needs_assets

_names = itertools.count()


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, clock: MovableClock) -> Iterator[Console]:
    root = make_unit(tmp_path_factory.mktemp("console") / "data").folder.root
    with serving_console(root, clock=clock, attempts_per_address=10_000, attempts_per_account=100) as served:
        yield served


@pytest.fixture
def name() -> str:
    return f"holder.{next(_names)}"


def _sessions(service: ConsoleService, name: str) -> int:
    table = schema_console.sessions
    with service.database.read() as connection:
        mine = select(func.count()).select_from(table).where(table.c.account == name)
        return connection.scalar(mine) or 0


def test_an_account_that_is_reset_while_somebody_signs_in_stays_closed(
    console: Console, clock: MovableClock, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = made_account(console, clock, name, "operator")
    right = passwords.matches

    def slow(kept: str | None, password: str) -> bool:
        found = right(kept, password)
        with console.service.database.write() as connection:
            reset_account(connection, name, now=clock())
        return found

    thief = console.browser()
    token = form_token(thief.get("/sign-in"))
    monkeypatch.setattr(passwords, "matches", slow)
    fields = {"csrf_token": token, "name": name, "password": PASSWORD, "code": app.at(clock())}
    assert thief.post("/sign-in", data=fields).status_code == 403
    assert not is_in(thief)
    assert _sessions(console.service, name) == 0


def test_a_session_is_good_for_the_state_of_its_account_alone(console: Console, name: str) -> None:
    browser = console.signed_in(name, "operator")
    for state in ("invited", "disabled"):
        with console.service.database.write() as connection:
            accounts.change_account(
                connection, name, {"state": state}, change=state, now=console.service.now()
            )
        assert not is_in(browser)


def test_a_code_that_was_replaced_while_it_was_being_used_opens_nothing(
    console: Console, clock: MovableClock, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thief = console.browser()
    send(thief, "/first", name=name, code=console.invited(name, ["operator"]))
    page = thief.get("/set-up/password")
    secret = re.sub(r"\s", "", re.findall(r'clew-code">([A-Z2-7 ]+)<', page.text)[0])
    made = passwords.hashed

    def slow(password: str) -> str:
        with console.service.database.write() as connection:
            reset_account(connection, name, now=clock())
        return made(password)

    monkeypatch.setattr(passwords, "hashed", slow)
    code = app_code(secret, clock)
    fields = {"csrf_token": form_token(page), "password": PASSWORD, "again": PASSWORD, "code": code}
    assert thief.post("/set-up/password", data=fields).status_code in {403, 409}
    with console.service.database.read() as connection:
        account = accounts.account_by_name(connection, name)
    assert account is not None
    assert (account.state, account.password) == ("invited", None)


def app_code(secret: str, clock: MovableClock) -> str:
    return pyotp.TOTP(secret).at(clock())


def _replaced(browser: httpx.Client, clock: MovableClock) -> tuple[str, httpx.Response]:
    page = browser.get("/set-up/password")
    secret = re.sub(r"\s", "", re.findall(r'clew-code">([A-Z2-7 ]+)<', page.text)[0])
    other = PASSWORD + " anew"
    fields = {"csrf_token": form_token(page), "password": other, "again": other}
    return secret, browser.post("/set-up/password", data={**fields, "code": app_code(secret, clock)})


def test_a_new_password_ends_every_other_session_and_changes_the_token(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    mine, stolen = sign_in(console, clock, name, app), sign_in(console, clock, name, app)
    copied = console.browser()
    copied.cookies.set("clew-console", cookie(mine))
    _, done = _replaced(mine, clock)
    assert (done.status_code, done.headers["location"]) == (303, "/account")
    assert is_in(mine)
    assert not is_in(stolen)
    assert not is_in(copied)


def test_a_passkey_that_is_removed_takes_every_other_session_along(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    with console.service.database.write() as connection:
        accounts.add_passkey(
            connection,
            id=name,
            account=name,
            label="Lost",
            public_key=b"x",
            sign_count=0,
            now=console.service.now(),
        )
    mine, stolen = sign_in(console, clock, name, app), console.signed_in(name)
    assert send(mine, "/account/passkeys/remove", page="/account", id="another").status_code == 303
    assert is_in(stolen)
    assert send(mine, "/account/passkeys/remove", page="/account", id=name).status_code == 303
    assert is_in(mine)
    assert not is_in(stolen)


def test_the_secret_of_an_app_that_is_in_use_is_never_shown(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    browser = sign_in(console, clock, name, app)
    secret, done = _replaced(browser, clock)
    assert done.status_code == 303
    assert secret not in re.sub(r"\s", "", browser.get("/set-up/password").text)


def test_all_that_is_wrong_with_new_credentials_is_said_at_once(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    browser = sign_in(console, clock, name, app)
    fields = {"password": "short", "again": "shorter", "code": "1"}
    answer = send(browser, "/set-up/password", **fields)
    assert answer.status_code == 422
    for field, words in (
        ("password", "Use 14 characters or more"),
        ("again", "The two passwords differ"),
        ("code", "This is not the code"),
    ):
        assert f'<a href="#{field}">{words}' in answer.text
        assert f'id="{field}-error"' in answer.text
    assert not any(f'value="{one}"' in answer.text for one in ("short", "shorter"))


def test_a_one_time_code_ends_the_session_that_the_browser_had(console: Console, name: str) -> None:
    browser = console.signed_in(name, "operator")
    other = f"{name}.other"
    sent = send(browser, "/first", name=other, code=console.invited(other, ["operator"]))
    assert sent.status_code == 303
    assert _sessions(console.service, name) == 0


def test_a_clock_that_is_put_back_makes_no_session_longer(
    console: Console, clock: MovableClock, name: str
) -> None:
    right = clock.moment
    clock.forward(days=300)
    browser = console.signed_in(name, "operator")
    assert is_in(browser)
    clock.moment = right
    assert not is_in(browser)
    clock.moment = right


def test_a_clock_that_is_put_back_leaves_nobody_shown(
    console: Console, clock: MovableClock, name: str
) -> None:
    browser = console.signed_in(name, "operator")
    assert browser.get("/account").status_code == 200
    with console.service.database.write() as connection:
        connection.execute(
            schema_console.sessions.update()
            .where(schema_console.sessions.c.account == name)
            .values(shown_at="2999-01-01T00:00:00.000000Z")
        )
    assert browser.get("/account").status_code == 303


def test_a_page_that_looks_again_by_itself_keeps_no_session_open(tmp_path: Path) -> None:
    clock = MovableClock()
    root = make_world(tmp_path / "data").unit.folder.root
    with serving_console(root, clock=clock) as console:
        browser = console.signed_in("left.open", "operator")
        assert browser.get("/operator/submissions/P01/2").status_code == 200
        person = f"/operator/persons/{console.service.key.address_of('left.open', PERSONS[0])}"
        looked_at = ("/operator/submissions/P01/2/progress", f"{person}/progress")
        codes = []
        for _ in range(4):
            clock.forward(minutes=4)
            codes.append({browser.get(one).status_code for one in looked_at})
        assert codes == [{200}, {200}, {200}, {303}]
        assert not is_in(browser)


def test_no_session_and_no_question_to_a_passkey_comes_back_with_a_backup(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    with serving_console(unit.folder.root) as console:
        browser = console.signed_in("anna.b", "operator")
        headers = {"X-CSRF-Token": form_token(browser.get("/"))}
        assert browser.post("/confirm/passkey/options", headers=headers).status_code == 200
        back_up(unit.folder, tmp_path / "backup", now=utc_now(), with_secrets=True)
        assert is_in(browser)
    restore_unit(tmp_path / "backup", tmp_path / "restored")
    with serving_console(tmp_path / "restored") as again:
        stolen = again.browser()
        stolen.cookies.set("clew-console", cookie(browser))
        assert not is_in(stolen)
    database = open_database(tmp_path / "restored" / "register.db", "register")
    with database.read() as connection:
        for table in (schema_console.sessions, schema_console.challenges):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
    database.close()


def test_another_key_of_the_console_is_told_of_at_the_start_and_tells_strangers_nothing(
    tmp_path: Path,
) -> None:
    clock, unit = MovableClock(), make_unit(tmp_path / "data")
    with serving_console(unit.folder.root, clock=clock) as console:
        app = made_account(console, clock, "anna.b", "operator")
        object.__setattr__(console.service, "key", ConsoleKey(b"\1" * 32))
        pages = [
            send(console.browser(), "/sign-in", name=one, password=PASSWORD, code=app.at(clock()))
            for one in ("anna.b", "nobody.d")
        ]
        assert [page.status_code for page in pages] == [403, 403]
        said = [re.sub(r'value="[^"]*"|data-[a-z]+="[^"]*"', "", page.text) for page in pages]
        assert said[0] == said[1]
    unit.folder.console_key.unlink()
    make_console_key(unit.folder.console_key, in_use=False)
    with pytest.raises(VerificationError, match="not sealed under this"):
        open_console(unit.folder.root)


def test_a_code_that_two_processes_are_given_at_once_counts_once(
    console: Console, clock: MovableClock, name: str
) -> None:
    app = made_account(console, clock, name, "operator")
    with serving_console(console.service.folder.root, clock=clock) as other:
        fields = {"name": name, "password": PASSWORD, "code": app.at(clock())}
        browsers = [one.browser() for one in (console, other, console, other)]
        tokens = [form_token(one.get("/sign-in")) for one in browsers]
        with ThreadPoolExecutor(4) as pool:
            sent = [
                pool.submit(one.post, "/sign-in", data={"csrf_token": token, **fields})
                for one, token in zip(browsers, tokens, strict=True)
            ]
        assert sorted(one.result().status_code for one in sent) == [303, 403, 403, 403]


def test_a_one_time_code_that_two_people_use_at_once_makes_one_set_of_credentials(
    console: Console, clock: MovableClock, name: str
) -> None:
    code = console.invited(name, ["operator"])
    sent, browsers = [], [console.browser(), console.browser()]
    for browser in browsers:
        assert send(browser, "/first", name=name, code=code).status_code == 303
    pages = [browser.get("/set-up/password") for browser in browsers]
    with ThreadPoolExecutor(2) as pool:
        for browser, page in zip(browsers, pages, strict=True):
            secret = re.sub(r"\s", "", re.findall(r'clew-code">([A-Z2-7 ]+)<', page.text)[0])
            fields = {"password": PASSWORD, "again": PASSWORD, "code": app_code(secret, clock)}
            data = {"csrf_token": form_token(page), **fields}
            sent.append(pool.submit(browser.post, "/set-up/password", data=data))
    went_on = [one.result().headers.get("location") == "/" for one in sent]
    assert sorted(went_on) == [False, True]
    assert sorted(is_in(browser) for browser in browsers) == [False, True]


def test_behind_tls_a_browser_is_told_never_to_come_without(tmp_path: Path) -> None:
    root = make_unit(tmp_path / "data").folder.root
    ours = {"Host": "console.example.org"}
    with serving_console(root, host="console.example.org", behind_tls_proxy=True) as console:
        for address in ("/sign-in", "/nothing"):
            headers = console.browser().get(address, headers=ours).headers
            assert headers["strict-transport-security"] == "max-age=31536000"
    with serving_console(root) as console:
        assert "strict-transport-security" not in console.browser().get("/sign-in").headers


def test_an_account_that_was_changed_past_the_console_does_not_sign_in_and_is_not_entered_anew(
    tmp_path: Path,
) -> None:
    clock, unit = MovableClock(), make_unit(tmp_path / "data")
    table = schema_console.accounts
    with serving_console(unit.folder.root, clock=clock) as console:
        app = made_account(console, clock, "anna.b", "reviewer")
        open_one = sign_in(console, clock, "anna.b", app)
        with console.service.database.write() as connection:
            connection.execute(table.update().values(roles="governance reviewer"))
        fields = {"name": "anna.b", "password": PASSWORD, "code": app.at(clock())}
        assert send(console.browser(), "/sign-in", **fields).status_code == 403
        assert _replaced(open_one, clock)[1].status_code == 409
        signer = open_signer(unit.folder)
        with console.service.database.read() as connection:
            found = verified(exported(connection, unit, signer), unit, []).findings
        assert [one.where for one in found] == ["console_accounts anna.b"]
        with console.service.database.write() as connection:
            code = reset_account(connection, "anna.b", now=clock())
        with console.service.database.read() as connection:
            said = connection.scalars(select(schema.ledger_statements.c.statement)).all()
        assert '"roles":"governance reviewer"' in said[-1]  # whoever reads the ledger sees what it has now
        assert send(console.browser(), "/first", name="anna.b", code=code).status_code == 303


def test_a_passkey_that_was_added_past_the_console_opens_nothing(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    with serving_console(unit.folder.root) as console:
        console.token("anna.b", "operator")
        with console.service.database.write() as connection:
            row = {"id": "evil", "account": "anna.b", "label": "", "public_key": b"x", "sign_count": 0}
            connection.execute(schema_console.passkeys.insert().values(**row, added_at="2026"))
            assert not accounts.is_as_entered(connection, "anna.b")
            connection.execute(schema_console.passkeys.delete())
            assert accounts.is_as_entered(connection, "anna.b")
