"""A legacy profile: one reading of a legacy schema, labelled weak wherever it shows."""

import hashlib
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

import msgspec
import rfc8785

from linkage.encode.legacy.comparisons import NumericComparison
from linkage.encode.legacy.formats import DateFormat, IntegerFormat
from linkage.encode.legacy.schema import Hashing, LegacySchema
from linkage.encode.legacy.strategies import BitsPerToken
from linkage.errors import InputError

__all__ = ["WEAK_LABEL", "FoldReading", "LegacyProfile"]

FoldReading = Literal["specified", "clkhash"]
"""``specified``: fold as the documented ``xorFolds`` says.  ``clkhash``: fold as clkhash 0.18.3 does."""

WEAK_LABEL: Final = "a legacy CLK: weak: withstands no known attack; see docs/limitations.md"


@dataclass(frozen=True, slots=True)
class LegacyProfile:
    """A linkage schema of clkhash and how its folds are to be read.

    ``name`` is for people and in no digest.  ``reading`` may be left out unless the two readings differ,
    which :class:`InputError` says.
    """

    weak: ClassVar[bool] = True

    schema: LegacySchema
    name: str = "legacy"
    reading: FoldReading | None = None

    def __post_init__(self) -> None:
        """Refuse to guess which of two different CLKs is wanted."""
        if self.reading is None and self.schema.folds_specified != self.schema.folds_performed:
            raise InputError(
                f"linkage schema, clkConfig: {_both_readings(self.schema)}, and the CLKs differ",
                hint="choose the reading 'clkhash' to match CLKs that clkhash made, 'specified' to match "
                "software that folds as the schema's documentation says",
            )

    @property
    def folds(self) -> int:
        """Number of XOR folds under the reading chosen."""
        if self.reading == "clkhash":
            return self.schema.folds_performed
        return self.schema.folds_specified

    @property
    def length(self) -> int:
        """Bits of a CLK."""
        return self.schema.length

    @property
    def hashed_length(self) -> int:
        """Bits of a filter before folding."""
        return self.schema.length << self.folds

    @property
    def row_bytes(self) -> int:
        """Bytes of a packed CLK; the last bits are zeros if the length does not divide by eight."""
        return -(-self.schema.length // 8)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever encodes with this profile must hear."""
        told = [f"{self.name}: {WEAK_LABEL}", *self.schema.remarks]
        if self.schema.folds_specified or self.schema.folds_performed:
            told.append(f"XOR folds: {_both_readings(self.schema)}; these CLKs are folded {self.folds} times")
        return tuple(told)

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical form of everything that changes a bit, in hex.

        Versions, column names and checks that only refuse values are left out: the same bits have the same
        digest, however the schema spells them.
        """
        derivation = self.schema.key_derivation
        content: dict[str, Any] = {
            "length": self.length,
            "folds": self.folds,
            "kdf": [
                derivation.hash,
                (derivation.salt or b"").hex(),
                (derivation.info or b"").hex(),
                derivation.key_size,
            ],
            "features": [
                None if feature.hashing is None else _content(feature.hashing)
                for feature in self.schema.features
            ],
        }
        return hashlib.sha256(b"clew/legacy-profile/1\x00" + rfc8785.dumps(content)).hexdigest()


def _both_readings(schema: LegacySchema) -> str:
    return (
        f"the schema specifies {schema.folds_specified} (xorFolds), clkhash 0.18.3 ignores that key and "
        f"performs {schema.folds_performed}"
    )


def _content(hashing: Hashing) -> dict[str, Any]:
    """Return what decides the bits of one feature; an absent HKDF salt and an empty one are the same key."""
    form, comparison, missing = hashing.format, hashing.comparison, hashing.missing
    spelling = ["text"]
    if isinstance(form, IntegerFormat):
        spelling = ["integer"]
    elif isinstance(form, DateFormat):
        spelling = ["date", form.layout]
    compared = msgspec.to_builtins(comparison)
    if isinstance(comparison, NumericComparison):
        # The interval and not the distance decides, and JSON numbers above 2^53 have no canonical form.
        compared["thresholdDistance"] = str(comparison.interval)
    return {
        "spelling": spelling,
        "encoding": form.encoding,
        "comparison": compared,
        "strategy": [
            "token" if isinstance(hashing.strategy, BitsPerToken) else "feature",
            hashing.strategy.bits,
        ],
        "hash": msgspec.to_builtins(hashing.hash),
        "missing": None if missing is None else [missing.sentinel, missing.replacement],
    }
