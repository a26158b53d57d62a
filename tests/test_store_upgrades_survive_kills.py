"""An upgrade that is killed at any statement leaves the old schema or the new one, with its data."""

import os
import random
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, event, inspect

from api.store.database import SCHEMAS, Database, Location, open_database
from api.store.migrating import create_database, upgrade_database
from tests.support import databases, postgresql
from tests.support.databases import new_location
from tests.support.older_releases import write_older

pytestmark = [
    pytest.mark.usefixtures("each_database"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked here"),
]

_PREVIOUS = f"register_{int(SCHEMAS['register'].partition('_')[2]) - 1}"


@pytest.fixture(params=["register_1", _PREVIOUS])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    location = new_location(tmp_path, "register")
    write_older(location, request.param)
    return location


def _copy(old: Location, name: str) -> Location:
    if isinstance(old, Path):
        return Path(shutil.copy(old, old.with_name(f"{name}.db")))
    assert old.database is not None
    return postgresql.server().url(databases.new_database(template=old.database))


def _killed_at(location: Location, statement: int, *, after: bool) -> bool:
    """Upgrade in a process that is killed at a statement; returns False if it came to its end before."""
    process = os.fork()
    if process == 0:
        try:
            with _killing(statement, "after" if after else "before"):
                upgrade_database(location, "register")
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL


@contextmanager
def _killing(statement: int, when: str) -> Iterator[None]:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, f"{when}_cursor_execute", count)
    event.listen(Engine, "commit", count)
    try:
        yield
    finally:
        event.remove(Engine, f"{when}_cursor_execute", count)
        event.remove(Engine, "commit", count)


_SHOWN = {"ledger_head": "id, size"}
"""The key of covered rows is made at random by each upgrade."""

State = tuple[str, dict[str, list[str]], dict[str, list[str]]]


def _state(location: Location) -> State:
    """Schema, columns and rows; what a row has got since is left out, which the old one cannot have."""
    database = Database(location)
    with database.read() as connection:
        schema = str(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())
        inspector = inspect(connection)
        names = sorted(set(inspector.get_table_names()) - {"alembic_version"})
        columns = {name: [one["name"] for one in inspector.get_columns(name)] for name in names}
        rows = {
            name: sorted(
                map(repr, connection.exec_driver_sql(f"SELECT {_SHOWN.get(name, '*')} FROM {name}").all())
            )
            for name in names
        }
    database.close()
    return schema, columns, rows


def test_after_a_kill_the_database_is_old_or_new_with_its_data(old: Location, soak: bool) -> None:
    before = _state(old)
    done = _copy(old, "done")
    upgrade_database(done, "register")
    after = _state(done)
    assert (before[0], after[0]) == (before[0], SCHEMAS["register"])
    assert before != after
    statements, kills, seen = _statements(old), random.Random(7), set()
    rounds = [(one, bool(one % 2)) for one in range(1, statements + 1)]
    if soak:
        rounds = [(kills.randint(1, statements), kills.random() < 0.5) for _ in range(100)]
    else:
        few = 4 if isinstance(old, Path) else 2
        rounds = rounds[:: max(1, len(rounds) // few)]
    for number, (statement, late) in enumerate(rounds):
        one = _copy(old, f"killed-{number}")
        assert _killed_at(one, statement, after=late)
        found = _state(one)
        assert found in (before, after)
        seen.add(found[0])
        upgrade_database(one, "register")
        assert _state(one) == after
        open_database(one, "register").close()
    assert before[0] in seen


def _statements(old: Location) -> int:
    """Count what an upgrade executes and commits."""
    trial, counted = _copy(old, "trial"), 0

    def count(*_: object) -> None:
        nonlocal counted
        counted += 1

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", count)
    upgrade_database(trial, "register")
    event.remove(Engine, "before_cursor_execute", count)
    event.remove(Engine, "commit", count)
    return counted


def test_a_new_database_that_is_killed_while_it_is_made_is_empty_or_whole(tmp_path: Path) -> None:
    for statement in (3, 12, 40):
        location = new_location(tmp_path, "register")
        process = os.fork()
        if process == 0:
            try:
                with _killing(statement, "before"):
                    create_database(location, "register")
            finally:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == -signal.SIGKILL
        database = Database(location)
        with database.read() as connection:
            assert inspect(connection).get_table_names() == []
        database.close()
        if isinstance(location, URL):
            create_database(location, "register")
            open_database(location, "register").close()
        else:
            location.unlink()
