"""What the console's pages work with: settings, the shared database, the data folder, the clock."""

from dataclasses import dataclass
from pathlib import Path

from api.clock import Clock, stamp, utc_now
from api.config import ConsoleSettings, Settings, read_settings
from api.console_app.sealing import ConsoleKey, open_console_key
from api.folders import DataFolder, open_data_folder
from api.store import accounts
from api.store.database import Database, open_database

__all__ = ["ConsoleService", "open_console"]


@dataclass(frozen=True, slots=True)
class ConsoleService:
    """One opened unit, as the console sees it: it opens no seal, and neither worker's store."""

    folder: DataFolder
    settings: Settings
    database: Database
    key: ConsoleKey
    clock: Clock

    @property
    def own(self) -> ConsoleSettings:
        """The console's own settings."""
        return self.settings.console

    def now(self) -> str:
        """Return the present moment as the database writes it."""
        return stamp(self.clock())

    def close(self) -> None:
        """Close the database."""
        self.database.close()


def open_console(data: Path, *, clock: Clock = utc_now) -> ConsoleService:
    """Open a data folder for the console; raises :class:`linkage.errors.ClewError`."""
    folder = open_data_folder(data)
    settings = read_settings(folder.settings)
    database = open_database(folder.location("register"), "register", settings.database.pool())
    try:
        with database.read() as connection:
            in_use = accounts.has_sealed_secrets(connection)
        key = open_console_key(folder.console_key, in_use=in_use)
        with database.read() as connection:
            for name, sealed in accounts.sealed_secrets(connection):
                key.open(name, sealed)
    except BaseException:
        database.close()
        raise
    return ConsoleService(folder, settings, database, key, clock)
