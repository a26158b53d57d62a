"""Who signs in to the console, over a socket: names there are and are not, codes, host names."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from api.checkpoints import open_signer
from api.console_app import passwords
from api.console_app.sealing import open_console_key
from api.store import schema_console
from linkage.errors import InputError, VerificationError
from tests.support.audited import exported, verified
from tests.support.console import Console, MovableClock, needs_assets, serving_console
from tests.support.processes import clew, clew_running, content_of
from tests.support.unit import Unit, make_unit
from tests.test_console_sessions import form_token, is_in, made_account, send, sign_in

pytestmark = needs_assets


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


@pytest.fixture
def console(unit: Unit, clock: MovableClock) -> Iterator[Console]:
    with serving_console(unit.folder.root, clock=clock) as served:
        yield served


def _without_token(page: httpx.Response) -> str:
    return re.sub(r'value="[0-9a-f]{64}"|data-token="[0-9a-f]{64}"', "", page.text)


def test_a_name_that_is_not_there_is_answered_as_one_that_is(
    console: Console, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_account(console, clock, "anna.b", "operator")
    console.invited("invited.c", ["operator"])
    work: list[str] = []
    verify = passwords._hasher.verify

    class Counting:
        def verify(self, kept: str, password: str) -> bool:
            work.append(kept.rsplit("$", 2)[0])  # the parameters, which are what the time depends on
            return verify(kept, password)

        hash = passwords._hasher.hash

    monkeypatch.setattr(passwords, "_hasher", Counting())
    answers = []
    for name in ("anna.b", "invited.c", "nobody.d"):
        page = send(console.browser(), "/sign-in", name=name, password="a wrong password", code="123456")
        first = send(console.browser(), "/first", name=name, code="aaaa-aaaa-aaaa-aaaa-aaaa")
        answers.append(
            [(one.status_code, _without_token(one).replace(name, "NAME")) for one in (page, first)]
        )
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0][0] == answers[0][1][0] == 403
    assert len(work) == 3
    assert len(set(work)) == 1


def test_a_one_time_code_counts_once_and_for_three_days(console: Console, clock: MovableClock) -> None:
    code = console.invited("late.e", ["operator"])
    clock.forward(hours=72)
    assert send(console.browser(), "/first", name="late.e", code=code).status_code == 403
    console.invited("anna.b", ["operator"])
    assert send(console.browser(), "/first", name="anna.b", code=code).status_code == 403
    made_account(console, clock, "used.f", "operator")
    with console.service.database.read() as connection:
        table = schema_console.accounts
        row = connection.execute(select(table).where(table.c.name == "used.f")).one()
    assert (row.code, row.code_expires, row.state) == (None, None, "active")


def test_who_came_with_a_code_opens_nothing_but_the_set_up(console: Console) -> None:
    browser = console.browser()
    code = console.invited("anna.b", ["operator"])
    send(browser, "/first", name="anna.b", code=code)
    for address in ("/", "/account", "/confirm", "/nothing"):
        assert browser.get(address).headers["location"] == "/set-up"
    assert browser.get("/set-up").status_code == 200


@pytest.mark.parametrize(
    ("password", "again"),
    [("short", "short"), ("a" * 20, "a" * 20), ("anna.b and more", "anna.b and more"), ("x" * 15, "y" * 15)],
)
def test_a_poor_password_is_refused_with_a_reason(console: Console, password: str, again: str) -> None:
    browser = console.browser()
    send(browser, "/first", name="anna.b", code=console.invited("anna.b", ["operator"]))
    page = browser.get("/set-up/password")
    fields = {"csrf_token": form_token(page), "password": password, "again": again, "code": "1"}
    refused = browser.post("/set-up/password", data=fields)
    assert refused.status_code == 422
    assert "There is a problem" in refused.text
    assert password not in refused.text


def test_every_sign_in_and_every_change_is_in_the_ledger(
    unit: Unit, console: Console, clock: MovableClock
) -> None:
    app = made_account(console, clock, "anna.b", "operator")
    sign_in(console, clock, "anna.b", app)
    with console.service.database.read() as connection:
        said = connection.exec_driver_sql("SELECT statement FROM ledger_statements ORDER BY entry").scalars()
        text = "\n".join(one for one in said if '"console-' in one)
    assert text.count('"kind":"console-sign-in"') == 2
    assert '"way":"one-time code"' in text
    assert '"way":"password"' in text
    assert text.count('"kind":"console-account"') == 2
    signer = open_signer(unit.folder)
    with console.service.database.read() as connection:
        assert verified(exported(connection, unit, signer), unit, []).findings == []


@pytest.mark.parametrize(
    "host", ["console.example.org", "localhost.example.org", "10.0.0.1", "127.0.0.1.org"]
)
def test_another_name_than_its_own_is_not_answered(console: Console, host: str) -> None:
    answer = console.browser().get("/sign-in", headers={"Host": host})
    assert answer.status_code == 421
    assert "csrf_token" not in answer.text


def test_behind_a_proxy_it_answers_to_its_name_and_its_cookie_is_bound(unit: Unit) -> None:
    settings = {"host": "console.example.org", "behind_tls_proxy": True, "attempts_per_address": 3}
    with serving_console(unit.folder.root, **settings) as console:
        browser = console.browser()
        ours = {"Host": "console.example.org"}
        assert browser.get("/sign-in").status_code == 421
        given = browser.get("/sign-in", headers=ours).headers["set-cookie"]
        assert given.startswith("__Host-clew-console=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(given.split("; "))
        cookie = given.split(";")[0]
        page = browser.get("/sign-in", headers={**ours, "Cookie": cookie})
        codes = []
        for forged in range(5):  # what a client writes before the proxy's own word counts for nothing
            headers = {**ours, "Cookie": cookie, "X-Forwarded-For": f"10.9.8.{forged}, 192.0.2.1"}
            fields = {"csrf_token": form_token(page), "name": f"user{forged}", "code": "x"}
            codes.append(browser.post("/first", data=fields, headers=headers).status_code)
        assert codes[-1] == 429


def test_headers_of_every_answer_keep_it_out_of_caches_and_frames(console: Console) -> None:
    browser = console.signed_in("anna.b", "operator")
    for address in ("/", "/sign-in", "/nothing", "/account"):
        headers = browser.get(address).headers
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
    assert is_in(browser)


def test_a_key_that_sealed_something_is_never_made_anew(unit: Unit) -> None:
    path = unit.folder.console_key
    made = open_console_key(path, in_use=False)
    assert path.stat().st_mode & 0o777 == 0o600
    sealed = made.seal("anna.b", "secret")
    assert open_console_key(path, in_use=True).open("anna.b", sealed) == "secret"
    for account, content in (("other.c", sealed), ("anna.b", sealed[:-1]), ("anna.b", b"")):
        with pytest.raises(VerificationError, match="not sealed under this"):
            made.open(account, content)
    path.unlink()
    with pytest.raises(InputError, match=r"console\.key: not there"):
        open_console_key(path, in_use=True)


def test_the_operator_s_commands(unit: Unit) -> None:
    data = unit.folder.root
    operator = ("--data", data, "--role", "operator")
    added = clew("register", "account", "add", "j.smith", *operator, "--role", "reviewer")
    assert re.fullmatch(r"([0-9a-z]{4}-){4}[0-9a-z]{4}\n", added.stdout), added.stderr
    assert added.stdout.strip() not in added.stderr
    listed = clew("register", "account", "list", "--data", data).stdout
    assert listed == "j.smith\tinvited\toperator, reviewer\t0 passkeys\tno password\n"
    again = clew("register", "account", "add", "j.smith", *operator)
    assert (again.returncode, "reset" in again.stderr) == (1, True)
    both = clew("register", "account", "add", "k", *operator)
    assert "not a name of an account" in both.stderr
    both = clew("register", "account", "add", "k.l", *operator, "--role", "publisher")
    assert "no account is operator and publisher" in both.stderr
    assert clew("register", "account", "disable", "j.smith", "--data", data).returncode == 0
    assert "\tdisabled\t" in clew("register", "account", "list", "--data", data).stdout
    reset = clew("register", "account", "reset", "j.smith", "--data", data)
    assert reset.stdout not in ("", added.stdout)
    assert "no such account" in clew("register", "account", "reset", "nobody.x", "--data", data).stderr
    refused = clew("register", "console", "--data", data, "--listen", "0.0.0.0:0")
    assert "passwords would cross the network in clear" in refused.stderr


def test_the_command_serves_pages_until_told_to_stop(unit: Unit, tmp_path: Path) -> None:
    ready = tmp_path / "url.txt"
    command = ("register", "console", "--data", unit.folder.root, "--listen", "127.0.0.1:0")
    with clew_running(*command, "--ready-file", ready) as process:
        url = content_of(ready, process)
        assert re.fullmatch(r"http://localhost:[1-9]\d*", url)
        assert httpx.get(f"{url}/sign-in", timeout=60).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert process.stderr is not None
        log = process.stderr.read()
    assert "GET /sign-in 200" in log
    assert not ready.exists()
