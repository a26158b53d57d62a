"""A department's own sign-on in Chromium: another site, a cookie that does not cross, a strict policy."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from api.console_accounts import bind_account
from tests.support.browser import assert_fits, assert_sound, context_of, needs_chromium
from tests.support.console import Console, serving_console
from tests.support.sign_on import LABEL, SignOn, keep_secret, serving_sign_on
from tests.support.unit import make_unit

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def sign_on() -> Iterator[SignOn]:
    with serving_sign_on() as served:
        served.asks = True
        yield served


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, sign_on: SignOn) -> Iterator[Console]:
    root = make_unit(tmp_path_factory.mktemp("console") / "data").folder.root
    keep_secret(root)
    with serving_console(root, oidc=sign_on.settings()) as served:
        served.invited("anna.b", ["governance"])
        with served.service.database.write() as connection:
            now = served.service.clock()
            bind_account(connection, "anna.b", sign_on.issuer, sign_on.subject, now=now)
        yield served


def test_with_scripts_off_a_sign_on_does(console: Console, sign_on: SignOn, browser: Browser) -> None:
    with context_of(browser, console.url, java_script_enabled=False) as (context, noticed):
        page = context.new_page()
        page.goto("/account")
        for button in ("Sign in there", "Sign in again there"):
            _by_sign_on(page, sign_on, button)
        expect(page).to_have_url(f"{console.url}/account")
        assert noticed.violations == []


def test_there_and_back_and_out(console: Console, sign_on: SignOn, browser: Browser) -> None:
    with context_of(browser, console.url) as (context, noticed):
        page = context.new_page()

        def sound() -> None:
            """Check the page; what went to the sign-on, and nothing else elsewhere, was meant to."""
            assert all(one.startswith(f"{sign_on.issuer}/") for one in noticed.elsewhere)
            noticed.elsewhere.clear()
            assert_sound(page, noticed)
            assert_fits(page)

        page.goto("/governance")
        assert page.url == f"{console.url}/sign-in?next=/governance"
        sound()
        _by_sign_on(page, sign_on, "Sign in there")
        expect(page).to_have_url(f"{console.url}/governance")
        (held,) = [one for one in context.cookies() if one["name"] == "clew-console"]
        assert held["sameSite"] == "Strict"
        page.goto("/account")
        expect(page).to_have_url(f"{console.url}/confirm?next=/account")
        sound()
        _by_sign_on(page, sign_on, "Sign in again there")
        expect(page).to_have_url(f"{console.url}/account")
        assert page.get_by_text(f"You can sign in with {LABEL}").is_visible()
        sound()
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(f"{console.url}/sign-in?out=1")
        sound()
        page.get_by_role("link", name=f"Sign out of {LABEL}").click()
        expect(page).to_have_url(f"{console.url}/sign-in")
        sign_on.back = {"state": "x"}
        _by_sign_on(page, sign_on, "Sign in there")
        expect(page.get_by_role("heading", level=1)).to_have_text("You were not let in")
        sign_on.back = {}
        sound()
        page.get_by_role("button", name="Begin again").click()
        expect(page).to_have_url(re.compile(r"/sign-in\?next=/"))


def _by_sign_on(page: Page, sign_on: SignOn, button: str) -> None:
    page.get_by_role("button", name=re.compile(f"Sign in (again )?with {LABEL}")).click()
    page.wait_for_url(f"{sign_on.issuer}/authorize?**")
    with page.expect_request("**/sign-on/back?**") as back, page.expect_request("**/sign-on/done?**") as done:
        page.get_by_role("button", name=button).click()
    assert "cookie" not in back.value.all_headers()
    assert "clew-console" in done.value.all_headers()["cookie"]
