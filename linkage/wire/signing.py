"""Ed25519 signatures over canonical bytes, each bound to one use by a domain label."""

import hashlib
from typing import Annotated

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta, Struct

from linkage.errors import FormatError, VerificationError

__all__ = [
    "PublicKeyText",
    "Signature",
    "fingerprint",
    "public_key",
    "public_text",
    "sign",
    "verify",
]

PublicKeyText = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A raw Ed25519 public key (32 bytes) in lower-case hex."""

SignatureText = Annotated[str, Meta(pattern=r"^[0-9a-f]{128}\Z")]


_SIGN_BIT = 1 << 255
_FIELD = 2**255 - 19
_SMALL_ORDER = frozenset(
    {
        *(0, 1, _FIELD - 1, _FIELD, _FIELD + 1),
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)
"""The second coordinates of points whose order divides 8: signatures for these need no private key, and
OpenSSL takes them (Chalkias, Garillot, Nikolaenko 2020, "Taming the many EdDSAs")."""


class Signature(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who signed, by public key, and the signature (64 bytes, hex)."""

    key: PublicKeyText
    signature: SignatureText


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as it is written in our formats."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


def public_key(text: str) -> Ed25519PublicKey:
    """Read a public key from its written form; refuses one for which anybody can sign."""
    try:
        data = bytes.fromhex(text)
        key = Ed25519PublicKey.from_public_bytes(data)
    except ValueError:
        raise FormatError("not an Ed25519 public key") from None
    if int.from_bytes(data, "little") & ~_SIGN_BIT in _SMALL_ORDER:
        raise FormatError("not an Ed25519 public key", hint="anybody could sign for it: find out who made it")
    return key


def fingerprint(data: bytes) -> str:
    """Return SHA-256 of public bytes as groups of four hex digits, for reading out and comparing."""
    digits = hashlib.sha256(data).hexdigest()[:40]
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def sign(key: Ed25519PrivateKey, data: bytes, *, domain: str) -> Signature:
    """Sign ``data`` for one use; a signature made for one domain verifies in no other."""
    return Signature(key=public_text(key.public_key()), signature=key.sign(_framed(domain, data)).hex())


def verify(signature: Signature, data: bytes, *, domain: str) -> None:
    """Check a signature against the key that it names; the caller decides whether to trust that key."""
    try:
        public_key(signature.key).verify(bytes.fromhex(signature.signature), _framed(domain, data))
    except InvalidSignature:
        raise VerificationError(f"the signature on this {domain} does not verify") from None


def _framed(domain: str, data: bytes) -> bytes:
    return b"clew/signature/1\x00" + domain.encode("ascii") + b"\x00" + data
