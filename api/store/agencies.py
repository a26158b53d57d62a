"""Whom the unit trusts: pinned custodians, the epoch in force, enrolled agencies, nonces already used."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection, Row, delete, insert, select, tuple_, update

from api.store import ledger, schema
from api.store.database import insert_new
from linkage.wire.cards import AgencyCard, CustodianCard
from linkage.wire.codes import Role
from linkage.wire.epochs import EpochDescriptor, read_descriptor
from linkage.wire.ledger import EntryKind

__all__ = [
    "Agency",
    "Pinned",
    "add_agency",
    "add_epoch",
    "agency_by_code",
    "agency_by_key",
    "all_agencies",
    "current_epoch",
    "epoch_by_name",
    "epoch_contents",
    "holder_of_key",
    "pin_custodians",
    "pinned_custodians",
    "raise_sequence",
    "remove_agency",
    "spend_nonce",
]


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency as the operator enrolled it; ``sequence`` is the highest one committed."""

    code: str
    role: Role
    name: str
    signing_key: str
    fingerprint: str
    sequence: int
    enrolled: bool


@dataclass(frozen=True, slots=True)
class Pinned:
    """The custodians whose signatures count, and how many of them must sign."""

    signing_keys: frozenset[str]
    threshold: int


def pinned_custodians(connection: Connection) -> Pinned | None:
    """Return the pinned custodians, or None before the first epoch."""
    threshold = connection.scalar(select(schema.trust.c.threshold))
    if threshold is None:
        return None
    keys = connection.scalars(select(schema.custodians.c.signing_key))
    return Pinned(frozenset(keys), threshold)


def pin_custodians(
    connection: Connection, cards: Sequence[CustodianCard], *, threshold: int, now: str
) -> None:
    """Pin custodians once and for all."""
    connection.execute(insert(schema.trust).values(id=1, threshold=threshold))
    rows = [{"signing_key": card.signing_key, "name": card.name, "pinned_at": now} for card in cards]
    connection.execute(insert(schema.custodians), rows)
    facts = {"custodians": len(rows), "threshold": threshold}
    changed = {"trust": None, "custodians": None}
    ledger.append(connection, EntryKind.CUSTODIANS_PINNED, facts, now=now, rows=changed)


def current_epoch(connection: Connection) -> EpochDescriptor | None:
    """Return the descriptor in force, or None before the first."""
    text = connection.scalar(select(schema.epochs.c.descriptor).where(schema.epochs.c.current))
    return None if text is None else read_descriptor(text.encode())


def epoch_by_name(connection: Connection, epoch: str) -> EpochDescriptor:
    """Return the descriptor of an epoch that was adopted at some time."""
    text = connection.scalar(select(schema.epochs.c.descriptor).where(schema.epochs.c.epoch == epoch))
    if text is None:
        raise LookupError("an epoch that was never adopted")
    return read_descriptor(text.encode())


def epoch_contents(connection: Connection) -> dict[str, str]:
    """Return the content digest of every epoch ever adopted, by name."""
    rows = connection.execute(select(schema.epochs.c.epoch, schema.epochs.c.content))
    return {row.epoch: row.content for row in rows}


def add_epoch(
    connection: Connection, descriptor: EpochDescriptor, *, text: str, content: str, now: str
) -> None:
    """Put a new epoch in force; the one before stays on record."""
    connection.execute(update(schema.epochs).values(current=False))
    connection.execute(
        insert(schema.epochs).values(
            epoch=descriptor.epoch,
            content=content,
            descriptor=text,
            opens=str(descriptor.opens),
            adopted_at=now,
            current=True,
        )
    )
    facts = {"epoch": descriptor.epoch, "content": content}
    ledger.append(connection, EntryKind.EPOCH_ADOPTED, facts, now=now, rows={"epochs": None})


def agency_by_key(connection: Connection, signing_key: str) -> Agency | None:
    """Return the enrolled agency that holds a key, or None; a removed agency holds none."""
    table = schema.agencies
    chosen = select(table).where(table.c.signing_key == signing_key, table.c.removed_at.is_(None))
    return _agency(connection.execute(chosen).one_or_none())


def agency_by_code(connection: Connection, code: str) -> Agency | None:
    """Return an agency, enrolled or removed, or None."""
    return _agency(
        connection.execute(select(schema.agencies).where(schema.agencies.c.code == code)).one_or_none()
    )


def holder_of_key(connection: Connection, signing_key: str) -> str | None:
    """Return the code of the agency that a key is or was last enrolled for, or None."""
    table = schema.agencies
    return connection.scalar(select(table.c.code).where(table.c.signing_key == signing_key))


def all_agencies(connection: Connection) -> list[Agency]:
    """Return every agency by code, removed ones too."""
    rows = connection.execute(select(schema.agencies).order_by(schema.agencies.c.code))
    return [agency for row in rows if (agency := _agency(row)) is not None]


def _agency(row: Row[tuple[object, ...]] | None) -> Agency | None:
    if row is None:
        return None
    return Agency(
        code=row.code,
        role=cast("Role", row.role),
        name=row.name,
        signing_key=row.signing_key,
        fingerprint=row.fingerprint,
        sequence=row.sequence,
        enrolled=row.removed_at is None,
    )


def add_agency(connection: Connection, card: AgencyCard, *, text: str, fingerprint: str, now: str) -> None:
    """Enrol an agency, or give one that was removed its new card; its sequence stays as it was."""
    values = {
        "role": card.role,
        "name": card.name,
        "card": text,
        "signing_key": card.signing_key,
        "fingerprint": fingerprint,
        "enrolled_at": now,
        "removed_at": None,
    }
    table = schema.agencies
    if agency_by_code(connection, card.agency) is None:
        connection.execute(insert(table).values(code=card.agency, sequence=0, **values))
    else:
        connection.execute(update(table).where(table.c.code == card.agency).values(**values))
    facts = {"agency": card.agency, "role": card.role, "signing_key": card.signing_key}
    rows = {"agencies": [card.agency]}
    ledger.append(connection, EntryKind.AGENCY_ENROLLED, facts, now=now, rows=rows)


def remove_agency(connection: Connection, code: str, *, now: str) -> None:
    """Let an agency's key count no more; what it submitted stays."""
    table = schema.agencies
    connection.execute(update(table).where(table.c.code == code).values(removed_at=now))
    rows = {"agencies": [code]}
    ledger.append(connection, EntryKind.AGENCY_REMOVED, {"agency": code}, now=now, rows=rows)


def raise_sequence(connection: Connection, code: str, sequence: int) -> None:
    """Record the sequence of a committed submission."""
    table = schema.agencies
    connection.execute(update(table).where(table.c.code == code).values(sequence=sequence))


def spend_nonce(connection: Connection, signing_key: str, nonce: str, *, now: str, expires: str) -> bool:
    """Use a nonce up; returns False if it was used before.

    Nonces are kept until a signature that carries them would be too old anyway.
    """
    table = schema.nonces
    expired = select(table.c.signing_key, table.c.nonce).where(table.c.expires < now)
    # Requests that come at once would otherwise wait for each other's deletion of the same rows.
    going = tuple_(table.c.signing_key, table.c.nonce).in_(expired.with_for_update(skip_locked=True))
    connection.execute(delete(table).where(going))
    return insert_new(connection, table, {"signing_key": signing_key, "nonce": nonce, "expires": expires})
