"""Keyed digests, and key derivation with one label per use (HMAC and HKDF, RFC 2104 and 5869, SHA-256)."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

__all__ = ["KEY_BYTES", "derive", "keyed_digest"]

KEY_BYTES = 32


def derive(key: bytes, label: str, length: int = KEY_BYTES) -> bytes:
    """Derive ``length`` bytes for one use from a uniformly random 32-byte key.

    ``label`` names the use (docs/spec/keys-v1.md lists every label); two labels give unrelated keys.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    info = b"clew/derive/1\x00" + label.encode("utf-8")
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=info).derive(key)


def keyed_digest(key: bytes, data: bytes) -> bytes:
    """Return HMAC-SHA-256 of ``data`` under ``key`` (32 bytes); as HKDF-Extract, ``key`` is the salt."""
    mac = HMAC(key, hashes.SHA256())
    mac.update(data)
    return mac.finalize()
