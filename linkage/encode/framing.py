"""Length-prefixed, keyed hashing: no two lists of fields ever give the same octets."""

from collections.abc import Iterable

from cryptography.hazmat.primitives import hashes, hmac

from linkage.encode.cmac import Cmac
from linkage.encode.secrecy import NeverWrittenOut

__all__ = ["KeyedBlocks", "KeyedHash", "length_prefixed"]


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
        # Copying the context saves setting up the key.
        keyed = self._keyed.copy()
        keyed.update(framed)
        return keyed.finalize()


class KeyedBlocks(NeverWrittenOut):
    """16-byte hashes of texts: AES-CMAC under a key of its own for whatever the texts are hashed for."""

    __slots__ = ("_code",)

    def __init__(self, key: bytes, *purpose: str) -> None:
        self._code = Cmac(KeyedHash(key, *purpose)(b""))

    def of(self, texts: Iterable[str]) -> bytes:
        """Return the hash of each text, one after another."""
        return self._code([*map(str.encode, texts)])
