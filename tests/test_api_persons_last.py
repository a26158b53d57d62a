"""Persons keep their identity over relinking, snapshots, withdrawals and epochs; every change is an event."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from api.clock import stamp, utc_now
from api.linking_worker import latest_rows
from api.store import epochs, persons, schema
from api.trust import adopt_epoch
from linkage.wire.canonical import canonical
from linkage.wire.encodings import encodings_pieces
from linkage.wire.manifest import Period
from linkage.wire.moments import Moment
from tests.support.served import Served, served_unit
from tests.support.unit import PROFILE, Desk, Unit, handle, make_descriptor, make_encodings, make_sent


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_unit(tmp_path / "data") as opened:
        yield opened


def _persons(served: Served) -> dict[tuple[str, int], str]:
    """The person of every record, by agency and child of the world."""
    names = {handle(code, child): child for code in ("E09", "E10", "P01") for child in range(20)}
    with served.workers.database.read() as connection:
        return {(one.agency, names[one.handle]): one.person for one in persons.members(connection)}


def _events(served: Served) -> list[tuple[str, int]]:
    """Kind of every event so far, and how many records it speaks of."""
    table, records = schema.person_events, schema.person_event_records
    with served.workers.database.read() as connection:
        held = list(connection.scalars(select(records.c.event)))
        rows = connection.execute(select(table.c.id, table.c.kind).order_by(table.c.id))
        return [(row.kind, held.count(row.id)) for row in rows]


def _submit(served: Served, desk: Desk, children: tuple[int, ...], sequence: int, **more: object) -> None:
    served.client(desk).submit(
        make_sent(served.unit, desk, sequence=sequence, children=children, **more)  # type: ignore[arg-type]
    )
    served.workers.settle()


def test_a_person_stays_the_same_when_more_is_linked(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    before = _persons(served)
    _submit(served, served.police, (2, 3), 1)
    after = _persons(served)
    assert {key: after[key] for key in before} == before
    assert after["P01", 2] == before["E09", 2]
    assert _events(served) == [("created", 1), ("created", 1), ("created", 1), ("joined", 1)]


def test_linking_the_same_again_changes_nothing(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    before, events = _persons(served), _events(served)
    served.workers.cycle()
    assert (_persons(served), _events(served)) == (before, events)


def test_a_child_absent_from_the_newer_snapshot_is_withdrawn(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    before = _persons(served)
    _submit(served, served.council, (2,), 2)
    assert _persons(served) == {("E09", 2): before["E09", 2]}
    assert _events(served)[-1] == ("left", 1)
    assert len(list(served.unit.folder.encodings.glob("*.sealed"))) == 1


def test_a_child_that_comes_back_after_its_withdrawal_is_the_person_that_it_was(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    before = _persons(served)
    _submit(served, served.council, (2,), 2)
    _submit(served, served.council, (1, 2), 3)
    assert _persons(served) == before
    assert [kind for kind, _ in _events(served)] == ["created", "created", "left", "created"]


def test_snapshots_of_two_periods_stand_together(served: Served) -> None:
    earlier = Period(start=Moment.parse("2023-04-01"), end=Moment.parse("2024-03-31"))
    _submit(served, served.council, (1, 2), 1, period=earlier, day="2023-06-03")
    _submit(served, served.council, (2, 3), 2)
    assert set(_persons(served)) == {("E09", child) for child in (1, 2, 3)}
    served.workers.cycle()
    results = served.client(served.council).call("GET", "/v1/results").json()
    assert len(results["findings"]) == 4
    _submit(served, served.council, (3,), 3)
    assert set(_persons(served)) == {("E09", child) for child in (1, 2, 3)}


def test_of_two_submissions_checked_out_of_order_the_later_sequence_stands(served: Served) -> None:
    client = served.client(served.council)
    first = make_sent(served.unit, served.council, sequence=1, children=(1,))
    second = make_sent(served.unit, served.council, sequence=2, children=(2,))
    client.submit(first)
    served.workers.run("linking")
    with served.workers.database.write() as connection:  # the register worker comes to the first one late
        late = schema.jobs.c.kind == "check-payload"
        connection.execute(
            schema.jobs.update().where(late).values(not_before=f"{utc_now().year + 1}-01-01T00:00:00.000000Z")
        )
    client.submit(second)
    import threading

    stop = threading.Event()
    linking = served.workers.linking.worker(served.workers.said.append)
    register = served.workers.register.worker(served.workers.said.append)
    while linking.step(stop) or register.step(stop):
        pass
    assert client.call("GET", f"/v1/submissions/{second.id}").json()["state"] == "accepted"
    with served.workers.database.write() as connection:
        connection.execute(schema.jobs.update().values(not_before="2000-01-01T00:00:00.000000Z"))
    served.workers.settle()
    assert client.call("GET", f"/v1/submissions/{first.id}").json()["state"] == "superseded"
    assert client.call("GET", f"/v1/submissions/{second.id}").json()["state"] == "accepted"
    assert set(_persons(served)) == {("E09", 2)}


def _next_epoch(served: Served) -> Unit:
    unit = served.unit
    opens = Moment.day((utc_now() - dt.timedelta(days=1)).date())
    descriptor = make_descriptor(unit.card, unit.custodians, epoch="e2", opens=opens)
    with served.workers.database.write() as connection:
        adopt_epoch(
            connection, unit.card, canonical(descriptor), custodians=(), threshold=None, now=utc_now()
        )
    return Unit(unit.folder, unit.card, unit.custodians, descriptor)


def test_persons_survive_a_new_epoch_while_agencies_encode_again_one_by_one(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    _submit(served, served.police, (2, 3), 1)
    before = _persons(served)
    rotated = _next_epoch(served)
    old = served.client(served.council).register(make_sent(served.unit, served.council, sequence=2))
    assert old.status_code == 409
    served.client(served.council).submit(make_sent(rotated, served.council, sequence=2, children=(1, 2)))
    served.workers.settle()
    assert _persons(served) == before
    served.client(served.police).submit(make_sent(rotated, served.police, sequence=2, children=(2, 3)))
    served.workers.settle()
    assert _persons(served) == before
    assert [kind for kind, _ in _events(served) if kind != "created"] == ["joined"]


def _encoded_as(served: Served, rotated: Unit, desk: Desk, looks: dict[int, int], sequence: int) -> None:
    """Submit children in the new epoch, each with the encoding of the child that it looks like there."""
    rows = make_encodings((handle(desk.code, child), like) for child, like in looks.items())
    part = b"".join(encodings_pieces(rows, agency=desk.code, profile_digest=PROFILE.digest))
    sent = make_sent(rotated, desk, sequence=sequence, children=tuple(looks), encodings=part)
    served.client(desk).submit(sent)
    served.workers.settle()


def test_what_another_key_makes_less_or_more_alike_divides_and_joins_nobody(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    _submit(served, served.police, (2, 3), 1)
    before = _persons(served)
    rotated = _next_epoch(served)
    _encoded_as(served, rotated, served.council, {1: 1, 2: 2}, 2)
    _encoded_as(served, rotated, served.police, {2: 9, 3: 1}, 2)  # 2 like nobody, 3 like another child
    assert _persons(served) == before
    served.workers.cycle()
    served.workers.settle()
    assert _persons(served) == before
    assert [kind for kind, _ in _events(served) if kind != "created"] == ["joined"]


def test_a_record_that_is_amended_under_the_new_key_counts_afresh(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    _submit(served, served.police, (2, 3), 1)
    before = _persons(served)
    rotated = _next_epoch(served)
    _encoded_as(served, rotated, served.council, {1: 1, 2: 2}, 2)
    _encoded_as(served, rotated, served.police, {2: 2, 3: 3}, 2)
    assert _persons(served) == before
    _encoded_as(served, rotated, served.police, {2: 9, 3: 1}, 3)
    after = _persons(served)
    assert after["P01", 3] == after["E09", 1] == before["E09", 1]
    assert after["P01", 2] != after["E09", 2] == before["E09", 2]
    _encoded_as(served, rotated, served.police, {2: 2, 3: 3}, 4)  # as it came, so that nothing is carried
    restored = _persons(served)
    assert restored["P01", 2] == restored["E09", 2]
    assert restored["P01", 3] != restored["E09", 1]


def test_what_is_carried_into_an_epoch_ends_with_it(served: Served) -> None:
    _submit(served, served.council, (1, 2), 1)
    rotated = _next_epoch(served)
    _encoded_as(served, rotated, served.council, {1: 1, 2: 2}, 2)
    with served.workers.database.write() as connection:
        assert len(persons.carried(connection, "e2")) == 2
        assert epochs.forget_members(connection, "e2", now=stamp(utc_now())) == 2
        assert persons.carried(connection, "e2") == {}


def test_a_cycle_rests_on_the_snapshots_of_its_own_linkage(served: Served) -> None:
    from api.cycle import close_cycle

    _submit(served, served.council, (1, 2), 1)
    with served.workers.database.write() as connection:
        close_cycle(connection, now=utc_now())
    served.workers.run("linking")  # the cycle's linkage is done, its reconciliation is not
    client = served.client(served.council)
    client.submit(make_sent(served.unit, served.council, sequence=2, children=(2,)))
    served.workers.settle()
    assert len(client.call("GET", "/v1/results").json()["findings"]) == 2
    assert served.workers.cycle() == 2
    assert len(client.call("GET", "/v1/results").json()["findings"]) == 1


@given(
    st.lists(
        st.dictionaries(st.integers(0, 5), st.integers(0, 3), min_size=1).map(lambda d: list(d.items())),
        min_size=1,
        max_size=4,
    )
)
def test_of_a_handle_in_several_snapshots_the_newest_speaks(snapshots: list[list[tuple[int, int]]]) -> None:
    given_rows = [
        make_encodings((handle("h", number), child) for number, child in rows) for rows in snapshots
    ]
    expected = {
        text: row
        for encodings in given_rows
        for text, row in zip(encodings.handle_texts(), encodings.bits, strict=True)
    }
    joined = latest_rows(given_rows)
    assert sorted(joined.handle_texts()) == sorted(expected)
    for text, row in zip(joined.handle_texts(), joined.bits, strict=True):
        assert np.array_equal(row, expected[text])
