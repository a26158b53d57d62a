"""A first-time user's path on the data officer's page, in a real browser, from a messy workbook to a report.

Nothing is typed on a terminal after the start.  Every page is held against WCAG 2.2 AA by axe-core,
must fit a screen of 320 pixels, ask nothing of any other origin and break nothing of its own policy.
"""

import datetime as dt
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from playwright.sync_api import Page

from cli.agency.making import BundleRequest
from cli.agency.progress import Stages
from cli.desk import bundles
from keys.wrapping import wrap_key
from linkage.wire.canonical import canonical
from linkage.wire.cards import AgencyCard, read_card
from linkage.wire.epochs import add_signature
from tests.support.agency_desk import PHRASE, child, report, write_council, write_table
from tests.support.agency_service import Service, serving_agencies
from tests.support.browser import needs_chromium
from tests.support.desk_browser import Seen, browsing
from tests.support.desk_page import desk_page

pytestmark = needs_chromium
COUNT = 8


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving_agencies(tmp_path / "unit") as opened:
        yield opened


def _messy_workbook(path: Path) -> Path:
    """Merged titles above the header, headings of its own, dates of two kinds, notes, a row of totals."""
    kids = [child(number) for number in range(1, COUNT + 1)]
    with xlsxwriter.Workbook(path) as book:
        bold, day = book.add_format({"bold": True}), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet = book.add_worksheet("Kids")
        sheet.merge_range(0, 0, 0, 7, "Children looked after, printed for Team 4", bold)
        sheet.merge_range(2, 0, 2, 3, "Who", bold)
        sheet.merge_range(2, 4, 2, 7, "Details", bold)
        sheet.write_row(3, 0, ["Kid no.", "First name", "Last name", "D.O.B.", "Gender", "Post code"])
        sheet.write_row(3, 6, ["Worker's notes", "RAG"])
        for row, one in enumerate(kids, start=4):
            born = "31/02/2012" if row == 4 else one["date_of_birth"]
            sheet.write_row(row, 0, [one["child_id"], one["forename"], one["surname"], born])
            if row % 2:
                sheet.write_datetime(row, 3, dt.datetime.strptime(born, "%d/%m/%Y"), day)
            sheet.write_row(row, 4, [one["sex"], one["postcode"], "lives with nan", "green"])
        sheet.write_row(COUNT + 5, 0, ["Total", COUNT])
        sheet = book.add_worksheet("Missing")
        sheet.write_row(0, 0, ["Missing ID", "Child ref", "Missing start date", "Returned", "Type"])
        sheet.write(0, 5, "Missing from")
        for row, one in enumerate(kids, start=1):
            ended = {1: "01/06/2025", 4: ""}.get(row, "07/06/2025")
            sheet.write_row(row, 0, [f"EP{row:07d}", one["child_id"], "05/06/2025", ended, "M", "kids' home"])
        sheet = book.add_worksheet("Placements")
        sheet.write_row(0, 0, ["Child ref", "Placement start", "Placement end", "Legal status", "Place"])
        for row, one in enumerate(kids, start=1):
            sheet.write_row(row, 0, [one["child_id"], "03/02/2024", "", "C2", "U6"])
    return path


def _handed_over(service: Service, folder: Path) -> dict[str, Path]:
    """The files that custodians and operator give an agency on its first day."""
    folder.mkdir()
    files = {"epoch.json": service.epoch.descriptor, "unit.json": service.card}
    files |= {f"custodian-{number}.json": one.card for number, one in enumerate(service.epoch.members)}
    for name, document in files.items():
        (folder / name).write_bytes(canonical(document))
    return {name: folder / name for name in files}


def _wrapped(service: Service, card: AgencyCard, path: Path) -> Path:
    wrapped = wrap_key(service.epoch.key, service.epoch.descriptor, holder=card)
    for member in service.epoch.members[:2]:
        wrapped = add_signature(wrapped, member.identity.signing)
    path.write_bytes(canonical(wrapped))
    return path


def _police(service: Service, folder: Path) -> None:
    """The police know seven of the children, one episode of them otherwise, and have one as closed."""
    desk = service.desk(folder, "P01", "police")
    rows = []
    for number in range(2, COUNT + 1):
        own = child(number)
        born = "-".join(reversed(own["date_of_birth"].split("/")))
        names = {
            "forenames": own["forename"],
            "surname": own["surname"].upper(),
            "home_postcode": own["postcode"],
        }
        rows.append(report(number, **names, date_of_birth=born))
    other = {"last_seen": "2025-09-01T20:00", "reported": "2025-09-01T21:00", "found": "2025-09-02T09:00"}
    rows.append(rows[-1] | other | {"report_ref": "RP0000099"})
    table = write_table(folder / "reports.csv", rows)
    assert desk.encode(table, "police-csv", "--area", "E09").code == 0, desk.outputs[-1].err
    assert desk.run("submit", desk.bundle, "--url", service.url).code == 0


def _press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def _arrived(page: Page, title: str) -> None:
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for()


def _make_workspace(seen: Seen, files: dict[str, Path]) -> None:
    page = seen.page
    page.get_by_role("link", name="Make your workspace").click()
    _arrived(page, "Make your workspace")
    seen.look("02-make-workspace")
    page.get_by_label("Your agency’s code").fill("E09")
    page.get_by_label("Your agency’s name").fill("Eastmere Council")
    page.get_by_label("A council").check()
    page.get_by_label("The custodians’ cards").set_input_files(
        [path for name, path in files.items() if name.startswith("custodian")]
    )
    page.get_by_label("How many custodians").fill("2")
    page.get_by_label("New passphrase for this workspace").fill("short")
    page.get_by_label("The passphrase again").fill("short")
    _press(page, "Make the workspace")
    page.get_by_role("alert").wait_for()
    seen.look("03-error")
    assert page.title().startswith("Error: ")
    page.get_by_label("A council").check()
    page.get_by_label("The custodians’ cards").set_input_files(
        [path for name, path in files.items() if name.startswith("custodian")]
    )
    page.get_by_label("New passphrase for this workspace").fill(PHRASE)
    page.get_by_label("The passphrase again").fill(PHRASE)
    _press(page, "Make the workspace")
    _arrived(page, "Your workspace")
    seen.look("04-workspace")


def _join(seen: Seen, files: dict[str, Path], wrapped: Path) -> None:
    page = seen.page
    page.get_by_role("link", name="Next: join the epoch").click()
    page.get_by_label("Epoch descriptor").set_input_files(files["epoch.json"])
    page.get_by_label("Epoch key, wrapped").set_input_files(wrapped)
    page.get_by_label("Card of the linkage unit").set_input_files(files["unit.json"])
    page.get_by_label("Passphrase of your workspace").fill(PHRASE)
    _press(page, "Join the epoch")
    page.get_by_text("You have joined the epoch.").wait_for()
    seen.look("05-joined")


def _choose(seen: Seen, *source: Path) -> None:
    page = seen.page
    page.goto(f"{seen.pages}/source")
    seen.look("06-source")
    page.get_by_label("Your file or files").set_input_files(list(source))
    for legend, (day, month, year) in {
        "First day": ("1", "4", "2025"),
        "Last day": ("31", "3", "2026"),
    }.items():
        group = page.get_by_role("group", name=legend)
        group.get_by_label("Day").fill(day)
        group.get_by_label("Month").fill(month)
        group.get_by_label("Year").fill(year)
    _press(page, "Read the file")
    _arrived(page, "Say which column is what")


def _fix_mapping(seen: Seen) -> None:
    """The children's reference has a heading of nobody's standard: the page asks for it alone."""
    page = seen.page
    page.get_by_text("Clew found no column for: reference of the child (children).").wait_for()
    seen.look("07-mapping-proposed")
    _press(page, "Save this mapping")
    page.get_by_role("alert").get_by_text("No column was chosen yet for reference of the child").wait_for()
    chosen = page.locator('select[name="table.children"] option:checked').inner_text()
    assert chosen == f"messy.xlsx, sheet Kids – {COUNT + 1:,} rows", "the row of totals is one"
    page.locator('select[name="children.key"]').select_option(label="Kid no. – C•9999999")
    seen.look("08-mapping-fixed")
    _press(page, "Save this mapping")
    _arrived(page, "Check your file")


def _check(seen: Seen, folder: Path) -> None:
    page = seen.page
    seen.look("09-check")
    _press(page, "Check the file")
    page.get_by_role("heading", name="Where every row went").wait_for()
    page.get_by_role("heading", name="Errors: these rows are left out").wait_for()
    seen.look("10-checked")
    page.get_by_label("‘kids' home’").select_option("care")
    _press(page, "Save these meanings and check again")
    page.get_by_text("The meanings are saved in your mapping").wait_for()
    assert page.get_by_text("Words of your own").count() == 0
    _save(seen, "Fix list as a workbook (XLSX)", folder / "fixes.xlsx")
    fixes = openpyxl.load_workbook(folder / "fixes.xlsx")["Fixes"]
    assert any("CH0000001" in map(str, row) for row in fixes.iter_rows(values_only=True))
    page.get_by_role("button", name="Go on to encoding").click()


def _encode(seen: Seen) -> None:
    page = seen.page
    _arrived(page, "Encode your file")
    seen.look("11-encode")
    page.get_by_label("Passphrase of your workspace").fill("not the passphrase")
    _press(page, "Encode on this machine")
    page.get_by_role("alert").wait_for()
    page.get_by_label("Passphrase of your workspace").fill(PHRASE)
    _press(page, "Encode on this machine")
    _arrived(page, "Exactly what will leave")
    seen.look("12-what-will-leave")
    page.get_by_text("Nothing of this has left your machine.").wait_for()
    shown = page.locator("main").inner_text()
    assert "Surnamecanary" not in shown
    assert "CH0000002" not in shown


def _save(seen: Seen, link: str, path: Path) -> bytes:
    """Follow a link that saves a file."""
    with seen.page.expect_download() as downloaded:
        seen.page.get_by_role("link", name=link).click()
    downloaded.value.save_as(path)
    return path.read_bytes()


def _take_away(seen: Seen, outbox: Path, folder: Path) -> None:
    """The sealed bundle and its description in words can be saved, and name no child."""
    sealed = _save(seen, "Save the sealed bundle", folder / "saved.clew")
    (written,) = (path for path in outbox.glob("*.clew") if not path.name.endswith(".open.clew"))
    assert sealed == written.read_bytes()
    words = _save(seen, "All of this in words", folder / "words.txt")
    assert b"never leave" in words.lower()
    for canary in (b"canary", b"CH000000", b"EP000000"):
        assert canary not in sealed + words


def _submit(seen: Seen) -> None:
    page = seen.page
    page.get_by_role("button", name="Go on to submit").last.click()
    _arrived(page, "Submit your bundle")
    seen.look("13-submit")
    page.get_by_label("Passphrase of your workspace").fill(PHRASE)
    _press(page, "Submit to the linkage unit")
    _arrived(page, "Submitted")
    seen.look("14-submitted")


def _ask(seen: Seen, button: str, title: str) -> None:
    page = seen.page
    page.goto(f"{seen.pages}/unit")
    page.get_by_label("Passphrase of your workspace").fill(PHRASE)
    _press(page, button)
    _arrived(page, title)


def _read_report(seen: Seen, folder: Path) -> None:
    page = seen.page
    _ask(seen, "Pull the report", "Your report")
    seen.look("18-report")
    page.get_by_role("link", name="Episodes", exact=True).click()
    _arrived(page, "Episodes")
    row = page.get_by_role("row").filter(has_text="EP0000004")
    assert "Today" in row.inner_text()
    assert "CH0000004" in row.inner_text()
    seen.look("19-episodes")
    page.goto(f"{seen.pages}/report")
    page.get_by_role("link", name="Missing from your records").click()
    _arrived(page, "Missing from your records")
    assert "2025-09" in page.get_by_role("row").filter(has_text="CH0000008").inner_text()
    page.goto(f"{seen.pages}/report")
    _save(seen, "The whole report as a workbook (XLSX)", folder / "report.xlsx")
    assert "Episodes" in openpyxl.load_workbook(folder / "report.xlsx").sheetnames
    _save(seen, "Its tables as CSV (ZIP)", folder / "tables.zip")
    with zipfile.ZipFile(folder / "tables.zip") as tables:
        assert any(b"EP0000004" in tables.read(name) for name in tables.namelist())


def _answer(seen: Seen) -> None:
    page = seen.page
    page.get_by_role("link", name="Answer queries").click()
    _arrived(page, "Answer queries")
    seen.look("20-answers")
    urgent = page.get_by_role("group", name="CH0000004").filter(has_text="EP0000004")
    urgent.get_by_label("What came of it").select_option("error-corrected")
    lacking = page.get_by_role("group", name="CH0000008").filter(has_text="2025-09")
    lacking.get_by_label("What came of it").select_option("recorded-now")
    page.get_by_label("Passphrase of your workspace").fill(PHRASE)
    _press(page, "Send the answers")
    page.get_by_text("2 answers were sent.").wait_for()
    seen.look("21-answered")


def test_from_a_messy_workbook_to_a_report(tmp_path: Path, service: Service) -> None:
    _police(service, tmp_path / "police")
    files = _handed_over(service, tmp_path / "handed over")
    workspace = tmp_path / "workspace"
    with desk_page(workspace, url=service.url) as served, browsing(served.pages) as seen:
        seen.page.goto(served.address)
        _arrived(seen.page, "What to do next")
        assert "token" not in seen.page.url
        seen.look("01-start")
        _make_workspace(seen, files)
        card = read_card((workspace / "card.json").read_bytes(), AgencyCard)
        service.enrol_card(card)
        _join(seen, files, _wrapped(service, card, tmp_path / "wrapped.json"))
        _choose(seen, _messy_workbook(tmp_path / "messy.xlsx"))
        _fix_mapping(seen)
        _check(seen, tmp_path)
        _encode(seen)
        _take_away(seen, workspace / "outbox", tmp_path)
        _submit(seen)
        service.workers.settle()
        _ask(seen, "What became of my bundles?", "What became of your bundles")
        assert "Accepted, linked" in seen.page.locator("main").inner_text()
        seen.look("15-status")
        service.workers.cycle()
        seen.page.goto(f"{seen.pages}/unit")
        seen.look("16-ask")
        _ask(seen, "What is urgent?", "What is urgent")
        assert "EP0000004" in seen.page.locator("main").inner_text()
        seen.look("17-urgent")
        _read_report(seen, tmp_path)
        _answer(seen)
        seen.page.goto(f"{seen.pages}/")
        assert (
            "To do" not in seen.page.get_by_role("listitem").filter(has_text="Read the report").inner_text()
        )
        seen.look("22-steps-done")
        _press(seen.page, "Stop and close")
        _arrived(seen.page, "The page has ended")
        seen.look("23-ended")
        served.wait()
    seen.assert_nothing_broken()
    for title in (*seen.titles, *seen.asked):
        assert "canary" not in title
        assert "CH000" not in title
        assert PHRASE.split()[0] not in title
    assert not any("Surnamecanary" in text or PHRASE in text for text in seen.texts)


def test_progress_is_shown_and_followed(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act that takes its time is shown with how far it is; when it ends the page goes on by itself."""
    desk, go_on = service.desk(tmp_path / "council"), threading.Event()
    source = write_council(tmp_path / "source", 4)
    for_real = bundles.make_bundle

    def slow(request: BundleRequest, opened: Any, stages: Stages, **named: Any) -> Any:
        stages.stage("encoding", 4)(3)
        assert go_on.wait(60)
        return for_real(request, opened, stages, **named)

    monkeypatch.setattr(bundles, "make_bundle", slow)
    with desk_page(desk.workspace) as served, browsing(served.pages) as seen:
        page = seen.page
        page.goto(served.address)
        _choose(seen, *sorted(source.glob("*.csv")))
        _press(page, "Use this mapping")
        _arrived(page, "Check your file")
        page.goto(f"{seen.pages}/encode")
        page.get_by_label("Passphrase of your workspace").fill(PHRASE)
        _press(page, "Encode on this machine")
        page.get_by_text("Encoding: 3 of 4").wait_for()
        assert page.get_by_role("progressbar").get_attribute("value") == "75"
        seen.look("24-progress")
        page.goto(f"{seen.pages}/")
        page.get_by_role("link", name="Something is being done").click()
        go_on.set()
        _arrived(page, "Exactly what will leave")
    seen.assert_nothing_broken()


def test_pages_off_the_path_are_as_sound(tmp_path: Path, service: Service) -> None:
    """The mapping as text, no bundle yet, several of them, and everything that is refused."""
    desk = service.desk(tmp_path / "council")
    with desk_page(desk.workspace) as served, browsing(served.pages) as seen:
        page = seen.page
        page.goto(served.origin)
        _refused(seen, "25-closed", "This page is not open in this browser", 403)
        page.goto(served.address)
        page.goto(f"{seen.pages}/bundles")
        page.get_by_text("There is no bundle yet.").wait_for()
        seen.look("26-no-bundle")
        _choose(seen, *sorted(write_council(tmp_path / "source", 2).glob("*.csv")))
        page.get_by_role("link", name="the mapping as text").click()
        _arrived(page, "The mapping as text")
        seen.look("27-mapping-text")
        _press(page, "Save this mapping")
        page.goto(f"{seen.pages}/mapping")
        page.get_by_text("A mapping is saved in your workspace.").wait_for()
        seen.look("28-mapping-kept")
        outbox = desk.workspace / "outbox"
        outbox.mkdir()
        for name in ("one", "two"):
            (outbox / f"{name}.clew").touch()
        page.goto(f"{seen.pages}/bundles")
        _arrived(page, "Your bundles")
        seen.look("29-bundles")
        page.goto(f"{seen.pages}/bundles/none")
        _refused(seen, "30-refused", "This cannot be shown", 400)
        page.goto(f"{seen.pages}/nothing")
        _refused(seen, "31-nothing", "There is no such page", 404)
    seen.assert_nothing_broken()


def _refused(seen: Seen, name: str, title: str, code: int) -> None:
    """Look at a page that is refused; of its code the browser itself complains."""
    _arrived(seen.page, title)
    seen.look(name)
    complaint = seen.complaints.pop(0)
    assert f"status of {code}" in complaint
    assert seen.complaints == []


def test_without_scripts_and_by_keyboard(tmp_path: Path, service: Service) -> None:
    """With JavaScript off a file is chosen, mapped, checked and encoded, with keys alone."""
    desk = service.desk(tmp_path / "council")
    source = write_council(tmp_path / "source", 4)
    with desk_page(desk.workspace) as served, browsing(served.pages, scripted=False) as seen:
        page = seen.page
        page.goto(served.address)
        page.get_by_role("link", name="Choose your file").focus()
        page.keyboard.press("Enter")
        _arrived(page, "Choose your file")
        page.get_by_label("Your file or files").set_input_files(sorted(source.glob("*.csv")))
        page.get_by_role("group", name="First day").get_by_label("Day").focus()
        for number, text in enumerate(("1", "4", "2025", "31", "3", "2026")):
            if number:
                page.keyboard.press("Tab")
            page.keyboard.type(text)
        page.keyboard.press("Enter")
        _follow(page, "Say which column is what")
        page.get_by_role("button", name="Use this mapping").press("Enter")
        _follow(page, "Check your file")
        page.get_by_role("button", name="Check the file").press("Enter")
        _follow(page, "Where every row went")
        page.get_by_role("button", name="Go on to encoding").press("Enter")
        _follow(page, "Encode your file")
        page.get_by_label("Passphrase of your workspace").focus()
        page.keyboard.type(PHRASE)
        page.keyboard.press("Enter")
        _follow(page, "Exactly what will leave")
        assert (
            "nothing is uploaded anywhere until you press submit"
            in page.locator("main").inner_text().casefold()
        )
    seen.assert_nothing_broken()
    assert (desk.workspace / "outbox" / "2025-04-01-to-2026-03-31.clew").is_file()


def _follow(page: Page, title: str) -> None:
    """Go on from the page of an act that is under way by its own button, as somebody without scripts does."""
    arrived = page.get_by_role("heading", name=title, exact=True)
    under_way = page.get_by_role("button", name="See how far it is now")
    for _ in range(200):
        arrived.or_(under_way).wait_for()
        if arrived.is_visible():
            return
        under_way.press("Enter")
        page.wait_for_timeout(100)
    raise AssertionError(page.locator("h1").inner_text())
