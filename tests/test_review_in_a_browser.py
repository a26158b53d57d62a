"""Clerical review in Chromium: by keyboard, without scripts, on a narrow screen, and open to everybody."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from api.clock import utc_now
from api.reviewing import give_verdict
from api.store import review
from tests.support.browser import (
    Noticed,
    assert_fits,
    assert_sound,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.console import Console, serving_console
from tests.support.reviewable import reviewable_unit
from tests.support.served import Served, copied_unit

pytestmark = needs_chromium

SWITCH = "Keys 1, 2, 3 and u"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with reviewable_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        pass
    return opened


@pytest.fixture
def console(made: Served, tmp_path: Path) -> Iterator[Console]:
    with copied_unit(made, tmp_path / "data") as served, serving_console(served.unit.folder.root) as opened:
        yield opened


@contextmanager
def looking(console: Console, browser: Browser, name: str, **options: Any) -> Iterator[tuple[Page, Noticed]]:
    with context_of(browser, console.url, **options) as (context, noticed):
        sign_in(context, console.url, console.token(name, "reviewer"))
        yield context.new_page(), noticed
        noticed.assert_nothing()


def given(console: Console) -> list[str]:
    with console.service.database.read() as connection:
        found = [one.verdict for some in review.verdicts(connection).values() for one in some]
    return sorted(found)


def test_a_day_by_keyboard(console: Console, browser: Browser) -> None:
    with looking(console, browser, "ann") as (page, noticed):
        page.goto("/review")
        assert_sound(page, noticed)
        waiting = int(page.locator("h2").first.inner_text().split(":")[1])
        page.get_by_role("button", name="Start reviewing").press("Enter")
        page.wait_for_url(re.compile("/review/pairs/"))
        assert page.locator("svg.clew-picture").count() >= 8
        assert_sound(page, noticed)
        for details in page.locator("summary").all():
            details.press("Enter")
        assert_sound(page, noticed)
        first = page.url
        for key in ("1", "3"):
            before = page.url
            page.keyboard.press(key)
            page.wait_for_url(lambda url, before=before: url != before)
        page.keyboard.press("u")
        page.wait_for_url(lambda url: url != first and "/pairs/" in url)
        page.get_by_label(SWITCH).press("Space")
        here = page.url
        page.keyboard.press("2")
        page.wait_for_timeout(300)
        assert page.url == here
        page.get_by_role("button", name="Not a link").press("Enter")
        page.wait_for_url(lambda url: url != here)
        assert not page.get_by_label(SWITCH).is_checked()  # as it was left
        page.goto("/review")
        assert f"Pairs that wait for you: {waiting - 2}" in page.content()
        page.goto("/review/agreement")
        assert_sound(page, noticed)
    assert given(console) == ["link", "not-a-link"]


def test_without_scripts_every_task_is_done(console: Console, browser: Browser) -> None:
    with looking(console, browser, "ann", java_script_enabled=False) as (page, _):
        page.goto("/review")
        page.get_by_role("button", name="Start reviewing").press("Enter")
        assert page.locator("svg.clew-picture").count() >= 8
        assert not page.get_by_text(SWITCH).is_visible()
        page.get_by_role("button", name="Cannot tell").press("Enter")
        page.get_by_role("button", name="Undo your last verdict").press("Enter")
        assert "/review/pairs/" in page.url
        page.get_by_role("button", name="Not a link").press("Enter")
    assert given(console) == ["not-a-link"]


def test_on_a_narrow_screen_nothing_is_lost(console: Console, browser: Browser) -> None:
    with looking(console, browser, "ann") as (page, _):
        for address in ("/review", "/review/pairs/1", "/review/agreement"):
            page.goto(address)
            assert_fits(page)


def test_the_thirds_page(console: Console, browser: Browser) -> None:
    with console.service.database.write() as connection:
        give_verdict(connection, 1, "ann", "link", now=utc_now())
        give_verdict(connection, 1, "ben", "cannot-tell", now=utc_now())
    with looking(console, browser, "cal") as (page, noticed):
        page.goto("/review")
        page.get_by_role("button", name="Decide between them").press("Enter")
        page.wait_for_url(re.compile("/review/pairs/1"))
        assert "Two reviewers differ" in page.content()
        assert_sound(page, noticed)
