"""Open/closed conflicts between cycles: which stand, and which of them agencies were told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from api.store.schema_audiences import urgent_conflicts

__all__ = ["UrgentRow", "add", "all_rows", "clear", "mark", "remove", "told_to"]

Key = tuple[str, str]
"""Agency and its episode's handle."""


@dataclass(frozen=True, slots=True)
class UrgentRow:
    """One side of a conflict; ``told_at`` is None while only the operator knows."""

    agency: str
    episode: str
    contact: str
    query: str
    cycle: int
    arisen_at: str
    told_at: str | None
    standing: bool

    @property
    def key(self) -> Key:
        """Whose episode it is."""
        return self.agency, self.episode


_table = urgent_conflicts


def all_rows(connection: Connection) -> list[UrgentRow]:
    """Return every conflict, the oldest first."""
    query = select(_table).order_by(_table.c.arisen_at, _table.c.agency, _table.c.episode)
    return [UrgentRow(**row._mapping) for row in connection.execute(query)]


def told_to(connection: Connection, agency: str) -> list[UrgentRow]:
    """Return what an agency may see, by episode."""
    found = [one for one in all_rows(connection) if one.agency == agency and one.told_at is not None]
    return sorted(found, key=lambda one: one.episode)


def add(connection: Connection, rows: Iterable[UrgentRow]) -> None:
    """Record conflicts that are new."""
    values = [{name: getattr(one, name) for name in UrgentRow.__slots__} for one in rows]
    if values:
        connection.execute(insert(_table), values)


def mark(connection: Connection, changed: Mapping[Key, Mapping[str, object]]) -> None:
    """Change some columns of some conflicts."""
    for (agency, episode), values in changed.items():
        where = (_table.c.agency == agency, _table.c.episode == episode)
        connection.execute(update(_table).where(*where).values(**values))


def remove(connection: Connection, keys: Collection[Key]) -> None:
    """Forget some conflicts."""
    for agency, episode in keys:
        connection.execute(delete(_table).where(_table.c.agency == agency, _table.c.episode == episode))


def clear(connection: Connection) -> None:
    """Forget all of them: whenever something is erased, for the next linkage finds what still stands."""
    connection.execute(delete(_table))
