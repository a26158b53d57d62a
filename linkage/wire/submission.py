"""Messages of the submission protocol (docs/spec/submission-1.md)."""

from typing import Annotated, ClassVar, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import VerificationError, VersionError
from linkage.wire.canonical import canonical, parse
from linkage.wire.checkpoints import LedgerCard
from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText, EpochName
from linkage.wire.ledger import LedgerEntry
from linkage.wire.limits import MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_MANIFEST_BYTES
from linkage.wire.moments import Moment
from linkage.wire.notes import MAX_NOTE_BYTES
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "AgencyStatus",
    "AnyReceipt",
    "Chunk",
    "LedgerReceipt",
    "Problem",
    "Receipt",
    "Registration",
    "SubmissionState",
    "SubmissionStatus",
    "read_receipt",
    "sign_receipt",
]


class Chunk(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A consecutive piece of a sealed part, addressed by its content."""

    sha256: DigestText
    size: Annotated[int, Meta(ge=1, le=MAX_CHUNK_BYTES)]


Chunks = Annotated[tuple[Chunk, ...], Meta(min_length=1, max_length=MAX_CHUNKS)]


class Registration(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The body of ``POST /v1/submissions``: manifest (its exact bytes as text), signature, chunk lists."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-registration"] = "clew-registration"
    version: int = 1
    manifest: Annotated[str, Meta(max_length=MAX_MANIFEST_BYTES)]
    signature: Signature
    encodings: Chunks
    payload: Chunks


SubmissionState = Literal["open", "committed", "accepted", "refused", "superseded"]
"""``open``: chunks are missing or not yet committed; ``committed``: durable, receipt given, parts waiting
for their workers; ``accepted``: both workers opened and checked their part; ``refused``: one of them did
not; ``superseded``: a newer snapshot of the same period was accepted."""


class SubmissionStatus(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a submission stands."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-submission-status"] = "clew-submission-status"
    version: int = 1
    submission: DigestText
    state: SubmissionState
    missing: tuple[DigestText, ...] = ()
    reason: str = ""
    linked: bool = False


class AgencyStatus(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the unit holds of one agency; ``sequence`` is the highest one committed."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-agency-status"] = "clew-agency-status"
    version: int = 1
    agency: AgencyCode
    epoch: EpochName
    sequence: int
    cycle: int
    submissions: tuple[SubmissionStatus, ...] = ()


class Receipt(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The unit's signed word that a submission is durable."""

    VERSION: ClassVar[int] = 1
    format: Literal["clew-receipt"] = "clew-receipt"
    version: int = 1
    agency: AgencyCode
    submission: DigestText
    sequence: int
    received: Moment
    encodings_sha256: DigestText
    payload_sha256: DigestText
    signature: Signature | None = None


class LedgerReceipt(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Version 2 of a receipt, which proves that the submission stands in the unit's ledger.

    ``entry`` opens the leaf, ``proof`` leads from it to the root of ``checkpoint``, which the key on
    ``ledger`` signed.
    """

    VERSION: ClassVar[int] = 2
    format: Literal["clew-receipt"] = "clew-receipt"
    version: int = 2
    agency: AgencyCode
    submission: DigestText
    sequence: int
    received: Moment
    encodings_sha256: DigestText
    payload_sha256: DigestText
    entry: LedgerEntry
    proof: Annotated[tuple[DigestText, ...], Meta(max_length=64)]
    checkpoint: Annotated[str, Meta(max_length=MAX_NOTE_BYTES)]
    ledger: LedgerCard
    signature: Signature | None = None


AnyReceipt = Receipt | LedgerReceipt
SomeReceipt = TypeVar("SomeReceipt", Receipt, LedgerReceipt)


class Problem(Struct, frozen=True, kw_only=True):
    """An error answer (RFC 9457, ``application/problem+json``)."""

    type: str
    title: str
    status: int
    detail: str = ""
    hint: str = ""


def sign_receipt(receipt: SomeReceipt, key: Ed25519PrivateKey) -> SomeReceipt:
    """Return the receipt signed by the linkage unit."""
    return structs.replace(receipt, signature=sign(key, _unsigned(receipt), domain=receipt.format))


def read_receipt(data: bytes, *, signing_key: str) -> AnyReceipt:
    """Read a receipt of either version and check the signature of the linkage unit that the caller pinned.

    What version 2 proves is checked by whoever holds the tree's arithmetic (linkage.register.ledger_tree).
    """
    receipt: AnyReceipt
    try:
        receipt = parse(data, LedgerReceipt, limit=MAX_MANIFEST_BYTES)
    except VersionError:
        receipt = parse(data, Receipt, limit=MAX_MANIFEST_BYTES)
    if receipt.signature is None or receipt.signature.key != signing_key:
        raise VerificationError("the receipt is not signed by the pinned linkage unit")
    verify(receipt.signature, _unsigned(receipt), domain=receipt.format)
    return receipt


def _unsigned(receipt: AnyReceipt) -> bytes:
    return canonical(structs.replace(receipt, signature=None))
