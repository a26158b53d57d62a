"""Operators are shown what the store holds, nobody else is, and no handle stands in an address or a title."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import httpx
import pytest
from sqlalchemy import select, update

from api.audiences import OPERATOR, in_use
from api.store import jobs, known_links, schema, schema_console
from tests.support.console import Console, needs_assets, serving_console
from tests.support.console_world import CHILDREN, PERSONS, World, make_world
from tests.support.unit import handle

pytestmark = needs_assets

PAGES = (
    "/operator",
    "/operator/agencies",
    "/operator/agencies/E09",
    "/operator/submissions",
    "/operator/submissions/E09/1",
    "/operator/submissions/E10/1",
    "/operator/submissions/P01/2",
    "/operator/coverage",
    "/operator/jobs",
    "/operator/cycles",
    "/operator/cycles/1",
    "/operator/alerts",
    "/operator/persons",
)


@dataclass(frozen=True)
class Shown:
    world: World
    console: Console
    operator: httpx.Client

    def text(self, address: str) -> str:
        """What somebody reads on a page."""
        answer = self.operator.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return words_of(answer.text)

    def address(self, person: str) -> str:
        return f"/operator/persons/{self.console.service.key.address_of('olga', person)}"

    def pseudonym(self, person: str) -> str:
        service = self.console.service
        with service.database.read() as connection:
            return in_use(service.folder, connection, OPERATOR).of(person)


def words_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def refused_words(answer: httpx.Response, place: str) -> str:
    """What a form says that is shown again, if it says so at the field and above the form."""
    assert answer.status_code == 400
    assert "<title>Error: " in answer.text.replace("<title>\n", "<title>")
    assert f'href="#{place}"' in answer.text
    assert f'id="{place}-error"' in answer.text
    return words_of(answer.text)


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', page)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    world = make_world(tmp_path_factory.mktemp("unit") / "data")
    with serving_console(world.unit.folder.root) as console:
        yield Shown(world, console, console.signed_in("olga", "operator"))


def test_the_first_page_says_what_needs_attention(shown: Shown) -> None:
    text = shown.text("/operator")
    for words in (
        "The linking worker does not run",
        "The register worker does not run",
        "1 job failed",
        "Still missing on one side only: 1 conflict (2 queries) One side says",
        "Of the queries 0 told to agencies, 2 wait for the next cycle.",
        "1 alert not closed",
        "1 agency: newest submission was refused Agency E10",
        "1 agency: submission was begun and not ended Agency P01",
        "1 erasure not confirmed",
        f"Persons at the last linkage {CHILDREN}",
    ):
        assert words in text, words


def test_agencies_and_submissions_are_those_of_the_store(shown: Shown) -> None:
    text = shown.text("/operator/agencies")
    assert "E09 Agency E09 Council Yes" in text
    assert "Agency P01 Police" in text
    with shown.console.service.database.read() as connection:
        rows = connection.execute(select(schema.submissions)).all()
    listed = shown.text("/operator/submissions")
    for row in rows:
        assert f"Agency {row.agency}, number {row.sequence} {row.state.capitalize()}" in listed
        page = shown.text(f"/operator/submissions/{row.agency}/{row.sequence}")
        assert row.id in page
        assert f"Children {CHILDREN} " in page
    only = shown.text("/operator/submissions?state=refused")
    assert "Agency E10, number 1" in only
    assert "Agency E09, number 1" not in only


def test_what_went_wrong_is_shown_as_text(shown: Shown) -> None:
    page = shown.operator.get("/operator/submissions/E10/1").text
    assert "<b>made</b>" not in page
    assert "<b>made</b> for another agency" in words_of(
        page.replace("&lt;b&gt;made&lt;/b&gt;", "&lt;b&gt;made&lt;/b&gt;")
    )
    assert "<script>" not in shown.operator.get("/operator/jobs").text


def test_a_submission_says_how_far_it_is(shown: Shown) -> None:
    assert "pieces have arrived; the agency has not ended it yet" in shown.text("/operator/submissions/P01/2")
    found = shown.operator.get("/operator/submissions/P01/2/progress").json()
    assert found["moving"] is True
    assert [one["state"] for one in found["steps"]] == ["going on", *["waiting"] * 4]
    ended = shown.operator.get("/operator/submissions/E09/1/progress").json()
    assert (ended["moving"], {one["state"] for one in ended["steps"]}) == (False, {"done"})


def test_the_calendar_says_which_side_sent_which_month(shown: Shown) -> None:
    text = shown.text("/operator/coverage")
    assert "Months with both sides 12 Months with the council alone 0" in text
    assert "Months with the police alone 12 Months with neither 0" in text
    assert "Eastmere E09 Eastmere Police B both" in text


def test_a_failed_job_is_tried_again_once(shown: Shown) -> None:
    page = shown.operator.get("/operator/jobs?state=failed").text
    form = {"csrf_token": token_of(page)}
    address = f"/operator/jobs/{shown.world.failed_job}/retry"
    assert shown.operator.post(address).status_code == 403
    assert shown.operator.post(address, data=form).status_code == 303
    database = shown.console.service.database
    with database.read() as connection:
        assert jobs.job(connection, shown.world.failed_job).state == "waiting"
    assert shown.operator.post(address, data=form).status_code == 409
    table = schema.jobs
    with database.write() as connection:
        failed = {"state": "failed"}
        connection.execute(update(table).where(table.c.id == shown.world.failed_job).values(**failed))


def test_a_person_is_found_by_pseudonym_and_by_handle(shown: Shown) -> None:
    pseudonym = shown.pseudonym(PERSONS[2])
    form = {"csrf_token": token_of(shown.operator.get("/operator/persons").text)}
    spaced = " ".join(re.findall("....", handle("E09", 2)))
    for wanted in (pseudonym, pseudonym.lower(), handle("E09", 2), f"P01:{handle('P01', 2)}", spaced):
        answer = shown.operator.post("/operator/persons", data=form | {"wanted": wanted})
        assert answer.headers.get("Location") == shown.address(PERSONS[2]), wanted
    page = shown.operator.get(shown.address(PERSONS[2])).text
    assert f"E09:{handle('E09', 2)}" in words_of(page)
    assert PERSONS[2] not in page
    for wanted, status in (("Smith", 400), ("0" * 32, 404), ("", 400)):
        answer = shown.operator.post("/operator/persons", data=form | {"wanted": wanted})
        assert answer.status_code == status
        assert wanted == "" or wanted not in str(answer.url)
    for wanted, words in (
        ("EAS0105253", "agency's own reference is not known here. Type a pseudonym such as REG1-"),
        (pseudonym[:-1], "Not a pseudonym"),
        (" ", "Nothing was typed. Type a pseudonym"),
    ):
        answer = shown.operator.post("/operator/persons", data=form | {"wanted": wanted})
        assert words in words_of(answer.text)
    merged = shown.text(shown.address(PERSONS[0]))
    assert f"merged Agency E09, Agency P01 {shown.pseudonym(PERSONS[1])}" in merged


def test_records_are_kept_apart_with_a_reason_and_that_is_undone(shown: Shown) -> None:
    address = f"{shown.address(PERSONS[3])}/decide"
    pair = {"one": "1", "two": "2", "step": "apart"}
    form = {"csrf_token": token_of(shown.operator.get(address).text)} | pair
    assert "Choose a reason" in refused_words(shown.operator.post(address, data=form), "apart-reason")
    for wrong, place, words in (
        ({"one": "3"}, "two", "The record is none of this person's"),
        ({"one": "0"}, "two", "The record is none of this person's"),
        ({"two": "1"}, "two", "The two records are one and the same"),
        ({"reason": "because"}, "apart-reason", "Choose a reason"),
        ({"file": "Jane Doe"}, "apart-file", "Write the number of the file in digits"),
    ):
        answer = shown.operator.post(address, data=form | {"reason": "evidence"} | wrong)
        assert words in refused_words(answer, place)
    both = shown.operator.post(address, data=form | {"two": "1", "file": "12"})
    assert 'id="apart-file" name="file" type="text" spellcheck="false" value="12"' in both.text
    assert shown.operator.post(address, data=form | {"step": "all"}).status_code == 400
    assert shown.operator.post(address, data=form | {"reason": "agencies", "file": "12"}).status_code == 303
    database = shown.console.service.database
    with database.read() as connection:
        (kept,) = known_links.all_links(connection)
    assert (kept.same, kept.reason) == (False, "the agencies concerned agree on it; file 12")
    undone = {"csrf_token": form["csrf_token"], "step": "undo", "decision": str(kept.id)}
    undone["reason"] = "earlier-mistake"
    assert shown.operator.post(address, data=undone).status_code == 303
    with database.read() as connection:
        assert known_links.all_links(connection) == []


def test_nobody_else_opens_these_pages_and_every_view_is_recorded(shown: Shown) -> None:
    for name, role in (("rita", "reviewer"), ("gina", "governance"), ("paul", "publisher")):
        other = shown.console.signed_in(name, role)
        assert {other.get(one).status_code for one in PAGES} == {403}
    assert {shown.console.browser().get(one).status_code for one in PAGES} == {303}
    views = schema_console.views
    with shown.console.service.database.read() as connection:
        before = len(connection.execute(select(views)).all())
    for one in PAGES:
        shown.operator.get(one)
    with shown.console.service.database.read() as connection:
        rows = connection.execute(select(views).order_by(views.c.number)).all()[before:]
    assert [row.address for row in rows] == list(PAGES)
    assert {row.account for row in rows} == {"olga"}


def test_no_title_and_no_address_holds_a_handle_or_a_person(shown: Shown) -> None:
    secret = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
    seen: set[str] = set()
    waiting = ["/", *PAGES, shown.address(PERSONS[0])]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page = shown.operator.get(address).text
        titles = re.findall(r"<title>(.*?)</title>", page, re.DOTALL)
        links = [unescape(one) for one in re.findall(r'(?:href|src|action)="([^"]*)"', page)]
        for text in (*titles, *links, address):
            assert secret.search(text) is None, (address, text)
        assert not any(one in page for one in PERSONS), address
        waiting += [one for one in links if one.startswith("/operator") and not one.endswith("/retry")]
    assert len(seen) > len(PAGES)
