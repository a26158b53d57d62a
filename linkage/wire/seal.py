"""Seals: what only one holder of a private key can open (docs/spec/seal-1.md).

A random content key is sealed to the recipient with HPKE (RFC 9180, base mode, the hybrid KEM
ML-KEM-768 + X25519 so that a recorded seal survives a quantum computer); the content follows in segments
of 64 KiB under AES-256-GCM, each bound to its position and to whether it is the last, so that segments can
be neither cut off, dropped nor swapped, and memory stays flat however long the content is.
"""

import os
from collections.abc import Iterable, Iterator
from typing import Annotated

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta

from linkage.errors import FormatError, VerificationError, VersionError
from linkage.wire.pieces import Pieces

__all__ = [
    "SEGMENT_BYTES",
    "SealPublicText",
    "SealingKey",
    "open_seal",
    "seal",
    "seal_public",
    "sealed_size",
]

SEGMENT_BYTES = 64 * 1024
_MAGIC = b"clew-seal\x00\x01"
_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEM_BYTES = 1088 + 32
_HEAD_BYTES = len(_MAGIC) + _KEM_BYTES + 32 + 16
_TAG_BYTES = 16

SealPublicText = Annotated[str, Meta(pattern=r"^[0-9a-f]{2432}\Z")]
"""A public sealing key in hex: ML-KEM-768 encapsulation key (1,184 bytes), then X25519 (32 bytes)."""

_MLKEM_PUBLIC_BYTES = 1184
_MLKEM_SEED_BYTES = 64


class SealingKey:
    """The private half of a sealing key: opens what was sealed to it.  Never shown, never printed."""

    __slots__ = ("_mlkem", "_x25519")

    def __init__(self, mlkem: MLKEM768PrivateKey, x25519: X25519PrivateKey) -> None:
        self._mlkem = mlkem
        self._x25519 = x25519

    def __repr__(self) -> str:
        return "SealingKey(…)"

    @classmethod
    def generate(cls) -> "SealingKey":
        """Draw a new key from the operating system."""
        return cls(MLKEM768PrivateKey.generate(), X25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, data: bytes) -> "SealingKey":
        """Read the 96 private bytes: ML-KEM-768 seed (64), then X25519 (32)."""
        if len(data) != _MLKEM_SEED_BYTES + 32:
            raise FormatError("not a sealing key: the length is wrong")
        return cls(
            MLKEM768PrivateKey.from_seed_bytes(data[:_MLKEM_SEED_BYTES]),
            X25519PrivateKey.from_private_bytes(data[_MLKEM_SEED_BYTES:]),
        )

    def to_bytes(self) -> bytes:
        """Return the 96 private bytes, for storing under a passphrase or owner-only permissions."""
        return self._mlkem.private_bytes_raw() + self._x25519.private_bytes_raw()

    def public_text(self) -> str:
        """Return the public half as it is written in cards and descriptors."""
        mlkem = self._mlkem.public_key().public_bytes_raw()
        x25519 = self._x25519.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return (mlkem + x25519).hex()

    def decrypt(self, ciphertext: bytes, info: bytes) -> bytes:
        """Open one HPKE message; raises :class:`VerificationError` and says nothing more."""
        try:
            return _SUITE.decrypt(ciphertext, MLKEM768X25519PrivateKey(self._mlkem, self._x25519), info)
        except (InvalidTag, ValueError):
            raise VerificationError("the seal does not open with this key") from None


def seal_public(text: str) -> MLKEM768X25519PublicKey:
    """Read a public sealing key from its written form."""
    data = bytes.fromhex(text)
    try:
        return MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(data[:_MLKEM_PUBLIC_BYTES]),
            X25519PublicKey.from_public_bytes(data[_MLKEM_PUBLIC_BYTES:]),
        )
    except ValueError:
        raise FormatError("not a public sealing key") from None


def sealed_size(plain_bytes: int) -> int:
    """Return the size of a seal around ``plain_bytes`` bytes of content."""
    segments = max(1, -(-plain_bytes // SEGMENT_BYTES))
    return _HEAD_BYTES + plain_bytes + segments * _TAG_BYTES


def seal(content: Iterable[bytes], public: str, *, context: bytes) -> Iterator[bytes]:
    """Seal content to a public key, yielding the seal piece by piece.

    ``context`` says what the seal is for (it is authenticated, not sent): the same bytes opened under
    another context fail.
    """
    content_key = os.urandom(32)
    yield _MAGIC + _SUITE.encrypt(content_key, seal_public(public), _info(context))
    aead = AESGCM(content_key)
    segments = _segments(content)
    current = next(segments)
    number = 0
    for following in segments:
        yield aead.encrypt(_nonce(number, last=False), current, None)
        current, number = following, number + 1
    yield aead.encrypt(_nonce(number, last=True), current, None)


def open_seal(sealed: Iterable[bytes], key: SealingKey, *, context: bytes) -> Iterator[bytes]:
    """Open a seal piece by piece.

    Nothing may be believed before the iterator ends: only the last segment proves that none was cut off.
    Raises :class:`VersionError`, :class:`FormatError` or :class:`VerificationError`.
    """
    pieces = Pieces(sealed)
    magic = pieces.take(len(_MAGIC))
    if magic[:-1] != _MAGIC[:-1]:
        raise FormatError("not a seal")
    if magic != _MAGIC:
        raise VersionError("a seal of a version that this release does not know")
    content_key = key.decrypt(pieces.take(_HEAD_BYTES - len(_MAGIC)), _info(context))
    aead = AESGCM(content_key)
    number = 0
    current = pieces.take(SEGMENT_BYTES + _TAG_BYTES)
    while True:
        following = pieces.take(SEGMENT_BYTES + _TAG_BYTES)
        yield _opened(aead, _nonce(number, last=not following), current)
        if not following:
            return
        current, number = following, number + 1


def _opened(aead: AESGCM, nonce: bytes, segment: bytes) -> bytes:
    try:
        return aead.decrypt(nonce, segment, None)
    except (InvalidTag, ValueError):
        raise VerificationError(
            "the sealed content is damaged or cut short", hint="ask the sender for it again"
        ) from None


def _info(context: bytes) -> bytes:
    return b"clew/seal/1\x00" + context


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _segments(content: Iterable[bytes]) -> Iterator[bytes]:
    """Cut content into full segments; empty content is one empty segment."""
    reader = Pieces(content)
    first = reader.take(SEGMENT_BYTES)
    yield first
    while piece := reader.take(SEGMENT_BYTES):
        yield piece
