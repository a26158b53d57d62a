"""Signing in as people do it, in Chromium: passkeys, keyboard alone, without scripts, on a narrow screen."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import (
    add_authenticator,
    assert_accessible,
    assert_fits,
    assert_sound,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.console import Console, MovableClock, serving_console
from tests.support.unit import make_unit

pytestmark = needs_chromium

PASSWORD = "heron lantern gravel"


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, clock: MovableClock) -> Iterator[Console]:
    unit = make_unit(tmp_path_factory.mktemp("console") / "data")
    with serving_console(unit.folder.root, clock=clock) as served:
        yield served


def _sound(page: Page, noticed: object) -> None:
    assert_sound(page, noticed)  # type: ignore[arg-type]
    assert_fits(page)


def test_a_passkey_is_made_and_used_with_the_keyboard_alone(console: Console, browser: Browser) -> None:
    code = console.invited("passkey.user", ["operator", "reviewer"])
    with context_of(browser, console.url) as (context, noticed):
        page = context.new_page()
        add_authenticator(context, page)
        page.goto("/first")
        _sound(page, noticed)
        page.locator("#name").focus()
        page.keyboard.type("passkey.user")
        page.keyboard.press("Tab")
        page.keyboard.type(code.upper())
        page.keyboard.press("Enter")
        page.wait_for_url("**/set-up")
        _sound(page, noticed)
        page.get_by_label("What do you call this device?").focus()
        page.keyboard.type("Test laptop")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{console.url}/")
        _sound(page, noticed)
        page.goto("/account")
        assert page.get_by_text("Test laptop").first.is_visible()
        _sound(page, noticed)
        page.get_by_role("button", name="Sign out").press("Enter")
        page.wait_for_url("**/sign-in?out=1")
        _sound(page, noticed)
        with page.expect_request(re.compile(r"/sign-in/passkey\?")) as sent:
            page.get_by_role("button", name="Use your passkey").press("Enter")
        page.wait_for_url(f"{console.url}/")
        assert page.get_by_text("passkey.user").is_visible()
        noticed.assert_nothing()
    thief = console.browser()
    token = re.findall(r'data-token="([0-9a-f]{64})"', thief.get("/sign-in").text)[0]
    headers = {"X-CSRF-Token": token}
    for first in ((), ("/sign-in/passkey/options",)):  # with no challenge of its own, and with another one
        for address in first:
            assert thief.post(address, headers=headers, json={}).status_code == 200
        answer = thief.post("/sign-in/passkey", headers=headers, json=sent.value.post_data_json)
        assert answer.status_code == 403
    assert thief.get("/").status_code == 303


def test_with_scripts_off_a_password_and_an_app_do(
    console: Console, browser: Browser, clock: MovableClock
) -> None:
    code = console.invited("password.user", ["governance"])
    with context_of(browser, console.url, java_script_enabled=False) as (context, noticed):
        page = context.new_page()
        page.goto("/first")
        page.fill("#name", "password.user")
        page.fill("#code", code)
        page.get_by_role("button", name="Continue").click()
        assert not page.get_by_role("button", name="Make a passkey").is_visible()
        page.get_by_role("link", name="Use a password and an app").click()
        secret = re.sub(r"\s", "", page.locator("dd.clew-code").inner_text())
        page.fill("#password", "short")
        page.fill("#again", "short")
        page.get_by_role("button", name="Save and go on").click()
        assert page.locator(".govuk-error-summary").is_visible()
        page.fill("#password", PASSWORD)
        page.fill("#again", PASSWORD)
        page.fill("#code", pyotp.TOTP(secret).at(clock()))
        page.get_by_role("button", name="Save and go on").click()
        assert page.url == f"{console.url}/"
        page.get_by_role("button", name="Sign out").click()
        clock.forward(seconds=31)
        page.fill("#name", "password.user")
        page.fill("#password", PASSWORD)
        page.fill("#code", pyotp.TOTP(secret).at(clock()))
        page.get_by_role("button", name="Sign in").click()
        assert page.url == f"{console.url}/"
        noticed.assert_nothing()


def test_every_page_of_one_s_own_account_is_sound(
    console: Console, browser: Browser, clock: MovableClock
) -> None:
    token = console.token("page.reader", "publisher")
    with context_of(browser, console.url) as (context, noticed):
        sign_in(context, console.url, token)
        page = context.new_page()
        for address in ("/", "/account", "/set-up/password", "/confirm", "/nothing-here"):
            page.goto(address)
            _sound(page, noticed)
        clock.forward(minutes=6)
        page.goto("/account")
        assert page.url.endswith("/confirm?next=/account")
        clock.forward(minutes=16)
        page.goto("/account")
        assert "/sign-in?next=/account&ended=1" in page.url
        _sound(page, noticed)


def test_a_link_on_another_site_signs_nobody_out(console: Console, browser: Browser) -> None:
    token = console.token("link.follower", "governance")
    cookie = {"name": "clew-console", "value": token, "url": console.url, "sameSite": "Strict"}
    for scripts in (True, False):
        with context_of(browser, console.url, java_script_enabled=scripts) as (context, noticed):
            context.add_cookies([cookie])  # type: ignore[list-item]
            page = context.new_page()
            page.goto(f"data:text/html,<a href='{console.url}/governance/ledger?kind='>a link in a mail</a>")
            page.get_by_role("link").click()
            page.get_by_role("heading", name="Ledger").wait_for()
            assert page.url == f"{console.url}/governance/ledger?kind="
            (kept,) = context.cookies()
            assert kept["value"] == token
            noticed.assert_nothing()


def test_the_browser_of_these_tests_does_notice(console: Console, browser: Browser) -> None:
    with context_of(browser, console.url) as (context, noticed):
        page = context.new_page()
        page.goto("/sign-in")
        page.evaluate(
            "document.body.append(Object.assign(new Image(), {src: 'https://elsewhere.invalid/a.png'}))"
        )
        page.wait_for_function("window.clewViolations.length > 0")
        with pytest.raises(AssertionError):
            assert_sound(page, noticed)
        assert any("img-src" in one for one in noticed.violations)
        page.goto("/sign-in")
        page.evaluate("document.querySelector('label').remove()")
        with pytest.raises(AssertionError, match="label"):
            assert_accessible(page)
