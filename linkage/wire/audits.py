"""An export of the ledger for whoever audits it: lines of canonical JSON (docs/spec/ledger-1.md).

First a header, then every entry in order, then what every covered row and file is now, then the end.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from linkage.errors import FormatError
from linkage.wire.canonical import canonical, parse
from linkage.wire.checkpoints import LedgerCard
from linkage.wire.ledger import MAX_STATEMENT_BYTES, Cover, Index, Leaf, SaltText
from linkage.wire.notes import MAX_NOTE_BYTES

__all__ = [
    "MAX_LINE_BYTES",
    "AuditEnd",
    "AuditEntry",
    "AuditHeader",
    "AuditState",
    "audit_lines",
    "read_audit",
]

MAX_LINE_BYTES = 2 * MAX_STATEMENT_BYTES


class AuditHeader(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whose ledger it is, and the checkpoint over it when it was exported."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-audit"] = "clew-audit"
    version: int = 1
    ledger: LedgerCard
    checkpoint: Annotated[str, Meta(max_length=MAX_NOTE_BYTES)]
    taken: Annotated[str, Meta(max_length=27)]


class AuditEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One entry; without salt and statement if they were erased, or are ``withheld`` for naming records."""

    index: Index
    leaf: Leaf
    salt: SaltText | None = None
    statement: Annotated[str, Meta(max_length=MAX_STATEMENT_BYTES)] | None = None
    withheld: bool = False


class AuditState(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a covered row, stretch of rows or file is now."""

    now: Cover


class AuditEnd(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The last line; ``lines``: how many there are before it, so that none is cut off unnoticed."""

    lines: Annotated[int, Meta(ge=0)]


def audit_lines(
    header: AuditHeader, entries: Iterable[AuditEntry], states: Iterable[Cover]
) -> Iterator[bytes]:
    """Yield the lines of an export."""
    count = 1
    yield canonical(header) + b"\n"
    for entry in entries:
        count += 1
        yield canonical(entry) + b"\n"
    for one in states:
        count += 1
        yield canonical(AuditState(now=one)) + b"\n"
    yield canonical(AuditEnd(lines=count)) + b"\n"


def read_audit(lines: Iterable[bytes]) -> tuple[AuditHeader, list[AuditEntry], list[Cover]]:
    """Read an export; raises :class:`FormatError` for one that is cut short or out of order."""
    source = iter(lines)
    header = parse(next(source, b""), AuditHeader, limit=MAX_LINE_BYTES, exact=True)
    entries: list[AuditEntry] = []
    states: list[Cover] = []
    count, ended = 1, False
    for line in source:
        if ended:
            raise FormatError("the export goes on after its end")
        if line.startswith(b'{"lines":'):
            ended = parse(line, AuditEnd, limit=MAX_LINE_BYTES, exact=True).lines == count
        elif line.startswith(b'{"now":'):
            states.append(parse(line, AuditState, limit=MAX_LINE_BYTES, exact=True).now)
        else:
            if states:
                raise FormatError("the export's lines are out of order")
            entries.append(parse(line, AuditEntry, limit=MAX_LINE_BYTES, exact=True))
        count += 1
    if not ended:
        raise FormatError("the export is cut short")
    return header, entries, states
