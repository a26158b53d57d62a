"""Many rows at once are the rows that one statement each would have written, or none; on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    select,
)
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.store import bulk, encodings, payload, record_tables, schema
from api.store.bulk import delete_rows, insert_rows, update_rows
from api.store.database import BIG_INTEGER, Database
from api.store.database_copy import _sent_as
from tests.support.databases import new_location

pytestmark = pytest.mark.usefixtures("each_database")

ALL_KINDS = Table(
    "all_kinds",
    MetaData(),
    Column("agency", String(12), primary_key=True),
    Column("handle", String(32), primary_key=True),
    Column("number", Integer),
    Column("large", BIG_INTEGER),
    Column("part", Float),
    Column("said", Text),
    Column("yes", Boolean),
    Column("sealed", LargeBinary),
)

FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Every example begins by emptying the table."""

_text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
_values = st.fixed_dictionaries(
    {
        "number": st.none() | st.integers(-(2**31), 2**31 - 1),
        "large": st.none() | st.integers(-(2**63), 2**63 - 1),
        "part": st.none() | st.floats(allow_nan=False),
        "said": st.none() | _text,
        "yes": st.none() | st.booleans(),
        "sealed": st.none() | st.binary(max_size=40),
    }
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(new_location(tmp_path, "register"))
    with opened.write() as connection:
        ALL_KINDS.create(connection)
    yield opened
    opened.close()


def _rows(values: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{"agency": f"E{n % 3}", "handle": f"{n:032x}", **one} for n, one in enumerate(values)]


def _held(database: Database) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(ALL_KINDS).order_by("handle"))]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 350])
def test_rows_are_walked_and_not_held(
    count: int, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_AT_A_TIME", 50)
    with database.write() as connection:
        insert_rows(connection, ALL_KINDS, ({"agency": "E", "handle": f"{n:032x}"} for n in range(count)))
    assert [row[1] for row in _held(database)] == [f"{n:032x}" for n in range(count)]


@FEW
@given(values=st.lists(_values, max_size=60))
def test_every_value_of_every_kind_reads_back_as_it_was_written(
    database: Database, values: list[dict[str, object]]
) -> None:
    rows = _rows(values)
    with database.write() as connection:
        connection.execute(ALL_KINDS.delete())
        insert_rows(connection, ALL_KINDS, rows)
    many = _held(database)
    assert many == [tuple(row[column.name] for column in ALL_KINDS.c) for row in rows]
    with database.write() as connection:
        connection.execute(ALL_KINDS.delete())
        for row in rows:
            connection.execute(insert(ALL_KINDS).values(**row))
    assert many == _held(database)


_NOTHING = dict.fromkeys(("number", "large", "part", "said", "yes", "sealed"))


@FEW
@given(gone=st.sets(st.integers(0, 79)), changed=st.sets(st.integers(0, 79)))
def test_rows_are_found_by_their_keys_and_no_others(
    database: Database, gone: set[int], changed: set[int]
) -> None:
    rows = _rows([_NOTHING] * 70)

    def keys(numbers: set[int]) -> list[tuple[str, str]]:
        return [(f"E{n % 3}", f"{n:032x}") for n in sorted(numbers)]

    with database.write() as connection:
        connection.execute(ALL_KINDS.delete())
        insert_rows(connection, ALL_KINDS, rows)
        update_rows(connection, ALL_KINDS, ("agency", "handle"), keys(changed), {"said": "changed"})
        delete_rows(connection, ALL_KINDS, ("agency", "handle"), keys(gone))
    assert [(row[1], row[5]) for row in _held(database)] == [
        (row["handle"], "changed" if n in changed else None) for n, row in enumerate(rows) if n not in gone
    ]


def test_a_fault_among_many_is_of_the_known_kind_keeps_nothing_and_repeats_nothing(
    database: Database,
) -> None:
    rows = _rows([_NOTHING | {"said": "canary-value"}] * 40)
    rows[30]["handle"] = rows[0]["handle"]
    with pytest.raises(IntegrityError) as caught, database.write() as connection:
        insert_rows(connection, ALL_KINDS, rows)
    assert "canary" not in f"{caught.value} {caught.value.orig}"
    assert str(rows[0]["handle"]) not in f"{caught.value} {caught.value.orig}"
    assert _held(database) == []


def test_what_is_written_at_once_is_part_of_the_transaction(database: Database) -> None:
    def half() -> None:
        with database.write() as connection:
            insert_rows(connection, ALL_KINDS, _rows([_NOTHING] * 40))
            assert connection.execute(select(ALL_KINDS)).all() != []
            raise LookupError

    with pytest.raises(LookupError):
        half()
    assert _held(database) == []


def test_a_value_that_no_column_takes_is_a_fault_of_the_database(
    database: Database, each_database: str
) -> None:
    if each_database == "sqlite":
        pytest.skip("SQLite takes any text")
    for wrong in ({"said": "nul \0 canary"}, {"handle": "canary" * 30}):
        with pytest.raises(DBAPIError) as caught, database.write() as connection:
            insert_rows(connection, ALL_KINDS, [one | wrong for one in _rows([_NOTHING] * 20)])
        assert "canary" not in f"{caught.value} {caught.value.orig}"


def test_copy_knows_the_type_of_every_column_that_there_is() -> None:
    for metadata in (record_tables.metadata, encodings.metadata, payload.metadata):
        for table in metadata.sorted_tables:
            assert all(_sent_as(table, column.name) for column in table.c)
    assert _sent_as(schema.submissions, "sequence") == "int8"
    assert _sent_as(payload.metadata.tables["records"], "sealed") == "bytea"
