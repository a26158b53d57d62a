"""What left the unit: files that the console handed out, and what the ledger says was given to whom."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from api.overview.history import KIND_WORDS, entry_rows, leaf_of
from api.overview.paging import Page, paged
from api.store import schema, schema_console
from linkage.errors import ClewError
from linkage.wire.ledger import EntryKind, Fact, opened

__all__ = ["FileGiven", "LeftEntry", "list_entries", "list_files"]

_views = schema_console.views
_entries = schema.ledger_entries

_KINDS = (
    EntryKind.EVIDENCE_PACK,
    EntryKind.RESULTS_RELEASED,
    EntryKind.SENSITIVE_READ,
    EntryKind.STATISTICS_RELEASE,
)

_SHOWN = frozenset(
    {"what", "audience", "agency", "agencies", "cycle", "number", "pseudonyms", "records", "manifest"}
)
"""Facts that say how much of what went to whom; no statement's list of records is shown."""

_PLAIN = ("/governance/", "/publisher/")
"""Under these no address holds a pseudonym."""


@dataclass(frozen=True, slots=True)
class FileGiven:
    """A file that an account was given; ``address`` is empty where it may hold a pseudonym."""

    number: int
    at: str
    account: str
    page: str
    address: str


@dataclass(frozen=True, slots=True)
class LeftEntry:
    """An entry about something that left the unit or was read out of it."""

    index: int
    words: str
    at: str
    facts: Mapping[str, Fact]


def list_files(connection: Connection, page: int, *, endpoints: Collection[str]) -> Page[FileGiven]:
    """Return the files that the console handed out, the newest first; ``endpoints``: those that give one."""
    query = select(_views).where(_views.c.page.in_(sorted(one[:64] for one in endpoints)))
    return paged(connection, query.order_by(_views.c.number.desc()), page, _file)


def _file(row: Row[Any]) -> FileGiven:
    plain = row.address.startswith(_PLAIN)
    return FileGiven(row.number, row.at, row.account, row.page, row.address if plain else "")


def list_entries(connection: Connection, page: int) -> Page[LeftEntry]:
    """Return the entries about results, statistics and lists that left, the newest first."""
    query = entry_rows().where(_entries.c.kind.in_([str(one) for one in _KINDS]))
    return paged(connection, query.order_by(_entries.c.entry.desc()), page, _entry)


def _entry(row: Row[Any]) -> LeftEntry:
    facts: Mapping[str, Fact] = {}
    at = row.day
    if row.statement is not None:
        try:
            said = opened(leaf_of(row), row.salt, row.statement)
        except (ClewError, ValueError):
            pass  # the ledger's own page says that it is not as committed
        else:
            at = said.at
            facts = {name: value for name, value in said.facts.items() if name in _SHOWN}
    return LeftEntry(row.entry, KIND_WORDS.get(row.kind, row.kind), at, facts)
