"""Nobody is signed out of the console unwarned: a page says when, asks beforehand, and leads back after."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from api.clock import stamp
from api.console_app.times import hour_words
from tests.support.browser import assert_fits, assert_sound, context_of, needs_chromium, sign_in
from tests.support.console import Console, MovableClock, needs_assets, serving_console
from tests.support.unit import make_unit
from tests.test_console_sessions import form_token, is_in

pytestmark = needs_assets


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def console(tmp_path: Path, clock: MovableClock) -> Iterator[Console]:
    root = make_unit(tmp_path / "data").folder.root
    with serving_console(root, clock=clock, idle_minutes=15, hours=1) as served:
        yield served


def _at(clock: MovableClock, seconds: int) -> str:
    ahead = MovableClock(clock())
    ahead.forward(seconds=seconds)
    return hour_words(stamp(ahead()))


def test_every_page_says_when_the_session_ends(console: Console, clock: MovableClock) -> None:
    browser = console.signed_in("anna.b", "operator")
    for address in ("/", "/account", "/operator", "/nowhere"):
        said = " ".join(browser.get(address).text.split())
        assert f"ends at {_at(clock, 900)} if you open no other page until then" in said, address
    assert "Your session" not in console.browser().get("/sign-in").text


def test_to_ask_keeps_nothing_open_and_to_stay_does_up_to_the_hours(
    console: Console, clock: MovableClock
) -> None:
    browser = console.signed_in("carl.d", "publisher")
    token = form_token(browser.get("/"))
    clock.forward(minutes=14)
    assert browser.get("/session").json() == {"left": 60, "at": _at(clock, 60), "last": False}
    assert browser.get("/session").json()["left"] == 60
    stays = {"headers": {"X-CSRF-Token": token}}
    assert browser.post("/session", **stays).json() == {"left": 900, "at": _at(clock, 900), "last": False}
    for _ in range(3):
        clock.forward(minutes=14)
        found = browser.post("/session", **stays).json()
    assert found == {"left": 240, "at": _at(clock, 240), "last": True}
    assert f"Your session ends at {_at(clock, 240)}." in browser.get("/").text
    clock.forward(minutes=4)
    assert browser.post("/session", **stays).status_code == 303
    assert not is_in(browser)


def test_a_minute_too_late_nobody_stays(console: Console, clock: MovableClock) -> None:
    browser = console.signed_in("eva.f", "reviewer")
    token = form_token(browser.get("/"))
    assert browser.post("/session").status_code == 403
    clock.forward(minutes=15)
    assert browser.post("/session", headers={"X-CSRF-Token": token}).status_code == 303
    assert not is_in(browser)


def _pass(clock: MovableClock, page: Page, **time: int) -> None:
    """Let time go by for the console and for the page."""
    clock.forward(**time)
    page.clock.fast_forward(1000 * (time.get("seconds", 0) + 60 * time.get("minutes", 0)))


@needs_chromium
def test_a_person_is_warned_stays_and_comes_back(
    console: Console, clock: MovableClock, browser: Browser
) -> None:
    with context_of(browser, console.url) as (context, noticed):
        sign_in(context, console.url, console.token("gina.h", "operator"))
        page = context.new_page()
        page.clock.install()
        page.goto("/account")
        said = page.locator("[data-session]").get_by_role("alert")
        _pass(clock, page, minutes=12)
        assert said.inner_text() == ""
        _pass(clock, page, minutes=1, seconds=5)
        said.get_by_text("Your session ends soon").wait_for()
        assert _at(clock, 115) in said.inner_text()
        assert_sound(page, noticed)
        assert_fits(page)
        said.get_by_role("button", name="Stay signed in").press("Enter")
        said.get_by_text("Your session ends soon").wait_for(state="detached")
        _pass(clock, page, minutes=12)
        assert said.inner_text() == ""
        _pass(clock, page, minutes=1, seconds=5)
        said.get_by_text("Your session ends soon").wait_for()
        _pass(clock, page, minutes=3)
        link = said.get_by_role("link", name="Sign in and come back to this page")
        link.wait_for()
        assert "Your session has ended" in said.inner_text()
        assert_sound(page, noticed)
        link.press("Enter")
        assert "Your session ended" in page.locator("main").inner_text()
        assert page.locator("input[name=next]").first.get_attribute("value") == "/account"
        noticed.assert_nothing()
