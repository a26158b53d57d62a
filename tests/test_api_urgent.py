"""Between cycles an agency learns of open/closed conflicts alone, and cannot use them to ask."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from api.store import persons
from api.store.urgent import all_rows
from linkage.register.reconcile import Tolerance, reconcile
from linkage.register.urgent import urgent_conflicts
from linkage.wire.answers import QueryAnswer
from linkage.wire.canonical import canonical, parse
from linkage.wire.urgent import UrgentConflicts
from tests.support.agency_desk import clew
from tests.support.reconcile_worlds import COUNCIL, FORCE, HOST, Register, query_number
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_payload, make_sent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as one:
        one.client(one.police).submit(make_sent(one.unit, one.police, children=(1, 2, 3)))
        one.client(one.council).submit(_sent(one, 1, {}))
        one.workers.settle()
        one.workers.cycle()
        yield one


def _sent(served: Served, sequence: int, opened: dict[int, bool]):
    """The council's snapshot of three children; the episodes of some of them still open."""
    days = dict.fromkeys((1, 2, 3), "03")
    payload = make_payload(served.council, days)
    children = {handle("E09", one): one for one in days}
    episodes = tuple(
        structs.replace(one, end=None, version=sequence) if opened.get(children[one.child]) else one
        for one in payload.episodes
    )
    return make_sent(
        served.unit,
        served.council,
        sequence=sequence,
        children=sorted(days),
        payload=structs.replace(payload, episodes=episodes),
    )


def _submit(served: Served, sequence: int, opened: dict[int, bool]) -> None:
    served.client(served.council).submit(_sent(served, sequence, opened))
    served.workers.settle()


def _urgent(served: Served, agency=None) -> list[str]:
    client = served.client(agency or served.council)
    told = parse(client.call("GET", "/v1/urgent").content, UrgentConflicts, limit=1 << 20)
    return [one.episode for one in told.conflicts]


def _operators(served: Served, *more: str) -> list[dict[str, object]]:
    done = clew("register", "urgent", "--data", served.unit.folder.root, "--json", *more)
    assert done.code == 0, done.err
    return list(json.loads(done.out))


def test_both_sides_learn_of_it_before_the_cycle(served: Served) -> None:
    assert _urgent(served) == []
    results = served.client(served.council).call("GET", "/v1/results").content
    _submit(served, 2, {1: True})
    assert _urgent(served) == [handle("E09", 1, "2024-06-03")]
    assert len(_urgent(served, served.police)) == 1
    assert served.client(served.council).call("GET", "/v1/results").content == results
    assert [one["agency"] for one in _operators(served)] == ["E09", "P01"]
    assert all("episode" not in one for one in _operators(served))


@pytest.mark.parametrize("when", ["day", "cycle"])
def test_of_children_who_are_linked_it_is_told_before_any_linkage(
    served: Served, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """By default a linkage waits for midnight; a child who is missing on one side only does not."""
    monkeypatch.setattr(served.workers.linking, "_link_when", when)
    with served.workers.database.read() as connection:
        before = persons.latest_run(connection)
    body = make_payload(served.council, (1, 2, 3, 4))
    opened = handle("E09", 1, "2024-06-03")
    children = (handle("E09", 1), handle("E09", 4))
    episodes = tuple(
        structs.replace(one, end=None, version=2) if one.child in children else one for one in body.episodes
    )
    payload = structs.replace(body, episodes=episodes)
    sent = make_sent(served.unit, served.council, sequence=2, children=(1, 2, 3, 4), payload=payload)
    served.client(served.council).submit(sent)
    fourth = make_sent(served.unit, served.police, sequence=2, children=(1, 2, 3, 4))
    served.client(served.police).submit(fourth)
    _until_idle(served)
    assert _urgent(served) == [opened]  # and nothing of the fourth, whom no linkage has seen
    assert len(_urgent(served, served.police)) == 1
    _submit_idle(served, 3, {})
    assert _operators(served) == []  # closed again: told to the operator at once too
    with served.workers.database.read() as connection:
        assert persons.latest_run(connection) == before


def _submit_idle(served: Served, sequence: int, opened: dict[int, bool]) -> None:
    served.client(served.council).submit(_sent(served, sequence, opened))
    _until_idle(served)


def _until_idle(served: Served) -> None:
    """Let both workers do all but the linkage, which waits for its batch."""
    for _ in range(3):
        served.workers.run("linking")
        served.workers.run("register")


def test_its_query_number_can_be_answered(served: Served) -> None:
    _submit(served, 2, {1: True})
    client = served.client(served.council)
    told = parse(client.call("GET", "/v1/urgent").content, UrgentConflicts, limit=1 << 20)
    (one,) = told.conflicts
    answer = QueryAnswer(query=one.query, answer="error-corrected")
    assert client.call("PUT", f"/v1/answers/{one.query}", canonical(answer)).status_code == 200
    police = served.client(served.police)
    assert police.call("PUT", f"/v1/answers/{one.query}", canonical(answer)).status_code == 404


def test_what_was_told_stays_until_the_next_cycle(served: Served) -> None:
    _submit(served, 2, {1: True})
    _submit(served, 3, {})
    assert len(_urgent(served)) == 1
    assert _operators(served) == []
    assert len(_operators(served, "--all")) == 2
    served.workers.cycle()
    assert _urgent(served) == []
    assert _operators(served, "--all") == []


def test_beyond_the_limit_nothing_is_told_and_an_alert_is_raised_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = served.workers.register
    monkeypatch.setattr(worker, "_settings", structs.replace(worker._settings, urgent=1))
    _submit(served, 2, {1: True, 2: True, 3: True})
    assert len(_urgent(served)) == 1
    assert len(_operators(served)) == 6
    _submit(served, 3, {1: True, 2: True, 3: True})
    assert len(_urgent(served)) == 1
    done = clew("register", "alerts", "--data", served.unit.folder.root, "--json")
    kinds = sorted((one["agency"], one["kind"]) for one in json.loads(done.out))
    assert kinds == [("E09", "urgent-conflicts"), ("P01", "urgent-conflicts")]
    served.workers.cycle()  # whose results tell them all
    assert len(_urgent(served)) == 3


def _erase(served: Served, *handles: str) -> None:
    body = {"format": "clew-record-request", "version": 1, "handles": handles}
    answer = served.client(served.council).call("POST", "/v1/records/erase", json.dumps(body).encode())
    assert answer.status_code == 202, answer.text
    served.workers.settle()


EPISODES = [handle("E09", one, "2024-06-03") for one in (1, 2, 3)]


@pytest.mark.parametrize("record", [handle("E09", 1), EPISODES[0]], ids=["child", "episode"])
def test_with_a_record_go_the_conflicts_that_rest_on_it_on_both_sides(served: Served, record: str) -> None:
    _submit(served, 2, {1: True, 2: True})
    theirs = _urgent(served, served.police)
    assert (set(_urgent(served)), len(theirs)) == (set(EPISODES[:2]), 2)
    _erase(served, record)
    with served.workers.database.read() as connection:
        assert EPISODES[0] not in {one.episode for one in all_rows(connection)}
    assert _urgent(served) == EPISODES[1:2]
    assert set(_urgent(served, served.police)) == {handle("P01", 2, "2024-06-03")} < set(theirs)


def test_what_was_told_stays_although_something_else_is_erased(served: Served) -> None:
    _submit(served, 2, {1: True})
    _submit(served, 3, {})
    _erase(served, handle("E09", 3))
    assert _urgent(served) == EPISODES[:1]  # it ended, and was told
    assert len(_urgent(served, served.police)) == 1


@pytest.mark.parametrize("which", ["told", "not told"])
def test_no_erasure_lets_an_agency_be_told_more_than_its_limit(
    served: Served, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    worker = served.workers.register
    monkeypatch.setattr(worker, "_settings", structs.replace(worker._settings, urgent=1))
    _submit(served, 2, {1: True, 2: True, 3: True})
    told, theirs = _urgent(served), _urgent(served, served.police)
    assert (len(told), len(theirs)) == (1, 1)
    _erase(served, next(one for one in EPISODES if (one in told) == (which == "told")))
    assert _urgent(served) == [one for one in told if which == "not told"]
    assert set(_urgent(served, served.police)) <= set(theirs)
    assert len(_operators(served)) == 4
    served.workers.cycle()
    assert len(_urgent(served)) == 2


def test_only_the_two_sides_of_an_open_closed_conflict_are_found() -> None:
    register = Register()
    register.absent("council", COUNCIL, "2025-03-10", None)
    register.absent("host", HOST, "2025-03-10", "2025-03-12")
    register.absent("police", FORCE, "2025-03-10", "2025-03-12")
    register.absent("other", FORCE, "2025-02-10", "2025-02-11")
    found = urgent_conflicts(
        register.records(), register.linked, query_number=query_number, tolerance=Tolerance()
    )
    names = {(register.names[one.episode], one.contact) for one in found}
    assert names == {("council", FORCE), ("police", COUNCIL)}
    told = reconcile(register.records(), register.linked, query_number=query_number)
    cycle = {
        one.episode
        for told in told.results.values()
        for one in told.findings
        if one.reconciliation_class == "OPEN_CLOSED_CONFLICT"
    }
    assert {one.episode for one in found} == cycle
