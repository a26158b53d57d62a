"""``clew audit pack``: verifying an evidence pack with nothing of the unit's but its card."""

import os
from pathlib import Path

import click

from cli.options import FILE
from keys.files import open_unfollowed, read_limited
from linkage.counted import counted
from linkage.errors import InputError, VerificationError
from linkage.register.evidence_folder import PackFolder, check_folder
from linkage.register.evidence_telling import told_of, verdict
from linkage.wire.cards import UnitCard, read_card
from linkage.wire.evidence import read_digest
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["pack"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--unit", required=True, type=FILE, help="The linkage unit's card, whose fingerprint you compared."
)
@click.option("--digest", metavar="HEX", help="The pack's digest, as the operator told you by another way.")
def pack(folder: Path, unit: Path, digest: str | None) -> None:
    """Verify the evidence pack in FOLDER: its files, its place in the ledger, its entry there.

    Prints what is not as it was built, a line each, and then ends with 1.  A pack without its entry in the
    ledger is proved by nothing but the digest that --digest gives.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder.name}: not a folder",
            hint="unpack an archive first, and verify the folder that you then read",
        )
    card = read_card(read_limited(unit, limit=MAX_CARD_BYTES, what="unit card"), UnitCard)
    looked = PackFolder(
        listed=lambda inside: os.scandir(folder / inside),
        opened=lambda name: open_unfollowed(folder / name),
    )
    found = check_folder(looked, unit=card, digest=None if digest is None else read_digest(digest))
    for name, what in found.wrong:
        click.echo(f"{name}\t{what}")
    for line in told_of(found):
        click.echo(line, err=True)
    click.echo(
        "whether the ledger was rewritten since, only a checkpoint that is kept elsewhere shows", err=True
    )
    if found.wrong:
        raise VerificationError(
            f"the pack is not as it was built: {counted(len(found.wrong), 'finding')}",
            hint="get it again from whoever built it, and compare the digests",
        )
    click.echo(verdict(found), err=True)
