"""By which successions the pinned custodians changed, on record for ever."""

from sqlalchemy import Connection, delete, insert, select, update

from api.store import ledger, schema
from linkage.wire.epochs import content_digest
from linkage.wire.ledger import EntryKind, Fact
from linkage.wire.successions import Succession

__all__ = ["add_succession", "is_adopted", "last_serial"]

_table = schema.successions


def last_serial(connection: Connection) -> int:
    """Return the number of the succession by which the pinned custodians came, or 0."""
    return connection.scalar(select(_table.c.serial).order_by(_table.c.serial.desc()).limit(1)) or 0


def is_adopted(connection: Connection, succession: Succession) -> bool:
    """Say whether this very succession was adopted, with whichever signatures."""
    query = select(_table.c.serial).where(
        _table.c.serial == succession.serial, _table.c.content == content_digest(succession)
    )
    return connection.scalar(query) is not None


def add_succession(connection: Connection, succession: Succession, *, text: str, now: str) -> None:
    """Record a succession and pin the custodians who come in place of those who go."""
    content = content_digest(succession)
    connection.execute(
        insert(_table).values(serial=succession.serial, content=content, document=text, adopted_at=now)
    )
    connection.execute(update(schema.trust).values(threshold=succession.incoming.threshold))
    connection.execute(delete(schema.custodians))
    rows = [
        {"signing_key": card.signing_key, "name": card.name, "pinned_at": now}
        for card in succession.incoming.custodians
    ]
    connection.execute(insert(schema.custodians), rows)
    facts: dict[str, Fact] = {
        "serial": succession.serial,
        "content": content,
        "threshold": succession.incoming.threshold,
    }
    changed = dict.fromkeys(("trust", "custodians", "successions"))
    ledger.append(connection, EntryKind.SUCCESSION, facts, now=now, rows=changed)
