"""``clew audit pack``: verifying an evidence pack with nothing of the unit's but its card."""

from pathlib import Path

import click

from cli.options import FILE
from keys.files import read_limited
from linkage.counted import counted
from linkage.errors import VerificationError
from linkage.register.evidence_check import LEAVES_FILE, check_evidence
from linkage.register.evidence_telling import MAX_LEAVES_BYTES, digests_of, told_of
from linkage.wire.cards import UnitCard, read_card
from linkage.wire.evidence import ENTRY_FILE, MANIFEST_FILE, MAX_EVIDENCE_BYTES
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["pack"]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option(
    "--unit", required=True, type=FILE, help="The linkage unit's card, whose fingerprint you compared."
)
def pack(folder: Path, unit: Path) -> None:
    """Verify the evidence pack in FOLDER: its files, its place in the ledger, its entry there.

    Prints what is not as it was built, a line each, and then ends with 1.
    """
    card = read_card(read_limited(unit, limit=MAX_CARD_BYTES, what="unit card"), UnitCard)
    names = (one.relative_to(folder).as_posix() for one in folder.rglob("*") if not one.is_dir())
    found = check_evidence(
        manifest=read_limited(folder / MANIFEST_FILE, limit=MAX_EVIDENCE_BYTES, what="manifest"),
        entry=_given(folder / ENTRY_FILE, limit=MAX_EVIDENCE_BYTES),
        leaves=_given(folder / LEAVES_FILE, limit=MAX_LEAVES_BYTES) or b"",
        found=digests_of(names, lambda name: (folder / name).open("rb")),
        unit=card,
    )
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
    click.echo("the pack is as it was built", err=True)


def _given(path: Path, *, limit: int) -> bytes | None:
    return read_limited(path, limit=limit, what="file") if path.is_file() else None
