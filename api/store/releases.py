"""Releases as they stand: their proposals, states, and the sealed parts that are kept of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.store.database import number_of
from api.store.schema_releases import release_contents, releases

__all__ = [
    "KeptRelease",
    "ReleaseState",
    "add_contents",
    "add_release",
    "all_releases",
    "drop_contents",
    "find_release",
    "oldest_requested",
    "parts_of",
    "read_contents",
    "read_part",
    "set_release",
]

ReleaseState = Literal["requested", "refused", "proposed", "approved", "rejected", "withdrawn"]
"""``requested``: asked for at the console and not counted yet; ``refused``: it cannot be counted so."""


@dataclass(frozen=True, slots=True)
class KeptRelease:
    """A release's row; ``proposal`` is what is approved, byte for byte, or what was asked for."""

    number: int
    state: ReleaseState
    digest: str
    proposal: str
    proposed_by: str
    proposed_at: str
    decided_by: str | None
    decided_at: str | None
    withdrawn_by: str | None
    withdrawn_at: str | None

    @property
    def published(self) -> bool:
        """Say whether anybody may have seen it: it was approved once, whatever came of it."""
        return self.state in {"approved", "withdrawn"}

    @property
    def counted(self) -> bool:
        """Say whether what was counted for it is kept."""
        return self.state in {"proposed", "approved", "withdrawn"}


def all_releases(connection: Connection) -> list[KeptRelease]:
    """Return every release, the oldest first."""
    return [_kept(row) for row in connection.execute(select(releases).order_by(releases.c.number))]


def oldest_requested(connection: Connection) -> KeptRelease | None:
    """Return the release that waits longest for being counted, or None."""
    query = select(releases).where(releases.c.state == "requested").order_by(releases.c.number).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row)


def find_release(connection: Connection, number: int) -> KeptRelease | None:
    """Return a release, or None."""
    row = connection.execute(select(releases).where(releases.c.number == number)).one_or_none()
    return None if row is None else _kept(row)


def add_release(
    connection: Connection,
    *,
    digest: str,
    proposal: str,
    proposed_by: str,
    now: str,
    state: ReleaseState = "proposed",
) -> int:
    """Add a proposal, or what is asked for, and return its number."""
    values = {
        "state": state,
        "digest": digest,
        "proposal": proposal,
        "proposed_by": proposed_by,
        "proposed_at": now,
    }
    return number_of(connection.execute(insert(releases).values(**values)))


def add_contents(connection: Connection, number: int, parts: Mapping[str, bytes]) -> None:
    """Keep the sealed parts of a release."""
    rows = [{"number": number, "part": part, "sealed": sealed} for part, sealed in parts.items()]
    connection.execute(insert(release_contents), rows)


def read_contents(connection: Connection, number: int) -> dict[str, bytes]:
    """Return the sealed parts of a release; none of one that was rejected."""
    query = select(release_contents).where(release_contents.c.number == number)
    return {row.part: row.sealed for row in connection.execute(query)}


def read_part(connection: Connection, number: int, part: str) -> bytes | None:
    """Return one part of a release, or None."""
    where = (release_contents.c.number == number, release_contents.c.part == part)
    return connection.scalar(select(release_contents.c.sealed).where(*where))


def parts_of(connection: Connection, number: int) -> list[str]:
    """Return which parts of a release are kept."""
    query = select(release_contents.c.part).where(release_contents.c.number == number)
    return sorted(connection.scalars(query))


def drop_contents(connection: Connection, number: int, parts: Sequence[str] | None = None) -> None:
    """Let go of what was kept of a release, or of some of its parts."""
    gone = delete(release_contents).where(release_contents.c.number == number)
    connection.execute(gone if parts is None else gone.where(release_contents.c.part.in_(parts)))


def set_release(connection: Connection, number: int, **values: str) -> None:
    """Change columns of a release."""
    connection.execute(update(releases).where(releases.c.number == number).values(**values))


def _kept(row: Row[Any]) -> KeptRelease:
    values = dict(row._mapping)
    return KeptRelease(**values | {"state": cast("ReleaseState", row.state)})
