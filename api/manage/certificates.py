"""``clew register certificate``: what the unit says that it erased, checked without the unit."""

from pathlib import Path

import click

from api.manage.options import given_file, say
from api.unit import read_given
from linkage.wire.cards import UnitCard, card_fingerprint, read_card
from linkage.wire.destructions import MAX_CERTIFICATE_BYTES, Destruction, read_destruction
from linkage.wire.erasures import ERASED_KINDS, REMAINING, Erasure, read_erasure
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
    # Either format refuses the other's bytes; which one these claim to be chooses only whose words are used.
    lines = (
        _of_erasure(read_erasure(content, signing_key=card.signing_key))
        if b'"format":"clew-erasure"' in content
        else _statements(read_destruction(content, signing_key=card.signing_key))
    )
    say(f"signed by {card.name}; fingerprint of the card given: {card_fingerprint(card)}")
    for line in lines:
        click.echo(line)
    say("it does not speak of backups, nor of copies that others made")


_SCOPES = {
    "record": "records that agency {agency} asked to have erased: {records:,}",
    "person": "one person's records from agency {agency}: {records:,}",
    "agency": "everything that agency {agency} sent",
    "retention": "what the retention schedule names: {records:,} child records",
}


def _of_erasure(document: Erasure) -> list[str]:
    """Say in sentences what the certificate of an erasure certifies."""
    return [
        "erasure of " + _SCOPES[document.scope].format(agency=document.agency, records=document.records),
        f"asked for at {document.asked}, erased at {document.erased}",
        *(f"erased: {one.count:,} {ERASED_KINDS.get(one.kind, one.kind)}" for one in document.counts),
        *(f"left: {REMAINING[one]}" for one in document.remains),
        f"erasure {document.erasure}",
    ]


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
