"""Audiences of pseudonyms and the generations of their keys; the keys themselves are files."""

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Row, insert, select, update

from api.store import schema
from api.store.schema_audiences import audience_keys, audiences
from linkage.wire.pseudonyms import AudienceKind

__all__ = [
    "Audience",
    "AudienceKey",
    "add_audience",
    "add_key",
    "all_audiences",
    "all_persons",
    "audience",
    "destroy_key",
    "keys_of",
    "retire",
]


@dataclass(frozen=True, slots=True)
class Audience:
    """Somebody who gets pseudonyms of their own."""

    name: str
    kind: AudienceKind
    retired: bool


@dataclass(frozen=True, slots=True)
class AudienceKey:
    """One generation of an audience's key; ``replaced_at`` is None for the one in use."""

    generation: int
    check_value: str
    made_at: str
    replaced_at: str | None
    destroyed_at: str | None
    certificate: str | None

    @property
    def state(self) -> str:
        """Where it stands: in use, retained or destroyed."""
        if self.destroyed_at is not None:
            return "destroyed"
        return "in use" if self.replaced_at is None else "retained"


def audience(connection: Connection, name: str) -> Audience | None:
    """Return an audience, retired or not, or None."""
    row = connection.execute(select(audiences).where(audiences.c.name == name)).one_or_none()
    return None if row is None else _audience(row)


def all_audiences(connection: Connection) -> list[Audience]:
    """Return every audience by name."""
    return [_audience(row) for row in connection.execute(select(audiences).order_by(audiences.c.name))]


def _audience(row: Row[Any]) -> Audience:
    return Audience(row.name, cast("AudienceKind", row.kind), row.retired_at is not None)


def add_audience(connection: Connection, name: str, kind: AudienceKind, *, now: str) -> None:
    """Record a new audience."""
    connection.execute(insert(audiences).values(name=name, kind=kind, added_at=now))


def keys_of(connection: Connection, name: str) -> list[AudienceKey]:
    """Return the generations of an audience's key, oldest first, destroyed ones too."""
    table = audience_keys
    rows = connection.execute(select(table).where(table.c.audience == name).order_by(table.c.generation))
    return [
        AudienceKey(
            row.generation,
            row.check_value,
            row.made_at,
            row.replaced_at,
            row.destroyed_at,
            row.certificate,
        )
        for row in rows
    ]


def add_key(
    connection: Connection, name: str, generation: int, *, check_value: str, now: str, replaced: bool = False
) -> None:
    """Put a key in use in place of the one before; with ``replaced``, record one that is only retained."""
    table = audience_keys
    if not replaced:
        in_use = (table.c.audience == name, table.c.replaced_at.is_(None))
        connection.execute(update(table).where(*in_use).values(replaced_at=now))
    connection.execute(
        insert(table).values(
            audience=name,
            generation=generation,
            check_value=check_value,
            made_at=now,
            replaced_at=now if replaced else None,
        )
    )


def destroy_key(connection: Connection, name: str, generation: int, *, now: str, certificate: str) -> None:
    """Record that a key is gone, with the certificate that says so."""
    table = audience_keys
    where = (table.c.audience == name, table.c.generation == generation)
    values = {"destroyed_at": now, "certificate": certificate}
    connection.execute(update(table).where(*where).values(**values))


def retire(connection: Connection, name: str, *, now: str) -> None:
    """Let an audience get pseudonyms no more."""
    connection.execute(update(audiences).where(audiences.c.name == name).values(retired_at=now))


def all_persons(connection: Connection) -> list[str]:
    """Return every person there ever was, also those without a member now, by identifier."""
    table = schema.persons
    return list(connection.scalars(select(table.c.id).order_by(table.c.id)))
