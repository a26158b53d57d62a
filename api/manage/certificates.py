"""``clew register certificate``: what the unit says that it erased, checked without the unit."""

from pathlib import Path

import click

from api.manage.options import given_file, say
from api.unit import read_given
from linkage.wire.cards import UnitCard, card_fingerprint, read_card
from linkage.wire.destructions import MAX_CERTIFICATE_BYTES, Destruction, read_destruction
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["certificate"]


@click.group()
def certificate() -> None:
    """Check a certificate that a linkage unit wrote."""


@certificate.command()
@click.argument("file", type=given_file)
@click.option("--unit", required=True, type=given_file, help="The card of the linkage unit.")
def check(file: Path, unit: Path) -> None:
    """Check the signature on FILE and say what it certifies; needs nothing but the unit's card."""
    card = read_card(read_given(unit, limit=MAX_CARD_BYTES), UnitCard)
    content = read_given(file, limit=MAX_CERTIFICATE_BYTES)
    document = read_destruction(content, signing_key=card.signing_key)
    say(f"signed by {card.name}; fingerprint of the card given: {card_fingerprint(card)}")
    for line in _statements(document):
        click.echo(line)
    say("it does not speak of backups, nor of copies that others made")


def _statements(document: Destruction) -> list[str]:
    """Say in sentences what a certificate certifies."""
    rows = sum(one.rows for one in document.submissions)
    size = sum(one.encodings_size for one in document.submissions)
    return [
        f"epoch {document.epoch} was closed at {document.closed} and destroyed at {document.destroyed}",
        f"its descriptor as custodians signed it, without signatures: sha256 {document.descriptor}",
        f"erased: the encodings of {len(document.submissions):,} submissions, {rows:,} rows, {size:,} bytes",
        f"erased: {document.records:,} records that were not encoded again, with their memberships",
        f"erased: {document.payload_records:,} records of the payload about children not encoded again",
        f"left: {document.remains.records:,} records; epoch {document.remains.epoch} is in force",
        *(
            f"submission {one.submission}\t{one.agency}\t{one.sequence}\t{one.rows} rows\t"
            f"sha256 {one.encodings_sha256}"
            for one in document.submissions
        ),
    ]
