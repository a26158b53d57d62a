"""Whatever the other reviewer said, and whether anything was said, a reviewer is answered the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.reviewing import give_verdict
from api.store import review
from api.store.review import VERDICTS, Verdict
from tests.support.console import Console, MovableClock, needs_assets, serving_console
from tests.support.reviewable import COUNCIL, POLICE, relink, reviewable_unit
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


def _token(browser: httpx.Client) -> str:
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', browser.get("/review").text)
    assert found is not None
    return found[1]


def _seen(answer: httpx.Response) -> tuple[int, str, str]:
    text = re.sub(r'((?:name="csrf_token" value|data-token)=")[0-9a-f]+', r"\1", answer.text)
    text = re.sub(r'(data-left|data-at)="[^"]*"', r"\1", text)
    text = re.sub(r"\b\d\d:\d\d\b", "", text)  # when the session ends, which every page says
    return answer.status_code, answer.headers.get("location", ""), text


def _everything(browser: httpx.Client) -> list[tuple[int, str, str]]:
    """All that a reviewer can ask for, in the order of a day's work."""
    token = _token(browser)

    def post(address: str, **fields: str) -> httpx.Response:
        return browser.post(address, data={"csrf_token": token, **fields})

    answers = [browser.get(address) for address in ("/", "/review", "/review/agreement")]
    first = post("/review/next", seat="blind")
    address = first.headers["location"]
    answers += [first, browser.get(address), post("/review/next", seat="third"), post("/review/undo")]
    answers += [post(address, verdict="link"), browser.get("/review"), browser.get(address)]
    answers += [browser.get("/review/agreement"), post("/review/undo"), browser.get(address)]
    answers += [post(address, verdict="cannot-tell"), browser.get("/review")]
    answers += [browser.get(f"/review/pairs/{number}") for number in range(1, 5)]
    return [_seen(answer) for answer in answers]


def _say(console: Console, reviewer: str, verdict: Verdict, number: int) -> None:
    with console.service.database.write() as connection:
        give_verdict(connection, number, reviewer, verdict, now=console.service.clock())


def _first(console: Console) -> int:
    with console.service.database.read() as connection:
        return review.all_pairs(connection)[0].id


def test_a_reviewers_day_is_the_same_whatever_the_other_said(made: Served, tmp_path: Path) -> None:
    days = {}
    for said in (None, *VERDICTS):
        with (
            copied_unit(made, tmp_path / str(said)) as served,
            serving_console(served.unit.folder.root) as one,
        ):
            browser = one.signed_in("ben", "reviewer")
            if said is not None:
                _say(one, "ann", said, _first(one))
            days[said] = _everything(browser)
    alone = days.pop(None)
    assert [status for status, _, _ in alone][:5] == [200, 200, 200, 303, 200]
    assert "A</strong> is of" in alone[4][2]
    for day in days.values():
        assert day == alone


def test_a_third_is_told_that_two_differ_and_not_who_said_what(served: Served) -> None:
    with serving_console(served.unit.folder.root) as console:
        number = _first(console)
        _say(console, "ann", "link", number)
        _say(console, "ben", "not-a-link", number)
        for name in ("ann", "ben"):
            assert console.signed_in(name, "reviewer").get(f"/review/pairs/{number}").status_code == 409
        third = console.signed_in("cal", "reviewer")
        page = third.get(f"/review/pairs/{number}").text
        assert "Two reviewers differ" in page
        assert not re.search(r"\b(ann|ben)\b", page)
        token = _token(third)
        answer = third.post(f"/review/pairs/{number}", data={"csrf_token": token, "verdict": "link"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/review")


def test_pages_name_no_record_and_are_for_reviewers_alone(served: Served) -> None:
    handles = [handle(code, child) for code in ("E09", "P01") for child in (*COUNCIL, *POLICE)]
    with serving_console(served.unit.folder.root) as console:
        reviewer = console.signed_in("ann", "reviewer")
        pages = [reviewer.get(f"/review/pairs/{number}").text for number in range(1, 7)]
        assert sum("View by view" in page for page in pages) >= 6
        assert not any(one in page for page in pages for one in handles)
        for role in ("operator", "governance", "publisher"):
            other = console.signed_in(f"some.{role}", role)
            for address in ("/review", "/review/agreement", "/review/pairs/1"):
                assert other.get(address).status_code == 403
        assert console.browser().get("/review").status_code == 303
        token = _token(reviewer)
        for address, fields in (
            ("/review/pairs/1", {"verdict": "perhaps"}),
            ("/review/next", {"seat": "first"}),
        ):
            answer = reviewer.post(address, data={"csrf_token": token, **fields})
            assert answer.status_code == 400
        assert reviewer.post("/review/undo").status_code == 403
        assert reviewer.get("/review/pairs/99").status_code == 409


def test_agreement_is_shown_once_nothing_can_be_undone(served: Served) -> None:
    with serving_console(served.unit.folder.root) as console:
        browser = console.signed_in("ann", "reviewer")
        number = _first(console)
        for name in ("ann", "ben"):
            _say(console, name, "link", number)
        assert "You and ben" not in browser.get("/review/agreement").text
        relink(served, 2)
        assert "You and ben" in browser.get("/review/agreement").text


def test_nobody_takes_back_what_a_third_was_told_and_nobody_learns_of_it_in_time_to_change(
    served: Served,
) -> None:
    with serving_console(served.unit.folder.root) as console:
        number = _first(console)
        ann, third = console.signed_in("ann", "reviewer"), console.signed_in("cal", "reviewer")
        token = _token(ann)
        _say(console, "ben", "not-a-link", number)
        address = f"/review/pairs/{number}"
        assert ann.get(address).status_code == 200
        ann.post(address, data={"csrf_token": token, "verdict": "link"})
        sent = third.post("/review/next", data={"csrf_token": _token(third), "seat": "third"})
        assert sent.headers["location"] == address
        assert ann.post("/review/undo", data={"csrf_token": token}).status_code == 409
        assert "Two reviewers differ" in third.get(address).text
        with console.service.database.write() as connection:
            review.end_leases(connection, "cal")  # who looked and went away has been told all the same
        assert ann.post("/review/undo", data={"csrf_token": token}).status_code == 409
        with console.service.database.read() as connection:
            given = review.verdicts(connection, number)[number]
        assert [(one.reviewer, one.verdict) for one in given] == [("ben", "not-a-link"), ("ann", "link")]


def test_a_verdict_that_comes_too_late_never_becomes_the_one_that_decides(served: Served) -> None:
    clock = MovableClock()
    with serving_console(served.unit.folder.root, clock=clock) as console:
        number, late = _first(console), console.signed_in("cal", "reviewer")
        address = f"/review/pairs/{number}"
        assert "Two reviewers differ" not in late.get(address).text
        token = _token(late)
        clock.forward(minutes=8)
        assert late.get("/review").status_code == 200  # the session goes on, the place does not
        clock.forward(minutes=8)
        _say(console, "ann", "link", number)
        _say(console, "ben", "not-a-link", number)
        answer = late.post(address, data={"csrf_token": token, "verdict": "link"})
        assert answer.status_code == 409
        assert "Two reviewers differ" in late.get(address).text
        assert late.post(address, data={"csrf_token": token, "verdict": "link"}).status_code == 303
