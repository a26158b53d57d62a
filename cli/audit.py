"""``clew audit``: verifying a linkage unit's ledger with nothing of the unit's but its card.

Anybody may: neither the service nor a database is loaded (docs/operations/audit.md).
"""

from collections.abc import Iterator
from pathlib import Path

import click

from cli.audit_pack import pack
from cli.options import FILE
from keys.files import read_limited
from linkage.errors import ClewError, InputError, VerificationError
from linkage.register.ledger_audit import Audit
from linkage.register.ledger_audit import audit as audited
from linkage.wire.audits import MAX_LINE_BYTES, read_audit
from linkage.wire.canonical import canonical
from linkage.wire.cards import UnitCard, card_fingerprint, read_card
from linkage.wire.checkpoints import Checkpoint, read_checkpoint, read_ledger_card
from linkage.wire.limits import MAX_CARD_BYTES
from linkage.wire.notes import MAX_NOTE_BYTES, NoteKey

__all__ = ["audit"]


@click.group()
def audit() -> None:
    """Verify a linkage unit's ledger or an evidence pack, with nothing of the unit's."""


audit.add_command(pack)


@audit.command()
@click.argument("export", type=FILE)
@click.option(
    "--unit", required=True, type=FILE, help="The linkage unit's card, whose fingerprint you compared."
)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=FILE,
    help="A checkpoint that was kept elsewhere, or a folder of them (*.txt).  Repeatable.",
)
def verify(export: Path, unit: Path, checkpoints: tuple[Path, ...]) -> None:
    """Verify EXPORT: its tree, its statements, and what they cover, against checkpoints kept elsewhere.

    Prints what is not as the ledger says, a line each, and then ends with 1.
    """
    card = read_card(read_limited(unit, limit=MAX_CARD_BYTES, what="unit card"), UnitCard)
    header, entries, states = read_audit(_lines(export))
    key = read_ledger_card(canonical(header.ledger), signing_key=card.signing_key).note_key
    outside = list(_outside(checkpoints, key))
    found = audited(entries, states, checkpoint=read_checkpoint(header.checkpoint, key), outside=outside)
    for one in found.findings:
        click.echo(f"{one.where}\t{one.what}")
    for line in _words(found, card):
        click.echo(line, err=True)
    if found.findings:
        raise VerificationError(
            f"{len(found.findings)} things are not as the ledger says",
            hint="keep the export and the checkpoints, and tell the agencies",
        )


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            while line := stream.readline(MAX_LINE_BYTES + 2):
                yield line.removesuffix(b"\n")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise InputError(f"{path.name}: {reason}", hint="check the path") from None


def _outside(paths: tuple[Path, ...], key: NoteKey) -> Iterator[Checkpoint]:
    for path in paths:
        for one in sorted(path.glob("*.txt")) if path.is_dir() else [path]:
            note = read_limited(one, limit=MAX_NOTE_BYTES, what="checkpoint").decode("utf-8", "replace")
            try:
                yield read_checkpoint(note, key)
            except ClewError as error:
                raise VerificationError(f"{one.name}: {error.message}", hint=error.hint) from None


def _words(found: Audit, card: UnitCard) -> Iterator[str]:
    yield f"the ledger of {card.name}; fingerprint of the card given: {card_fingerprint(card)}"
    yield f"{found.size:,} entries, root {found.root.hex()}"
    yield from (f"  {count:>8,}  {kind}" for kind, count in sorted(found.kinds.items()))
    yield f"{found.certified:,} statements were erased, and a later entry certifies each"
    if found.withheld:
        yield f"{found.withheld:,} statements that name records are withheld from this export"
    yield f"{found.compared:,} rows and files are compared with what the ledger says of them"
    if found.witnesses:
        yield f"{found.witnesses} checkpoints kept elsewhere are compared"
    else:
        yield "no checkpoint kept elsewhere was given: a history that was rewritten whole would not show"
    if not found.findings:
        yield "everything is as the ledger says"
