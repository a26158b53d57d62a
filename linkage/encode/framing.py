"""Length-prefixed, keyed hashing: no two lists of fields ever give the same octets."""

from cryptography.hazmat.primitives import hashes, hmac

__all__ = ["KeyedHash", "length_prefixed"]


def length_prefixed(*fields: str) -> bytes:
    """Return each field in UTF-8 after its length as four big-endian bytes."""
    return b"".join(map(_length_prefixed, fields))


def _length_prefixed(field: str) -> bytes:
    octets = field.encode("utf-8")
    return len(octets).to_bytes(4, "big") + octets


class KeyedHash:
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

    def __repr__(self) -> str:
        return "<KeyedHash>"
