"""``clew audit pack``: verifying an evidence pack with nothing of the unit's but its card."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import click

from cli.options import FILE
from keys.files import read_limited
from linkage.counted import counted
from linkage.errors import InputError, VerificationError
from linkage.register.evidence_check import LEAVES_FILE, EvidenceCheck, check_evidence
from linkage.wire.cards import UnitCard, read_card
from linkage.wire.evidence import ENTRY_FILE, MANIFEST_FILE, MAX_EVIDENCE_BYTES
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["pack"]

_PIECE = 1024 * 1024
_MAX_LEAVES = 2 * 1024**3
_MOST_FILES = 1000


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
    found = check_evidence(
        manifest=read_limited(folder / MANIFEST_FILE, limit=MAX_EVIDENCE_BYTES, what="manifest"),
        entry=_given(folder / ENTRY_FILE, limit=MAX_EVIDENCE_BYTES),
        leaves=_given(folder / LEAVES_FILE, limit=_MAX_LEAVES) or b"",
        found=dict(_digests(folder)),
        unit=card,
    )
    for name, what in found.wrong:
        click.echo(f"{name}\t{what}")
    for line in _words(found):
        click.echo(line, err=True)
    if found.wrong:
        raise VerificationError(
            f"the pack is not as it was built: {counted(len(found.wrong), 'finding')}",
            hint="get it again from whoever built it, and compare the digests",
        )
    click.echo("the pack is as it was built", err=True)


def _given(path: Path, *, limit: int) -> bytes | None:
    return read_limited(path, limit=limit, what="file") if path.is_file() else None


def _digests(folder: Path) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield every file below a pack's folder by its name there, with size and SHA-256."""
    paths = sorted(one for one in folder.rglob("*") if not one.is_dir())
    if len(paths) > _MOST_FILES:
        raise InputError(f"{folder.name}: more files than a pack has", hint="name the folder of one pack")
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if name not in {MANIFEST_FILE, ENTRY_FILE}:
            yield name, _digest(path, name)


def _digest(path: Path, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
                size += len(piece)
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{name}: {reason}", hint="check who may read it") from None
    return size, digest.hexdigest()


def _words(found: EvidenceCheck) -> Iterator[str]:
    said = found.manifest
    yield f"evidence of {said.unit}, built {said.built} by release {said.release} of clew"
    yield f"fingerprint of the card given: {said.fingerprint}"
    yield f"the ledger had {said.size:,} entries, root {said.root}"
    yield f"digest of the pack: {found.digest}"
    if found.entered is None:
        yield "nothing proves that the ledger has this digest: compare it with what the unit's operator says"
    else:
        yield f"entry {found.entered:,} of the ledger has this digest"
    yield "whether the ledger was rewritten since, only a checkpoint that is kept elsewhere shows"
