"""Databases as older releases wrote them, with rows in them."""

from pathlib import Path

from api.store import migrating
from api.store.database import Database, Location

_ROWS = """
INSERT INTO epochs VALUES ('e1', 'aa', 'text', '2025-01-01', '2025-01-02', false);
INSERT INTO epochs VALUES ('e2', 'bb', 'text', '2026-01-01', '2026-01-02', true);
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


def write_older(location: Location, schema: str) -> None:
    """Make a database as an older release did, with rows in it."""
    if isinstance(location, Path):
        location.touch(0o600)
    database = Database(location)
    with database.write() as connection:
        migrating._run(connection, "register", to="register_1")
        for statement in filter(None, map(str.strip, _ROWS.split(";"))):
            connection.exec_driver_sql(statement)
        if schema != "register_1":
            migrating._run(connection, "register", to=schema)
    database.close()


def write_flat_payload(location: Location) -> None:
    """Make a payload store whose records are in one table, as it is after an upgrade from an older release.

    What was in it then is gone again.
    """
    if isinstance(location, Path):
        location.touch(0o600)
    database = Database(location)
    with database.write() as connection:
        database.own(connection)
        migrating._run(connection, "payload", to="payload_1")
        connection.exec_driver_sql("INSERT INTO snapshots VALUES ('s', 'E09', 'x', 'x', 1, 'x')")
        connection.exec_driver_sql(
            "INSERT INTO records (submission, agency, kind, handle, version, status, sealed) "
            "VALUES ('s', 'E09', 'child', 'h', 1, 'current', '')"
        )
    migrating.upgrade_database(location, "payload", online=True)
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM records")
        connection.exec_driver_sql("DELETE FROM snapshots")
    database.close()
