"""The ledger as a reader browses it: entries, what each says, and whether it is what was committed to.

Statements that name records are withheld, as in an export: handles are nobody's business but the unit's and
their agency's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, select

from api.overview.paging import Page, paged
from api.store import ledger, schema
from linkage.errors import ClewError
from linkage.register.ledger_tree import leaf_hash, verify_inclusion
from linkage.wire.ledger import ABOUT_RECORDS, EntryKind, Fact, Leaf, Statement, leaf_bytes, opened

__all__ = [
    "KIND_WORDS",
    "EntryRow",
    "EntryView",
    "State",
    "entry_rows",
    "leaf_of",
    "leaves",
    "list_entries",
    "newest_entry",
    "state_of",
    "view_entry",
]

State = Literal["opened", "withheld", "erased", "not as committed"]

KIND_WORDS: Mapping[str, str] = {
    "ledger-begun": "The ledger was begun",
    "configuration-changed": "Settings or area directory changed",
    "custodians-pinned": "Custodians were pinned",
    "succession": "Custodians changed",
    "epoch-adopted": "An epoch was adopted",
    "epoch-deadline": "A day for encoding again was set",
    "epoch-closed": "An epoch was closed",
    "epoch-destruction": "An epoch was destroyed",
    "agency-enrolled": "An agency was enrolled",
    "agency-removed": "An agency was removed",
    "revocation": "A card or an epoch was revoked",
    "submission-committed": "A submission arrived",
    "submission-accepted": "A submission was accepted",
    "submission-refused": "A submission was refused",
    "submission-superseded": "A snapshot was replaced",
    "submission-withdrawn": "A submission was withdrawn",
    "part-checked": "A part was checked",
    "part-dropped": "A part was removed",
    "link-run": "A linkage finished",
    "persons-merged": "Two persons were found to be one",
    "person-split": "A person was split",
    "review-decision": "A reviewer decided",
    "cycle-closed": "A cycle was closed",
    "cycle-abandoned": "A cycle was abandoned",
    "results-released": "Results went to agencies",
    "sensitive-read": "Something sensitive was read",
    "erasure": "Records were erased",
    "retention": "The retention schedule ran",
    "must-not-link": "A decision about two records",
    "handle-shielded": "A record was shielded",
    "re-identification": "A step of opening a pseudonym",
    "audience-key": "A key of pseudonyms changed",
    "alert": "An alert",
    "restored": "A restored backup was answered for",
    "other": "Something else",
    "console-account": "An account of the console changed",
    "console-sign-in": "Somebody signed in to the console",
    "evidence-pack": "An evidence pack was built",
    "records-named": "Records were named",
    "statistics-release": "A step of a release of statistics",
}
"""Each kind of entry in words; a kind that is not here is shown by its name."""

_entries = schema.ledger_entries
_statements = schema.ledger_statements


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry in a list."""

    index: int
    kind: str
    day: str
    commitment: str
    state: State
    at: str | None
    facts: Mapping[str, Fact]

    @property
    def words(self) -> str:
        """What kind of effect it was."""
        return KIND_WORDS.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry with its proof; ``included``: the proof leads from its leaf to the root over ``size``."""

    row: EntryRow
    covers: Mapping[str, int]
    erased: int
    records: int
    size: int
    root: str
    proof: Sequence[str]
    included: bool


def list_entries(connection: Connection, page: int, *, kind: str | None = None) -> Page[EntryRow]:
    """Return entries, the newest first."""
    query = entry_rows()
    if kind is not None:
        query = query.where(_entries.c.kind == kind)
    return paged(connection, query.order_by(_entries.c.entry.desc()), page, _row)


def newest_entry(connection: Connection) -> EntryRow | None:
    """Return the last entry, or None before the first."""
    row = connection.execute(entry_rows().order_by(_entries.c.entry.desc()).limit(1)).one_or_none()
    return None if row is None else _row(row)


def view_entry(connection: Connection, index: int) -> EntryView | None:
    """Return one entry and verify it against the root over the ledger as it is, or None."""
    row = connection.execute(entry_rows().where(_entries.c.entry == index)).one_or_none()
    if row is None:
        return None
    size = ledger.size_of(connection)
    top, proof = ledger.root_of(connection, size), ledger.inclusion(connection, index, size)
    shown = _row(row)
    said = None if row.statement is None or shown.state == "not as committed" else _opened(row)
    return EntryView(
        row=shown,
        covers=Counter(one.what for one in said.covers) if said else {},
        erased=len(said.erased) if said else 0,
        records=len(said.records) if said else 0,
        size=size,
        root=top.hex(),
        proof=[one.hex() for one in proof],
        included=_is_included(row, size, proof, top),
    )


def leaves(connection: Connection) -> list[tuple[int, str, str, str]]:
    """Return every leaf in order: what anybody may be given."""
    columns = (_entries.c.entry, _entries.c.kind, _entries.c.day, _entries.c.commitment)
    return [tuple(row) for row in connection.execute(select(*columns).order_by(_entries.c.entry))]


def entry_rows() -> Select[Any]:
    """Return the query of entries with what opens them."""
    return select(_entries, _statements.c.salt, _statements.c.statement).outerjoin(
        _statements, _statements.c.entry == _entries.c.entry
    )


def leaf_of(row: Row[Any]) -> Leaf:
    """Return the leaf of an entry's row."""
    return Leaf(kind=EntryKind(row.kind), day=row.day, commitment=row.commitment)


def _opened(row: Row[Any]) -> Statement:
    return opened(leaf_of(row), row.salt, row.statement)


def _row(row: Row[Any]) -> EntryRow:
    state, at, facts = _said(row)
    return EntryRow(row.entry, row.kind, row.day, row.commitment, state, at, facts)


def state_of(row: Row[Any]) -> State:
    """Say whether an entry's statement is what its leaf commits to."""
    return _said(row)[0]


def _said(row: Row[Any]) -> tuple[State, str | None, Mapping[str, Fact]]:
    if row.statement is None:
        return "erased", None, {}
    try:
        said = _opened(row)
    except (ClewError, ValueError):
        return "not as committed", None, {}
    if said.kind in ABOUT_RECORDS:
        return "withheld", said.at, {}
    return "opened", said.at, said.facts


def _is_included(row: Row[Any], size: int, proof: list[bytes], top: bytes) -> bool:
    try:
        verify_inclusion(leaf_hash(leaf_bytes(leaf_of(row))), row.entry, size, proof, top)
    except (ClewError, ValueError):
        return False
    return True
