"""An operator's main tasks in Chromium, by keyboard, with axe, without scripts, and on a narrow screen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update

from api.audiences import OPERATOR, in_use
from api.clock import stamp, utc_now
from api.store import jobs, known_links, schema
from tests.support.browser import (
    Noticed,
    assert_fits,
    assert_sound,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.console import Console, serving_console
from tests.support.person_pages import unit_with_histories
from tests.support.reviewable import members, record, send
from tests.support.served import Served, copied_unit

pytestmark = needs_chromium

CHILD = 4
"""A child whom both councils and the force know."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with unit_with_histories(tmp_path_factory.mktemp("made") / "data") as opened:
        pass
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def console(served: Served) -> Iterator[Console]:
    with serving_console(served.unit.folder.root) as opened:
        yield opened


@contextmanager
def looking(console: Console, browser: Browser, **options: Any) -> Iterator[tuple[Page, Noticed]]:
    with context_of(browser, console.url, **options) as (context, noticed):
        sign_in(context, console.url, console.token("olga", "operator"))
        yield context.new_page(), noticed
        noticed.assert_nothing()


def pseudonym(console: Console, served: Served) -> str:
    service = console.service
    person = members(served)[record("E09", CHILD)]
    with service.database.read() as connection:
        return in_use(service.folder, connection, OPERATOR).of(person)


def fail_a_job(console: Console) -> int:
    with console.service.database.write() as connection:
        number = jobs.queue(connection, "find-urgent", now=utc_now())
        table = schema.jobs
        ended = {"state": "failed", "error": "OSError", "finished_at": stamp(utc_now())}
        connection.execute(update(table).where(table.c.id == number).values(**ended))
    return number


def day(console: Console, served: Served, page: Page, check: Any, *, scripts: bool) -> None:
    """An operator's tasks, one after the other; ``check`` looks at every page on the way."""
    failed = fail_a_job(console)
    page.goto("/operator")
    check()
    page.get_by_role("link", name="1 job failed").press("Enter")
    check()
    page.get_by_role("button", name=f"Try again job {failed}").press("Enter")
    page.wait_for_url("**/operator/jobs")
    page.get_by_role("link", name="Persons").press("Enter")
    check()
    page.get_by_label("Pseudonym or handle").fill(pseudonym(console, served).lower())
    page.get_by_role("button", name="Find").press("Enter")
    page.wait_for_url(re.compile("/operator/persons/[A-Za-z0-9_-]{43}$"))
    person = page.url
    check()
    page.get_by_role("button", name="Prepare it").press("Enter")
    page.get_by_role("link", name="Look again").wait_for()
    check()
    served.workers.settle()
    if not scripts:
        page.get_by_role("link", name="Look again").press("Enter")
    page.get_by_role("heading", name="Episodes by agency").wait_for()
    for details in page.locator("summary").all():
        details.press("Enter")
    check()
    page.get_by_role("link", name=re.compile(r"^Records \d and \d$")).first.press("Enter")
    page.get_by_role("heading", name=re.compile("Why records")).wait_for()
    assert page.locator("svg.clew-picture").count() == 7  # six views and the weights
    check()
    page.goto(person)
    page.get_by_role("button", name="Ask the agencies").press("Enter")
    page.get_by_label("Is the date of birth").first.check()
    check()
    page.get_by_role("button", name="Ask").press("Enter")
    page.get_by_text("next round of questions").wait_for()
    page.get_by_role("button", name="Join, keep apart or undo").press("Enter")
    page.get_by_role("heading", name="Take one record out (unlink)").wait_for()
    check()
    out = page.locator("form", has=page.get_by_label("Record that is none of this person’s"))
    out.get_by_label("Record that is none of this person’s").select_option(index=1)
    out.get_by_label("Reason").select_option("agencies")
    out.get_by_label("Number of a file").fill("Jane Doe")
    out.get_by_role("button", name="Take out").press("Enter")
    page.get_by_role("link", name="Write the number of the file in digits").press("Enter")
    check()
    assert out.get_by_label("Reason").input_value() == "agencies"
    out.get_by_label("Number of a file").fill("CR-2026/014")
    out.get_by_role("button", name="Take out").press("Enter")
    page.get_by_text("not carried out yet. Linkage job").wait_for()
    check()


def assert_day_done(console: Console, served: Served) -> None:
    with console.service.database.read() as connection:
        decisions = known_links.all_links(connection)
        kinds = list(connection.scalars(select(schema.jobs.c.state).where(schema.jobs.c.state == "failed")))
    assert [(one.same, one.reason) for one in decisions] == [
        (False, "the agencies concerned agree on it; file CR-2026/014")
    ] * 2
    assert kinds == []
    ends = [{one.left, one.right} for one in decisions]
    (taken,) = ends[0] & ends[1]
    served.workers.settle()
    held = members(served)
    assert sum(whose == held[taken] for whose in held.values()) == 1


def test_a_day_by_keyboard(console: Console, served: Served, browser: Browser) -> None:
    with looking(console, browser) as (page, noticed):
        day(console, served, page, lambda: assert_sound(page, noticed), scripts=True)
    assert_day_done(console, served)


def test_a_day_without_scripts_on_a_narrow_screen(console: Console, served: Served, browser: Browser) -> None:
    narrow = {"width": 320, "height": 640}
    with looking(console, browser, java_script_enabled=False, viewport=narrow) as (page, _):
        day(console, served, page, lambda: assert_fits(page), scripts=False)
    assert_day_done(console, served)


def test_a_submission_is_followed_while_it_goes_on(
    console: Console, served: Served, browser: Browser
) -> None:
    send(served, served.other_council, (CHILD, 20), 2)
    with looking(console, browser) as (page, noticed):
        page.goto("/operator/submissions/E10/2")
        page.get_by_text("waits for its worker").first.wait_for()
        assert_sound(page, noticed)
        served.workers.settle()
        page.get_by_text("a finished linkage held it").wait_for()
        assert_sound(page, noticed)


def test_a_decision_is_followed_until_it_is_carried_out(
    console: Console, served: Served, browser: Browser
) -> None:
    with looking(console, browser) as (page, noticed):
        page.goto("/operator/persons")
        page.get_by_label("Pseudonym or handle").fill(pseudonym(console, served))
        page.get_by_role("button", name="Find").press("Enter")
        page.get_by_role("button", name="Join, keep apart or undo").press("Enter")
        page.locator("#out-reason").select_option("agencies")
        page.get_by_role("button", name="Take out").press("Enter")
        page.get_by_text("not carried out yet. Linkage job").wait_for()
        served.workers.settle()
        page.get_by_text("not carried out yet. Linkage job").wait_for(state="detached")
        page.get_by_role("heading", name="Decisions by people").wait_for()
        assert_sound(page, noticed)


def test_a_page_that_came_long_ago_says_that_there_is_something_new(
    console: Console, served: Served, browser: Browser
) -> None:
    with looking(console, browser) as (page, noticed):
        page.goto("/operator/persons")
        page.get_by_label("Pseudonym or handle").fill(pseudonym(console, served))
        page.get_by_role("button", name="Find").press("Enter")
        page.get_by_role("button", name="Prepare it").press("Enter")
        page.get_by_text("Both workers are at it").wait_for()
        page.evaluate("performance.now = () => 1e9")
        served.workers.settle()
        page.get_by_text("There is something new: look again.").wait_for()
        page.get_by_text("Both workers are at it").wait_for()
        assert_sound(page, noticed)
