"""A database that an older release wrote, with data in it, is brought to this release's schema."""

import sqlite3
from contextlib import closing
from pathlib import Path

import alembic.command
import pytest

from api.store import migrating
from api.store.database import Database, is_older, open_database
from api.store.migrating import create_database, upgrade_database
from linkage.errors import VersionError
from tests.support.processes import clew
from tests.support.unit import Unit, make_unit

_ROWS = """
INSERT INTO epochs VALUES ('e1', 'aa', 'text', '2025-01-01', '2025-01-02', 0);
INSERT INTO epochs VALUES ('e2', 'bb', 'text', '2026-01-01', '2026-01-02', 1);
INSERT INTO agencies VALUES ('E09', 'council', 'A', '{}', 'k', 'f', 3, '2025-01-02', NULL);
INSERT INTO jobs (id, kind, worker, state, not_before, queued_at)
VALUES (1, 'link', 'linking', 'done', 'x', 'x'), (2, 'link', 'linking', 'done', 'x', 'x');
INSERT INTO link_runs VALUES (1, 1, 'e1', 1, 0, 0, 1, 'x');
INSERT INTO link_runs VALUES (2, 2, 'e2', 1, 0, 0, 1, 'x');
INSERT INTO persons VALUES ('p1', 1);
INSERT INTO persons VALUES ('p2', 2);
INSERT INTO memberships VALUES ('E09', 'h1', 'p1', 1);
INSERT INTO memberships VALUES ('E09', 'h2', 'p2', 2);
"""


def _version_1(path: Path) -> None:
    path.touch(0o600)
    database = Database(path)
    config = migrating._migrations("register")
    with database.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "register_1")
    database.close()
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(_ROWS)


def test_version_1_keeps_its_data_and_learns_of_each_members_epoch(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    _version_1(path)
    with pytest.raises(VersionError, match="register_1") as refused:
        open_database(path, "register")
    assert "upgrade" in (refused.value.hint or "")
    assert upgrade_database(path, "register") == "register_1"
    assert upgrade_database(path, "register") is None
    with closing(sqlite3.connect(path)) as raw:
        members = raw.execute("SELECT handle, person, since_run, epoch FROM memberships ORDER BY handle")
        assert members.fetchall() == [("h1", "p1", 1, "e1"), ("h2", "p2", 2, "e2")]
        assert raw.execute("SELECT epoch, current, re_encode_by, closed_at FROM epochs").fetchall() == [
            ("e1", 0, None, None),
            ("e2", 1, None, None),
        ]
        assert raw.execute("PRAGMA foreign_key_check").fetchall() == []


def test_the_tables_are_those_of_a_new_database(tmp_path: Path) -> None:
    _version_1(tmp_path / "old.db")
    upgrade_database(tmp_path / "old.db", "register")
    create_database(tmp_path / "new.db", "register")
    assert _columns(tmp_path / "old.db") == _columns(tmp_path / "new.db")


def _columns(path: Path) -> dict[str, list[object]]:
    with closing(sqlite3.connect(path)) as raw:
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: raw.execute(f"PRAGMA table_info({name})").fetchall() for name in names}


def test_a_schema_of_a_later_release_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "register.db"
    create_database(path, "register")
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = 'register_99'")
        raw.commit()
    with pytest.raises(VersionError, match="register_99"):
        upgrade_database(path, "register")
    for found in (None, "register_99", "payload_1", "register_0", "register_²", "register_"):
        assert not is_older(found, "register")


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    return make_unit(tmp_path / "data")


def test_the_command_brings_a_unit_to_this_release(unit: Unit) -> None:
    unit.folder.register_database.unlink()
    _version_1(unit.folder.register_database)
    refused = clew("register", "status", "--data", unit.folder.root)
    assert (refused.returncode, "clew register migrate" in refused.stderr) == (1, True)
    done = clew("register", "migrate", "--data", unit.folder.root)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "was register_1, is " in done.stderr
    again = clew("register", "migrate", "--data", unit.folder.root)
    assert again.stderr.count("nothing to do") == 3
