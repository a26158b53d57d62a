"""Databases are made by migrations, are as the code expects them, and are opened at no other schema."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, insert
from sqlalchemy.exc import IntegrityError

from api.store import (
    encodings,
    payload,
    record_tables,
    schema,
    schema_audiences,
    schema_console,
    schema_persons,
    schema_privacy,
    schema_quality,
    schema_releases,
    schema_review,
)
from api.store.database import SCHEMAS, Database, StoreName, insert_new, open_database
from api.store.migrating import create_database, newest_schema
from linkage.errors import InputError, VersionError
from tests.support.databases import new_location

# All tables hang on one.
assert schema_audiences.audiences.metadata is record_tables.metadata is schema_releases.releases.metadata
assert schema_review.review_pairs.metadata is record_tables.metadata
assert schema_console.accounts.metadata is record_tables.metadata
assert schema_persons.person_sheets.metadata is record_tables.metadata
assert schema_privacy.public_appeals.metadata is record_tables.metadata
assert schema_quality.group_quality.metadata is record_tables.metadata

STORES: dict[StoreName, MetaData] = {
    "register": record_tables.metadata,
    "encodings": encodings.metadata,
    "payload": payload.metadata,
}

Make = Callable[[StoreName], Database]


@pytest.fixture
def made(tmp_path: Path, each_database: str) -> Iterator[Make]:
    """Make and open a database of a store, on SQLite and on PostgreSQL."""
    opened: list[Database] = []

    def make(store: StoreName) -> Database:
        location = new_location(tmp_path, store)
        create_database(location, store)
        opened.append(open_database(location, store))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_the_code_opens_what_the_migrations_end_with() -> None:
    assert {store: newest_schema(store) for store in STORES} == SCHEMAS


@pytest.mark.parametrize("store", STORES)
def test_migrations_make_what_the_code_expects(made: Make, store: StoreName) -> None:
    with made(store).read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, STORES[store]) == []


@pytest.mark.parametrize("store", STORES)
def test_a_file_is_its_owners_alone_and_durable(tmp_path: Path, store: StoreName) -> None:
    path = tmp_path / "a.db"
    create_database(path, store)
    assert path.stat().st_mode & 0o777 == 0o600
    database = open_database(path, store)
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_a_schema_that_is_not_known_is_refused_and_left_alone(tmp_path: Path, each_database: str) -> None:
    location = new_location(tmp_path, "register")
    create_database(location, "register")
    database = Database(location)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'register_99'")
    with pytest.raises(VersionError, match="register_99"):
        open_database(location, "register")
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").all()
    database.close()
    assert found == [("register_99",)]


def test_one_stores_database_is_not_taken_for_anothers(tmp_path: Path, each_database: str) -> None:
    location = new_location(tmp_path, "payload")
    create_database(location, "payload")
    with pytest.raises(VersionError):
        open_database(location, "encodings")


def test_a_database_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        open_database(tmp_path / "none.db", "register")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told_from_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"something else altogether" * 100)
    with pytest.raises(InputError, match="not a database"):
        open_database(path, "register")


def test_a_write_that_fails_half_way_leaves_nothing(made: Make) -> None:
    database = made("register")

    def half() -> None:
        with database.write() as connection:
            connection.execute(insert(schema.trust).values(id=1, threshold=2))
            connection.execute(insert(schema.trust).values(id=2, threshold=2))

    with pytest.raises(IntegrityError):
        half()
    with database.read() as connection:
        assert connection.execute(schema.trust.select()).all() == []


def test_a_row_that_is_there_is_not_added_again_and_ends_no_transaction(made: Make) -> None:
    database, row = made("register"), {"signing_key": "k", "nonce": "n", "expires": "x"}
    with database.write() as connection:
        assert insert_new(connection, schema.nonces, row)
        assert not insert_new(connection, schema.nonces, row | {"expires": "y"})
    with database.read() as connection:
        assert connection.execute(schema.nonces.select()).all() == [("k", "n", "x")]


def test_an_error_of_the_database_does_not_repeat_what_was_being_stored(made: Make) -> None:
    database = made("register")
    row = {"signing_key": "k", "nonce": "canary-value", "expires": "x"}
    with pytest.raises(IntegrityError) as caught, database.write() as connection:
        connection.execute(insert(schema.nonces), [row, row])
    assert "canary-value" not in str(caught.value)
    assert "canary-value" not in str(caught.value.orig)


def test_a_number_beyond_four_bytes_is_kept(made: Make) -> None:
    database = made("encodings")
    table = encodings.metadata.tables["bodies"]
    text = dict.fromkeys((column.name for column in table.c), "x") | {"rows": 1, "sequence": 2**53 - 1}
    with database.write() as connection:
        connection.execute(insert(table).values(**text))
        assert connection.execute(table.select()).one().sequence == 2**53 - 1
