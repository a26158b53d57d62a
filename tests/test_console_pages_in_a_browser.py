"""Every page of operators, governance and publishers passes axe (WCAG 2.2 AA) and fits a telephone."""

from pathlib import Path

import pytest

from tests.support.console import needs_assets, serving_console
from tests.support.console_world import PERSONS, make_world
from tests.test_console_governance_pages import PAGES as GOVERNANCE
from tests.test_console_operator_pages import PAGES as OPERATING

playwright = pytest.importorskip("playwright.sync_api")
AXE = Path(__file__).parent.parent / "build" / "for-tests" / "axe.js"
CHROMIUM = Path("/usr/bin/chromium")
TAGS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"

pytestmark = [
    needs_assets,
    pytest.mark.skipif(not AXE.exists() or not CHROMIUM.exists(), reason="no axe or no Chromium here"),
]


def test_no_page_has_a_violation_and_none_is_wider_than_a_telephone(tmp_path: Path) -> None:
    world, axe, found = make_world(tmp_path / "data"), AXE.read_text(), []
    with serving_console(world.unit.folder.root) as console, playwright.sync_playwright() as runner:
        browser = runner.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        person = f"/operator/persons/{console.service.key.address_of('olga', PERSONS[0])}"
        for name, role, pages in (
            ("olga", "operator", (*OPERATING, person, f"{person}/decide", f"{person}/ask")),
            ("gina", "governance", GOVERNANCE),
            ("paul", "publisher", ("/publisher", "/publisher/propose")),
        ):
            context = browser.new_context(bypass_csp=True)  # for axe itself, which the page may not load
            cookie = {"name": "clew-console", "value": console.token(name, role), "url": console.url}
            context.add_cookies([cookie])
            page = context.new_page()
            page.set_viewport_size({"width": 320, "height": 640})
            for address in pages:
                answer = page.goto(console.url + address)
                assert answer.status == 200, address
                page.evaluate(axe)
                result = page.evaluate(f"axe.run({{runOnly: {TAGS}}})")
                found += [(address, one["id"]) for one in result["violations"]]
                if page.evaluate("document.documentElement.scrollWidth") > 320:
                    found.append((address, "wide"))
        browser.close()
    assert found == []
