"""The certificate of a destroyed epoch: what the linkage unit erased, signed with the key of its receipts."""

from typing import Annotated, ClassVar, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode
from linkage.wire.epochs import DigestText, EpochName
from linkage.wire.moments import Moment
from linkage.wire.signing import Signature, sign, verify

__all__ = [
    "MAX_CERTIFICATE_BYTES",
    "Destruction",
    "ErasedSubmission",
    "Remains",
    "read_destruction",
    "sign_destruction",
]

MAX_CERTIFICATE_BYTES = 64 * 1024 * 1024
"""A submission takes some 330 bytes; 200 agencies with one a day for two years come to 50 MB."""

Count = Annotated[int, Meta(ge=0)]


class ErasedSubmission(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One submission whose encodings are no longer held: rows, and digest and size of the sealed part."""

    submission: DigestText
    agency: AgencyCode
    sequence: Annotated[int, Meta(ge=1)]
    encodings_sha256: DigestText
    encodings_size: Count
    rows: Count


class Remains(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the unit still holds: the epoch in force, and records that are members of a person."""

    epoch: EpochName
    records: Count


class Destruction(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A destroyed epoch; ``descriptor`` is SHA-256 of what custodians signed.

    ``records``: children that were never encoded again, erased from their persons and their history;
    ``payload_records``: records of any kind about children that were never encoded again.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-destruction"] = "clew-destruction"
    version: int = 1
    epoch: EpochName
    descriptor: DigestText
    closed: Moment
    destroyed: Moment
    submissions: tuple[ErasedSubmission, ...]
    records: Count
    payload_records: Count
    remains: Remains
    signature: Signature | None = None


def sign_destruction(document: Destruction, key: Ed25519PrivateKey) -> Destruction:
    """Return the certificate signed by the linkage unit."""
    return structs.replace(document, signature=sign(key, _unsigned(document), domain=document.format))


def read_destruction(data: bytes, *, signing_key: str) -> Destruction:
    """Read a certificate and check the signature of the linkage unit whose key the caller trusts.

    Raises :class:`linkage.errors.ClewError`.
    """
    document = parse(data, Destruction, limit=MAX_CERTIFICATE_BYTES, exact=True)
    if document.signature is None or document.signature.key != signing_key:
        raise VerificationError(
            "the certificate is not signed by this linkage unit",
            hint="give the card of the unit that wrote it, and compare its fingerprint",
        )
    verify(document.signature, _unsigned(document), domain=document.format)
    return document


def _unsigned(document: Destruction) -> bytes:
    return canonical(structs.replace(document, signature=None))
