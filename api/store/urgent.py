"""Open/closed conflicts between cycles: which stand, and which of them agencies were told."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from api.store import answers, budgets
from api.store.schema_audiences import urgent_conflicts

__all__ = ["UrgentRow", "add", "all_rows", "count_told", "forget", "mark", "note_told", "remove", "told_to"]

_COUNT = "conflicts-told"
"""Beside the uses of budgets, where no erasure takes it away; there is no budget of that name."""

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


def note_told(connection: Connection, agency: str, count: int, *, cycle: int) -> None:
    """Count the conflicts that an agency was told of since a cycle, beyond what that told anyway."""
    budgets.charge(connection, agency, _COUNT, count, span=f"cycle {cycle}", limit=None)


def count_told(connection: Connection, agency: str, *, cycle: int) -> int:
    """Return how many an agency was told of since a cycle, whatever was erased since."""
    return budgets.used(connection, agency, _COUNT, span=f"cycle {cycle}")


def forget(
    connection: Connection, records: Collection[Key], *, agencies: Collection[str] = frozenset()
) -> None:
    """Forget what rests on some children or episodes, or on anything of some agencies, for either side.

    With it goes whatever nobody was told of: the next look finds again what still stands.  Other conflicts
    stay told.  To be called while the queries about the records are there: they say which children a conflict
    is about.  Where none says it, of an episode that its agency was not told of, all goes that others were
    told with a view to that agency.
    """
    rows, named = all_rows(connection), set(records)
    own = {(one.agency, one.query) for one in rows if one.key in named and one.told_at is not None}
    asked = answers.queries_about(connection, named | answers.children_of(connection, own))
    blind = {one.agency for one in rows if one.key in named and one.told_at is None}
    gone = [
        one.key
        for one in rows
        if one.told_at is None
        or one.key in named
        or (one.agency, one.query) in asked
        or one.contact in blind
        or not {one.agency, one.contact}.isdisjoint(agencies)
    ]
    remove(connection, gone)
