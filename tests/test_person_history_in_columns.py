"""The history of persons is found by what it names, and is the one that the register's tables hold."""

from pathlib import Path

import pytest

from api.person_history import PersonHistory
from tests.oracles import history_oracle
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_sent


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    with served_unit(tmp_path_factory.mktemp("made") / "data") as opened:
        for sequence, children in enumerate([(1, 2, 3, 4), (2, 3, 5), (1, 3, 5, 6)], start=1):
            for desk in (opened.council, opened.police):
                sent = make_sent(opened.unit, desk, sequence=sequence, children=children)
                opened.client(desk).submit(sent)
            opened.workers.settle()
    return opened


def test_all_of_it_is_what_the_tables_hold(served: Served, tmp_path: Path) -> None:
    away = frozenset({("E09", handle("E09", 3))})
    with served.unit.database().read() as connection:
        as_events = history_oracle.history(connection)
        found = PersonHistory(connection)
        less = PersonHistory(connection, untouched=away)
    assert len(as_events) == 3
    assert found.history(None) == as_events
    assert len(found) == sum(map(len, as_events))
    kept = [[tuple(key for key in one.records if key not in away) for one in run] for run in as_events]
    assert [[one.records for one in run] for run in less.history(None)] == kept
    assert less.naming(away) == set()


def test_events_are_found_by_records_and_by_persons(served: Served) -> None:
    with served.unit.database().read() as connection:
        past = PersonHistory(connection)
    every = [event for run in past.history(None) for event in run]
    records = {record for event in every for record in event.records}
    for record in records:
        naming = {place for place, event in enumerate(every) if record in event.records}
        assert past.naming({record}) == naming
        assert past.records(naming) == {one for place in naming for one in every[place].records}
        assert [event for run in past.history(naming) for event in run] == [
            every[one] for one in sorted(naming)
        ]
    for person in {event.person for event in every} | {"nobody"}:
        about = {place for place, event in enumerate(every) if person in (event.person, event.other)}
        assert past.about({person}) == about
        assert past.persons(about) >= ({person} if about else set())
    assert past.naming({("P01", handle("E09", 1)), ("E09", "f" * 32)}) == set()
    assert not past.persons(())
    assert not past.records(())
    assert not past.about(())
