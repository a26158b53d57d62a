"""Length-prefixed, keyed hashing: no two lists of fields ever give the same octets."""

from collections.abc import Iterable
from typing import Final

from cryptography.hazmat.primitives import hashes, hmac

from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["BLOCK_BYTES", "KeyedHash", "length_prefixed"]

BLOCK_BYTES: Final = 16
"""Of hashes that go into a block cipher."""


def length_prefixed(*fields: str) -> bytes:
    """Return each field in UTF-8 after its length as four big-endian bytes."""
    framed = b""
    for field in fields:
        octets = field.encode()
        framed += len(octets).to_bytes(4, "big") + octets
    return framed


class KeyedHash(NeverWrittenOut):
    """HMAC-SHA-256 under one key, over length-prefixed fields of which the first are the same for all."""

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes, *first: str) -> None:
        self._keyed = hmac.HMAC(key, hashes.SHA256())
        self._keyed.update(length_prefixed(*first))

    def __call__(self, framed: bytes) -> bytes:
        """Return the 32-byte hash of the first fields and of further, length-prefixed ones."""
        # Copying the context saves setting up the key, which would double the cost of a token.
        keyed = self._keyed.copy()
        keyed.update(framed)
        return keyed.finalize()

    def blocks(self, fields: Iterable[str]) -> bytes:
        """Return for each field what :meth:`block` gives, one after another.

        One loop without calls of ours: of many new values this is where the time goes.
        """
        copy = self._keyed.copy
        hashed: list[bytes] = []
        for octets in map(str.encode, fields):
            keyed = copy()
            keyed.update(len(octets).to_bytes(4, "big") + octets)
            hashed.append(keyed.finalize()[:BLOCK_BYTES])
        return b"".join(hashed)

    def block(self, field: str) -> bytes:
        """Return the first 16 bytes of the hash of the first fields and one more."""
        octets = field.encode()
        return self(len(octets).to_bytes(4, "big") + octets)[:BLOCK_BYTES]
