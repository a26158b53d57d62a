"""``clew register backup``, ``restore`` and ``check``: copies of a unit, and whether one is sound."""

from pathlib import Path

import click

from api.backup import back_up, restore_unit
from api.checking import Looked, check_unit
from api.clock import utc_now
from api.folders import DataFolder, open_data_folder
from api.manage.options import data_option, opened_register, say, told_of_databases
from api.manage.setup import of_each_store
from api.separation import overlaps
from linkage.counted import counted

__all__ = ["backup", "check", "restore"]

EXIT_DAMAGED = 3

_folder = click.Path(path_type=Path, file_okay=False)


@click.command()
@data_option
@click.argument("destination", type=_folder)
@click.option(
    "--with-secrets",
    is_flag=True,
    help="Put the secrets into the copy too: whoever has it can then read everything.",
)
def backup(data: Path, destination: Path, *, with_secrets: bool) -> None:
    """Copy the unit into the new folder DESTINATION, while it runs.

    Everything acknowledged before the command began is in the copy. Prints the SHA-256 of its manifest.
    """
    folder = open_data_folder(data)
    with told_of_databases():
        manifest, digest = back_up(folder, destination, now=utc_now(), with_secrets=with_secrets)
    say(f"{len(manifest.files):,} files, {manifest.size:,} bytes, of {manifest.made}")
    if not with_secrets:
        say("without the unit's secrets: keep those in a safe, apart from this")
    click.echo(digest)


@click.command()
@click.argument("source", metavar="BACKUP", type=_folder)
@data_option
@click.option(
    "--secrets",
    type=_folder,
    help="The folder of the secrets, for a backup without them; they can be put there later too.",
)
@click.option(
    "--database",
    metavar="URL",
    help="Of new PostgreSQL databases, for a backup made of such; {store} stands for the three names.",
)
@click.option("--sha256", help="What `backup` printed; another manifest is refused.")
def restore(source: Path, data: Path, secrets: Path | None, database: str | None, sha256: str | None) -> None:
    """Make a new data folder from BACKUP, with every file, row and database of it checked."""
    with told_of_databases():
        manifest, older = restore_unit(
            source, data, secrets_folder=secrets, sha256=sha256, databases=of_each_store(database)
        )
    say(f"{len(manifest.files):,} files as they were at {manifest.made}, each verified")
    absent = [path.name for path in _secrets(DataFolder(data)) if not path.exists()]
    if absent:
        say(f"secrets/ lacks {', '.join(absent)}: put them there before you start anything")
    if older:
        say("an older release made it: `clew register migrate`, then `clew register check`")


def _secrets(folder: DataFolder) -> tuple[Path, ...]:
    return (
        *(folder.receipts_key, folder.ledger_key),
        *(folder.linking_key, folder.register_key, *folder.pseudonym_keys()),
    )


@click.command()
@data_option
def check(data: Path) -> None:
    """Check databases, every file against its row, and the stores against each other.

    Prints where and what, separated by a tab. Exit code 0: sound; 1: it could not be looked at; 3: damaged.
    """
    looked, damages = Looked(), 0
    with told_of_databases():
        for one in check_unit(open_data_folder(data), looked):
            click.echo(str(one))
            damages += 1
    found = counted(damages, "damage") if damages else "no damages"
    say(f"3 databases, {counted(looked.files, 'file')}, {looked.size:,} bytes: {found}")
    if looked.worker:
        say("a worker runs: the ledger is checked while none does, or by `clew register audit check`")
    if looked.under_way:
        say(
            f"{counted(looked.under_way, 'submission')} under way: a worker was interrupted; let both "
            "workers end what they began, then check again"
        )
    if damages:
        say("hint: stop the service and both workers, and restore a backup beside this folder")
        click.get_current_context().exit(EXIT_DAMAGED)
    _say_overlaps(data)


def _say_overlaps(data: Path) -> None:
    """Say which duties may be one person's: no damage, and for people to mend."""
    with opened_register(data) as (_, database), database.read() as connection:
        for found in overlaps(connection):
            say(f"caution: {found.words}; these duties are for two people")
