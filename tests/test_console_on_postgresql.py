"""Every page of every role is shown with the register in PostgreSQL, too."""

import re
from collections import deque
from collections.abc import Iterator
from html import unescape

import pytest

from api.console_app.roles import ROLES, Role
from tests.support import databases, postgresql
from tests.support.console import Console, needs_assets, serving_console
from tests.support.console_rich import rich_unit

pytestmark = [
    needs_assets,
    pytest.mark.skipif(postgresql.why_not() is not None, reason=str(postgresql.why_not())),
]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with (
        databases.using("postgresql"),
        rich_unit(tmp_path_factory.mktemp("rich") / "data") as served,
        serving_console(served.unit.folder.root) as opened,
    ):
        yield opened


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_link_leads_to_is_shown(console: Console, role: Role) -> None:
    somebody = console.signed_in(f"some.{role}", role)
    waiting, known = deque(["/"]), {"/"}
    while waiting:
        address = waiting.popleft()
        answer = somebody.get(address, follow_redirects=True)
        assert answer.status_code == 200, (address, re.sub(r"<[^>]*>|\s+", " ", answer.text))
        for link in map(unescape, re.findall(r'<a[^>]* href="(/[^"]*)"', answer.text)):
            if link not in known:
                known.add(link)
                waiting.append(link)
    assert len(known) > 5
