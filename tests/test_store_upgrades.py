"""A database that an older release wrote, with data in it, is brought to this release's schema."""

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from api.store.database import Database, Location, is_older, open_database
from api.store.migrating import create_database, upgrade_database
from linkage.errors import InputError, VersionError
from tests.support.databases import new_location
from tests.support.older_releases import write_older
from tests.support.processes import clew
from tests.support.unit import Unit, make_unit

pytestmark = pytest.mark.usefixtures("each_database")


def _version_1(location: Location) -> None:
    write_older(location, "register_1")


def test_version_1_keeps_its_data_and_learns_of_each_members_epoch(tmp_path: Path) -> None:
    location = new_location(tmp_path, "register")
    _version_1(location)
    with pytest.raises(VersionError, match="register_1") as refused:
        open_database(location, "register")
    assert "migrate" in (refused.value.hint or "")
    assert upgrade_database(location, "register") == "register_1"
    assert upgrade_database(location, "register") is None
    database = open_database(location, "register")
    with database.read() as connection:
        members = "SELECT handle, person, since_run, epoch FROM memberships ORDER BY handle"
        assert connection.exec_driver_sql(members).all() == [("h1", "p1", 1, "e1"), ("h2", "p2", 2, "e2")]
        epochs = connection.execute(
            text("SELECT epoch, current, re_encode_by, closed_at FROM epochs ORDER BY 1")
        )
        assert [(*row[:1], bool(row[1]), *row[2:]) for row in epochs] == [
            ("e1", False, None, None),
            ("e2", True, None, None),
        ]
        if isinstance(location, Path):
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    database.close()


def test_the_tables_are_those_of_a_new_database(tmp_path: Path) -> None:
    old, new = new_location(tmp_path, "payload"), new_location(tmp_path, "register")
    _version_1(old)
    upgrade_database(old, "register")
    create_database(new, "register")
    assert _columns(old) == _columns(new)


def test_what_budgets_counted_among_minutes_and_days_goes_on_in_a_table_of_its_own(tmp_path: Path) -> None:
    location = new_location(tmp_path, "register")
    write_older(location, "register_18")
    database = Database(location)
    with database.write() as connection:
        for measure, span, amount in (("b/results", "cycle 3", 7), ("queries", "2026-11-23", 2)):
            row = f"INSERT INTO usage VALUES ('E09', '{measure}', '{span}', {amount})"
            connection.exec_driver_sql(row)
    database.close()
    upgrade_database(location, "register")
    database = open_database(location, "register")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM budget_uses").all() == [
            ("E09", "results", "cycle 3", 7)
        ]
        assert connection.exec_driver_sql("SELECT measure FROM usage").all() == [("queries",)]
    database.close()


def _columns(location: Location) -> dict[str, list[object]]:
    database = Database(location)
    with database.read() as connection:
        inspector = inspect(connection)
        found = {
            name: [
                (one["name"], str(one["type"]), one["nullable"], one["default"])
                for one in inspector.get_columns(name)
            ]
            for name in inspector.get_table_names()
        }
    database.close()
    return found  # type: ignore[return-value]


def test_a_schema_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    location = new_location(tmp_path, "register")
    create_database(location, "register")
    database = Database(location)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'register_99'")
    database.close()
    with pytest.raises(VersionError, match="register_99"):
        upgrade_database(location, "register")
    for found in (None, "register_99", "payload_1", "register_0", "register_²", "register_"):
        assert not is_older(found, "register")


def test_a_database_with_something_in_it_is_not_taken_for_a_new_unit(tmp_path: Path) -> None:
    location = new_location(tmp_path, "register")
    _version_1(location)
    with pytest.raises((InputError, FileExistsError)):
        create_database(location, "register")


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


def test_the_command_brings_a_unit_to_this_release(unit: Unit) -> None:
    location = unit.folder.location("register")
    _emptied(location)
    _version_1(location)
    refused = clew("register", "status", "--data", unit.folder.root)
    assert (refused.returncode, "clew register migrate" in refused.stderr) == (1, True)
    done = clew("register", "migrate", "--data", unit.folder.root)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "was register_1, is " in done.stderr
    again = clew("register", "migrate", "--data", unit.folder.root)
    assert again.stderr.count("nothing to do") == 3


def _emptied(location: Location) -> None:
    if isinstance(location, Path):
        location.unlink()
        return
    database = Database(location)
    with database.write() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public AUTHORIZATION pg_database_owner")
    database.close()
