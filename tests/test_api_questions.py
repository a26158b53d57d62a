"""Quality questions stay for three cycles or until they are answered, and are never asked twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.asking import ROUND_CYCLES
from api.store import answers
from linkage.wire.answers import QueryAnswer
from linkage.wire.canonical import canonical, parse
from linkage.wire.results import QualityQuestion, Results
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_sent

CHILDREN = tuple(range(1, 13))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as one:
        one.client(one.council).submit(make_sent(one.unit, one.council, children=CHILDREN))
        one.workers.settle()
        yield one


def _asked(served: Served) -> tuple[QualityQuestion, ...]:
    client = served.client(served.council)
    return parse(client.call("GET", "/v1/results").content, Results, limit=1 << 20).questions


def _answer(served: Served, query: str) -> int:
    body = canonical(QueryAnswer(query=query, answer="record-right"))
    return served.client(served.council).call("PUT", f"/v1/answers/{query}", body).status_code


def test_a_round_stays_until_it_is_answered_or_over_and_nothing_comes_twice(served: Served) -> None:
    served.workers.cycle()
    first = _asked(served)
    assert sorted(one.kind for one in first) == ["date-of-birth"] * 4 + ["same-child"] * 4
    own = {handle("E09", one) for one in CHILDREN}
    assert all(own.issuperset(one.children) for one in first)
    assert _answer(served, first[0].query) == 200
    for _ in range(ROUND_CYCLES - 1):
        served.workers.cycle()
        assert _asked(served) == first[1:]
    served.workers.cycle()
    second = _asked(served)
    assert second
    assert not {(one.kind, one.children) for one in first} & {(one.kind, one.children) for one in second}


def test_an_answer_about_own_records_is_no_evidence_for_a_link(served: Served) -> None:
    served.workers.cycle()
    pair = next(one for one in _asked(served) if one.kind == "same-child")
    body = canonical(QueryAnswer(query=pair.query, answer="not-same-child"))
    client = served.client(served.council)
    assert client.call("PUT", f"/v1/answers/{pair.query}", body).status_code == 200
    with served.workers.database.read() as connection:
        assert answers.evidence(connection) == []


def test_with_a_child_go_the_questions_about_it(served: Served) -> None:
    served.workers.cycle()
    going = _asked(served)[0].children[0]
    left = tuple(one for one in _asked(served) if going not in one.children)
    body = b'{"format":"clew-record-request","handles":["%s"],"version":1}' % going.encode()
    answer = served.client(served.council).call("POST", "/v1/records/erase", body)
    assert answer.status_code == 202
    served.workers.settle()
    assert _asked(served) == left
