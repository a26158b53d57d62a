"""Key derivation with one label per use (HKDF-Expand, RFC 5869 with SHA-256)."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

__all__ = ["KEY_BYTES", "derive"]

KEY_BYTES = 32


def derive(key: bytes, label: str, length: int = KEY_BYTES) -> bytes:
    """Derive ``length`` bytes for one use from a uniformly random 32-byte key.

    ``label`` names the use (docs/spec/keys-1.md lists every label); two labels give unrelated keys.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    info = b"clew/derive/1\x00" + label.encode("utf-8")
    return HKDFExpand(algorithm=hashes.SHA256(), length=length, info=info).derive(key)
