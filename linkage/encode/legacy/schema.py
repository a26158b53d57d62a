"""A legacy schema as it is used, whatever version it was written in."""

from dataclasses import dataclass
from typing import Final, Literal

from msgspec import Struct

from linkage.encode.legacy.comparisons import Comparison
from linkage.encode.legacy.formats import Format
from linkage.encode.legacy.strategies import Strategy

__all__ = [
    "MAX_BITS",
    "BlakeHash",
    "DoubleHash",
    "Feature",
    "HashKind",
    "Hashing",
    "KeyDerivation",
    "LegacySchema",
    "MissingValue",
]

MAX_BITS: Final = 1 << 20
"""Longest filter, before folding: a thousand times the usual one."""


class BlakeHash(Struct, tag_field="type", tag="blakeHash", frozen=True, forbid_unknown_fields=True):
    """Positions from keyed BLAKE2b."""


class DoubleHash(Struct, tag_field="type", tag="doubleHash", frozen=True, forbid_unknown_fields=True):
    """Positions from two keyed hashes; without ``prevent_singularity`` some tokens set one bit only."""

    prevent_singularity: bool = False


HashKind = BlakeHash | DoubleHash


@dataclass(frozen=True, slots=True)
class KeyDerivation:
    """How the secret becomes keys: HKDF; ``key_size`` in bytes, ``salt`` and ``info`` are not secret."""

    hash: Literal["SHA256", "SHA512"]
    salt: bytes | None
    info: bytes | None
    key_size: int


@dataclass(frozen=True, slots=True)
class MissingValue:
    """What stands for a missing value, and what is hashed for it: neither checked nor rewritten."""

    sentinel: str
    replacement: str


@dataclass(frozen=True, slots=True)
class Hashing:
    """How a feature's values become bits."""

    format: Format
    comparison: Comparison
    strategy: Strategy
    hash: HashKind
    missing: MissingValue | None

    def text(self, value: str) -> str:
        """Return what is cut into tokens for a value; raises ``ValueFault`` if the schema refuses it."""
        if self.missing is not None and value == self.missing.sentinel:
            return self.missing.replacement
        return self.format.canonical(value)


@dataclass(frozen=True, slots=True)
class Feature:
    """One column; an ignored one has no ``hashing`` but counts where keys are dealt out."""

    identifier: str
    hashing: Hashing | None


@dataclass(frozen=True, slots=True)
class LegacySchema:
    """A linkage schema of clkhash, version 1, 2 or 3.

    ``length``: bits of a CLK, after folding.  ``folds_specified`` is the documented key ``xorFolds``, which
    clkhash never looks at; ``folds_performed`` is the undocumented ``xor_folds``, which it obeys.
    ``remarks``: what is odd about the schema and harmless.
    """

    version: int
    length: int
    folds_specified: int
    folds_performed: int
    key_derivation: KeyDerivation
    features: tuple[Feature, ...]
    remarks: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(feature.identifier for feature in self.features)
