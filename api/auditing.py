"""The ledger as an auditor gets it: its entries, and what every covered row and file of the unit is now."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, select

from api.checkpoints import LedgerSigner
from api.folders import DataFolder
from api.store import ledger, schema
from api.store.ledger_rows import COVERED, digests
from api.store.payload import payload_digests
from linkage.errors import ClewError, InputError
from linkage.register.ledger_audit import Audit, audit, tree_of
from linkage.wire.audits import AuditEntry, AuditHeader, audit_lines
from linkage.wire.checkpoints import Checkpoint, read_checkpoint
from linkage.wire.ledger import Cover, EntryKind, Leaf, read_statement
from linkage.wire.submission import read_receipt

__all__ = ["check_unit", "export_lines", "present_states", "read_entries"]

_PIECE_BYTES = 1024 * 1024


def export_lines(
    connection: Connection, folder: DataFolder, signer: LedgerSigner, *, with_records: bool, now: str
) -> Iterator[bytes]:
    """Yield the lines of an export of all that this transaction sees.

    Statements that name records are withheld unless ``with_records``: handles are nobody's business but
    the unit's and their agency's.
    """
    _, note = signer.checkpoint(connection)
    header = AuditHeader(ledger=signer.card, checkpoint=note, taken=now)
    entries = read_entries(connection, with_records=with_records)
    yield from audit_lines(header, entries, present_states(connection, folder))


def read_entries(connection: Connection, *, with_records: bool) -> list[AuditEntry]:
    """Return every entry in order, as it stands in the database."""
    entries, statements = schema.ledger_entries, schema.ledger_statements
    query = (
        select(entries, statements.c.salt, statements.c.statement)
        .outerjoin(statements, statements.c.entry == entries.c.entry)
        .order_by(entries.c.entry)
    )
    known = select(entries.c.entry)
    if (
        connection.scalar(select(statements.c.entry).where(statements.c.entry.not_in(known)).limit(1))
        is not None
    ):
        raise InputError(
            "the ledger holds a statement without an entry", hint="somebody added it, or took one out"
        )
    found = []
    for row in connection.execute(query):
        try:
            leaf = Leaf(kind=EntryKind(row.kind), day=row.day, commitment=row.commitment)
        except ValueError:
            raise InputError(
                f"ledger entry {row.entry}: its kind is none that this release knows",
                hint="use the release that wrote it; if there is none, somebody changed the entry",
            ) from None
        hidden = row.statement is not None and not with_records and _names_records(row.statement)
        found.append(
            AuditEntry(index=row.entry, leaf=leaf, withheld=hidden)
            if hidden
            else AuditEntry(index=row.entry, leaf=leaf, salt=row.salt, statement=row.statement)
        )
    return found


def _names_records(statement: str) -> bool:
    try:
        return bool(read_statement(statement.encode()).records)
    except ClewError:
        return False  # it was changed, which the audit is to show


def present_states(connection: Connection, folder: DataFolder) -> Iterator[Cover]:
    """Yield what every covered row, stretch of rows and file is now.

    Raises :class:`InputError` where this account may not read.
    """
    key = ledger.row_key(connection)
    for name in sorted(COVERED):
        for place, digest in sorted(digests(connection, name, key).items()):
            yield Cover(what=name, key=place, digest=digest)
    try:
        for submission, digest in sorted(payload_digests(folder.location("payload"), key).items()):
            yield Cover(what="payload", key=submission, digest=digest)
        names = (folder.settings.name, folder.unit_card.name, folder.ledger_card.name)
        said = ledger.files_said(connection, names)
        for path in _files(folder, said):
            yield Cover(what=ledger.FILE, key=path.relative_to(folder.root).as_posix(), digest=_digest(path))
    except PermissionError as error:
        where = Path(str(error.filename)).name
        raise InputError(
            f"{where}: permission denied", hint="an audit reads all that the unit holds: run it as root"
        ) from None


def check_unit(
    connection: Connection,
    folder: DataFolder,
    signer: LedgerSigner,
    *,
    signing_key: str,
    outside: Iterable[Checkpoint],
) -> Audit:
    """Audit the unit itself: what an export is audited for, and what is kept for speed or as an answer."""
    entries = read_entries(connection, with_records=True)
    point, _ = signer.checkpoint(connection)
    states = present_states(connection, folder)
    found = audit(entries, states, checkpoint=point, outside=outside)
    _check_kept(connection, found, entries, signer)
    _check_receipts(connection, found, signing_key)
    return found


def _check_kept(
    connection: Connection, found: Audit, entries: list[AuditEntry], signer: LedgerSigner
) -> None:
    """Compare with the entries what follows from them: hashes, newest digests, and who is named."""
    if ledger.size_of(connection) != len(entries):
        found.find("ledger_head", "counts other entries than there are")
    nodes, table = tree_of(entries), schema.ledger_nodes
    count = 0
    for row in connection.execute(select(table)):
        count += 1
        if (row.position + 1) << row.level > len(entries) or nodes(row.level, row.position).hex() != row.hash:
            found.find(f"ledger_nodes {row.level}/{row.position}", "is not what follows from the entries")
    if count != sum(len(entries) >> level for level in range(len(entries).bit_length())):
        found.find("ledger_nodes", "hashes are missing, or there are too many")
    _check_newest(connection, found, entries)
    note = ledger.newest_checkpoint(connection)
    if note is not None:
        try:
            kept = read_checkpoint(note, signer.card.note_key)
            same = kept.size <= len(entries) and ledger.root_of(connection, kept.size) == kept.root
        except ClewError:
            same = False
        if not same:
            found.find("ledger_head", "the checkpoint that was signed last is not of this ledger")


def _check_newest(connection: Connection, found: Audit, entries: Iterable[AuditEntry]) -> None:
    newest: dict[tuple[str, str], str | None] = {}
    named: set[tuple[int, str, str]] = set()
    for one in entries:
        if one.statement is None:
            continue
        try:
            said = read_statement(one.statement.encode())
        except ClewError:
            continue  # found already
        newest.update({(cover.what, cover.key): cover.digest for cover in said.covers})
        named |= {(one.index, agency, handle) for agency, handle in said.records}
    if ledger.current_covers(connection) != newest:
        found.find("ledger_covers", "is not what follows from the statements")
    if {tuple(row) for row in connection.execute(select(schema.ledger_records))} != named:
        found.find("ledger_records", "is not what follows from the statements")


def _check_receipts(connection: Connection, found: Audit, signing_key: str) -> None:
    table = schema.submissions
    for row in connection.execute(select(table.c.id, table.c.receipt).where(table.c.receipt.is_not(None))):
        try:
            same = read_receipt(row.receipt.encode(), signing_key=signing_key).submission == row.id
        except ClewError:
            same = False
        if not same:
            found.find(f"receipt of {row.id}", "is not one that this unit gave for the submission")


def _files(folder: DataFolder, said: Iterable[str]) -> Iterator[Path]:
    """Yield the files that the ledger covers: settings, cards, sealed bodies."""
    for path in (folder.settings, folder.unit_card, folder.ledger_card):
        if path.name in said and path.is_file():  # the ledger learns of them when the service starts
            yield path
    for place in (folder.intake_encodings, folder.intake_payload, folder.encodings):
        yield from sorted(one for one in place.iterdir() if one.name.endswith(".sealed"))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
