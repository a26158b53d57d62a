"""``clew register certificate``: what the unit says that it erased, checked without the unit."""

from pathlib import Path

import click
import msgspec

from api.manage.options import given_file, say
from api.store.bodies import write_whole
from api.unit import read_given
from linkage.errors import InputError
from linkage.wire.cards import UnitCard, card_fingerprint, read_card
from linkage.wire.certificates import read_certificate
from linkage.wire.destructions import MAX_CERTIFICATE_BYTES, Destruction
from linkage.wire.erasures import ERASED_KINDS, REMAINING, Erasure
from linkage.wire.key_destructions import KeyDestruction
from linkage.wire.limits import MAX_CARD_BYTES

__all__ = ["certificate", "write_certificate"]


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
    # Each format refuses the others' bytes; which one these claim to be chooses only whose words are used.
    claimed, key = _format_of(content), card.signing_key
    if claimed not in _CERTIFICATES:
        raise InputError(
            f"{file.name}: this is no certificate of a linkage unit",
            hint="give what `clew register epoch destroy`, `erase certificate` or `audience destroy` wrote; "
            "that file may also be damaged or cut short",
        )
    if claimed == "clew-erasure":
        lines = _of_erasure(read_certificate(content, Erasure, signing_key=key))
    elif claimed == "clew-key-destruction":
        lines = _key_statements(read_certificate(content, KeyDestruction, signing_key=key))
    else:
        lines = _statements(read_certificate(content, Destruction, signing_key=key))
    say(f"signed by {card.name}; fingerprint of the card given: {card_fingerprint(card)}")
    for line in lines:
        click.echo(line)
    say("it does not speak of backups, nor of copies that others made")


_CERTIFICATES = frozenset({"clew-destruction", "clew-erasure", "clew-key-destruction"})

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


def _format_of(content: bytes) -> str:
    """Return what a file says it is, or nothing: whoever reads it says what is wrong."""
    try:
        value = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return str(value.get("format")) if isinstance(value, dict) else ""


def _key_statements(document: KeyDestruction) -> list[str]:
    retired = ", which is retired" if document.retired else ""
    return [
        f"keys of audience {document.audience} ({document.kind}){retired}",
        *(
            f"generation {one.generation}\tmade {one.made}\tdestroyed {one.destroyed}\t"
            f"check value {one.check_value}"
            for one in document.keys
        ),
    ]


def write_certificate(path: Path, body: bytes) -> None:
    """Write a certificate where nothing else lies; the same one again is no fault."""
    if path.exists():
        if read_given(path, limit=MAX_CERTIFICATE_BYTES) == body:
            return
        raise InputError(f"{path.name}: there is something else already", hint="choose another name")
    with write_whole(path, mode=0o644) as descriptor, open(descriptor, "wb", closefd=False) as stream:
        stream.write(body)
