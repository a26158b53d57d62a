"""``clew register init`` and ``migrate``: a new unit, and one that an older release wrote."""

from pathlib import Path

import click
from sqlalchemy.exc import OperationalError

from api.audiences import prepare_operator
from api.clock import utc_now
from api.folders import DataFolder, open_data_folder
from api.manage.options import data_option, opened_register, say, told_of_databases
from api.publisher_seal import make_releases_key
from api.secret_files import read_receipts_key
from api.store import submissions
from api.store.database import SCHEMAS, StoreName
from api.store.database_url import name_of
from api.unit import add_ledger_key, create_unit
from linkage.errors import InputError
from linkage.wire.cards import card_fingerprint
from linkage.wire.fingerprints import in_words

__all__ = ["init", "migrate", "of_each_store", "upgrade"]


@click.command()
@data_option
@click.option("--name", required=True, help="The unit's name, as it will stand on its card.")
@click.option(
    "--database",
    metavar="URL",
    help="Of PostgreSQL; {store} in it stands for register, encodings and payload.  Without it: SQLite.",
)
def init(data: Path, name: str, database: str | None) -> None:
    """Make a new unit: keys, card, settings, empty stores.

    Prints where the card lies; the ceremony needs it.
    """
    if not name.strip():
        raise InputError(
            "--name: it is empty", hint="say what custodians and agencies shall read on its card"
        )
    try:
        card = create_unit(data, name, of_each_store(database))
    except OperationalError as error:
        raise InputError(
            f"--database: {error.orig}", hint="run init as who may act as the databases' owners"
        ) from None
    say("made a linkage unit; its keys lie in secrets/ and are in no backup yet")
    say(f"fingerprint of its card: {card_fingerprint(card)}")
    say(f"  in words: {in_words(card_fingerprint(card))}")
    click.echo(DataFolder(data).unit_card)


def of_each_store(database: str | None) -> dict[StoreName, str]:
    """Return the URL of each store, from one in which ``{store}`` stands for its name."""
    if database is None:
        return {}
    if "{store}" not in database:
        raise InputError(
            "--database: three stores cannot be one database",
            hint="write {store} where the three names differ: postgresql+psycopg:///clew_{store}",
        )
    return {store: database.replace("{store}", store) for store in SCHEMAS}


@click.command()
@data_option
@click.option(
    "--online",
    is_flag=True,
    help="Leave everything running, and move records into partitions meanwhile (PostgreSQL).",
)
def migrate(data: Path, *, online: bool) -> None:
    """Bring the databases of an older release to this one's schemas.

    Stop the service and both workers first, unless --online, and make a backup with the older release.
    """
    _migrate(data, online=online)
    if online:
        _partition(data)


@click.command(hidden=True)
@data_option
def upgrade(data: Path) -> None:
    """Do what `migrate` does; the command's former name."""
    _migrate(data, online=False)


def _migrate(data: Path, *, online: bool) -> None:
    # Migrations take a third of a second to load, and only this command and init need them.
    from api.store.migrating import upgrade_database

    folder = open_data_folder(data)
    if not folder.ledger_card.exists() and add_ledger_key(folder, read_receipts_key(folder.receipts_key)):
        say(f"made {folder.ledger_key.name}, which signs the ledger's checkpoints; it is in no backup yet")
    if make_releases_key(folder.releases_key):
        say(f"made {folder.releases_key.name}; let the register worker and the console read it, and no other")
    for store, newest in SCHEMAS.items():
        location = folder.location(store)
        try:
            before = upgrade_database(location, store, online=online)
        except (OperationalError, OSError) as error:
            reason = error.orig if isinstance(error, OperationalError) else error
            raise InputError(
                f"{name_of(location)}: {reason}",
                hint="stop the service and both workers, and run this as an account that may write it",
            ) from None
        if before is None:
            say(f"{name_of(location)}: {newest}, nothing to do")
        else:
            say(f"{name_of(location)}: was {before}, is {newest} now")
    with opened_register(data) as (_, database), database.write() as connection:
        prepare_operator(folder, connection, now=utc_now())


def _partition(data: Path) -> None:
    """Move records of the payload into partitions, or do what is left of it."""
    from api.store.partitioning import move_into_partitions

    with opened_register(data) as (folder, database), told_of_databases():
        with database.read() as connection:
            epochs = submissions.epochs_of(connection)
        location = folder.location("payload")
        name = name_of(location)
        try:
            moved = move_into_partitions(location, epochs, say=lambda what: say(f"{name}: {what}"))
        except OSError as error:
            raise InputError(f"{name}: {error}", hint="nothing is lost; run this again") from None
    if moved is None:
        say(f"{name}: a file has no partitions, nothing to move")
    else:
        say(f"{name}: {moved.records:,} records moved, {moved.left:,} left")
