"""The epoch key: 32 bytes from which everything that is keyed in one epoch is derived."""

from typing import NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from keys.digests import lp
from linkage.wire.derivation import KEY_BYTES, derive

__all__ = ["CHECK_VALUE_BYTES", "EpochKey"]

CHECK_VALUE_BYTES = 16
_CHECK_VALUE_LABEL = "kcv"


class EpochKey:
    """An epoch key in memory.  Its representation shows nothing, and it refuses to be pickled.

    Python can neither lock nor wipe memory: let go of the object as soon as it has done its work.
    """

    __slots__ = ("_material",)

    def __init__(self, material: bytes) -> None:
        if len(material) != KEY_BYTES:
            raise ValueError(f"an epoch key has {KEY_BYTES} bytes")
        self._material = bytes(material)

    def __repr__(self) -> str:
        return "EpochKey(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an epoch key cannot be pickled")

    @classmethod
    def extract(cls, contributions: tuple[bytes, ...], *, salt: bytes) -> "EpochKey":
        """Extract the key from what the custodians contributed (RFC 5869, HKDF-Extract with SHA-256).

        ``contributions`` are in the order of the custodians' public keys; ``salt`` is the hash of all
        commitments, which is settled before anybody has seen a contribution.
        One contribution that nobody else knows makes the key unknown.
        """
        material = b"".join(lp(one) for one in contributions)
        return cls(HKDF.extract(hashes.SHA256(), salt, material))

    def to_bytes(self) -> bytes:
        """Return the 32 bytes, for the encoder and for wrapping; they belong in no file and no message."""
        return self._material

    def derive(self, label: str, length: int = KEY_BYTES) -> bytes:
        """Derive ``length`` bytes for one use; docs/spec/keys-v1.md lists every label."""
        return derive(self._material, label, length)

    def check_value(self) -> str:
        """Return the key check value: 16 bytes in hex that prove the right key and tell nothing about it."""
        return self.derive(_CHECK_VALUE_LABEL, CHECK_VALUE_BYTES).hex()

    def matches(self, check_value: str) -> bool:
        """Say whether this is the key of a check value, comparing in constant time."""
        return bytes_eq(self.check_value().encode("ascii"), check_value.encode("utf-8"))
