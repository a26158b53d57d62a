"""A process has as many connections as it was given, says busy beyond them, and works behind a pooler."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from api.agency_app.app import create_app
from api.agency_app.service import open_service
from api.agency_app.web_server import make_server
from api.config import DatabaseSettings, ServiceSettings, Settings, read_settings
from api.store import schema
from api.store.agencies import spend_nonce
from api.store.bulk import insert_rows
from api.store.database import Database, Pool, open_database
from api.store.database_postgresql import NoConnectionError
from api.store.database_url import database_url, pooled_url
from api.store.migrating import create_database
from api.unsafe_settings import settings_findings
from linkage.errors import InputError
from tests.support import databases, postgresql
from tests.support.serving import running
from tests.support.signing_client import SigningClient
from tests.support.unit import Desk, make_unit

needs_server = pytest.mark.skipif(postgresql.why_not() is not None, reason=str(postgresql.why_not()))


@pytest.fixture
def _on_postgresql() -> Iterator[None]:
    with databases.using("postgresql"):
        yield


on_postgresql = pytest.mark.usefixtures("_on_postgresql")


def _database(pool: Pool) -> Database:
    location = postgresql.server().url(databases.new_database())
    create_database(location, "register")
    return open_database(location, "register", pool)


@needs_server
@on_postgresql
def test_beyond_its_connections_a_process_says_that_it_is_busy_and_then_goes_on() -> None:
    database = _database(Pool(connections=1, more=1, wait_seconds=0.2))
    with database.read(), database.read():
        for busy in (database.read, database.write, database.write_beside):
            with pytest.raises(OperationalError) as caught, busy():
                pass
            assert isinstance(caught.value.orig, NoConnectionError)
    with database.write() as connection:
        connection.execute(insert(schema.trust).values(id=1, threshold=2))
    with database.read() as connection:
        assert connection.execute(schema.trust.select()).all() == [(1, 2)]
    database.close()


@needs_server
@on_postgresql
def test_who_finds_every_connection_in_use_is_answered_503_with_a_time_to_wait(tmp_path: Path) -> None:
    unit = make_unit(tmp_path / "data")
    desk = unit.enrol(Desk("E09", "council"))
    settings = unit.folder.settings
    said = settings.read_text().replace("more_connections = 10", "more_connections = 0")
    said = said.replace("\nconnections = 10", "\nconnections = 1").replace(
        "wait_seconds = 4", "wait_seconds = 1"
    )
    settings.write_text(said)
    assert read_settings(settings).database.pool() == Pool(connections=1, more=0, wait_seconds=1)
    service = open_service(unit.folder.root)
    server = make_server(create_app(service), service.settings, host="127.0.0.1", port=0)
    with contextlib.closing(service), running(server) as url, SigningClient(url, desk.key) as client:
        assert client.call("GET", "/v1/status").status_code == 200
        with service.database.read():
            busy = client.call("GET", "/v1/status")
        assert (busy.status_code, busy.headers.get("Retry-After")) == (503, "5"), busy.text
        assert busy.json()["title"] == "the unit is busy"
        assert client.call("GET", "/v1/status").status_code == 200


@pytest.mark.parametrize(
    "pooler", ["10.0.0.1", "host:", ":6432", "host:http", "host:70000", "host:6432:x", "/run/pgbouncer"]
)
def test_an_address_of_no_pooler_is_refused(pooler: str) -> None:
    url = database_url("postgresql+psycopg://clew@/db?host=/run/postgresql", what="here")
    with pytest.raises(InputError, match="pooler"):
        pooled_url(url, pooler)


def test_a_pooler_takes_the_place_of_the_server_and_its_certificate_is_checked_too() -> None:
    url = database_url("postgresql+psycopg://clew@/db?host=/run/postgresql&passfile=/etc/p", what="here")
    behind = pooled_url(url, "/run/pgbouncer:6432")
    assert (behind.host, behind.port, behind.query["host"], behind.query["port"]) == (
        None, None, "/run/pgbouncer", "6432",
    )  # fmt: skip
    elsewhere = pooled_url(url, "pool.example.org:6432")
    assert (elsewhere.host, elsewhere.port, dict(elsewhere.query)) == (
        "pool.example.org", 6432, {"passfile": "/etc/p"},
    )  # fmt: skip
    local = database_url("postgresql+psycopg://127.0.0.1/db?sslmode=disable", what="here")
    with pytest.raises(InputError, match="certificate"):
        pooled_url(local, "pool.example.org:6432")
    with pytest.raises(InputError, match="by their names"):
        pooled_url(database_url("postgresql+psycopg:///?service=clew", what="here"), "host:6432")


def _works(database: Database) -> None:
    """Do what a unit does often enough for the driver to prepare it, had it been let."""
    for number in range(12):
        with database.write_beside() as connection:
            assert spend_nonce(connection, "key", str(number), now="1", expires="2")
        with database.write() as connection:
            assert connection.scalar(text("SHOW synchronous_commit")) == "on"
            assert connection.scalar(text("SHOW lock_timeout")) == "4s"
            assert connection.scalar(text("SHOW search_path")) == "public"
            rows = [{"signing_key": f"many-{number}", "nonce": str(n), "expires": "x"} for n in range(30)]
            insert_rows(connection, schema.nonces, rows)
        with database.read() as connection:
            assert connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
            count = connection.scalar(select(func.count()).select_from(schema.nonces))
            assert count == (number + 1) * 31


@needs_server
@on_postgresql
@pytest.mark.parametrize("pooled", [True, False])
def test_nothing_is_left_to_a_session_behind_a_pooler(pooled: bool) -> None:
    """After every transaction the session is emptied, as if another one served the next."""
    socket = postgresql.server().socket
    database = _database(Pool(pooler=f"{socket}:5432") if pooled else Pool())

    @event.listens_for(database._engine, "checkin")
    def _emptied(connection: "psycopg.Connection[Any] | None", *_: object) -> None:
        if connection is not None and not connection.closed:
            connection.pgconn.exec_(b"DISCARD ALL")  # past the driver, which would forget what it prepared

    if pooled:
        _works(database)
    else:  # and so it is seen that the test would tell
        with pytest.raises(DBAPIError, match="InvalidSqlStatementName"):
            _works(database)
    database.scrub()
    database.close()


@needs_server
@on_postgresql
@pytest.mark.skipif(postgresql.pooler_program() is None, reason="pgbouncer is not installed")
def test_eight_threads_work_behind_a_pgbouncer_with_two_connections() -> None:
    with postgresql.pooler(connections=2) as address:
        database = _database(Pool(pooler=address))
        _works(database)
        faults: list[Exception] = []

        def work(name: int) -> None:
            try:
                for number in range(10):
                    with database.write_beside() as connection:
                        assert spend_nonce(connection, f"of {name}", str(number), now="1", expires="2")
            except Exception as error:  # noqa: BLE001
                faults.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert faults == []
        with database.read() as connection:
            assert connection.scalar(select(func.count()).select_from(schema.nonces)) == 12 * 31 + 80
        database.scrub()
        database.close()


@pytest.mark.parametrize(("threads", "connections", "said"), [(8, 10, 0), (32, 10, 1), (32, 54, 0)])
def test_more_threads_than_there_are_connections_for_are_a_caution(
    threads: int, connections: int, said: int
) -> None:
    database = DatabaseSettings(register="postgresql+psycopg:///one", connections=connections)
    settings = Settings(version=1, name="U", service=ServiceSettings(threads=threads), database=database)
    found = [one for one in settings_findings(settings) if one.where == "[database] connections"]
    assert [one.weight for one in found] == ["caution"] * said
