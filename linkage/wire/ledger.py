"""What the ledger holds of an effect: a leaf for everybody, a statement kept apart (docs/spec/ledger-1.md).

A leaf says what kind of effect there was and on which day, and commits to the statement with a salt.  Without
the salt nobody can tell what the statement said, not even by guessing; salt and statement are erased together
with the records that the statement speaks of, and the leaf stays.
"""

import enum
from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives import constant_time
from msgspec import Meta, Struct

from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.derivation import KEY_BYTES, keyed_digest
from linkage.wire.epochs import DigestText

__all__ = [
    "ABOUT_RECORDS",
    "MAX_STATEMENT_BYTES",
    "TO_THE_DAY",
    "Cover",
    "EntryKind",
    "Fact",
    "Index",
    "Leaf",
    "LedgerEntry",
    "Named",
    "SaltText",
    "Statement",
    "commitment",
    "leaf_bytes",
    "leaf_of",
    "opened",
    "read_leaf",
    "read_statement",
]

MAX_STATEMENT_BYTES = 16 * 1024 * 1024
"""A linkage that changes everything covers some 1,300 stretches of tables, 150 bytes each."""

_MAX_LEAF_BYTES = 4096


class EntryKind(enum.StrEnum):
    """Every kind of effect; a kind is never renamed, and a new one is added at the end."""

    LEDGER_BEGUN = "ledger-begun"
    CONFIGURATION_CHANGED = "configuration-changed"
    CUSTODIANS_PINNED = "custodians-pinned"
    SUCCESSION = "succession"
    EPOCH_ADOPTED = "epoch-adopted"
    EPOCH_DEADLINE = "epoch-deadline"
    EPOCH_CLOSED = "epoch-closed"
    EPOCH_DESTRUCTION = "epoch-destruction"
    AGENCY_ENROLLED = "agency-enrolled"
    AGENCY_REMOVED = "agency-removed"
    REVOCATION = "revocation"
    SUBMISSION_COMMITTED = "submission-committed"
    SUBMISSION_ACCEPTED = "submission-accepted"
    SUBMISSION_REFUSED = "submission-refused"
    SUBMISSION_SUPERSEDED = "submission-superseded"
    SUBMISSION_WITHDRAWN = "submission-withdrawn"
    PART_CHECKED = "part-checked"
    PART_DROPPED = "part-dropped"
    LINK_RUN = "link-run"
    PERSONS_MERGED = "persons-merged"
    PERSON_SPLIT = "person-split"
    REVIEW_DECISION = "review-decision"
    CYCLE_CLOSED = "cycle-closed"
    CYCLE_ABANDONED = "cycle-abandoned"
    RESULTS_RELEASED = "results-released"
    SENSITIVE_READ = "sensitive-read"
    ERASURE = "erasure"
    RETENTION = "retention"
    MUST_NOT_LINK = "must-not-link"
    HANDLE_SHIELDED = "handle-shielded"
    REIDENTIFICATION = "re-identification"
    AUDIENCE_KEY = "audience-key"
    ALERT = "alert"
    RESTORED = "restored"
    OTHER = "other"
    RECORDS_NAMED = "records-named"
    STATISTICS_RELEASE = "statistics-release"
    CONSOLE_ACCOUNT = "console-account"
    CONSOLE_SIGN_IN = "console-sign-in"
    EVIDENCE_PACK = "evidence-pack"


ABOUT_RECORDS = frozenset(
    {
        EntryKind.PERSONS_MERGED,
        EntryKind.PERSON_SPLIT,
        EntryKind.REVIEW_DECISION,
        EntryKind.SENSITIVE_READ,
        EntryKind.RECORDS_NAMED,
    }
)
"""The kinds whose statements may name records, are erased with them, and cover nothing.

Of any other kind no statement is ever erased or withheld: what it covers cannot be rolled back unseen.
"""

TO_THE_DAY = frozenset(
    {
        EntryKind.SUBMISSION_COMMITTED,
        EntryKind.SUBMISSION_ACCEPTED,
        EntryKind.SUBMISSION_REFUSED,
        EntryKind.SUBMISSION_SUPERSEDED,
        EntryKind.SUBMISSION_WITHDRAWN,
        EntryKind.PART_CHECKED,
        EntryKind.PART_DROPPED,
        EntryKind.LINK_RUN,
        EntryKind.PERSONS_MERGED,
        EntryKind.PERSON_SPLIT,
        EntryKind.HANDLE_SHIELDED,
        EntryKind.RECORDS_NAMED,
    }
)
"""The kinds whose statements say no more than the day: they tell when something of a child came in."""

DayText = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
SaltText = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Index = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Fact = str | int | bool | None


class Leaf(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the tree holds of an entry: kind, day (UTC), commitment; its canonical form is what is hashed."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-ledger-leaf"] = "clew-ledger-leaf"
    version: int = 1
    kind: EntryKind
    day: DayText
    commitment: DigestText


class Cover(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What rows or a file were once the effect was there; ``digest`` is None once they are gone.

    ``what``: a table or kind of file; ``key``: which row, file, or stretch of rows (docs/spec/ledger-1.md).
    """

    what: Annotated[str, Meta(min_length=1, max_length=64)]
    key: Annotated[str, Meta(max_length=400)]
    digest: DigestText | None


class Named(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entry whose salt and statement were erased, by its place and its commitment."""

    index: Index
    commitment: DigestText


class Statement(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an entry says: when, the facts, which records it speaks of, what it covers, what it erased.

    ``records``: agency and handle of each record; a statement of a kind that may have any covers nothing,
    because it is erased with them.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-ledger-statement"] = "clew-ledger-statement"
    version: int = 1
    kind: EntryKind
    at: Annotated[str, Meta(min_length=1, max_length=27)]
    facts: dict[Annotated[str, Meta(max_length=64)], Fact]
    records: tuple[tuple[str, str], ...] = ()
    covers: tuple[Cover, ...] = ()
    erased: tuple[Named, ...] = ()


class LedgerEntry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entry with all that opens it: its place, its leaf, the salt, and the statement's exact text."""

    index: Index
    leaf: Leaf
    salt: SaltText
    statement: Annotated[str, Meta(max_length=MAX_STATEMENT_BYTES)]


def commitment(salt: bytes, statement: bytes) -> str:
    """Return what a leaf holds of a statement: HMAC-SHA-256 of its canonical form under the salt, in hex."""
    if len(salt) != KEY_BYTES:
        raise ValueError(f"a salt has {KEY_BYTES} bytes")
    return keyed_digest(salt, b"clew/ledger-statement/1\x00" + statement).hex()


def opened(leaf: Leaf, salt: str, statement: str) -> Statement:
    """Return the statement that a leaf commits to; raises :class:`VerificationError` for any other."""
    data = statement.encode()
    found = commitment(bytes.fromhex(salt), data)
    if not constant_time.bytes_eq(found.encode(), leaf.commitment.encode()):
        raise VerificationError("the statement is not the one that the ledger's leaf commits to")
    said = read_statement(data)
    if said.kind != leaf.kind or not said.at.startswith(leaf.day):
        raise VerificationError("the statement is of another kind or day than its leaf")
    return said


def read_leaf(data: bytes) -> Leaf:
    """Read a leaf in canonical form."""
    return parse(data, Leaf, limit=_MAX_LEAF_BYTES, exact=True)


def read_statement(data: bytes) -> Statement:
    """Read a statement in canonical form; raises :class:`FormatError`."""
    said = parse(data, Statement, limit=MAX_STATEMENT_BYTES, exact=True)
    if said.records and said.kind not in ABOUT_RECORDS:
        raise FormatError("the statement of a ledger entry speaks of records, which its kind may not")
    if said.covers and said.kind in ABOUT_RECORDS:
        raise FormatError("the statement of a ledger entry covers rows, which its kind may not")
    return said


def leaf_of(statement: bytes, salt: bytes) -> Leaf:
    """Return the leaf of a statement in canonical form."""
    said = read_statement(statement)
    return Leaf(kind=said.kind, day=said.at[:10], commitment=commitment(salt, statement))


def leaf_bytes(leaf: Leaf) -> bytes:
    """Return the bytes of a leaf that the tree hashes."""
    return canonical(leaf)
