"""The epoch descriptor: what agencies and the service must agree on, signed by k custodians."""

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Meta, Struct, structs

from linkage.errors import FormatError, VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.codes import AgencyCode
from linkage.wire.limits import MAX_MANIFEST_BYTES
from linkage.wire.moments import Moment
from linkage.wire.seal import SealPublicText, sealed_size
from linkage.wire.signing import PublicKeyText, Signature, sign, verify

if TYPE_CHECKING:
    from linkage.wire.revocations import Revocation
    from linkage.wire.successions import Succession

__all__ = [
    "SHARE_TEXT_BYTES",
    "DigestText",
    "EpochDescriptor",
    "EpochName",
    "SealedShare",
    "WrappedKey",
    "add_signature",
    "content_digest",
    "read_descriptor",
    "read_sealed_share",
    "read_wrapped_key",
    "share_context",
    "signed_bytes",
    "verify_quorum",
    "wrap_context",
]

EpochName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z")]
DigestText = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
CheckValueText = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]

SHARE_TEXT_BYTES = 320
"""To which the words of a share are filled up, so that the length of a seal tells nothing of them."""


class EpochDescriptor(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One epoch: its profile, what proves the right key, its dates, and whose keys are whose.

    ``profile_digest`` covers everything that changes a bit of an encoding and travels with every bundle.
    ``shares`` are the digests of the custodians' shares, in the order of ``custodians``.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-epoch"] = "clew-epoch"
    version: int = 1
    epoch: EpochName
    profile_name: Annotated[str, Meta(min_length=1, max_length=64)]
    profile_digest: DigestText
    key_check_value: CheckValueText
    conformance: DigestText
    opens: Moment
    closes: Moment
    unit_encodings_key: SealPublicText
    unit_payload_key: SealPublicText
    transcript: DigestText
    threshold: Annotated[int, Meta(ge=2, le=16)]
    custodians: Annotated[tuple[PublicKeyText, ...], Meta(min_length=1, max_length=16)]
    shares: Annotated[tuple[DigestText, ...], Meta(min_length=2, max_length=16)]
    signatures: tuple[Signature, ...] = ()


class SealedShare(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One custodian's share of the epoch key, sealed to it.

    Nobody signs it: the digest in the descriptor says which share is the right one.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-share"] = "clew-share"
    version: int = 1
    epoch: EpochName
    profile_digest: DigestText
    key_check_value: CheckValueText
    holder: PublicKeyText
    ciphertext: Annotated[str, Meta(pattern=rf"^[0-9a-f]{{{2 * sealed_size(SHARE_TEXT_BYTES)}}}\Z")]


class WrappedKey(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The epoch key sealed to one agency, signed by custodians because HPKE does not say who sealed.

    ``holder`` is the holder's signing key, so that a wrapped key cannot be passed off as another's.
    """

    VERSION: ClassVar[int] = 1
    format: Literal["clew-wrapped-key"] = "clew-wrapped-key"
    version: int = 1
    epoch: EpochName
    profile_digest: DigestText
    key_check_value: CheckValueText
    holder: PublicKeyText
    agency: AgencyCode
    ciphertext: Annotated[str, Meta(pattern=r"^[0-9a-f]{2000,4000}\Z")]
    signatures: tuple[Signature, ...] = ()


Signed = TypeVar("Signed", EpochDescriptor, WrappedKey, "Revocation", "Succession")


def signed_bytes(document: "EpochDescriptor | WrappedKey | Revocation | Succession") -> bytes:
    """Return the bytes that custodians sign: the canonical form without signatures."""
    return canonical(structs.replace(document, signatures=()))


def content_digest(document: "EpochDescriptor | WrappedKey | Revocation | Succession") -> str:
    """Return SHA-256, in hex, of what custodians sign of a document: the same whoever has signed it."""
    return hashlib.sha256(signed_bytes(document)).hexdigest()


def add_signature(document: Signed, key: Ed25519PrivateKey) -> Signed:
    """Return the document with one more custodian's signature; signing twice changes nothing."""
    added = sign(key, signed_bytes(document), domain=document.format)
    signatures = [other for other in document.signatures if other.key != added.key]
    signatures.append(added)
    return structs.replace(document, signatures=tuple(sorted(signatures, key=lambda one: one.key)))


def verify_quorum(
    document: "EpochDescriptor | WrappedKey | Revocation | Succession",
    *,
    pinned: Iterable[str],
    threshold: int,
) -> None:
    """Check that at least ``threshold`` different pinned custodians signed; every signature must verify.

    ``pinned`` are the public keys the caller trusts from elsewhere, never those the document names.
    Raises :class:`VerificationError`.
    """
    trusted = frozenset(pinned)
    if threshold < 1:
        raise ValueError("a quorum is at least one")
    data = signed_bytes(document)
    signers = set()
    for signature in document.signatures:
        verify(signature, data, domain=document.format)
        signers.add(signature.key)
    count = len(signers & trusted)
    if count < threshold:
        raise VerificationError(
            f"{document.format}: signed by {count} of the custodians that you pinned, {threshold} are needed",
            hint="ask the custodians for the file with all their signatures",
        )


def read_descriptor(data: bytes) -> EpochDescriptor:
    """Read a descriptor; call :func:`verify_quorum` before believing any of it."""
    descriptor = parse(data, EpochDescriptor, limit=MAX_MANIFEST_BYTES, exact=True)
    if len(descriptor.shares) != len(descriptor.custodians):
        raise FormatError("EpochDescriptor: not one share for each custodian")
    return descriptor


def read_sealed_share(data: bytes) -> SealedShare:
    """Read a sealed share; believe what is in it once its digest is the descriptor's."""
    return parse(data, SealedShare, limit=MAX_MANIFEST_BYTES, exact=True)


def read_wrapped_key(data: bytes) -> WrappedKey:
    """Read a wrapped key; call :func:`verify_quorum` before opening it."""
    return parse(data, WrappedKey, limit=MAX_MANIFEST_BYTES, exact=True)


def wrap_context(epoch: str, profile_digest: str, holder: str) -> bytes:
    """Return the HPKE info that binds a wrapped key to its epoch, profile and holder."""
    return b"\x00".join(part.encode("ascii") for part in ("clew/wrap/1", epoch, profile_digest, holder))


def share_context(descriptor: EpochDescriptor, holder: str) -> bytes:
    """Return the HPKE info that binds a sealed share to the whole of a descriptor and to its holder."""
    parts = ("clew/share-seal/1", content_digest(descriptor), holder)
    return b"\x00".join(part.encode("ascii") for part in parts)
