"""What custodians revoked, on record for ever: cards and descriptors that count no more."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from api.store import ledger, schema
from linkage.wire.ledger import EntryKind
from linkage.wire.revocations import Revocation, RevokedAgency

__all__ = [
    "Revoked",
    "add_revocation",
    "all_revocations",
    "is_card_revoked",
    "is_descriptor_revoked",
    "is_epoch_revoked",
    "revoked_epochs",
]

_table = schema.revocations


@dataclass(frozen=True, slots=True)
class Revoked:
    """One revocation: ``name`` is the agency's code or the epoch's name."""

    kind: str
    name: str
    subject: str
    reason: str
    decided: str
    received_at: str


def add_revocation(connection: Connection, revocation: Revocation, *, text: str, now: str) -> bool:
    """Record a revocation; returns False if the same card or descriptor is revoked already."""
    kind, name, subject = _of(revocation)
    known = select(_table.c.subject).where(_table.c.kind == kind, _table.c.subject == subject)
    if connection.scalar(known) is not None:
        return False
    connection.execute(
        insert(_table).values(
            kind=kind,
            subject=subject,
            name=name,
            reason=revocation.reason,
            decided=str(revocation.decided),
            document=text,
            received_at=now,
        )
    )
    facts = {"kind": kind, "name": name, "subject": subject}
    rows = {"revocations": [f"{kind}/{subject}"]}
    ledger.append(connection, EntryKind.REVOCATION, facts, now=now, rows=rows)
    return True


def all_revocations(connection: Connection) -> list[Revoked]:
    """Return every revocation, by kind and name."""
    query = select(_table).order_by(_table.c.kind, _table.c.name, _table.c.received_at)
    return [
        Revoked(row.kind, row.name, row.subject, row.reason, row.decided, row.received_at)
        for row in connection.execute(query)
    ]


def is_card_revoked(connection: Connection, signing_key: str) -> bool:
    """Say whether the card with a key was revoked, for whichever agency."""
    return _is_there(connection, "agency", signing_key)


def is_descriptor_revoked(connection: Connection, content: str) -> bool:
    """Say whether the descriptor with a content digest was revoked."""
    return _is_there(connection, "epoch", content)


def revoked_epochs(connection: Connection) -> frozenset[str]:
    """Return the names of adopted epochs whose descriptor was revoked."""
    epochs = schema.epochs
    query = select(epochs.c.epoch).join(_table, _table.c.subject == epochs.c.content)
    return frozenset(connection.scalars(query.where(_table.c.kind == "epoch")))


def is_epoch_revoked(connection: Connection, epoch: str) -> bool:
    """Say whether the descriptor adopted for an epoch was revoked."""
    return epoch in revoked_epochs(connection)


def _is_there(connection: Connection, kind: str, subject: str) -> bool:
    query = select(_table.c.subject).where(_table.c.kind == kind, _table.c.subject == subject)
    return connection.scalar(query) is not None


def _of(revocation: Revocation) -> tuple[str, str, str]:
    subject = revocation.subject
    if isinstance(subject, RevokedAgency):
        return "agency", subject.agency, subject.signing_key
    return "epoch", subject.epoch, subject.descriptor
