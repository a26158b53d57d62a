"""Making a database at the newest schema, by running the migrations of its store one after the other."""

import os
from pathlib import Path

import alembic.command
from alembic.config import Config
from alembic.script import ScriptDirectory

from api.store.database import SCHEMAS, Database, StoreName, is_older, open_database, schema_of

__all__ = ["create_database", "newest_schema", "upgrade_database"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def create_database(path: Path, store: StoreName) -> None:
    """Make an empty database at the newest schema; ``path`` may not exist."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    database = Database(path)
    config = _migrations(store)
    with database.write() as connection:
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, "head")
    database.close()


def upgrade_database(path: Path, store: StoreName) -> str | None:
    """Bring a database of an older release to the newest schema, and return the schema that it had.

    All of it is one transaction: a fault leaves the database as it was.  Returns None for one that is at the
    newest already.  Raises :class:`linkage.errors.VersionError` for a schema that this release does not know.
    """
    if not path.is_file():
        open_database(path, store)
    database = Database(path)
    try:
        with database.write() as connection:
            found = schema_of(connection)
            if found != SCHEMAS[store] and is_older(found, store):
                config = _migrations(store)
                config.attributes["connection"] = connection
                alembic.command.upgrade(config, "head")
        database.scrub()
    finally:
        database.close()
    open_database(path, store).close()
    return None if found == SCHEMAS[store] else found


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
