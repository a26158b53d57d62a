"""What lies on a cluster's disks: arrays, sealed under a key that exists for one linkage only.

Encodings and what was found between them pass through shuffle files, staged files and results.  All of it is
sealed in Python before it gets there, so that whoever reads a disk of the platform reads nothing, and what a
failure leaves behind cannot be opened: the key is in the memory of the linking worker and of its tasks alone.
"""

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from linkage.errors import VerificationError

__all__ = ["Arrays", "Cells"]

Arrays = Mapping[str, NDArray[np.generic]]

_NONCE_BYTES = 12
_VERSION = b"clew/spark-cell/1"


@dataclass(frozen=True, slots=True)
class Cells:
    """Seals and opens named arrays; ``key``: 32 bytes."""

    key: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> "Cells":
        """Return one with a key that nobody else has."""
        return cls(AESGCM.generate_key(bit_length=256))

    def seal(self, what: str, arrays: Arrays) -> bytes:
        """Seal arrays as what they are: they open under no other name."""
        packed = io.BytesIO()
        np.savez(packed, allow_pickle=False, **arrays)
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, packed.getbuffer(), _bound(what))

    def open(self, what: str, sealed: bytes) -> dict[str, NDArray[np.generic]]:
        """Open arrays; raises :class:`VerificationError` for what was changed or is something else."""
        nonce, rest = sealed[:_NONCE_BYTES], memoryview(sealed)[_NONCE_BYTES:]
        try:
            packed = AESGCM(self.key).decrypt(nonce, rest, _bound(what))
        except (InvalidTag, ValueError):  # the latter for what is too short to be anything
            raise VerificationError(
                f"the cluster's storage: {what} was changed since it was written",
                hint="find out who can write to the staging folder; then retry the job",
            ) from None
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _bound(what: str) -> bytes:
    return _VERSION + b"\0" + what.encode()
