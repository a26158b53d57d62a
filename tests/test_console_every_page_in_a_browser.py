"""Every page of every role in Chromium: sound, open to everybody, by keyboard, and as wide as a telephone.

The pages are found as people find them, by their links; what the console's map has and no link led to is
named, so that no page is left out unseen.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from api.console_app.app import create_console
from api.console_app.roles import ROLES, Role, rule_of
from tests.support.browser import (
    Noticed,
    assert_fits,
    assert_sound,
    chromium,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.console import Console, serving_console
from tests.support.console_rich import rich_unit
from tests.support.keyboard import assert_by_keyboard

pytestmark = needs_chromium

ELSEWHERE = {
    "assets.asset": "a style sheet, a script or a picture",
    "operator_progress": "figures that a page's script asks for",
    "governance_certificate": "a file",
    "governance_leaves": "a file",
    "publisher_file": "a file",
}
"""What the map has and nobody looks at."""

BESIDE: Mapping[Role, Sequence[str]] = {
    "operator": ("/operator/persons",),
    "reviewer": ("/review/pairs/2",),
    "governance": (),
    "publisher": (),
}
"""Pages that a button leads to, and no link."""

_PAGES_OF_A_RULE = 2
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href'))"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with rich_unit(tmp_path_factory.mktemp("rich") / "data") as unit, serving_console(unit) as opened:
        yield opened


@pytest.fixture(scope="module")
def addresses(console: Console) -> MapAdapter:
    return create_console(console.service).url_map.bind("localhost")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def rule_of_address(addresses: MapAdapter, address: str) -> str | None:
    """Return which view an address of the console leads to."""
    path = urlsplit(address).path
    try:
        return str(addresses.match(path, method="GET")[0])
    except HTTPException:
        return None


def crawled(page: Page, addresses: MapAdapter, seen: dict[str, int], first: Sequence[str]) -> Iterator[str]:
    """Open what links lead to, a few pages of each view; yields each as it stands open."""
    waiting, known = deque(first), set(first)
    while waiting:
        address = waiting.popleft()
        rule = rule_of_address(addresses, address)
        assert rule is not None, f"a link leads nowhere: {address}"
        if rule in ELSEWHERE or seen[rule] >= _PAGES_OF_A_RULE:
            continue
        seen[rule] += 1
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, (address, answer.status)
        yield address
        for link in page.evaluate(_LINKS):
            if link.startswith("/") and link not in known:
                known.add(link)
                waiting.append(link)


def look(page: Page, noticed: Noticed) -> None:
    assert_sound(page, noticed)
    assert_by_keyboard(page)
    assert_fits(page)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role(console: Console, browser: Browser, addresses: MapAdapter, role: Role) -> None:
    seen: dict[str, int] = Counter()
    with context_of(browser, console.url) as (context, noticed):
        sign_in(context, console.url, console.token(f"some.{role}", role))
        page = context.new_page()
        for _ in crawled(page, addresses, seen, ["/", "/confirm", *BESIDE[role]]):
            look(page, noticed)
    assert set(seen) >= expected(console, role) - set(ELSEWHERE)


def expected(console: Console, role: Role) -> set[str]:
    """Return the views that a role may open with GET."""
    app = create_console(console.service)
    found = set()
    for rule in app.url_map.iter_rules():
        said = rule_of(app.view_functions[rule.endpoint])
        if said is not None and role in said.roles and "GET" in (rule.methods or ()):
            found.add(rule.endpoint)
    return found
