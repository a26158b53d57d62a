"""An operator sees of a person what two workers prepared when asked, by months, for some hours, on record."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import json
from sqlalchemy import select, update

from api.asking_for_persons import LIFE, MOST
from api.auditing import check_unit
from api.checkpoints import open_signer
from api.clock import stamp, utc_now
from api.erasing import erase_own_records
from api.overview import pseudonym_index
from api.store import jobs, known_links, person_sheets, schema, schema_console, schema_persons
from api.store.person_evidence import PersonEvidence
from linkage.register.timelines import Timeline
from linkage.wire.answers import QueryAnswer
from linkage.wire.canonical import canonical, parse
from linkage.wire.results import Results
from tests.support.console import MovableClock, needs_assets
from tests.support.person_pages import Looking, looking_at, signed_in, words_of
from tests.support.reviewable import DOUBTFUL, members, record, relink, reviewable_unit
from tests.support.served import Served, copied_unit
from tests.support.unit import handle

pytestmark = needs_assets


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with reviewable_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        pass
    return opened


@pytest.fixture
def served(made: Served, tmp_path: Path) -> Iterator[Served]:
    with copied_unit(made, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def olga(served: Served) -> Iterator[Looking]:
    with looking_at(served) as one:
        yield one


def linked_child(served: Served) -> int:
    """A child whose council's and police's records are one person."""
    held = members(served)
    return next(
        child
        for child in range(1, 12)
        if child not in DOUBTFUL and held[record("E09", child)] == held[record("P01", child)]
    )


def person_of(served: Served, child: int, code: str = "E09") -> str:
    return members(served)[record(code, child)]


def prepared(served: Served, olga: Looking, person: str) -> str:
    """Ask for a person's sheet, let the workers run, and return the page's address."""
    address = olga.address(person)
    assert olga.post(address).status_code == 303
    served.workers.settle()
    return address


def sheet(served: Served, person: str) -> person_sheets.Sheet | None:
    with served.workers.database.read() as connection:
        return person_sheets.sheet_of(connection, person, now=stamp(utc_now()))


def progress(olga: Looking, address: str) -> dict[str, object]:
    """What the script of a person's page is told."""
    found: dict[str, object] = olga.get(f"{address}/progress").get_json()
    return found


def assert_followed(olga: Looking, address: str) -> None:
    """A page whose person is worked on has the script, and what it goes by."""
    page, said = olga.get(address).text, progress(olga, address)
    assert said["moving"] is True
    assert "live.js" in page
    assert f'data-live="{address}/progress" data-now="{said["now"]}"' in page


# Addresses


def test_no_address_no_title_and_no_record_of_views_holds_a_pseudonym(served: Served, olga: Looking) -> None:
    person = person_of(served, linked_child(served))
    pseudonym, address = olga.pseudonym(person), prepared(served, olga, person)
    found = olga.post("/operator/persons", wanted=pseudonym)
    assert found.headers["location"] == address
    for page in (address, f"{address}/decide", f"{address}/ask", f"{address}/links/1"):
        text = olga.get(page).text
        titles = re.findall(r"<title>(.*?)</title>", text, re.DOTALL)
        for one in (*titles, *re.findall(r'(?:href|src|action|value)="([^"]*)"', text), page):
            assert pseudonym not in one
            assert person not in one
    with served.workers.database.read() as connection:
        rows = connection.execute(select(schema_console.views)).all()
    assert len(rows) >= 6
    assert not any(pseudonym in row.address or person in row.address for row in rows)
    # Whoever has the console's key can still tell who was looked at.
    shown = {row.address.split("/")[3] for row in rows if row.address.startswith("/operator/persons/")}
    assert {olga.service.key.person_at("olga", one) for one in shown} == {person}


def test_an_address_is_of_use_to_no_other_account(served: Served, olga: Looking) -> None:
    address = olga.address(person_of(served, 1))
    other = signed_in(olga.service, olga.app, "otto", "operator")
    assert other.get(address).status_code == 404
    cut = address[:-1] + ("A" if address[-1] != "A" else "B")
    for one in (cut, address[:-8], "/operator/persons/x", f"/operator/persons/{olga.pseudonym('ab' * 16)}"):
        assert olga.get(one).status_code == 404
        assert olga.post(one).status_code == 404


# Search


def test_who_searches_while_the_index_is_made_is_told_so(
    served: Served, olga: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = person_of(served, 1)
    rest = pseudonym_index._REST_SECONDS
    monkeypatch.setattr(pseudonym_index, "_AT_ONCE", 1)
    monkeypatch.setattr(pseudonym_index, "_REST_SECONDS", 0.5)
    assert "is being prepared" in olga.text("/operator/persons")
    everybody = sorted(set(members(served).values()))
    answer = olga.post("/operator/persons", wanted=olga.pseudonym(everybody[-1]))
    assert answer.status_code == 202
    assert f"of {len(everybody)} persons can be found so far" in answer.text
    by_handle = olga.post("/operator/persons", wanted=handle("E09", 1))
    assert by_handle.headers["location"] == olga.address(person)
    monkeypatch.setattr(pseudonym_index, "_REST_SECONDS", rest)
    for _ in range(100):
        answer = olga.post("/operator/persons", wanted=olga.pseudonym(person))
        if answer.status_code == 303:
            break
    assert answer.headers["location"] == olga.address(person)


def test_who_comes_with_a_later_linkage_is_found(served: Served, olga: Looking) -> None:
    assert olga.post("/operator/persons", wanted=olga.pseudonym(person_of(served, 1))).status_code == 303
    now, fresh = utc_now(), "5e" * 16
    with served.workers.database.write() as connection:
        job = jobs.queue(connection, "link", now=now)
        run = {"job": job, "records": 0, "pairs": 0, "links": 0, "persons": 1, "finished_at": stamp(now)}
        connection.execute(schema.link_runs.insert().values(**run))
        number = connection.scalar(select(schema.link_runs.c.id).where(schema.link_runs.c.job == job))
        connection.execute(schema.persons.insert().values(id=fresh, created_run=number))
    found = olga.post("/operator/persons", wanted=olga.pseudonym(fresh))
    assert found.headers["location"] == olga.address(fresh)


# Sheets


def test_the_two_workers_prepare_a_sheet_and_the_page_shows_it(served: Served, olga: Looking) -> None:
    child = linked_child(served)
    person = person_of(served, child)
    address = olga.address(person)
    assert "Prepare it" in olga.text(address)
    assert progress(olga, address) == {"moving": False, "now": "0 of 0; "}
    assert olga.get(f"{address}/links/1").status_code == 404
    olga.post(address)
    assert "Both workers are at it" in olga.text(address)
    assert "after the next linkage" not in olga.text(address)
    assert_followed(olga, address)
    served.workers.run("register")
    assert "One of the workers is at it" in olga.text(address)
    assert_followed(olga, address)
    served.workers.settle()
    assert progress(olga, address) == {"moving": False, "now": "2 of 2; "}
    assert "data-live" not in olga.get(address).text
    text = olga.text(address)
    assert "2 episodes in June 2024: Agency E09 1, Agency P01 1." in text
    assert "Told by another agency too: 2; by one agency alone: 0; still open: 0." in text
    assert "2 records were compared." in text
    link = olga.text(f"{address}/links/1")
    assert "Log odds" in link
    assert "Nobody decided about these two" in link
    assert olga.get(f"{address}/links/1").text.count("<svg") >= 8
    assert olga.get(f"{address}/links/2").status_code == 404


def test_a_sheet_holds_no_day_no_handle_and_nothing_of_anybody_else(served: Served, olga: Looking) -> None:
    person = person_of(served, linked_child(served))
    prepared(served, olga, person)
    found = sheet(served, person)
    assert found is not None
    assert found.evidence is not None
    assert found.timeline is not None
    held = json.decode(found.timeline, type=Timeline)
    assert [(one.first, one.last) for one in held.episodes] == [("2024-06", "2024-06")] * 2
    for text in (found.evidence, found.timeline):
        assert re.search(r"\d{4}-\d{2}-\d{2}|[0-9a-f]{16}|T\d\d:", text) is None
    seen = json.decode(found.evidence, type=PersonEvidence)
    for pair in seen.pairs:
        for view in pair.evidence.views:
            assert view.similarity is None or view.similarity == round(view.similarity, 2)
    page = olga.get(olga.address(person)).text
    own = {f"{code}:{text}" for code, text in members(served) if members(served)[code, text] == person}
    assert {f"{a}:{b}" for a, b in re.findall(r"([EP]\d\d):([0-9a-f]{32})", page)} == own


def test_asking_needs_to_have_shown_who_one_is_and_is_in_the_ledger(served: Served) -> None:
    clock = MovableClock()
    with looking_at(served, clock=clock) as olga:
        address = olga.address(person_of(served, linked_child(served)))
        clock.forward(minutes=7)
        assert "/confirm" in olga.post(address).headers["location"]
        assert "/confirm" in olga.get(f"{address}/decide").headers["location"]
    with looking_at(served) as olga:
        prepared(served, olga, person_of(served, linked_child(served)))
    with served.workers.database.read() as connection:
        said = list(connection.scalars(select(schema.ledger_statements.c.statement)))
        signer = open_signer(served.unit.folder)
        found = check_unit(
            connection, served.unit.folder, signer, signing_key=served.unit.card.signing_key, outside=()
        )
    assert sum('"person sheet"' in one and '"olga"' in one for one in said) == 1
    assert list(found.findings) == []


def test_a_sheet_goes_after_some_hours_whoever_still_looks(served: Served, olga: Looking) -> None:
    person = person_of(served, linked_child(served))
    address = prepared(served, olga, person)
    past = stamp(utc_now() - dt.timedelta(seconds=1))
    table = schema_persons.person_sheets
    with served.workers.database.write() as connection:
        row = connection.execute(select(table)).one()
        lasts = dt.datetime.fromisoformat(row.expires_at) - dt.datetime.fromisoformat(row.asked_at)
        connection.execute(update(table).values(expires_at=past))
    assert lasts == LIFE
    assert "Prepare it" in olga.text(address)
    served.workers.register._look_around()
    with served.workers.database.read() as connection:
        for one in (table, schema_persons.person_sheet_records):
            assert connection.execute(select(one)).all() == []


def test_only_so_many_persons_are_prepared_at_once(served: Served, olga: Looking) -> None:
    person = person_of(served, linked_child(served))
    later = stamp(utc_now() + LIFE)
    with served.workers.database.write() as connection:
        for number in range(MOST):
            person_sheets.add_sheet(connection, f"{number:032x}", by="x", now=stamp(utc_now()), expires=later)
    refused = olga.post(olga.address(person))
    assert refused.status_code == 409
    assert f"{MOST} persons are prepared already" in refused.text


def test_a_sheet_goes_with_any_record_that_it_speaks_of(served: Served, olga: Looking) -> None:
    child = linked_child(served)
    person = person_of(served, child)
    prepared(served, olga, person)
    question = {"question": "0"}
    assert olga.post(f"{olga.address(person)}/ask", **question).status_code == 303
    with served.workers.database.write() as connection:
        erase_own_records(connection, "P01", [handle("P01", child)], now=utc_now())
    served.workers.settle()
    assert sheet(served, person) is None
    with served.workers.database.read() as connection:
        for table in (schema_persons.person_sheets, schema_persons.person_sheet_records):
            assert connection.execute(select(table)).all() == []
        about = schema_persons.wanted_questions.c.handle
        assert handle("P01", child) not in list(connection.scalars(select(about)))


def test_a_linkage_makes_sheets_anew(served: Served, olga: Looking) -> None:
    person = person_of(served, linked_child(served))
    prepared(served, olga, person)
    before = sheet(served, person)
    relink(served, 2)
    after = sheet(served, person)
    assert before is not None
    assert after is not None
    assert after.run is not None
    assert before.run is not None
    assert after.run > before.run
    assert after.timeline == before.timeline
    # Nothing but the sealed leavings of the newest linkage stays.
    with served.workers.database.read() as connection:
        kept = connection.execute(select(schema_persons.link_explanations)).all()
    assert [row.run for row in kept] == [after.run]
    assert b"judged" not in kept[0].sealed


def test_without_anything_left_to_explain_with_the_page_waits_for_the_next_linkage(
    served: Served, olga: Looking
) -> None:
    person = person_of(served, linked_child(served))
    with served.workers.database.write() as connection:
        connection.execute(schema_persons.link_explanations.delete())
    address = prepared(served, olga, person)
    assert "One of the workers is at it" in olga.text(address)
    assert "after the next linkage" in olga.text(address)
    relink(served, 2)
    assert "2 records were compared." in olga.text(address)


# Decisions


def test_a_record_is_taken_out_and_a_person_joined_from_the_next_linkage_on(
    served: Served, olga: Looking
) -> None:
    child = linked_child(served)
    person = person_of(served, child)
    address = olga.address(person)
    page = f"{address}/decide"
    own = sorted(key for key, whose in members(served).items() if whose == person)
    out = {"step": "out", "alone": str(own.index(record("P01", child)) + 1)}
    assert olga.post(page, **out).status_code == 400
    named = olga.post(page, **out, reason="evidence", file="John Smith")
    assert named.status_code == 400
    assert "such as CR-2026/014; no name" in words_of(named.text)
    assert "Smith" not in words_of(named.text)
    assert 'value="John Smith"' in named.text
    assert olga.post(page, **out, reason="evidence", file="CR-2026/014").status_code == 303
    text = olga.text(address)
    assert ": not carried out yet. Linkage job" in text
    assert_followed(olga, address)
    assert "olga the evidence on the person’s page; file CR-2026/014" in text
    assert person_of(served, child, "P01") == person
    served.workers.settle()
    apart = person_of(served, child, "P01")
    assert apart != person_of(served, child)
    assert "not carried out yet" not in olga.text(address)
    assert progress(olga, address)["moving"] is False
    with served.workers.database.read() as connection:
        (kept,) = known_links.all_links(connection)
    undone = {"step": "undo", "decision": str(kept.id), "reason": "earlier-mistake"}
    assert olga.post(page, **undone).status_code == 303
    join = {"step": "join", "other": olga.pseudonym(apart), "reason": "agencies"}
    assert olga.post(page, **join, file="").status_code == 303
    itself = olga.post(page, step="join", other=olga.pseudonym(person), reason="agencies")
    assert (itself.status_code, "This is the same person already" in itself.text) == (400, True)
    lost = olga.post(page, step="join", other="Smith", reason="")
    for words in ("Choose a reason", "This is neither a pseudonym nor a handle"):
        assert words in words_of(lost.text)
    served.workers.settle()
    assert person_of(served, child) == person_of(served, child, "P01")
    link = olga.text(f"{prepared(served, olga, person_of(served, child))}/links/1")
    assert ", olga: the agencies concerned agree on it" in link


# Questions


def test_a_question_goes_out_among_others_and_its_answer_comes_back(served: Served, olga: Looking) -> None:
    child = linked_child(served)
    person = person_of(served, child)
    address = olga.address(person)
    assert "Is the date of birth in your record right?" in olga.text(f"{address}/ask")
    assert olga.post(f"{address}/ask").status_code == 409
    assert olga.post(f"{address}/ask", question="99").status_code == 409
    assert olga.post(f"{address}/ask", question="0").status_code == 303
    assert "It goes out with the agency’s next round of questions" in olga.text(address)
    served.workers.cycle()
    assert "The agency was asked; its answer comes here." in olga.text(address)
    client = served.client(served.council)
    asked = parse(client.call("GET", "/v1/results").content, Results, limit=1 << 20).questions
    mine = [one for one in asked if one.children == (handle("E09", child),) and one.kind == "date-of-birth"]
    assert len(mine) == 1
    alike = [one for one in asked if one.kind == "date-of-birth"]
    assert len(alike) >= 4
    body = canonical(QueryAnswer(query=mine[0].query, answer="record-right"))
    assert client.call("PUT", f"/v1/answers/{mine[0].query}", body).status_code == 200
    assert "Answer: we looked at our own record: it is right as it is." in olga.text(address)


def test_a_reviewer_asks_and_no_other_reviewer_is_told_so(served: Served, olga: Looking) -> None:
    ann, ben = (signed_in(olga.service, olga.app, name, "reviewer") for name in ("ann", "ben"))
    number = ann.post("/review/next", seat="blind", page="/review").headers["location"]

    def seen(who: Looking) -> str:
        return re.sub(r'(name="csrf_token" value=")[0-9a-f]+', r"\1", who.get(number).text)

    before = seen(ben)
    assert "Is the date of birth in your record right?" in words_of(before)
    assert ann.post(f"{number}/ask", page="/review").status_code == 409
    free = {"question": "0", "text": "John Smith", "kind": "Smith"}
    assert ann.post(f"{number}/ask", page="/review", **free).status_code == 303
    assert "You asked:" in seen(ann)
    assert seen(ben) == before
    with served.workers.database.read() as connection:
        rows = connection.execute(select(schema_persons.wanted_questions)).all()
        statements = " ".join(connection.scalars(select(schema.ledger_statements.c.statement)))
    assert [(row.kind, row.asked_by) for row in rows] == [("date-of-birth", "ann")]
    assert "Smith" not in statements + str(rows)
    other = signed_in(olga.service, olga.app, "gina", "governance")
    assert other.post(f"{number}/ask", page="/governance", question="0").status_code == 403
