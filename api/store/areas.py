"""The directory of areas that the operator gave, kept in the shared database."""

from sqlalchemy import Connection, delete, insert, select

from api.store import ledger, schema
from linkage.register.areas import Area, AreaDirectory
from linkage.wire.ledger import EntryKind, Fact

__all__ = ["read_directory", "replace_directory"]

_table = schema.areas


def read_directory(connection: Connection) -> AreaDirectory:
    """Return the directory; an empty one if none was given."""
    columns = [_table.c[name] for name in Area._fields]
    return AreaDirectory(Area(*row) for row in connection.execute(select(*columns)))


def replace_directory(connection: Connection, directory: AreaDirectory, *, now: str) -> int:
    """Put a directory in the place of the one before; returns how many areas are new, changed or gone."""
    before = read_directory(connection).areas
    changed = sorted(
        code for code in {*before, *directory.areas} if before.get(code) != directory.areas.get(code)
    )
    if not changed:
        return 0
    connection.execute(delete(_table))
    rows = [area._asdict() for area in directory.areas.values()]
    if rows:
        connection.execute(insert(_table), rows)
    facts: dict[str, Fact] = {"what": "areas", "areas": len(rows), "changed": len(changed)}
    ledger.append(connection, EntryKind.CONFIGURATION_CHANGED, facts, now=now, rows={"areas": changed})
    return len(changed)
