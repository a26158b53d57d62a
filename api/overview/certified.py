"""Certificates that the unit signed, in words, with what somebody finds who checks the signature now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from api.folders import DataFolder
from api.store import record_tables, schema
from api.unit import read_unit_card
from linkage.errors import ClewError
from linkage.wire.cards import card_fingerprint
from linkage.wire.certificates import read_certificate
from linkage.wire.destructions import Destruction
from linkage.wire.erasures import ERASED_KINDS, REMAINING, Erasure

__all__ = ["KINDS", "CertificateView", "Certified", "find_certificate", "view_certificate"]

KINDS = ("erasure", "epoch")
"""An erasure goes by its number, a destroyed epoch by its name."""

_SCOPES = {
    "record": "Erased: records that agency {agency} asked to have erased",
    "person": "Erased: one person’s records from agency {agency}",
    "agency": "Erased: everything that agency {agency} sent",
    "retention": "Erased: what the retention schedule names",
}


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate as it was signed, and the name of its file."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class CertificateView:
    """What a certificate says; ``fault``: why it does not count, or nothing where its signature is good.

    ``moments`` and ``facts``: name and value; ``counts``: what was erased, and how many; ``remains``: what
    was not.  ``fingerprint``: of the unit's card, to be compared with one that came another way.
    """

    file: str
    fault: str
    fingerprint: str
    title: str = ""
    moments: Sequence[tuple[str, str]] = ()
    facts: Sequence[tuple[str, str | int]] = ()
    counts: Sequence[tuple[str, int]] = ()
    remains: Sequence[str] = ()


def find_certificate(connection: Connection, kind: str, name: str) -> Certified | None:
    """Return the certificate of an erasure (by number) or of a destroyed epoch (by name), or None."""
    if kind == "epoch":
        table = schema.destructions
        found = connection.scalar(select(table.c.certificate).where(table.c.epoch == name))
    elif kind == "erasure" and name.isascii() and name.isdigit() and len(name) < 10:
        rows = record_tables.erasures
        found = connection.scalar(select(rows.c.certificate).where(rows.c.id == int(name)))
    else:
        return None
    return None if found is None else Certified(f"{kind}-{name}-certificate.json", str(found))


def view_certificate(folder: DataFolder, kind: str, found: Certified) -> CertificateView:
    """Check a certificate against the unit's card, and put it in words."""
    card = read_unit_card(folder)
    fingerprint, data, key = card_fingerprint(card), found.content.encode(), card.signing_key
    try:
        if kind == "erasure":
            return _of_erasure(found.name, fingerprint, read_certificate(data, Erasure, signing_key=key))
        return _of_epoch(found.name, fingerprint, read_certificate(data, Destruction, signing_key=key))
    except ClewError as error:
        return CertificateView(found.name, error.message, fingerprint)


def _of_erasure(name: str, fingerprint: str, document: Erasure) -> CertificateView:
    return CertificateView(
        file=name,
        fault="",
        fingerprint=fingerprint,
        title=_SCOPES[document.scope].format(agency=document.agency),
        moments=[("Asked for", str(document.asked)), ("Erased", str(document.erased))],
        facts=[
            ("Records named", document.records),
            ("Identifier of the erasure", document.erasure),
        ],
        counts=[(ERASED_KINDS.get(one.kind, one.kind), one.count) for one in document.counts],
        remains=[REMAINING[one] for one in document.remains],
    )


def _of_epoch(name: str, fingerprint: str, document: Destruction) -> CertificateView:
    return CertificateView(
        file=name,
        fault="",
        fingerprint=fingerprint,
        title=f"Epoch {document.epoch} was destroyed",
        moments=[("Closed", str(document.closed)), ("Destroyed", str(document.destroyed))],
        facts=[
            ("Descriptor that custodians signed, SHA-256", document.descriptor),
            ("Epoch in force then", document.remains.epoch),
            ("Records that the unit still held", document.remains.records),
        ],
        counts=list(_erased(document)),
        remains=[REMAINING["backups"], REMAINING["freed-blocks"], REMAINING["ledger"]],
    )


def _erased(document: Destruction) -> Iterator[tuple[str, int]]:
    yield "submissions whose encodings are gone", len(document.submissions)
    yield "rows of encodings in them", sum(one.rows for one in document.submissions)
    yield "bytes of sealed encodings", sum(one.encodings_size for one in document.submissions)
    yield "records that were never encoded again, with their memberships", document.records
    yield "records of the payload about children not encoded again", document.payload_records
