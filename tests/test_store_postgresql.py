"""A unit in PostgreSQL: three databases, three accounts, none with a right on another's; nothing unsafe."""

import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, MetaData, delete, insert, make_url, text
from sqlalchemy.exc import OperationalError

from api.config import read_settings, settings_text
from api.store import schema
from api.store.database import SCHEMAS, Database, StoreName, open_database
from api.store.database_url import database_url
from api.store.migrating import create_database
from api.unit import create_unit
from linkage.errors import InputError
from tests.support import databases, postgresql
from tests.support.processes import ROOT, clew
from tests.support.unit import handle

pytestmark = pytest.mark.skipif(postgresql.why_not() is not None, reason=str(postgresql.why_not()))


@pytest.fixture(autouse=True)
def _on_postgresql() -> Iterator[None]:
    with databases.using("postgresql"):
        yield


def _url(name: str, *, user: str = "clew") -> URL:
    return postgresql.server().url(name, user=user)


@pytest.fixture
def empty() -> URL:
    return _url(databases.new_database())


def _documented(marker: str) -> str:
    document = (ROOT / "docs/operations/database.md").read_text()
    return next(block for block in re.findall(r"```sql\n(.*?)```", document, re.DOTALL) if marker in block)


@pytest.fixture
def three_accounts(tmp_path: Path) -> Iterator[dict[StoreName, str]]:
    """The databases and roles of the operators' document, and a unit in them made by the administrator."""
    server = postgresql.server()
    for block, database in (("CREATE ROLE", "postgres"), ("ALTER DEFAULT", "clew_register")):
        for statement in filter(None, map(str.strip, _documented(block).split(";"))):
            server.run(statement, database=database)
    url = server.url("clew_{store}").render_as_string().replace("%7B", "{").replace("%7D", "}")
    create_unit(tmp_path / "data", "Unit", {store: url.replace("{store}", store) for store in SCHEMAS})
    yield {store: f"clew_{store}" for store in SCHEMAS}
    for store in SCHEMAS:
        server.run(f"DROP DATABASE clew_{store} WITH (FORCE)")
    for role in ("clew-service", "clew-linking", "clew-register"):
        server.run(f'DROP ROLE "{role}"')


def test_neither_worker_may_connect_to_the_others_store(three_accounts: dict[StoreName, str]) -> None:
    may = {
        role: {store for store, name in three_accounts.items() if _connects(role, name)}
        for role in ("clew-service", "clew-linking", "clew-register")
    }
    assert may == {
        "clew-service": {"register"},
        "clew-linking": {"register", "encodings"},
        "clew-register": {"register", "payload"},
    }


def _connects(role: str, database: str) -> bool:
    try:
        postgresql.server().connect(database, user=role).close()
    except psycopg.OperationalError as error:
        return "permission denied" not in str(error)
    return True


USES: list[tuple[str, StoreName]] = [
    ("clew-service", "register"),
    ("clew-linking", "register"),
    ("clew-register", "register"),
    ("clew-linking", "encodings"),
    ("clew-register", "payload"),
]
OWNERS = {"register": "clew-service", "encodings": "clew-linking", "payload": "clew-register"}


def test_each_account_uses_its_databases_and_its_owner_alone_can_write_one_anew(
    three_accounts: dict[StoreName, str],
) -> None:
    for role, store in USES:
        database = open_database(_url(three_accounts[store], user=role), store)
        with database.write() as connection:
            there = MetaData()
            there.reflect(connection)
            for table in reversed(there.sorted_tables):  # those that others refer to last
                if table.name != "alembic_version":
                    connection.execute(delete(table))
        if OWNERS[store] == role:
            database.scrub()
        else:
            with pytest.raises(OSError, match="does not own"):
                database.scrub()
        database.close()


def test_init_and_the_service_say_what_is_wrong_with_a_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    nowhere = f"postgresql+psycopg:///none_{{store}}?host={postgresql.server().socket}"
    refused = clew("register", "init", "--data", data, "--name", "U", "--database", nowhere)
    assert (refused.returncode, data.exists()) == (1, False)
    assert "cannot be opened" in refused.stderr
    assert "PGUSER" in refused.stderr
    assert "docs/operations/database.md" in refused.stderr
    assert "Traceback" not in refused.stderr
    refused = clew(
        "register", "init", "--data", data, "--name", "U", "--database", "postgresql+psycopg:///one"
    )
    assert (refused.returncode, "{store}" in refused.stderr) == (1, True)


def test_init_as_somebody_who_may_not_act_as_the_owner_is_refused_in_words(tmp_path: Path) -> None:
    server, name = postgresql.server(), databases.new_database()
    server.run('CREATE ROLE "nobody-special" LOGIN')
    for store in SCHEMAS:
        server.run(f'CREATE DATABASE {name}_{store} TEMPLATE "{name}"')
    url = f"postgresql+psycopg://nobody-special@/{name}_{{store}}?host={server.socket}"
    refused = clew("register", "init", "--data", tmp_path / "data", "--name", "U", "--database", url)
    assert (refused.returncode, "permission denied" in refused.stderr) == (1, True), refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_connection_that_breaks_leaves_nothing_and_the_next_one_works(empty: URL) -> None:
    create_database(empty, "register")
    database = open_database(empty, "register")
    end_all = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{empty.database}' AND pid <> pg_backend_pid()"
    )

    def broken() -> None:
        with database.write() as connection:
            connection.execute(insert(schema.trust).values(id=1, threshold=2))
            postgresql.server().run(end_all)

    with pytest.raises(OperationalError):
        broken()
    with database.write() as connection:
        assert connection.execute(schema.trust.select()).all() == []
        connection.execute(insert(schema.trust).values(id=1, threshold=3))
    postgresql.server().run(end_all)  # while nothing is being done
    with database.read() as connection:
        assert connection.execute(schema.trust.select()).all() == [(1, 3)]
    database.close()


def test_init_and_status_run_on_a_server(tmp_path: Path) -> None:
    data = tmp_path / "data"
    name = databases.new_database()
    for store in SCHEMAS:
        postgresql.server().run(
            f"CREATE DATABASE {name}_{store} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0"
        )
    url = f"postgresql+psycopg://clew@/{name}_{{store}}?host={postgresql.server().socket}"
    made = clew("register", "init", "--data", data, "--name", "U", "--database", url)
    assert made.returncode == 0, made.stderr
    assert [one.name for one in data.rglob("*.db")] == []
    status = clew("register", "status", "--data", data)
    assert status.returncode == 0, status.stderr
    for which in ("linking", "register"):
        assert clew("register", "work", which, "--data", data, "--once").returncode == 0


UNSAFE = {
    "a password": "postgresql+psycopg://u:canary@h/db",
    "a password as a parameter": "postgresql+psycopg:///db?password=canary",
    "options": "postgresql+psycopg:///db?options=-c%20synchronous_commit=off",
    "no certificate": "postgresql+psycopg://db.example.org/db?sslmode=require",
    "another driver": "postgresql://h/db",
    "another database": "mysql+pymysql://h/db",
    "a file": "sqlite:////tmp/a.db",
    "no name": "postgresql+psycopg://h",
    "two hosts": "postgresql+psycopg:///db?host=a&host=b",
    "no URL": "canary",
}


@pytest.mark.parametrize("name", UNSAFE)
def test_an_unsafe_url_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(InputError) as refused:
        database_url(UNSAFE[name], what="here")
    assert "canary" not in f"{refused.value} {refused.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg:///db",
        "postgresql+psycopg:///db?host=/run/postgresql",
        "postgresql+psycopg://127.0.0.1/db?sslmode=disable",
        "postgresql+psycopg://h/db?passfile=/etc/pgpass&sslrootcert=/etc/ca.pem",
        "postgresql+psycopg:///?service=clew",
    ],
)
def test_a_safe_url_is_taken(url: str) -> None:
    assert database_url(url, what="here") == make_url(url)


def test_two_stores_in_one_database_are_refused_and_older_settings_are_read(tmp_path: Path) -> None:
    path, url = tmp_path / "unit.toml", "postgresql+psycopg:///one"
    path.write_text(settings_text("U", {"encodings": url, "payload": url}))
    with pytest.raises(InputError, match="two stores"):
        read_settings(path)
    path.write_text(settings_text("U", {"encodings": url}))
    assert read_settings(path).database.url("encodings") == make_url(url)
    path.write_text('version = 1\nname = "U"\n')
    assert read_settings(path).database.url("register") is None


def test_another_order_of_text_is_refused() -> None:
    name = f"{databases.new_database()}_order"
    postgresql.server().run(f"CREATE DATABASE {name} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0")
    with pytest.raises(InputError, match="order"):
        create_database(_url(name), "register")


def test_empty_tables_of_an_init_that_failed_are_taken_and_any_others_are_not(empty: URL) -> None:
    create_database(empty, "register")
    create_database(empty, "register")
    with pytest.raises(InputError, match="something in it"):
        create_database(empty, "payload")
    database = open_database(empty, "register")
    with database.write() as connection:
        connection.execute(insert(schema.trust).values(id=1, threshold=2))
    database.close()
    with pytest.raises(InputError, match="something in it"):
        create_database(empty, "register")


def test_a_session_commits_durably_whatever_the_server_says(empty: URL) -> None:
    postgresql.server().run(f'ALTER DATABASE "{empty.database}" SET synchronous_commit TO off')
    create_database(empty, "register")
    database = open_database(empty, "register")
    for opened in (database.write, database.write_beside):
        with opened() as connection:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
    database.close()


def _in_tables(marker: bytes) -> list[str]:
    """Files of tables and indexes, of any database, in which something still stands."""
    postgresql.server().run("CHECKPOINT")
    base = postgresql.server().socket / "data" / "base"
    return [str(one) for one in base.rglob("*") if one.is_file() and marker in one.read_bytes()]


def test_after_a_scrub_no_file_of_a_table_holds_what_was_deleted(empty: URL) -> None:
    gone, stays = handle("gone", str(empty)), handle("stays", str(empty))
    create_database(empty, "register")
    database = open_database(empty, "register")
    with database.write() as connection:
        for nonce in (gone, stays):
            connection.execute(insert(schema.nonces).values(signing_key="k", nonce=nonce, expires="x"))
    other = Database(empty)
    with other.read() as reading:
        reading.exec_driver_sql("SELECT 1")  # a transaction that began before and could still read the row
        with database.write() as connection:
            connection.execute(schema.nonces.delete().where(schema.nonces.c.nonce == gone))
        assert _in_tables(gone.encode())
        with pytest.raises(OSError, match="another process reads"):
            database.scrub()
    other.close()
    database.scrub()
    database.close()
    assert _in_tables(gone.encode()) == []
    assert _in_tables(stays.encode())
