"""How much cover councils' snapshots have: children among whom those with an episode cannot be told."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from api.privacy_settings import CoverSettings
from api.store import schema
from linkage.counted import counted
from linkage.wire.manifest import read_manifest

__all__ = ["Cover", "little_cover"]


@dataclass(frozen=True, slots=True)
class Cover:
    """What a council's newest standing snapshot says of its cover; dummies are among the children."""

    agency: str
    children: int
    episodes: int
    dummies: int

    @property
    def words(self) -> str:
        """Say how many of what."""
        rest = f", {counted(self.dummies, 'dummy', 'dummies')} among them" if self.dummies else ""
        return (
            f"{counted(self.episodes, 'episode')} among {counted(self.children, 'child', 'children')}{rest}"
        )


def little_cover(connection: Connection, settings: CoverSettings) -> list[Cover]:
    """Return the councils whose newest standing snapshot has too little cover.

    The manifest counts episodes and not the children who have one, who are no more: it errs towards telling.
    """
    return [
        one
        for one in _newest(connection)
        if one.children
        and (
            one.children < settings.children_at_least or one.episodes > settings.episode_share * one.children
        )
    ]


def _newest(connection: Connection) -> list[Cover]:
    table, known = schema.submissions, schema.agencies
    highest = (
        select(table.c.agency, func.max(table.c.sequence).label("sequence"))
        .join(known, known.c.code == table.c.agency)
        .where(table.c.state == "accepted", known.c.role == "council", known.c.removed_at.is_(None))
        .group_by(table.c.agency)
        .subquery()
    )
    query = (
        select(table.c.agency, table.c.manifest)
        .join(highest, (highest.c.agency == table.c.agency) & (highest.c.sequence == table.c.sequence))
        .order_by(table.c.agency)
    )
    found = []
    for agency, text in connection.execute(query):
        counts = read_manifest(text.encode()).counts
        found.append(Cover(agency, counts.children, counts.episodes, counts.dummies))
    return found
