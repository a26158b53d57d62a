"""A release is asked for, counted by the register worker, looked at, approved by another, downloaded."""

import datetime as dt
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from msgspec import to_builtins
from sqlalchemy import delete, select

from api.clock import utc_now
from api.console_app.app import create_console
from api.console_app.opened_releases import OpenedReleases
from api.console_app.release_files import in_order
from api.console_app.roles import rule_of
from api.open_releases import changes, open_tables, table_figures
from api.overview.coverage import newest_months
from api.releasing import Proposal, request_release, said_of
from api.store import ledger, releases
from api.store.ledger_rows import digests
from api.store.releases import KeptRelease
from api.store.schema import ledger_entries
from api.store.schema_releases import release_contents
from linkage.register.counts import Dimension
from linkage.register.released import ReleasedCell, ReleasedTable
from linkage.register.statistics.periods import read_period
from tests.support.audited import undone
from tests.support.console import Console, needs_assets, serving_console
from tests.support.served import Served, served_unit
from tests.support.unit import make_sent
from tests.test_console_operator_pages import token_of, words_of
from tests.test_releases_need_two_people import enrol

pytestmark = needs_assets


def boxes(name: str, day: str) -> dict[str, str]:
    """A day as the form has it, in three boxes."""
    return dict(zip((f"{name}-year", f"{name}-month", f"{name}-day"), f"{day}--".split("-"), strict=False))


YEAR = {**boxes("first", "2024-04-01"), **boxes("last", "2025-03-31"), "area": "", "tables": "t1"}


@dataclass(frozen=True)
class Office:
    served: Served
    console: Console
    paul: httpx.Client
    petra: httpx.Client

    def send(self, who: httpx.Client, address: str, **fields: str) -> httpx.Response:
        form = {"csrf_token": token_of(who.get(address).text)}
        return who.post(address, data=form | fields)

    def proposed(self, **changes: str) -> int:
        """Ask for a release and let the register worker count it."""
        answer = self.send(self.paul, "/publisher/propose", **(YEAR | changes))
        assert answer.status_code == 303, answer.text
        self.served.workers.run("register")
        return int(answer.headers["Location"].rpartition("/")[2])

    def kept(self, number: int) -> KeptRelease:
        with self.console.service.database.read() as connection:
            found = releases.find_release(connection, number)
        assert found is not None
        return found

    def text(self, number: int) -> str:
        return words_of(self.paul.get(f"/publisher/releases/{number}").text)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with served_unit(tmp_path_factory.mktemp("unit") / "data") as served:
        served.client(served.council).submit(make_sent(served.unit, served.council, children=range(1, 14)))
        served.client(served.police).submit(make_sent(served.unit, served.police, children=range(2, 14)))
        served.workers.settle()
        assert served.workers.cycle() == 1
        with served.workers.database.write() as connection:
            enrol(connection, "Petra")
        with serving_console(served.unit.folder.root) as console:
            two = (console.signed_in("paul", "publisher"), console.signed_in("petra", "publisher"))
            yield Office(served, console, *two)


def test_one_proposes_another_approves_and_what_is_downloaded_is_that(office: Office) -> None:
    answer = office.send(office.paul, "/publisher/propose", **YEAR)
    number = int(answer.headers["Location"].rpartition("/")[2])
    assert "The register worker counts it" in office.text(number)
    progress, page = f"/publisher/releases/{number}/progress", f"/publisher/releases/{number}"
    assert office.paul.get(progress).json() == {"moving": True, "now": "requested"}
    assert f'data-live="{progress}" data-now="requested"' in office.paul.get(page).text
    assert "live.js" in office.paul.get(page).text
    office.served.workers.run("register")
    found = office.kept(number)
    said = said_of(found)
    assert office.paul.get(progress).json() == {"moving": False, "now": "proposed"}
    assert "live.js" not in office.paul.get(page).text
    assert isinstance(said, Proposal)
    assert (found.state, found.proposed_by, said.tables) == ("proposed", "paul", ("T1",))
    text = office.text(number)
    with office.console.service.database.read() as connection:
        tables = open_tables(office.served.unit.folder, connection, found)
    assert tables
    for one in table_figures(tables):
        hidden = one.symbols.get("c", 0)
        assert f"{one.title} {one.measure.replace('_', ' ')} {one.cells} {one.figures} {hidden} " in text
        page = office.paul.get(f"/publisher/releases/{number}/tables/{one.number}/{one.measure}")
        assert page.status_code == 200
        assert "as it would be printed" in page.text
    decide = f"/publisher/releases/{number}/decide"
    file = f"/publisher/releases/{number}/files/index.html"
    whole = f"/publisher/releases/{number}/files.zip"
    assert [office.petra.get(one).status_code for one in (file, whole)] == [404, 404]
    own = office.send(office.paul, decide, step="approve", digest=found.digest)
    assert (own.status_code, "no approver of this name" in own.text) == (409, True)
    other = office.send(office.petra, decide, step="approve", digest="0" * 64)
    assert (other.status_code, office.kept(number).state) == (409, "proposed")
    assert office.send(office.petra, decide, step="approve", digest=found.digest).status_code == 303
    assert (office.kept(number).state, office.kept(number).decided_by) == ("approved", "Petra")
    approved = office.text(number)
    assert approved.index("Download all") < approved.index("What is suppressed")
    for name, digest in said.files.items():
        got = office.paul.get(f"/publisher/releases/{number}/files/{name}")
        assert hashlib.sha256(got.content).hexdigest() == digest
        assert "attachment" in got.headers["Content-Disposition"]
    packed = [office.paul.get(f"/publisher/releases/{number}/files.zip").content for _ in range(2)]
    assert packed[0] == packed[1]
    with zipfile.ZipFile(io.BytesIO(packed[0])) as opened:
        found_in = {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}
    assert found_in == {f"release-{number}/{name}": digest for name, digest in said.files.items()}
    later = office.proposed(**boxes("last", "2024-09-30"))
    assert "Nothing was published before it" not in office.text(later)
    assert office.send(office.petra, decide, step="withdraw").status_code == 303
    assert [office.petra.get(one).status_code for one in (file, whole)] == [404, 404]


def test_what_cannot_be_counted_says_why_and_is_taken_back(office: Office) -> None:
    with office.console.service.database.write() as connection:  # the form itself lets no such table through
        year = read_period("2024-04-01..2025-03-31")
        number = request_release(connection, year, area=None, numbers=["T99"], by="paul", now=utc_now())
    office.served.workers.run("register")
    found = office.kept(number)
    assert found.state == "refused"
    refused = to_builtins(said_of(found))["refused"]
    assert refused
    assert f"It cannot be counted so: {refused}" in office.text(number)
    assert office.send(office.paul, f"/publisher/releases/{number}/decide", step="reject").status_code == 303
    assert office.kept(number).state == "rejected"


def test_the_form_is_filled_with_the_months_that_were_sent(office: Office) -> None:
    page = office.paul.get("/publisher/propose").text
    values = re.findall(r'name="((?:first|last)-(?:day|month|year))"[^>]* value="([0-9]+)"', page)
    with office.console.service.database.read() as connection:
        months = newest_months(connection)
    assert months is not None
    first, last = (dt.date(*map(int, one.split("-")), 1) for one in months)
    assert dict(values)["first-day"] == "1"
    assert (dict(values)["first-month"], dict(values)["first-year"]) == (str(first.month), str(first.year))
    assert (dict(values)["last-month"], dict(values)["last-year"]) == (str(last.month), str(last.year))
    assert f"speak of: {first:%B %Y} to {last:%B %Y}." in words_of(page)
    filled = dict(values) | {"area": "", "tables": "t1"}
    assert office.proposed(**filled) > 0


def test_files_are_listed_as_people_count() -> None:
    assert in_order(["t10.csv", "t2.csv", "t1b.csv", "t1.csv", "index.html"]) == [
        "index.html",
        "t1.csv",
        "t1b.csv",
        "t2.csv",
        "t10.csv",
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (boxes("first", "soon"), "First day: write day, month and year, such as 1 4 2025"),
        (boxes("last", ""), "Last day: write day, month and year, such as 31 3 2026"),
        (boxes("last", "2025-02-30"), "Last day: write day, month and year"),
        (boxes("last", "25-03-31"), "Last day: write day, month and year"),
        (boxes("last", "2025-03-30"), "The period is wrong: not whole months"),
        (boxes("last", "2024-03-31"), "The period is wrong: it ends before it begins"),
        ({"area": "E77"}, "Choose one of the areas"),
        ({"tables": "T1 T99 X"}, "There is no table T99 or X"),
    ],
)
def test_the_form_says_what_is_wrong_where_it_is(office: Office, wrong: dict[str, str], words: str) -> None:
    field = next(iter(wrong)).removesuffix("-year")
    first_box = "-day" if field in ("first", "last") else ""
    answer = office.send(office.paul, "/publisher/propose", **(YEAR | wrong))
    assert answer.status_code == 400
    assert f'<a href="#{field}{first_box}">{words}' in answer.text
    assert f'id="{field}-error"' in answer.text
    if field == "first":
        assert 'value="soon"' in answer.text


def test_nothing_is_kept_of_what_was_taken_back_before_it_was_counted(office: Office) -> None:
    answer = office.send(office.paul, "/publisher/propose", **YEAR)
    number = int(answer.headers["Location"].rpartition("/")[2])
    assert office.send(office.paul, f"/publisher/releases/{number}/decide", step="reject").status_code == 303
    office.served.workers.run("register")
    assert office.kept(number).state == "rejected"
    with office.console.service.database.read() as connection:
        assert releases.parts_of(connection, number) == []


def test_every_step_has_its_entry_and_the_ledger_covers_what_stands(office: Office) -> None:
    with office.console.service.database.read() as connection:
        kinds = connection.scalars(select(ledger_entries.c.kind)).all()
        said = ledger.current_covers(connection)
        key = ledger.row_key(connection)
        for table in ("releases", "release_contents"):
            now = digests(connection, table, key)
            assert now == {name: one for (what, name), one in said.items() if what == table and one}
    assert kinds.count("statistics-release") >= 5


def test_only_publishers_open_these_pages_and_deciding_asks_who_is_there(office: Office) -> None:
    for name, role in (("rita", "reviewer"), ("olga", "operator"), ("gina", "governance")):
        other = office.console.signed_in(name, role)
        for page in ("/publisher", "/publisher/propose", "/publisher/releases/1/decide"):
            assert other.get(page).status_code == 403
    app = create_console(office.console.service)
    deciding = [one for one in app.url_map.iter_rules() if one.rule.endswith("/decide")]
    assert len(deciding) == 4
    for one in deciding:
        rule = rule_of(app.view_functions[one.endpoint])
        assert rule is not None
        assert rule.step_up


def test_no_address_holds_a_handle(office: Office) -> None:
    for page in ("/publisher", "/publisher/propose", "/publisher/releases/1"):
        text = office.paul.get(page).text
        for one in re.findall(r'(?:href|src|action)="([^"]*)"', text):
            assert re.search(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", one) is None


def test_releases_are_compared_cell_by_cell() -> None:
    area = Dimension(name="area", title="Area", codes=("A", "B", "C"), parents={"B": "A", "C": "A"})

    def table(**cells: tuple[str, int | None]) -> ReleasedTable:
        made = {(code,): ReleasedCell(*cell) for code, cell in cells.items()}
        return ReleasedTable(number="T1", title="Missing", measure="children", dimensions=(area,), cells=made)

    older = table(A=("30", 30), B=("20", 20), C=("c", None))
    newer = table(A=("40", 40), B=("c", None), C=("10", 10))
    (found,) = changes([older], [newer])
    assert (found.common, found.same, found.changed, found.hidden, found.shown) == (3, 0, 1, 1, 1)
    assert found.examples == [("total", "30", "40"), ("B", "20", "c"), ("C", "c", "10")]
    (same,) = changes([older], [older])
    assert (same.same, same.examples) == (3, [])


def test_what_was_opened_once_is_not_shown_when_it_is_rejected(office: Office) -> None:
    number = office.proposed(tables="T13")
    opened = OpenedReleases(office.served.unit.folder)
    with office.console.service.database.read() as connection:
        found = office.kept(number)
        tables, files = opened.tables(connection, found), opened.files(connection, found)
        assert tables
        assert files
        assert opened.tables(connection, found) is tables
        assert opened.files(connection, found) is files
    page = f"/publisher/releases/{number}/tables/T13/incidents"
    assert office.paul.get(page).status_code == 200
    assert office.send(office.petra, f"/publisher/releases/{number}/decide", step="reject").status_code == 303
    assert office.paul.get(page).status_code == 404
    with office.console.service.database.read() as connection:
        gone = office.kept(number)
        assert (opened.tables(connection, gone), opened.files(connection, gone)) == (None, None)
        assert releases.parts_of(connection, number) == []
    assert "Nothing is kept of what was counted for it." in office.text(number)


def test_nobody_approves_on_the_page_what_nobody_can_look_at(office: Office) -> None:
    number, path = office.proposed(tables="T9"), office.served.unit.folder.releases_key
    key, digest = path.read_bytes(), office.kept(number).digest
    decide = f"/publisher/releases/{number}/decide"
    path.unlink()
    assert "Its tables do not open, so nobody can approve it here." in office.text(number)
    assert "secrets/releases.key: not there" in office.text(number)
    answer = office.send(office.petra, decide, step="approve", digest=digest)
    assert (answer.status_code, office.kept(number).state) == (409, "proposed")
    path.write_bytes(key)
    path.chmod(0o640)
    shown = (release_contents.c.number == number, release_contents.c.part.like("shown-%"))
    with undone(office.served.workers.database) as connection:
        connection.execute(delete(release_contents).where(*shown))
        found = office.kept(number)
        opened = OpenedReleases(office.served.unit.folder)
        assert (opened.tables(connection, found), opened.files(connection, found)) == (None, None)
    assert office.send(office.petra, decide, step="approve", digest=digest).status_code == 303
    assert office.kept(number).decided_by == "Petra"
    assert office.send(office.petra, decide, step="withdraw").status_code == 303
