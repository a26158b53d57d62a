"""Digests that no two uses and no two splits of the same bytes share (docs/spec/keys-v1.md, section 1)."""

import hashlib

__all__ = ["DIGEST_BYTES", "labelled_digest", "lp"]

DIGEST_BYTES = 32


def lp(data: bytes) -> bytes:
    """Return the bytes behind their length (4 bytes, big-endian), so that joined values split in one way."""
    return len(data).to_bytes(4, "big") + data


def labelled_digest(label: str, *parts: bytes) -> bytes:
    """Return SHA-256 over ``lp(label)`` and the parts, each of fixed length or the last (32 bytes)."""
    return hashlib.sha256(lp(label.encode("ascii")) + b"".join(parts)).digest()
