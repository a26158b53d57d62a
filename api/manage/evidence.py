"""``clew register evidence``: the pack that a reviewer reads and signs, built and verified."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click

from api.checkpoints import open_signer, outside_checkpoints, require_goes_on
from api.clock import utc_now
from api.config import read_settings
from api.manage.options import data_option, given_file, opened_register, say
from api.publishing.folders import refuse_filled
from api.unit import open_given, read_given
from linkage.counted import counted
from linkage.errors import InputError, VerificationError
from linkage.register.evidence_check import EvidenceCheck
from linkage.register.evidence_folder import PackFolder, check_folder
from linkage.register.evidence_telling import told_of, verdict
from linkage.wire.cards import UnitCard, read_card
from linkage.wire.evidence import ENTRY_FILE, MANIFEST_FILE, manifest_digest, read_digest
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["evidence"]


@click.group()
def evidence() -> None:
    """Build the evidence pack for a reviewer, or verify one."""


@evidence.command()
@data_option
@click.option(
    "--output",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="A new folder for the pack, or one that is empty.",
)
@click.option(
    "--audit",
    "audits",
    multiple=True,
    type=given_file,
    help="What `clew privacy-audit --json` wrote.  Repeatable.",
)
@click.option(
    "--evaluation",
    "evaluations",
    multiple=True,
    type=given_file,
    help="What `clew evaluate --json` wrote.  Repeatable.",
)
@click.option("--zip", "zipped", is_flag=True, help="Write an archive of the folder beside it, too.")
@click.option(
    "--outside",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="A checkpoint kept elsewhere, or a folder of them (*.txt).  Repeatable.",
)
def build(
    data: Path,
    output: Path,
    audits: tuple[Path, ...],
    evaluations: tuple[Path, ...],
    outside: tuple[Path, ...],
    *,
    zipped: bool,
) -> None:
    """Build the pack: pages, documents, software list, database, manifest; its digest goes into the ledger.

    Run it as root, or as an account that may read the ledger's key and the releases' key.
    """
    _require_parts()
    # Here and not above: documents, charts and the whole console are loaded, which no other command needs.
    from api.evidence.building import build_pack
    from api.evidence.gathering import Seen
    from api.evidence.handed_in import read_handed_in
    from api.evidence.writing import enter_pack, write_archive, write_pack

    refuse_filled(output)
    archive = output.with_name(f"{output.name}.zip")
    if zipped and archive.exists():
        raise InputError(f"{archive.name}: there is something else already", hint="name a new folder")
    handed_in, now = read_handed_in(audits, evaluations), utc_now()
    with opened_register(data) as (folder, database):
        signer, settings = open_signer(folder), read_settings(folder.settings)
        with database.read() as connection:
            require_goes_on(connection, outside_checkpoints(outside, signer.card))
            pack = build_pack(Seen(connection, database, folder, settings, signer, handed_in, now))
        entry = enter_pack(database, signer, pack, now=now)
    written = write_pack(output, pack, entry)
    if zipped:
        write_archive(archive, pack, entry)
    blanks = sum(len(one.blanks) for one in pack.gathered.items)
    say(f"{counted(written, 'file')} in {output.name}; begin with index.html")
    say(f"{counted(blanks, 'place')} in it must be written by people; index.html lists them")
    size, place = pack.manifest.size, entry.entry.index
    say(f"the ledger had {size:,} entries, numbered from 0")
    say(f"its new entry number {place:,} has the pack's digest:")
    click.echo(manifest_digest(pack.manifest))


@evidence.command()
@click.argument("pack", type=click.Path(path_type=Path, exists=True))
@click.option("--unit", type=given_file, help="The unit's card, whose fingerprint you compared.")
@click.option(
    "--data",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The unit's data folder: the ledger itself is compared, too.",
)
@click.option("--digest", metavar="HEX", help="The pack's digest, as it was told by another way.")
def verify(pack: Path, unit: Path | None, data: Path | None, digest: str | None) -> None:
    """Verify PACK: every file, its checkpoint and leaves, its entry in the ledger.

    Needs nothing but the unit's card.  Prints what is not as it was built, a line each, and then ends with 1.
    A pack without its entry in the ledger is proved by nothing but the digest that --digest gives.
    """
    if not pack.is_dir():
        raise InputError(
            f"{pack.name}: not a folder", hint="unpack an archive first, and verify the folder that you read"
        )
    looked = PackFolder(
        listed=lambda inside: os.scandir(pack / inside), opened=lambda name: open_given(pack / name)
    )
    told = None if digest is None else read_digest(digest)
    found = check_folder(looked, unit=_card(unit, data), digest=told)
    wrong = list(found.wrong)
    if data is not None:
        wrong += _against_ledger(data, found)
    for name, what in wrong:
        click.echo(f"{name}\t{what}")
    for line in told_of(found):
        say(line)
    if wrong:
        raise VerificationError(
            f"the pack is not as it was built: {counted(len(wrong), 'finding')}",
            hint="get the pack again from whoever built it, and compare the digests",
        )
    say(verdict(found))


def _card(unit: Path | None, data: Path | None) -> UnitCard:
    if unit is None and data is None:
        raise InputError(
            "neither --unit nor --data is given", hint="give the unit's card, or the unit's data folder"
        )
    path = unit if unit is not None else Path(data or ".") / "unit-card.json"
    return read_card(read_given(path, limit=MAX_CARD_BYTES), UnitCard)


def _against_ledger(data: Path, found: EvidenceCheck) -> Iterator[tuple[str, str]]:
    """Yield what of a pack the ledger itself does not bear out."""
    with opened_register(data) as (_, database), database.read() as connection:
        try:
            require_goes_on(connection, found.checkpoints)
        except VerificationError as error:
            yield MANIFEST_FILE, error.message
            return
        if found.entered is None and ENTRY_FILE not in dict(found.wrong):
            yield ENTRY_FILE, "nothing beside the pack proves that the ledger has its digest"


def _require_parts() -> None:
    """Say before any work that the packages for documents are not there."""
    missing = [one for one in ("docx", "cyclonedx", "markdown_it", "packageurl") if find_spec(one) is None]
    if missing:
        raise InputError(
            f"this machine lacks what writes the pack: {', '.join(missing)}",
            hint="install requirements/evidence.txt, or the extra: pip install 'clew[evidence]'",
        )
