"""A browser on the data officer's page, which holds every page that is shown against what all must be."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page

from tests.support.browser import Noticed, assert_fits, assert_sound, chromium, context_of

_WIDE = {"width": 1100, "height": 900}
_TOP = 1300
_SHOTS = os.environ.get("CLEW_SCREENSHOTS", "")
"""A folder for pictures of every page that a test sees; without it none are taken."""


@dataclass
class Seen:
    """One page of the browser, with every address that it asked and everything that it broke."""

    page: Page
    pages: str
    noticed: Noticed
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def look(self, name: str) -> None:
        """Hold the page that is shown against everything that a page of ours must be."""
        self.titles.append(self.page.title())
        self.texts.append(self.page.content())
        assert self.page.locator("h1").count() == 1, name
        assert_sound(self.page, self.noticed)
        assert_fits(self.page)
        self._shoot(name)

    def assert_nothing_broken(self) -> None:
        """Check that no page asked another origin, broke its policy or failed."""
        self.noticed.assert_nothing()
        assert self.complaints == []

    def _shoot(self, name: str) -> None:
        if not _SHOTS:
            return
        self.page.screenshot(path=Path(_SHOTS) / f"{name}.png", full_page=True)
        top = {"x": 0, "y": 0, "width": _WIDE["width"], "height": _TOP}
        self.page.screenshot(path=Path(_SHOTS) / f"{name}-top.png", full_page=True, clip=top)  # type: ignore[arg-type]
        self.page.set_viewport_size({"width": 320, "height": 900})
        self.page.screenshot(path=Path(_SHOTS) / f"{name}-320.png", full_page=True)
        self.page.set_viewport_size(_WIDE)


@contextmanager
def browsing(pages: str, *, scripted: bool = True) -> Iterator[Seen]:
    """Open a browser of its own for the pages of a folder."""
    origin = pages.rpartition("/")[0]
    options = {"java_script_enabled": scripted, "viewport": _WIDE, "accept_downloads": True}
    with chromium() as browser, context_of(browser, origin, **options) as (context, noticed):
        context.set_default_timeout(60_000)
        page = context.new_page()
        seen = Seen(page, pages, noticed)
        page.on("request", lambda request: seen.asked.append(request.url))
        page.on("console", lambda message: _note(seen, message))
        yield seen


def _note(seen: Seen, message: ConsoleMessage) -> None:
    """Keep every error that the browser speaks of, as an answer that failed."""
    if message.type == "error":
        seen.complaints.append(message.text)
