"""Chromium as people use it, and what it noticed: violations of the policy, requests elsewhere, axe."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from tests.support import console

AXE = Path(__file__).parents[2] / "build" / "for-tests" / "axe.js"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_WATCH = """
window.clewViolations = [];
document.addEventListener('securitypolicyviolation', one =>
  window.clewViolations.push(`${one.effectiveDirective} ${one.blockedURI} ${one.sourceFile || ''}`));
"""


def executable() -> str | None:
    """Return where Chromium is, or None."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def why_not() -> str | None:
    """Say why no browser test can run here, or None where it can."""
    if executable() is None:
        return "Chromium is not there"
    if not AXE.is_file():
        return "build/for-tests/axe.js is not there; run `make assets`"
    return console.why_not()


needs_chromium = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))


@dataclass
class Noticed:
    """What a browser noticed on all its pages: each should stay empty."""

    origin: str
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def assert_nothing(self) -> None:
        assert (self.violations, self.elsewhere, self.errors) == ([], [], [])


def _then_arrive(act: Callable[..., None]) -> Callable[..., None]:
    """Let a step end when the whole page is there: by itself Playwright waits for its first bytes only."""

    @wraps(act)
    def step(locator: Locator, *arguments: Any, **options: Any) -> None:
        act(locator, *arguments, **options)
        locator.page.wait_for_load_state()

    return step


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window; whoever presses or clicks goes on when the page has arrived."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        for name in ("press", "click"):
            patch.setattr(Locator, name, _then_arrive(getattr(Locator, name)))
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def context_of(browser: Browser, origin: str, **options: Any) -> Iterator[tuple[BrowserContext, Noticed]]:
    """Open a browser profile that watches what its pages do; ``options``: as Playwright's new_context."""
    noticed = Noticed(origin)
    context = browser.new_context(base_url=origin, **options)
    context.add_init_script(_WATCH)

    def watch(page: Page) -> None:
        page.on("request", lambda one: _watch_request(noticed, one.url))
        page.on("pageerror", lambda error: noticed.errors.append(str(error)))
        page.on("console", lambda one: _watch_console(noticed, one.text))

    context.on("page", watch)
    try:
        yield context, noticed
    finally:
        context.close()


def _watch_request(noticed: Noticed, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and f"{parts.scheme}://{parts.netloc}" != noticed.origin:
        noticed.elsewhere.append(url)


def _watch_console(noticed: Noticed, text: str) -> None:
    if "Content Security Policy" in text or "TrustedHTML" in text or "TrustedScript" in text:
        noticed.violations.append(text)


def sign_in(context: BrowserContext, origin: str, token: str) -> None:
    """Let a browser have a session's cookie."""
    context.add_cookies([{"name": "clew-console", "value": token, "url": origin, "httpOnly": True}])


def assert_sound(page: Page, noticed: Noticed) -> None:
    """Check a page as it stands: nothing inline, no violation, nothing that axe finds."""
    noticed.violations.extend(page.evaluate("window.clewViolations || []"))
    noticed.assert_nothing()
    assert page.locator("script:not([src]), style, [style], [onclick]").count() == 0, page.url
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    """Let axe look for violations of WCAG 2.2 AA."""
    # In a world of its own, which the page's policy does not bind.
    page.evaluate(AXE.read_text(encoding="utf-8") + "\nundefined")
    # Of what passes axe names one node each and not all, which takes most of its time on a long page.
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
        ".then(r => r.violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]))",
        _TAGS,
    )
    assert found == [], f"{page.url}: {json.dumps(found, indent=1)}"


def assert_fits(page: Page, width: int = 320) -> None:
    """Check that nothing is cut off or scrolls sideways at a width, which is 400 % zoom of 1280."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 640})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, f"{page.url}: {wide} px wide at {width}"
    if before is not None:
        page.set_viewport_size(before)


def add_authenticator(context: BrowserContext, page: Page) -> None:
    """Give a page a device that makes passkeys and has seen the right finger."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
