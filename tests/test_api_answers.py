"""An agency answers its own query numbers and no others; answers are evidence and change no decision."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from msgspec import structs

from api.store import answers, epochs
from linkage.match.quality_answers import Answer, refine
from linkage.wire.answers import ANSWER_WORDS, AnswerCode, QueryAnswer, link_holds
from linkage.wire.canonical import canonical
from linkage.wire.results import MissingEpisode
from tests.support.agency_desk import clew
from tests.support.served import Served, served_unit
from tests.support.signing_client import SigningClient, problem
from tests.support.unit import handle, make_payload, make_sent

DOCS = Path(__file__).parents[1] / "docs"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as one:
        one.client(one.council).submit(make_sent(one.unit, one.council, children=(1, 2, 3)))
        whole = make_payload(one.police, (1, 2, 3))
        # The force knows all three children, and lacks the absences of two of them.
        payload = structs.replace(whole, episodes=whole.episodes[:1])
        one.client(one.police).submit(make_sent(one.unit, one.police, children=(1, 2, 3), payload=payload))
        one.workers.cycle()
        yield one


def _missing(client: SigningClient) -> list[dict[str, str]]:
    return client.call("GET", "/v1/results").json()["missing"]


def _answer(client: SigningClient, query: str, code: str, *, at: str | None = None) -> object:
    body = canonical({"format": "clew-answer", "version": 1, "query": query, "answer": code})
    return client.call("PUT", f"/v1/answers/{at or query}", body)


def test_an_agency_answers_its_own_queries(served: Served) -> None:
    client = served.client(served.police)
    first, second = (one["query"] for one in _missing(client))
    for code in ("recorded-elsewhere", "recorded-elsewhere", "not-same-child"):
        kept = _answer(client, first, code)
        assert (kept.status_code, kept.json()["answer"]) == (200, code)
    assert _answer(client, second, "cannot-tell").status_code == 200
    data = served.unit.folder.root
    told = json.loads(clew("register", "answers", "--data", data, "--json").out)
    assert {(one["query"], one["answer"]) for one in told} == {
        (first, "not-same-child"),
        (second, "cannot-tell"),
    }
    text = json.dumps(told) + clew("register", "answers", "--data", data).out
    assert [
        child for child in (1, 2, 3) if handle("P01", child) in text or handle("E09", child) in text
    ] == []
    status = json.loads(clew("register", "status", "--data", data, "--json").out)
    counts = {one["agency"]: (one["queries"], one["answered"]) for one in status["agencies"]}
    assert counts == {"E09": (0, 0), "E10": (0, 0), "P01": (2, 2)}
    assert "2 of 2" in clew("register", "status", "--data", data).out


def test_anothers_number_looks_like_one_that_nobody_was_given(served: Served) -> None:
    own = _missing(served.client(served.police))[0]["query"]
    answers_to = [
        _answer(served.client(desk), query, "same-child")
        for desk in (served.council, served.other_council)
        for query in (own, "Q-0123456789")
    ]
    assert {problem(one) for one in answers_to} == {"not-found"}
    assert len({one.content for one in answers_to}) == 1


def test_what_is_no_answer_is_refused_and_changes_nothing(served: Served) -> None:
    client = served.client(served.police)
    own, other = (one["query"] for one in _missing(client))
    assert problem(_answer(client, own, "told you so")) == "malformed"
    assert problem(_answer(client, own, "same-child", at=other)) == "malformed"
    assert problem(client.call("PUT", f"/v1/answers/{own}", b"{" * 2000)) == "too-large"
    assert problem(client.call("PUT", f"/v1/answers/{own}", b"{}")) == "unknown-version"
    assert problem(client.call("PUT", "/v1/answers/Q-1", b"{}")) in {"not-found", "too-large"}
    for number in range(20):
        code = ("same-child", "not-same-child")[number % 2]
        assert _answer(client, own, code).status_code == 200
    assert problem(_answer(client, own, "same-child")) == "too-many-answers"
    assert _answer(client, own, "not-same-child").status_code == 200  # what stands may be said again


def test_answers_outlive_the_next_cycle_and_change_no_person(served: Served) -> None:
    client = served.client(served.police)
    before = _missing(client)
    _answer(client, before[0]["query"], "not-same-child")
    members = served.workers.database
    with members.read() as connection:
        persons = connection.exec_driver_sql("SELECT * FROM memberships").all()
    served.workers.cycle()
    assert _missing(client) == before
    with members.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM memberships").all() == persons
        cycles = connection.exec_driver_sql("SELECT DISTINCT first_cycle, last_cycle FROM queries").all()
    assert cycles == [(1, 2)]


def test_answers_are_evidence_about_the_two_records_and_refine_calibration(served: Served) -> None:
    client = served.client(served.police)
    rows = _missing(client)
    _answer(client, rows[0]["query"], "not-same-child")
    _answer(client, rows[1]["query"], "recorded-now")
    with served.workers.database.read() as connection:
        found = answers.evidence(connection)
    child_of = {handle("P01", one): one for one in (1, 2, 3)}
    expected = {(child_of[rows[0]["child"]], False), (child_of[rows[1]["child"]], True)}
    assert {(child_of[one.right[1]], one.same) for one in found} == expected
    assert all(one.left == ("E09", handle("E09", child_of[one.right[1]])) for one in found)
    learned = refine([Answer(log_odds=2.0, same=one.same) for one in found] * 50)
    assert learned.after.log_loss < learned.before.log_loss


def test_an_erased_record_takes_its_queries_and_answers_along(served: Served) -> None:
    client = served.client(served.police)
    rows = _missing(client)
    for row in rows:
        _answer(client, row["query"], "same-child")
    with served.workers.database.write() as connection:
        other_side = next(one for one in (1, 2, 3) if handle("P01", one) == rows[1]["child"])
        epochs.forget_handles(connection, {("P01", rows[0]["child"]), ("E09", handle("E09", other_side))})
        assert connection.exec_driver_sql("SELECT count(*) FROM queries").scalar() == 0
        assert connection.exec_driver_sql("SELECT count(*) FROM answers").scalar() == 0


def test_every_code_has_words_and_is_in_the_documents() -> None:
    text = (DOCS / "agency.md").read_text() + (DOCS / "spec" / "submission-1.md").read_text()
    assert list(ANSWER_WORDS) == list(get_args(AnswerCode))
    for code in ANSWER_WORDS:
        assert text.count(f"`{code}`") >= 2, code
    assert {link_holds(code) for code in ANSWER_WORDS} == {True, False, None}
    QueryAnswer(query="Q-0123456789", answer="same-child")
    assert MissingEpisode.__annotations__["query"] == QueryAnswer.__annotations__["query"]
