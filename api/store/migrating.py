"""Making a database at the newest schema, by running the migrations of its store one after the other."""

import os
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, column, func, inspect, select, table

from api.store.database import (
    SCHEMAS,
    Database,
    Location,
    StoreName,
    is_older,
    open_database,
    schema_of,
)
from linkage.errors import InputError

__all__ = ["create_database", "newest_schema", "upgrade_database"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def create_database(location: Location, store: StoreName) -> None:
    """Make the tables of a store at the newest schema.

    A file may not exist.  A PostgreSQL database must exist and be empty; one whose tables are those of this
    release and hold nothing is taken, as an `init` that failed later on may have left it.
    """
    if isinstance(location, Path):
        os.close(os.open(location, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    database = Database(location)
    try:
        database.check()
        with database.write() as connection:
            if not _is_made(connection, database.name, store):
                database.own(connection)
                _run(connection, store)
    finally:
        database.close()


def _is_made(connection: Connection, name: str, store: StoreName) -> bool:
    """Say whether the tables are there, empty; raises :class:`InputError` for anything else that is there."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return False
    filled = {one for one in tables - {"alembic_version"} if _rows(connection, one)}
    if schema_of(connection) == SCHEMAS[store] and (not filled or _is_only_a_new_ledger(connection, filled)):
        return True
    raise InputError(f"{name}: there is something in it already", hint="give an empty database")


def _is_only_a_new_ledger(connection: Connection, filled: set[str]) -> bool:
    """Say whether nothing is there but the head of a ledger without entries, which the migration makes."""
    return (
        filled == {"ledger_head"}
        and connection.scalar(select(column("size")).select_from(table("ledger_head"))) == 0
    )


def _rows(connection: Connection, name: str) -> int:
    return int(connection.scalar(select(func.count()).select_from(table(name))) or 0)


def upgrade_database(location: Location, store: StoreName, *, online: bool = False) -> str | None:
    """Bring a database of an older release to the newest schema, and return the schema that it had.

    All of it is one transaction: a fault leaves the database as it was.  ``online``: the unit works
    meanwhile, so no table is written anew.  Returns None for one that is at the newest already.  Raises
    :class:`linkage.errors.VersionError` for a schema that this release does not know.
    """
    database = Database(location)
    try:
        database.check()
        with database.write() as connection:
            found = schema_of(connection)
            if found != SCHEMAS[store] and is_older(found, store):
                database.own(connection)
                _run(connection, store)
        if not online:
            database.scrub()
    finally:
        database.close()
    open_database(location, store).close()
    return None if found == SCHEMAS[store] else found


def _run(connection: Connection, store: StoreName, to: str = "head") -> None:
    config = _migrations(store)
    config.attributes["connection"] = connection
    alembic.command.upgrade(config, to)


def newest_schema(store: StoreName) -> str | None:
    """Return the revision that a store's migrations end with."""
    return ScriptDirectory.from_config(_migrations(store)).get_current_head()


def _migrations(store: StoreName) -> Config:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", _escaped(_MIGRATIONS))
    config.set_main_option("version_locations", _escaped(_MIGRATIONS / store))
    return config


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")
