"""Messages of the submission protocol (docs/spec/submission-1.md)."""

from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText, EpochName
from linkage.wire.limits import MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_MANIFEST_BYTES
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "AgencyStatus",
    "Chunk",
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


class Problem(Struct, frozen=True, kw_only=True):
    """An error answer (RFC 9457, ``application/problem+json``)."""

    type: str
    title: str
    status: int
    detail: str = ""
    hint: str = ""


def sign_receipt(receipt: Receipt, key: Ed25519PrivateKey) -> Receipt:
    """Return the receipt signed by the linkage unit."""
    return structs.replace(receipt, signature=sign(key, _unsigned(receipt), domain=receipt.format))


def read_receipt(data: bytes, *, signing_key: str) -> Receipt:
    """Read a receipt and check the signature of the linkage unit that the caller pinned."""
    receipt = parse(data, Receipt, limit=MAX_MANIFEST_BYTES)
    if receipt.signature is None or receipt.signature.key != signing_key:
        raise VerificationError("the receipt is not signed by the pinned linkage unit")
    verify(receipt.signature, _unsigned(receipt), domain=receipt.format)
    return receipt


def _unsigned(receipt: Receipt) -> bytes:
    return canonical(structs.replace(receipt, signature=None))
