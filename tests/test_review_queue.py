"""Reviewers are given the pairs that are worth most first, each place once, and undo only what is theirs."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from api.clock import stamp, utc_now
from api.reviewing import LEASE, give_verdict, look_at, next_pair, undo_last, workload
from api.store import review, schema
from api.store.review import NewPair
from api.store.review_evidence import Evidence
from linkage.errors import InputError
from linkage.match.linkage import Linkage, Pairs, RecordId
from linkage.match.quality_review import review_possible_links
from linkage.match.review_cases import WEAKEST, Surroundings
from linkage.register.overlap import overlap
from linkage.register.spans import Point, Span, Tolerance
from linkage.wire.moments import Moment
from linkage.wire.records import Episode
from tests.support.scored_worlds import scored_world
from tests.support.unit import Desk, handle, make_unit

NOW = utc_now()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    unit = make_unit(tmp_path / "data")
    for code in ("E09", "P01"):
        unit.enrol(Desk(code, "council" if code == "E09" else "police"))
    database = unit.database()
    with database.write() as opened:
        _ask(opened, 3)
        yield opened
    database.close()


def _ask(connection: Connection, pairs: int) -> None:
    """Let a linkage ask about some pairs, the first of them worth most."""
    values = {"kind": "link", "worker": "linking", "state": "done", "not_before": "", "queued_at": ""}
    connection.execute(insert(schema.jobs).values(id=1, **values))
    run = {"id": 1, "job": 1, "epoch": "e1", "records": 0, "pairs": 0, "links": 0, "persons": 0}
    connection.execute(insert(schema.link_runs).values(**run, finished_at=""))
    connection.execute(insert(schema.persons).values(id="ab" * 16, created_run=1))
    rows = [
        {"agency": code, "handle": handle(code, one), "person": "ab" * 16, "since_run": 1, "epoch": "e1"}
        for code in ("E09", "P01")
        for one in range(pairs)
    ]
    connection.execute(insert(schema.memberships), rows)
    seen = Evidence(
        method="experience",
        linked=False,
        reasons=("UNCERTAIN",),
        log_odds=0.0,
        probability=0.5,
        start=0.0,
        numbers=0.0,
        others=0.0,
        views=(),
        records=(),
        edges=(),
    )
    found = [
        NewPair(
            ("E09", handle("E09", one)), ("P01", handle("P01", one)), question=True, value=9.0 - one,
            evidence=seen, around=[("E09", handle("E09", one)), ("P01", handle("P01", one))],
        )
        for one in range(pairs)
    ]  # fmt: skip
    review.replace_round(connection, 1, "e1", found, [], now=stamp(NOW))


def test_the_same_first_pair_for_two_and_the_next_for_a_third(connection: Connection) -> None:
    assert [next_pair(connection, who, "blind", now=NOW) for who in ("ann", "ben", "cal", "dee", "eve")] == [
        1,
        1,
        2,
        2,
        3,
    ]
    assert next_pair(connection, "ann", "blind", now=NOW) == 1  # until a verdict is given it is the same
    give_verdict(connection, 1, "ann", "link", now=NOW)
    assert next_pair(connection, "ann", "blind", now=NOW) == 3
    assert next_pair(connection, "fay", "blind", now=NOW) is None


def test_a_lease_that_ran_out_is_another_ones_and_the_late_verdict_is_refused(connection: Connection) -> None:
    for who in ("ann", "ben"):
        next_pair(connection, who, "blind", now=NOW)
    later = NOW + LEASE + dt.timedelta(seconds=1)
    for who in ("cal", "dee"):
        assert next_pair(connection, who, "blind", now=later) == 1
    with pytest.raises(InputError, match="does not wait for you"):
        give_verdict(connection, 1, "ann", "link", now=later)
    give_verdict(connection, 1, "cal", "link", now=later)
    give_verdict(connection, 1, "dee", "link", now=later)
    assert workload(connection, "ann", now=later).blind == 2


def test_a_third_place_is_for_somebody_else_and_only_where_two_differ(connection: Connection) -> None:
    for who in ("ann", "ben"):
        give_verdict(connection, 1, who, "cannot-tell", now=NOW)
    give_verdict(connection, 2, "ann", "link", now=NOW)
    give_verdict(connection, 2, "ben", "not-a-link", now=NOW)
    for who in ("ann", "ben"):
        assert next_pair(connection, who, "third", now=NOW) is None
    assert next_pair(connection, "cal", "third", now=NOW) == 2
    assert next_pair(connection, "dee", "third", now=NOW) is None
    assert look_at(connection, 2, "cal", now=NOW)[1] == "third"
    give_verdict(connection, 2, "cal", "link", now=NOW)
    for who in ("ann", "ben"):
        with pytest.raises(InputError, match="counts already"):
            undo_last(connection, who, now=NOW)
    assert undo_last(connection, "cal", now=NOW) == 2
    assert workload(connection, "cal", now=NOW).third == 1


def test_only_the_last_is_undone_and_a_verdict_is_one_of_three(connection: Connection) -> None:
    with pytest.raises(InputError, match="one of: link"):
        give_verdict(connection, 1, "ann", "perhaps", now=NOW)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="does not wait"):
        give_verdict(connection, 99, "ann", "link", now=NOW)
    give_verdict(connection, 1, "ann", "link", now=NOW)
    give_verdict(connection, 2, "ann", "link", now=NOW)
    assert workload(connection, "ann", now=NOW).can_undo == 2
    assert [undo_last(connection, "ann", now=NOW) for _ in range(2)] == [2, 1]
    assert workload(connection, "ann", now=NOW).given == 0


@settings(max_examples=15)
@given(st.integers(0, 50))
def test_the_order_is_that_of_what_an_answer_saves(seed: int) -> None:
    """An answer about a link saves what it costs if it is false, about a non-link what it costs if missed."""
    linkage = scored_world(seed, persons=25, clarity=3.0).linkage
    found = review_possible_links(linkage)
    clusters, costs = linkage.clusters.tolist(), linkage.costs
    values = []
    for a, b, p in zip(found.left.tolist(), found.right.tolist(), found.probability.tolist(), strict=True):
        mine, other = clusters.count(clusters[a]), clusters.count(clusters[b])
        linked = clusters[a] == clusters[b]
        now = (1 - p) * costs.false_link * (mine - 1) if linked else p * costs.missed_link * mine * other
        values.append(now)
    assert found.value.tolist() == pytest.approx(values)
    for part in (values[: found.questions], values[found.questions :]):
        assert part == sorted(part, reverse=True)


def test_the_records_around_are_those_of_both_persons_with_the_weakest_links_of_each() -> None:
    ids = tuple(RecordId("A", f"{number:032x}") for number in range(7))
    left, right = np.array([[0, 1], [0, 2], [1, 2], [0, 3], [1, 3], [2, 3], [4, 5], [3, 4], [5, 6]]).T
    score = np.array([5.0, 1.0, 4.0, 3.0, 2.0, 6.0, 0.5, -0.2, -3.0])
    clusters = np.array([0, 0, 0, 0, 1, 1, 2])
    pairs = Pairs(left, right, score, clusters[left] == clusters[right])
    found = Surroundings(Linkage(ids, pairs, clusters)).of(3, 4)
    assert found.records == tuple(ids[one] for one in (3, 4, 0, 1, 2, 5))
    assert found.persons == (0, 1, 0, 0, 0, 1)
    assert len(found.edges) == 8  # not the one with a record of nobody's here
    weakest = {frozenset((one.left, one.right)) for one in found.edges if one.weakest}
    places = {record: place for place, record in enumerate((3, 4, 0, 1, 2, 5))}
    expected = [(0, 2), (1, 3), (0, 3), (4, 5)]
    assert WEAKEST == 3
    assert weakest == {frozenset(places[one] for one in pair) for pair in expected}


def _span(first: int, last: int) -> Span:
    start, end = (Moment.day(dt.date.fromordinal(one)) for one in (first, last))
    episode = Episode(
        handle="ab" * 16,
        child="cd" * 16,
        version=1,
        kind="missing",
        start=start,
        end=end,
        missing_from="care",
    )
    return Span("E09", episode, Point(first, None), Point(last, None), open=False)


spans = st.lists(
    st.tuples(st.integers(739000, 739060), st.integers(0, 9)).map(lambda at: _span(at[0], sum(at))),
    max_size=4,
)


@given(spans, spans)
def test_a_shape_counts_days_and_episodes_that_match(left: list[Span], right: list[Span]) -> None:
    found, near = overlap(left, right, Tolerance()), Tolerance()
    days = [
        {day for day in range(739000, 739080) if any(one.start.day <= day <= one.end.day for one in some)}
        for some in (left, right)
    ]
    assert found.episodes == (len(left), len(right))
    assert found.days == (len(days[0]), len(days[1]))
    assert found.common_days == len(days[0] & days[1])
    assert found.matched[0] == len([one for one in left if [o for o in right if near.same_absence(one, o)]])
    gaps = [abs(a - b) for a in days[0] for b in days[1]]
    assert found.apart_days == (min(gaps) if gaps else None)
    turned = overlap(right, left, near)
    assert (turned.matched, turned.common_days) == (found.matched[::-1], found.common_days)
