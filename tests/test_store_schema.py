"""Databases are made by migrations, are as the code expects them, and are opened at no other schema."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, insert
from sqlalchemy.exc import IntegrityError

from api.store import encodings, payload, schema, schema_audiences
from api.store.database import SCHEMAS, StoreName, open_database
from api.store.migrating import create_database, newest_schema
from linkage.errors import InputError, VersionError

STORES: dict[StoreName, MetaData] = {
    "register": schema_audiences.audiences.metadata,
    "encodings": encodings.metadata,
    "payload": payload.metadata,
}


def test_the_code_opens_what_the_migrations_end_with() -> None:
    assert {store: newest_schema(store) for store in STORES} == SCHEMAS


@pytest.mark.parametrize("store", STORES)
def test_migrations_make_what_the_code_expects(tmp_path: Path, store: StoreName) -> None:
    create_database(tmp_path / "a.db", store)
    database = open_database(tmp_path / "a.db", store)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, STORES[store]) == []
    database.close()


@pytest.mark.parametrize("store", STORES)
def test_a_database_is_its_owners_alone_and_durable(tmp_path: Path, store: StoreName) -> None:
    path = tmp_path / "a.db"
    create_database(path, store)
    assert path.stat().st_mode & 0o777 == 0o600
    database = open_database(path, store)
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_schema_that_is_not_known_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    create_database(path, "register")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = 'register_99'")
        raw.commit()
    with pytest.raises(VersionError, match="register_99"):
        open_database(path, "register")
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchall() == [("register_99",)]


def test_one_stores_database_is_not_taken_for_anothers(tmp_path: Path) -> None:
    create_database(tmp_path / "payload.db", "payload")
    with pytest.raises(VersionError):
        open_database(tmp_path / "payload.db", "encodings")


def test_a_database_that_is_not_there_is_not_made_by_opening_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not found"):
        open_database(tmp_path / "none.db", "register")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told_from_one(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"something else altogether" * 100)
    with pytest.raises(InputError, match="not a database"):
        open_database(path, "register")


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    create_database(tmp_path / "a.db", "register")
    database = open_database(tmp_path / "a.db", "register")

    def half() -> None:
        with database.write() as connection:
            connection.execute(insert(schema.trust).values(id=1, threshold=2))
            connection.execute(insert(schema.trust).values(id=2, threshold=2))

    with pytest.raises(IntegrityError):
        half()
    with database.read() as connection:
        assert connection.execute(schema.trust.select()).all() == []
    database.close()


def test_an_error_of_the_database_does_not_repeat_what_was_being_stored(tmp_path: Path) -> None:
    create_database(tmp_path / "a.db", "register")
    database = open_database(tmp_path / "a.db", "register")
    row = {"signing_key": "k", "nonce": "canary-value", "expires": "x"}
    with pytest.raises(IntegrityError) as caught, database.write() as connection:
        connection.execute(insert(schema.nonces), [row, row])
    assert "canary-value" not in str(caught.value)
    database.close()
