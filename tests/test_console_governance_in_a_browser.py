"""Governance in Chromium: sound pages, the ledger verified with and without scripts, evidence by keyboard."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from api.console_app import governing
from api.overview import verifying
from tests.support.browser import (
    Noticed,
    assert_fits,
    assert_sound,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.governed_world import Shown, governed_console
from tests.test_console_governance_pages import PAGES

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with governed_console(tmp_path_factory.mktemp("unit") / "data") as opened:
        yield opened


@pytest.fixture
def in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the small ledger of these tests take several requests, as a large one does."""
    monkeypatch.setattr(verifying, "LEVEL", 2)
    monkeypatch.setattr(governing, "_SECONDS", 0.0)


def _sound(page: Page, noticed: Noticed) -> None:
    assert_sound(page, noticed)
    assert_fits(page)


def test_every_page_is_sound_with_everything_unfolded(shown: Shown, browser: Browser, soak: bool) -> None:
    with context_of(browser, shown.console.url) as (context, noticed):
        sign_in(context, shown.console.url, shown.console.token("gina", "governance"))
        page = context.new_page()
        for address in PAGES if soak else PAGES[::3]:  # folded, all of them are looked at in any case
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            for one in page.locator("details > summary").all():
                one.press("Enter")
            _sound(page, noticed)


@pytest.mark.usefixtures("in_stretches")
def test_a_reader_verifies_the_ledger_and_finds_the_evidence(shown: Shown, browser: Browser) -> None:
    with context_of(browser, shown.console.url) as (context, noticed):
        sign_in(context, shown.console.url, shown.console.token("gina", "governance"))
        page = context.new_page()
        page.goto("/")
        page.get_by_role("link", name="Governance").first.press("Enter")
        page.get_by_label("Governance").get_by_role("link", name="Verification").press("Enter")
        page.get_by_role("button", name="Verify now").press("Enter")
        # The page goes on by itself, stretch by stretch.
        page.get_by_text("make the root that proofs are given against").wait_for()
        _sound(page, noticed)
        page.get_by_label("The signed note").fill(shown.governed.note)
        page.get_by_role("button", name="Compare").press("Enter")
        page.get_by_text("The checkpoint that you gave").wait_for()
        assert page.locator("#compare + dl").get_by_text("Good").is_visible()
        _sound(page, noticed)
        page.get_by_role("link", name="Privacy audit").press("Enter")
        assert page.get_by_text("Amber", exact=True).first.is_visible()
        page.get_by_role("link", name="Linkage quality").press("Enter")
        assert page.get_by_role("img", name="Precision of links, group by group").is_visible()
        page.get_by_role("link", name="Scores").press("Enter")
        assert page.get_by_role("img", name="pairs are links").is_visible()
        page.get_by_role("link", name="Retention").press("Enter")
        page.get_by_role("link", name="Read and check certificate of erasure 1").press("Enter")
        assert page.get_by_text("signed with the key on this unit’s card").is_visible()
        with page.expect_download() as given:
            page.get_by_role("link", name="Download the certificate").press("Enter")
        assert given.value.path().read_bytes() == shown.governed.erasure
        page.get_by_role("link", name="Exports").press("Enter")
        assert page.get_by_text("Signed certificate of erasure 1").is_visible()
        _sound(page, noticed)


@pytest.mark.usefixtures("in_stretches")
def test_without_scripts_the_same_ledger_is_verified_by_a_button(shown: Shown, browser: Browser) -> None:
    with context_of(browser, shown.console.url, java_script_enabled=False) as (context, noticed):
        sign_in(context, shown.console.url, shown.console.token("gina", "governance"))
        page = context.new_page()
        page.goto("/governance/checkpoints")
        page.get_by_role("button", name="Verify now").click()
        steps = 0
        while page.get_by_role("button", name="Go on verifying").count():
            assert page.get_by_role("progressbar", name="Verified").is_visible()
            page.get_by_role("button", name="Go on verifying").click()
            steps += 1
        assert steps > 2
        assert page.get_by_text("make the root that proofs are given against").is_visible()
        page.get_by_role("link", name="Download this checkpoint")
        noticed.assert_nothing()
