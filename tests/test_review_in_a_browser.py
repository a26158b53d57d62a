"""Clerical review in Chromium: by keyboard, without scripts, on a narrow screen, and open to everybody."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from api.clock import utc_now
from api.reviewing import give_verdict
from api.store import review
from tests.support.console import Console, needs_assets, serving_console
from tests.support.reviewable import reviewable_unit
from tests.support.served import Served, copied_unit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).parents[1] / "build/for-tests/axe.js"
CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    needs_assets,
    pytest.mark.skipif(not (AXE.is_file() and CHROMIUM.exists()), reason="no Chromium or axe-core here"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with reviewable_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        pass
    return opened


@pytest.fixture
def console(made: Served, tmp_path: Path) -> Iterator[Console]:
    with copied_unit(made, tmp_path / "data") as served, serving_console(served.unit.folder.root) as opened:
        yield opened


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def _page(console: Console, chromium: "Browser", name: str, said: list[str], **options: Any) -> "Page":
    context = chromium.new_context(base_url=console.url, **options)
    token = console.token(name, "reviewer")
    context.add_cookies([{"name": "clew-console", "value": token, "url": console.url}])
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda sent: said.append(sent.url) if not sent.url.startswith(console.url) else None)
    return page


def _violations(page: "Page") -> list[str]:
    """What axe finds; it is given to the page by the test, past the policy that keeps scripts out."""
    page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


def test_a_day_by_keyboard_without_a_fault(console: Console, chromium: "Browser", tmp_path: Path) -> None:
    said: list[str] = []
    page = _page(console, chromium, "ann", said, viewport={"width": 1280, "height": 900})
    page.goto("/review")
    assert _violations(page) == []
    waiting = int(page.locator("h2").first.inner_text().split(":")[1])
    page.get_by_role("button", name="Start reviewing").press("Enter")
    page.wait_for_url(re.compile("/review/pairs/"))
    assert _violations(page) == []
    assert page.locator("svg.clew-picture").count() >= 8
    for details in page.locator("summary").all():
        details.press("Enter")
    assert _violations(page) == []
    first = page.url
    for key in ("1", "3"):
        before = page.url
        page.keyboard.press(key)
        page.wait_for_url(lambda url, before=before: url != before)
    page.keyboard.press("u")
    page.wait_for_url(lambda url: url != first and "/pairs/" in url)
    page.get_by_label("Keys 1, 2, 3 and u").press("Space")
    here = page.url
    page.keyboard.press("2")
    page.wait_for_timeout(300)
    assert page.url == here
    page.get_by_role("button", name="Not a link").press("Enter")
    page.wait_for_url(lambda url: url != here)
    page.goto("/review")
    assert f"Pairs that wait for you: {waiting - 2}" in page.content()
    page.goto("/review/agreement")
    assert _violations(page) == []
    with console.service.database.read() as connection:
        given = [one for some in review.verdicts(connection).values() for one in some]
    assert sorted(one.verdict for one in given) == ["link", "not-a-link"]
    assert said == []


def test_without_scripts_and_on_a_narrow_screen_nothing_is_lost(
    console: Console, chromium: "Browser"
) -> None:
    said: list[str] = []
    narrow = {"width": 320, "height": 800}
    page = _page(console, chromium, "ann", said, java_script_enabled=False, viewport=narrow)
    page.goto("/review")
    page.get_by_role("button", name="Start reviewing").press("Enter")
    assert page.locator("svg.clew-picture").count() >= 8
    assert (
        page.get_by_label("Keys 1, 2, 3 and u").count() == 0
        or not page.get_by_label("Keys 1, 2, 3 and u").is_visible()
    )
    page.get_by_role("button", name="Cannot tell").press("Enter")
    page.get_by_role("button", name="Undo your last verdict").press("Enter")
    assert "/review/pairs/" in page.url
    page.get_by_role("button", name="Not a link").press("Enter")
    with console.service.database.read() as connection:
        given = [one.verdict for some in review.verdicts(connection).values() for one in some]
    assert given == ["not-a-link"]
    assert said == []
    scripted = _page(console, chromium, "ben", said, viewport=narrow)
    for address in ("/review", "/review/pairs/1", "/review/agreement"):
        scripted.goto(address)
        assert scripted.evaluate("document.documentElement.scrollWidth") <= 320
    assert said == []


def test_the_thirds_page_has_no_fault(console: Console, chromium: "Browser") -> None:
    with console.service.database.write() as connection:
        give_verdict(connection, 1, "ann", "link", now=utc_now())
        give_verdict(connection, 1, "ben", "cannot-tell", now=utc_now())
    said: list[str] = []
    page = _page(console, chromium, "cal", said)
    page.goto("/review")
    page.get_by_role("button", name="Decide between them").press("Enter")
    page.wait_for_url(re.compile("/review/pairs/1"))
    assert "Two reviewers differ" in page.content()
    assert _violations(page) == []
    assert said == []
