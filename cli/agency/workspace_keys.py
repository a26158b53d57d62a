"""Keys of a workspace, one for each use, derived from the agency's private keys (docs/spec/keys-v1.md)."""

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.identity import Identity
from linkage.wire.derivation import derive

__all__ = ["workspace_key"]


def workspace_key(identity: Identity, use: str) -> bytes:
    """Return the 32-byte key for one use, such as ``reference``."""
    root = HKDF.extract(hashes.SHA256(), b"clew/workspace/1", identity.to_bytes())
    return derive(root, f"workspace/{use}")
