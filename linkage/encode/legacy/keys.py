"""Keys of a legacy schema: two for every feature, out of one secret."""

from typing import Final, NoReturn

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from linkage.encode.legacy.schema import KeyDerivation
from linkage.errors import InputError

__all__ = ["LegacyKeys", "most_features"]

_HASHES: Final[dict[str, type[hashes.SHA256 | hashes.SHA512]]] = {
    "SHA256": hashes.SHA256,
    "SHA512": hashes.SHA512,
}
_HKDF_BLOCKS: Final = 255
"""HKDF gives at most 255 hashes of output (RFC 5869)."""


def most_features(derivation: KeyDerivation) -> int:
    """Return how many features HKDF has keys for."""
    return _HKDF_BLOCKS * _HASHES[derivation.hash].digest_size // (2 * derivation.key_size)


class LegacyKeys:
    """The keys of all features; they show nothing and cannot be pickled.

    HKDF gives 2 * features * key size bytes; feature i, ignored ones counted, has blocks 2i and 2i+1.
    Raises :class:`InputError` for an empty secret: there is no unkeyed mode.
    """

    __slots__ = ("_pairs",)

    def __init__(self, secret: bytes | str, derivation: KeyDerivation, features: int) -> None:
        octets = secret.encode("utf-8") if isinstance(secret, str) else bytes(secret)
        if not octets:
            raise InputError("the secret is empty", hint="give the one that all parties agreed on")
        size = derivation.key_size
        derived = HKDF(
            algorithm=_HASHES[derivation.hash](),
            length=2 * features * size,
            salt=derivation.salt,
            info=derivation.info,
        ).derive(octets)
        blocks = [derived[start : start + size] for start in range(0, len(derived), size)]
        self._pairs = tuple(zip(blocks[::2], blocks[1::2], strict=True))

    def pair(self, feature: int) -> tuple[bytes, bytes]:
        """Return the two keys of a feature."""
        return self._pairs[feature]

    def __repr__(self) -> str:
        return f"<LegacyKeys of {len(self._pairs)} features>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("keys are not written out")
