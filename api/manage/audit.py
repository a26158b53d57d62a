"""``clew register audit``: the ledger checked here, exported for others, answered for after a restore."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from sqlalchemy import Connection

from api.auditing import check_unit, export_lines
from api.checkpoints import (
    LedgerSigner,
    note_restoration,
    open_signer,
    outside_checkpoints,
    require_goes_on,
)
from api.clock import stamp, utc_now
from api.folders import DataFolder
from api.manage.options import data_option, given_file, opened_register, say
from api.store import ledger
from api.store.bodies import write_whole
from api.unit import read_unit_card
from linkage.errors import InputError, VerificationError

__all__ = ["audit"]

_outside = click.option(
    "--outside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A checkpoint kept elsewhere, or a folder of them (*.txt).  Repeatable.",
)
_output = click.option("--output", required=True, type=given_file, help="The file to write.")


@click.group()
def audit() -> None:
    """Check the ledger, export it, sign a checkpoint, answer for a restored backup."""


@audit.command()
@data_option
@_outside
def check(data: Path, outside: tuple[Path, ...]) -> None:
    """Compare every covered row and file with the ledger, and the ledger with checkpoints kept elsewhere.

    Run it as root while the workers rest: what they are at work on would look changed.
    """
    with _reading(data) as (connection, folder, signer):
        found = check_unit(
            connection,
            folder,
            signer,
            signing_key=read_unit_card(folder).signing_key,
            outside=outside_checkpoints(outside, signer.card),
        )
    for one in found.findings:
        click.echo(f"{one.where}\t{one.what}")
    say(f"{found.size:,} entries, {found.compared:,} rows and files, {found.witnesses} outside checkpoints")
    if found.findings:
        raise VerificationError(
            f"{len(found.findings)} things are not as the ledger says",
            hint="stop the unit, keep the folder, and see docs/operations/audit.md, section 4",
        )
    say("everything is as the ledger says")


@audit.command()
@data_option
@_output
@_outside
@click.option("--with-records", is_flag=True, help="Include the statements that name records by handle.")
def export(data: Path, output: Path, outside: tuple[Path, ...], *, with_records: bool) -> None:
    """Write the ledger, and digests of what it covers, for `clew audit verify`."""
    with _reading(data) as (connection, folder, signer):
        require_goes_on(connection, outside_checkpoints(outside, signer.card))
        now = stamp(utc_now())
        lines = export_lines(connection, folder, signer, with_records=with_records, now=now)
        with write_whole(output, mode=0o600) as descriptor, open(descriptor, "wb", closefd=False) as stream:
            stream.writelines(lines)
        size = ledger.size_of(connection)
    say(f"exported {size:,} entries; verify them elsewhere with `clew audit verify`")
    click.echo(output)


@audit.command()
@data_option
@_output
@_outside
def checkpoint(data: Path, output: Path, outside: tuple[Path, ...]) -> None:
    """Sign a checkpoint over the ledger, to be kept where this unit's operator cannot change it."""
    with _reading(data) as (connection, _, signer):
        require_goes_on(connection, outside_checkpoints(outside, signer.card))
        point, note = signer.checkpoint(connection)
    with write_whole(output, mode=0o644) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(note.encode())
    say(f"checkpoint of {point.size:,} entries")
    click.echo(output)


@audit.command()
@data_option
@click.argument("file", metavar="CHECKPOINT", type=given_file)
@click.option("--reason", required=True, help="What happened, in a sentence; it stands in the ledger.")
def restored(data: Path, file: Path, reason: str) -> None:
    """Answer for CHECKPOINT, which the ledger does not go on from, because a backup was restored.

    It becomes an entry itself.  The agencies that hold such a checkpoint must be told, too.
    """
    with opened_register(data) as (folder, database):
        card = open_signer(folder).card
        (point,) = outside_checkpoints([file], card)
        with database.write() as connection:
            try:
                require_goes_on(connection, [point])
            except VerificationError:
                note_restoration(connection, point, reason=reason, now=stamp(utc_now()))
            else:
                raise InputError(
                    "the ledger goes on from this checkpoint", hint="there is nothing to answer for"
                )
    say(f"the ledger says that it does not go on from its checkpoint of {point.size:,} entries, and why")
    say("tell every agency: their commands refuse this unit until they give up what they remember")


@contextmanager
def _reading(data: Path) -> Iterator[tuple[Connection, DataFolder, LedgerSigner]]:
    with opened_register(data) as (folder, database):
        signer = open_signer(folder)
        with database.read() as connection:
            yield connection, folder, signer
