"""Which rows the ledger covers, and their digests (docs/spec/ledger-1.md lists the same ones).

A row of a small table is covered by itself.  Tables with a row per record are covered in 256 stretches, by
the first two digits of a handle or person, so that one linkage makes one entry and an erasure reads a
256th of them.  Digests are keyed: an export shows them, and nobody may find a small figure by guessing.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Integer, Table, and_, func, or_, select

from api.store import (
    record_tables,
    schema,
    schema_audiences,
    schema_console,
    schema_privacy,
    schema_releases,
)
from linkage.wire.derivation import keyed_digest

__all__ = ["COVERED", "CoveredTable", "digests", "stretch_of"]

_STRETCH = 2
_KEYS_AT_ONCE = 200

_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class CoveredTable:
    """A table whose rows are covered, but for the columns ``left_out``.

    ``key``: the columns that name a row, or a stretch of rows if ``stretched``; ``only``: which rows count.
    """

    table: Table
    key: tuple[str, ...]
    stretched: bool = False
    left_out: tuple[str, ...] = ()
    only: ColumnElement[bool] | None = None

    @property
    def columns(self) -> list[Any]:
        """The columns that a digest is made of."""
        return [one for one in self.table.columns if one.name not in self.left_out]

    def key_of(self) -> Callable[[tuple[Any, ...]], str]:
        """Return what says which row or stretch the columns of a row belong to."""
        names = [one.name for one in self.columns]
        places = [names.index(name) for name in self.key]
        if self.stretched:
            place = places[0]
            return lambda row: stretch_of(row[place])
        return lambda row: "/".join([str(row[place]) for place in places])

    def where(self, key: str) -> ColumnElement[bool]:
        """Return the condition that finds the rows of a key."""
        columns = [self.table.c[name] for name in self.key]
        if self.stretched:
            return func.substr(columns[0], 1, _STRETCH) == key
        parts: list[str] = key.split("/")
        values = [
            int(part) if isinstance(one.type, Integer) else part
            for one, part in zip(columns, parts, strict=True)
        ]
        return and_(*(one == value for one, value in zip(columns, values, strict=True)))


COVERED: Mapping[str, CoveredTable] = {
    f"{one.table.name}": one  # SQLAlchemy's own kind of text would not be written as JSON
    for one in (
        CoveredTable(schema.trust, ("id",)),
        CoveredTable(schema.custodians, ("signing_key",)),
        CoveredTable(schema.successions, ("serial",)),
        CoveredTable(schema.epochs, ("epoch",)),
        CoveredTable(schema.agencies, ("code",)),
        CoveredTable(schema.areas, ("area_code",)),
        CoveredTable(schema.revocations, ("kind", "subject")),
        CoveredTable(
            schema.submissions,
            ("id",),
            left_out=("linked", "receipt"),
            only=schema.submissions.c.state != "open",  # what was begun and not committed is no effect yet
        ),
        CoveredTable(schema.link_runs, ("id",)),
        CoveredTable(schema.link_run_submissions, ("run", "submission")),
        CoveredTable(schema.link_run_inputs, ("run",)),
        CoveredTable(schema.persons, ("id",), stretched=True),
        CoveredTable(schema.memberships, ("handle",), stretched=True),
        CoveredTable(schema.carried, ("handle",), stretched=True),
        CoveredTable(schema.person_events, ("person",), stretched=True),
        CoveredTable(schema.person_event_records, ("handle",), stretched=True),
        CoveredTable(schema.cycles, ("number",)),
        CoveredTable(schema.results, ("cycle", "agency")),
        CoveredTable(schema.destructions, ("epoch",)),
        CoveredTable(record_tables.withdrawals, ("handle",), stretched=True),
        CoveredTable(record_tables.shields, ("handle",), stretched=True),
        CoveredTable(record_tables.known_links, ("id",)),
        CoveredTable(record_tables.tombstones, ("digest",), stretched=True),
        CoveredTable(schema_audiences.audiences, ("name",)),
        CoveredTable(schema_audiences.audience_keys, ("audience", "generation")),
        CoveredTable(schema_audiences.approvers, ("signing_key",)),
        CoveredTable(schema_audiences.reidentifications, ("number",)),
        CoveredTable(schema_audiences.alerts, ("number",)),
        CoveredTable(schema_audiences.amendment_holds, ("agency", "subject", "cycle")),
        CoveredTable(schema_releases.releases, ("number",)),
        CoveredTable(schema_releases.release_contents, ("number", "part")),
        CoveredTable(schema_console.accounts, ("name",), left_out=("totp_step",)),
        CoveredTable(schema_console.passkeys, ("id",), left_out=("sign_count", "used_at")),
        CoveredTable(schema_console.sign_ons, ("account",)),
        CoveredTable(schema_privacy.budget_raises, ("number",)),
        CoveredTable(schema_privacy.public_appeals, ("number",)),
    )
}
"""By name.  A table that is added here is covered from the next entry that names it on."""


def stretch_of(text: str) -> str:
    """Return the stretch that a handle or person lies in."""
    return text[:_STRETCH]


def digests(
    connection: Connection, name: str, row_key: bytes, *, keys: Iterable[str] | None = None
) -> dict[str, str]:
    """Return the digest of every row or stretch of a table, or of those named that are there, by key."""
    covered = COVERED[name]
    rows: dict[str, list[bytes]] = defaultdict(list)
    key_of = covered.key_of()
    for some in _wheres(covered, keys):
        query = select(*covered.columns)
        if covered.only is not None:
            query = query.where(covered.only)
        for row in connection.execute(query if some is None else query.where(some)):
            columns = tuple(row)
            rows[key_of(columns)].append(_encode(columns))
    return {key: _digest(name, key, found, row_key) for key, found in rows.items()}


def _wheres(covered: CoveredTable, keys: Iterable[str] | None) -> list[ColumnElement[bool] | None]:
    if keys is None:
        return [None]
    wanted = sorted(set(keys))
    pieces = [wanted[at : at + _KEYS_AT_ONCE] for at in range(0, len(wanted), _KEYS_AT_ONCE)]
    return [or_(*(covered.where(key) for key in some)) for some in pieces]


def _digest(name: str, key: str, rows: Sequence[bytes], row_key: bytes) -> str:
    """Return the digest of rows in an order of their own: a database promises none."""
    content = hashlib.sha256()
    for row in sorted(rows):
        content.update(row + b"\n")
    said = b"\x00".join((b"clew/ledger-rows/1", name.encode(), key.encode(), content.digest()))
    return keyed_digest(row_key, said).hex()
