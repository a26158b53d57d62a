"""A release in Chromium: proposed, counted, looked at, compared, approved by a second person, downloaded."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from api.releasing import Proposal, known_release, said_of
from tests.support.browser import (
    Noticed,
    assert_fits,
    assert_sound,
    context_of,
    needs_chromium,
    sign_in,
)
from tests.support.console import Console, serving_console
from tests.support.processes import clew
from tests.support.release_world import YEAR, release_unit, send_again
from tests.support.served import Served, copied_unit

pytestmark = needs_chromium

TABLES = ("T6", "T7", "T9", "T13", "T15")
CHARTS = (
    "Missing, by month",
    "Incidents that councils and police hold alike, by council",
    "Incidents that councils and police hold alike, by police force",
    "Missing, by duration",
    "Return interviews completed within 72 hours of return, by council",
    "Missing out of the responsible council's area: whose children, and where",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with release_unit(tmp_path_factory.mktemp("made") / "data") as opened:
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


@dataclass(frozen=True)
class Seat:
    """One person's browser."""

    page: Page
    noticed: Noticed
    scripts: bool

    def go(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def look(self) -> None:
        """Check the page that is open, as far as a browser without scripts can tell."""
        if self.scripts:
            assert_sound(self.page, self.noticed)
            assert_fits(self.page)

    def press(self, name: str | re.Pattern[str], *, role: Any = "button") -> None:
        self.page.get_by_role(role, name=name).press("Enter")
        self.look()

    def text(self) -> str:
        return " ".join(self.page.locator("main").inner_text().split())


@contextmanager
def seats(console: Console, browser: Browser, *, scripts: bool) -> Iterator[list[Seat]]:
    """Sit down a publisher, and one who is the enrolled approver Petra Novak."""
    with ExitStack() as stack:
        found = []
        for name in ("paul.smith", "petra.novak"):
            opened = context_of(browser, console.url, java_script_enabled=scripts)
            context, noticed = stack.enter_context(opened)
            sign_in(context, console.url, console.token(name, "publisher"))
            found.append(Seat(context.new_page(), noticed, scripts))
        yield found
        for one in found:
            one.noticed.assert_nothing()


def propose(seat: Seat, first: str, last: str) -> str:
    """Have a release asked for on the page, and return its address."""
    seat.go("/publisher")
    seat.press("Propose a release")
    for name, whole in (("First day", first), ("Last day", last)):
        group = seat.page.get_by_role("group", name=name)
        for label, text in zip(("Year", "Month", "Day"), whole.split("-"), strict=True):
            group.get_by_label(label).fill(text)
    for number in TABLES:
        seat.page.get_by_role("checkbox", name=re.compile(f"^{number} ")).check()
    seat.press("Have it counted")
    assert "The register worker counts it" in seat.text()
    return seat.page.url


def count(console: Console) -> None:
    done = clew("register", "work", "register", "--data", console.service.folder.root, "--once")
    assert done.returncode == 0, done.stderr


def look_again(seat: Seat) -> None:
    """Come to see what was counted: by itself where scripts run."""
    link = seat.page.get_by_role("link", name="Look again")
    if seat.scripts:
        link.wait_for(state="detached")
        seat.page.wait_for_load_state()
        seat.look()
    else:
        link.press("Enter")


def approve(seat: Seat, address: str) -> None:
    seat.go(address)
    assert "You approve as Petra Novak." in seat.text()
    seat.press("Approve or reject it")
    seat.press(re.compile("^Approve release"))
    assert seat.page.url == address
    assert "Petra Novak" in seat.text()


def look_at_charts(seat: Seat) -> None:
    """Every chart is a picture with a sentence, and its table opens and says as suppressed what is."""
    page = seat.page
    assert tuple(page.locator("section h3").all_inner_texts()) == CHARTS
    for section in page.locator("section:has(> h3)").all():
        picture = section.get_by_role("img")
        assert section.locator("figcaption").inner_text() in (picture.get_attribute("aria-label") or "")
        assert picture.locator("svg").is_visible()
        section.locator("summary").press("Enter")
        cells = section.locator("tbody td").all_inner_texts()
        assert "c" in cells
        assert {one for one in cells if not one.isdigit()} <= {"c", "u", "x", "z", "k", "low"}
    seat.look()


def look_at_tables(seat: Seat, address: str) -> None:
    """What is suppressed is told table by table, and shown cell by cell."""
    page = seat.page
    table = page.get_by_role("table", name="Figures and symbols, table by table")
    hidden = [int(one) for one in table.locator("tbody td:nth-child(6)").all_inner_texts()]
    assert sum(hidden) > 20
    table.get_by_role("link", name=re.compile("^T7 incidents")).press("Enter")
    seat.look()
    assert "Missing, by duration" in page.locator("h1").inner_text()
    cells = page.locator("table").last.locator("tbody td:last-child").all_inner_texts()
    assert "c" in cells
    page.get_by_role("link", name=re.compile("^Back to release")).press("Enter")
    assert page.url == address


def download(console: Console, seat: Seat, address: str, folder: Path) -> None:
    """Every file that is downloaded is the file that was approved."""
    seat.go(address)
    number = int(address.rpartition("/")[2])
    with console.service.database.read() as connection:
        said = said_of(known_release(connection, number))
    assert isinstance(said, Proposal)
    with seat.page.expect_download() as waited:
        seat.page.get_by_role("button", name=re.compile("^Download all")).click()
    waited.value.save_as(folder / "all.zip")
    with zipfile.ZipFile(folder / "all.zip") as opened:
        found = {Path(name).name: opened.read(name) for name in opened.namelist()}
    assert {name: hashlib.sha256(one).hexdigest() for name, one in found.items()} == said.files
    seat.page.locator("summary", has_text="Files one by one").press("Enter")
    with seat.page.expect_download() as waited:
        seat.page.get_by_role("link", name="t7_missing-by-duration.csv").click()
    waited.value.save_as(folder / "one.csv")
    assert (folder / "one.csv").read_bytes() == found["t7_missing-by-duration.csv"]


def first_release(console: Console, paul: Seat, petra: Seat, folder: Path) -> None:
    """From what Paul asks for to what he downloads, once Petra has approved it."""
    address = propose(paul, *YEAR)
    count(console)
    look_again(paul)
    assert "You proposed it, so somebody else must approve it: Petra Novak." in paul.text()
    assert paul.page.get_by_text("Download").count() == 0
    assert "Nothing was published before it." in paul.text()
    look_at_charts(paul)
    look_at_tables(paul, address)
    paul.press("Take it back")
    assert paul.page.get_by_role("button", name=re.compile("^Approve")).count() == 0
    approve(petra, address)
    download(console, paul, address, folder)


def test_two_people_publish_and_compare_with_what_was_published(
    served: Served, console: Console, browser: Browser, tmp_path: Path
) -> None:
    with seats(console, browser, scripts=True) as (paul, petra):
        first_release(console, paul, petra, tmp_path)
        send_again(served)
        address = propose(petra, *YEAR)
        count(console)
        look_again(petra)
        assert "Area everywhere" in petra.text()
        changes = petra.page.get_by_role("table", name="Changes since release 1")
        rows = [row.locator("td").all_inner_texts() for row in changes.locator("tbody tr").all()]
        sums = [sum(int(row[place]) for row in rows) for place in range(5)]
        assert sums[0] == sum(sums[1:])
        assert f"Of {sums[0]:,} cells in both, {sums[1]:,} are the same" in petra.text()
        assert sums[2] > 0
        petra.press("Take it back")
        assert "You proposed it" in petra.text()
        paul.go(address)
        assert "your account does not stand for an enrolled approver" in paul.text()
        paul.press("Reject it")
        paul.press("Reject release 2")
        assert "Rejected" in paul.text()
        assert paul.page.locator("section h3").count() == 0


def test_without_scripts_two_people_publish(console: Console, browser: Browser, tmp_path: Path) -> None:
    with seats(console, browser, scripts=False) as (paul, petra):
        first_release(console, paul, petra, tmp_path)
