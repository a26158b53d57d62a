"""Every page of every role in Chromium: sound, open to everybody, by keyboard, and as wide as a telephone.

The pages are found as people find them, by their links; what the console's map has and no link led to is
named, so that no page is left out unseen.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException

from api.console_app.app import create_console
from api.console_app.roles import ROLES, Role, rule_of
from tests.support.browser import (
    Noticed,
    assert_fits,
    assert_sound,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.console import Console, serving_console
from tests.support.console_rich import rich_unit
from tests.support.keyboard import assert_by_keyboard
from tests.support.reviewable import record
from tests.support.served import Served

pytestmark = needs_chromium

_PAGES_OF_A_VIEW = 2
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href'))"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with rich_unit(tmp_path_factory.mktemp("rich") / "data") as opened:
        yield opened


@pytest.fixture(scope="module")
def console(served: Served) -> Iterator[Console]:
    with serving_console(served.unit.folder.root) as opened:
        yield opened


@pytest.fixture(scope="module")
def app(console: Console) -> Flask:
    return create_console(console.service)


def pages_of(app: Flask, role: Role) -> set[str]:
    """Return the views with a page that a role may look at."""
    found = set()
    for one in app.url_map.iter_rules():
        said = rule_of(app.view_functions[one.endpoint])
        if said is None or said.file or said.by_itself:  # to be saved, or asked for by a script
            continue
        if role in said.roles and "GET" in (one.methods or ()):
            found.add(one.endpoint)
    return found


def view_at(app: Flask, address: str) -> str | None:
    """Return which view an address of the console leads to."""
    try:
        return str(app.url_map.bind("localhost").match(urlsplit(address).path, method="GET")[0])
    except HTTPException:
        return None


def crawled(page: Page, app: Flask, wanted: set[str], first: Sequence[str]) -> Iterator[str]:
    """Open what links lead to, a few pages of each view; yields the view of each as it stands open."""
    waiting, known, seen = deque(first), set(first), Counter[str]()
    while waiting:
        address = waiting.popleft()
        view = view_at(app, address)
        assert view is not None, f"a link leads nowhere: {address}"
        if view not in wanted or seen[view] >= _PAGES_OF_A_VIEW:
            continue
        seen[view] += 1
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        yield view
        for link in page.evaluate(_LINKS):
            if link.startswith("/") and link not in known:
                known.add(link)
                waiting.append(link)


def a_person(page: Page, served: Served) -> list[str]:
    """Find a person, have everything prepared that can be, and return the pages that buttons lead to."""
    page.goto("/operator/persons")
    page.get_by_label("Pseudonym or handle").fill(record("E09", 1)[1])
    page.get_by_role("button", name="Find").press("Enter")
    page.get_by_role("button", name="Prepare it").press("Enter")
    page.get_by_role("link", name="Look again").wait_for()
    served.workers.settle()
    return [urlsplit(page.url).path + more for more in ("", "/ask", "/decide")]


def look(page: Page, noticed: Noticed) -> None:
    assert_sound(page, noticed)
    assert_by_keyboard(page)
    assert_fits(page)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(
    served: Served, console: Console, browser: Browser, app: Flask, role: Role, soak: bool
) -> None:
    wanted = pages_of(app, role)
    with context_of(browser, console.url) as (context, noticed):
        sign_in(context, console.url, console.token(f"some.{role}", role))
        page, first = context.new_page(), ["/", "/confirm"]
        if role == "operator":
            first += a_person(page, served)
        if role == "reviewer":
            first.append("/review/pairs/2")
        seen = set()
        for view in crawled(page, app, wanted, first):
            if soak or view not in seen:
                look(page, noticed)
            seen.add(view)
    assert seen == wanted
