"""What the linkage unit certifies: documents that it signs with the key of its receipts, each in one form."""

from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from linkage.errors import VerificationError
from linkage.wire.canonical import canonical, parse
from linkage.wire.destructions import Destruction
from linkage.wire.erasures import Erasure
from linkage.wire.key_destructions import KeyDestruction
from linkage.wire.signing import sign, verify

__all__ = ["Certificate", "read_certificate", "sign_certificate"]

Certificate = Destruction | Erasure | KeyDestruction
_Kind = TypeVar("_Kind", Destruction, Erasure, KeyDestruction)


def sign_certificate(document: _Kind, key: Ed25519PrivateKey) -> _Kind:
    """Return the certificate signed by the linkage unit."""
    return structs.replace(document, signature=sign(key, _unsigned(document), domain=document.format))


def read_certificate(data: bytes, kind: type[_Kind], *, signing_key: str) -> _Kind:
    """Read a certificate and check the signature of the linkage unit whose key the caller trusts.

    Raises :class:`linkage.errors.ClewError`.
    """
    document = parse(data, kind, limit=kind.MAX_BYTES, exact=True)
    if document.signature is None or document.signature.key != signing_key:
        raise VerificationError(
            "the certificate is not signed by this linkage unit",
            hint="give the card of the unit that wrote it, and compare its fingerprint",
        )
    verify(document.signature, _unsigned(document), domain=document.format)
    return document


def _unsigned(document: Certificate) -> bytes:
    return canonical(structs.replace(document, signature=None))
