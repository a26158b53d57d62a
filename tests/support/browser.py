"""A real browser for tests of pages: Chromium by Playwright, axe-core, and what a page asked and broke."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pages.assets import MissingAssetsError, read_assets

AXE = Path(__file__).parents[2] / "build" / "for-tests" / "axe.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW, WIDE = {"width": 320, "height": 900}, {"width": 1100, "height": 900}
_SHOTS = os.environ.get("CLEW_SCREENSHOTS", "")
"""A folder for pictures of every page that a test sees; without it none are taken."""


def why_not() -> str | None:
    """Say what is missing for a test in a browser, if anything is."""
    try:
        read_assets()
    except MissingAssetsError:
        return "the design system's files are not there: run make assets"
    if not AXE.is_file():
        return "axe-core is not there: run make assets"
    return None if _chromium() else "there is no Chromium on this machine"


def _chromium() -> str | None:
    return os.environ.get("CLEW_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Seen:
    """One page of the browser, with everything that it asked for and everything that it broke."""

    page: Any
    origin: str
    scripted: bool = True
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def look(self, name: str) -> None:
        """Hold the page that is shown against everything that a page of ours must be."""
        self.titles.append(self.page.title())
        self.texts.append(self.page.content())
        assert len(self.page.locator("h1").all()) == 1, name
        self._axe(name)
        self.page.set_viewport_size(NARROW)
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW["width"], f"{name} is {width} pixels wide on a screen of {NARROW['width']}"
        self._shoot(f"{name}-320")
        self.page.set_viewport_size(WIDE)
        self._shoot(name)

    def _axe(self, name: str) -> None:
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
        broken = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]
        assert not broken, f"{name}: {broken}"

    def _shoot(self, name: str) -> None:
        if _SHOTS:
            self.page.screenshot(path=Path(_SHOTS) / f"{name}.png", full_page=True)

    @property
    def elsewhere(self) -> list[str]:
        """What was asked of any other origin."""
        return [
            url for url in self.asked if f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" != self.origin
        ]


@contextmanager
def browsing(origin: str, *, scripted: bool = True) -> Iterator[Seen]:
    """Open a page in a browser of its own; skips the test where there is none."""
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        context = browser.new_context(java_script_enabled=scripted, viewport=WIDE, accept_downloads=True)
        context.set_default_timeout(60_000)
        page = context.new_page()
        seen = Seen(page, origin, scripted)
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("console", lambda message: _note(seen, message))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        try:
            yield seen
        finally:
            context.close()
            browser.close()


def _note(seen: Seen, message: Any) -> None:
    """Keep what the browser says of a policy that was broken, and every error."""
    if message.type == "error" or "Content Security Policy" in message.text:
        seen.complaints.append(message.text)
