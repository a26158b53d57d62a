"""Tables about keys: whose they are, which epochs there were, what the ledger says of both."""

from collections.abc import Iterator, Mapping
from string import Formatter

from sqlalchemy import Connection, select

from api.evidence.gathering import Seen
from api.evidence.values import DataTable, Source, table_of
from api.overview.history import KIND_WORDS, entry_rows, leaf_of
from api.store import schema
from linkage.errors import ClewError
from linkage.wire.ledger import EntryKind, Fact, opened

__all__ = ["custody_tables"]

_SAID: Mapping[EntryKind, str] = {
    EntryKind.CUSTODIANS_PINNED: "{custodians} custodians, of whom {threshold} must sign",
    EntryKind.SUCCESSION: "change number {serial}; {threshold} must sign from then on",
    EntryKind.EPOCH_ADOPTED: "epoch {epoch}",
    EntryKind.EPOCH_DEADLINE: "epoch {epoch}: until {day}",
    EntryKind.EPOCH_CLOSED: "epoch {epoch}",
    EntryKind.EPOCH_DESTRUCTION: "epoch {epoch}",
    EntryKind.AGENCY_ENROLLED: "agency {agency}",
    EntryKind.AGENCY_REMOVED: "agency {agency}",
    EntryKind.REVOCATION: "{kind} {name}",
    EntryKind.AUDIENCE_KEY: "audience {audience}, key {generation}: {what}",
}
"""What of each says which key or epoch it was; no digest and no reason stands in the log."""


def custody_tables(seen: Seen) -> Iterator[DataTable]:
    """Yield the tables."""
    yield table_of(
        "epochs",
        "Epochs of the linkage key",
        [
            ("epoch", "Epoch"),
            ("state", "State"),
            ("profile", "Profile"),
            ("opens", "Opens", "day"),
            ("closes", "Closes", "day"),
            ("closed_on", "Closed on", "day"),
            ("destroyed_on", "Destroyed on", "day"),
            ("signatures", "Custodians who signed", "count"),
            ("key_check_value", "Check value of the key", "code"),
        ],
        [
            (
                one.name,
                one.state,
                one.descriptor.profile_name,
                str(one.descriptor.opens),
                str(one.descriptor.closes),
                one.closed_at and one.closed_at[:10],
                one.destroyed_at and one.destroyed_at[:10],
                len({each.key for each in one.descriptor.signatures}),
                one.descriptor.key_check_value,
            )
            for one in seen.epochs
        ],
        Source(
            "query", "select epoch, descriptor, closed_at from epochs order by opens desc, adopted_at desc"
        ),
        empty="No epoch was adopted yet.",
    )
    table = schema.custodians
    rows = seen.connection.execute(select(table.c.name, table.c.pinned_at).order_by(table.c.name))
    yield table_of(
        "custodians",
        "Key custodians whose signatures count",
        [("name", "Name on the card"), ("pinned_on", "Pinned on", "day")],
        [(row.name, row.pinned_at[:10]) for row in rows],
        Source("query", "select name, substr(pinned_at, 1, 10) from custodians order by name"),
    )
    yield table_of(
        "custody-log",
        "What the ledger says of keys, epochs and those who hold them",
        [("entry", "Entry", "count"), ("day", "Day", "day"), ("kind", "What happened"), ("said", "Of what")],
        list(_log(seen.connection)),
        Source("query", "select entry, day, kind from ledger_entries where kind in (…) order by entry"),
        note="Custodians keep a log of their own besides, which this unit never sees.",
    )


def _log(connection: Connection) -> Iterator[tuple[int, str, str, str]]:
    entries = schema.ledger_entries
    wanted = entries.c.kind.in_([str(one) for one in _SAID])
    for row in connection.execute(entry_rows().where(wanted).order_by(entries.c.entry)):
        words = ""
        if row.statement is not None:
            try:
                words = _said(EntryKind(row.kind), opened(leaf_of(row), row.salt, row.statement).facts)
            except (ClewError, ValueError):
                words = "the statement is not the one that was committed to"
        yield row.entry, row.day, KIND_WORDS.get(row.kind, row.kind), words


def _said(kind: EntryKind, facts: Mapping[str, Fact]) -> str:
    """Return what an entry was about; one that an older release wrote may have said less."""
    wanted = [name for _, name, _, _ in Formatter().parse(_SAID[kind]) if name]
    return _SAID[kind].format_map(facts) if all(name in facts for name in wanted) else ""
