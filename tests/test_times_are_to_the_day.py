"""Time is kept to the day where the runbook says so; no column holds a finer one that it does not list."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Date, DateTime, Float, Interval, String, Table, Text, Time, select

from api.clock import day_of, stamp, utc_now
from api.config import read_settings
from api.store import (
    encodings,
    payload,
    record_tables,
    schema,
    schema_audiences,
    schema_console,
    schema_persons,
    schema_privacy,
    schema_releases,
    schema_review,
)
from api.store.retention import COARSENED, coarsen_times
from linkage.wire.canonical import canonical
from linkage.wire.ledger import TO_THE_DAY
from linkage.wire.record_requests import RecordRequest
from tests.support.served import Served, served_unit
from tests.support.unit import handle, make_sent

RUNBOOK = Path(__file__).parents[1] / "docs" / "operations" / "privacy.md"

# All tables of the shared database hang on one.
assert schema_console.accounts.metadata is schema_persons.person_sheets.metadata is record_tables.metadata
assert schema_privacy.public_appeals.metadata is schema_releases.releases.metadata is record_tables.metadata
assert schema_review.review_pairs.metadata is schema_audiences.alerts.metadata is record_tables.metadata

TABLES = {
    one.name: one
    for metadata in (record_tables.metadata, encodings.metadata, payload.metadata)
    for one in metadata.sorted_tables
}
_TIME_LENGTHS = {16, 17, 19, 20, 24, 27, 32}
_NAMED = re.compile(r"_at$|(^|_)(at|time|expires|until|before|opens|decided|moment|seen|shown)$")


def _kept() -> dict[str, str]:
    """How finely each column is kept that the runbook's table lists."""
    section = RUNBOOK.read_text().partition("## 3 ")[2].partition("\n## ")[0]
    found: dict[str, str] = {}
    for names, kept in re.findall(r"^\| (`[a-z_.` ]+`) \| (fine|day|day in time) \| ", section, re.M):
        for name in re.findall(r"`([a-z_.]+)`", names):
            assert name not in found, name
            found[name] = kept
    return found


def _holds_time(column: Column[object]) -> bool:
    """Say whether a column holds a moment, by its type or else by its length and name."""
    if isinstance(column.type, Date | DateTime | Time | Interval):
        return True
    if isinstance(column.type, String) and not isinstance(column.type, Text):
        return column.type.length == 27 or (
            column.type.length in _TIME_LENGTHS and _NAMED.search(column.name) is not None
        )
    # A moment as a number would be one too.
    return isinstance(column.type, Float) and _NAMED.search(column.name) is not None


def test_every_column_that_holds_a_time_is_in_the_runbook_and_no_other() -> None:
    held = {
        f"{table.name}.{column.name}"
        for table in TABLES.values()
        for column in table.columns
        if _holds_time(column)
    }
    assert held == set(_kept())


def test_a_new_column_would_be_noticed() -> None:
    columns = (
        Column("sent", DateTime),
        Column("when_seen", String(27)),
        Column("opened_at", String(20)),
        Column("at", Float),
    )
    assert all(_holds_time(one) for one in Table("new", schema.MetaData(), *columns).columns)
    assert not _holds_time(Column("entered_on", String(10)))


def test_what_is_coarsened_in_time_is_what_the_runbook_says() -> None:
    listed = {name for name, kept in _kept().items() if kept == "day in time"}
    assert listed == {f"{table}.{one.name}" for table, columns in COARSENED.items() for one in columns}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A unit in which agencies sent, withdrew and shielded something, and a cycle was closed."""
    with served_unit(tmp_path_factory.mktemp("times") / "data") as served:
        for desk in (served.council, served.police):
            served.client(desk).submit(make_sent(served.unit, desk, children=(1, 2, 3)))
        served.workers.settle()
        client = served.client(served.council)
        for action, number in (("withdraw", 1), ("shield", 2), ("erase", 3)):
            body = canonical(RecordRequest(handles=(handle("E09", number),)))
            assert client.call("POST", f"/v1/records/{action}", body).status_code in {200, 202}
        served.workers.cycle()
        yield served


def _values(served: Served, names: set[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with served.workers.database.read() as connection:
        for name in names:
            table, column = name.split(".")
            if table in record_tables.metadata.tables:
                values = connection.scalars(select(TABLES[table].c[column])).all()
                found[name] = {one for one in values if one is not None}
    return found


def test_what_is_kept_to_the_day_is_written_so(lived: Served) -> None:
    found = _values(lived, {name for name, kept in _kept().items() if kept == "day"})
    assert found["withdrawals.withdrawn_at"]
    assert found["shields.shielded_at"]
    assert found["tombstones.erased_at"]
    assert {one for values in found.values() for one in values if one != day_of(one)} == set()


def test_statements_of_what_came_in_hold_the_day_of_their_leaf(lived: Served) -> None:
    with lived.workers.database.read() as connection:
        said = [json.loads(one) for one in connection.scalars(select(schema.ledger_statements.c.statement))]
    moments = [one["at"] for one in said if one["kind"] in TO_THE_DAY]
    assert len(moments) > 5
    assert {len(one) for one in moments} == {10}
    assert {len(one["at"]) for one in said if one["kind"] == "epoch-adopted"} == {27}


def test_in_time_the_day_alone_is_left_and_its_order(lived: Served) -> None:
    names = {name for name, kept in _kept().items() if kept == "day in time"}
    days = read_settings(lived.unit.folder.settings).retention.times_days
    with lived.workers.database.write() as connection:
        assert coarsen_times(connection, before=stamp(utc_now() - dt.timedelta(days=days))) == 0
    before = _values(lived, names)
    assert any(one != day_of(one) for one in before["submissions.committed_at"])
    later = utc_now() + dt.timedelta(days=1)
    with lived.workers.database.write() as connection:
        assert coarsen_times(connection, before=stamp(later)) > 5
        assert coarsen_times(connection, before=stamp(later)) == 0
    for name, values in _values(lived, names).items():
        assert values == {day_of(one) for one in before[name]}, name
