"""Options that several commands share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from api.folders import DataFolder, open_data_folder
from api.store.database import Database, open_database
from api.store.database_url import name_of
from linkage.errors import InputError

__all__ = [
    "data_option",
    "given_file",
    "open_register",
    "opened_register",
    "say",
    "scrubbed",
    "told_of_databases",
]

data_option = click.option(
    "--data",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The unit's data folder.",
)

given_file = click.Path(path_type=Path, dir_okay=False)


def open_register(folder: DataFolder) -> Database:
    """Open the shared database; raises :class:`InputError` where this account may not."""
    location = folder.location("register")
    try:
        return open_database(location, "register", folder.pool())
    except OperationalError as error:
        raise InputError(
            f"{name_of(location)}: {error.orig}",
            hint="run this as one of the unit's own accounts",
        ) from None


@contextmanager
def opened_register(data: Path) -> Iterator[tuple[DataFolder, Database]]:
    """Open the shared database of a data folder for one command."""
    folder = open_data_folder(data)
    database = open_register(folder)
    try:
        with told_of_databases():
            yield folder, database
    finally:
        database.close()


@contextmanager
def told_of_databases() -> Iterator[None]:
    """Tell the operator in our words what a database of the unit complains about."""
    try:
        yield
    except OperationalError as error:
        # The driver's own words, such as "attempt to write a readonly database"; they hold no data.
        raise InputError(
            f"a database of the unit: {error.orig}",
            hint="check disk space, and that this account may write the data folder",
        ) from None


def scrubbed(database: Database) -> None:
    """Clear a database's gaps and log; raises :class:`InputError` where that cannot be done now."""
    try:
        database.scrub()
    except OSError as error:
        raise InputError(
            f"{error}", hint="check disk space, and give this command again when the unit has less to do"
        ) from None


def say(message: str) -> None:
    """Tell the operator something on standard error; standard output is for data."""
    click.echo(message, err=True)
